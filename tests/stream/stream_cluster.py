"""Real processes for these tests: a broker, workers, and whoever starts a dead worker again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dispatcher.broker import EmbeddedBroker, free_port, provision
from dispatcher.catalog import load_catalog

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = Path(__file__).with_name("stream_launcher.py")
CATALOG = load_catalog(ROOT)

#: How long anything that must happen in the end may take on a busy machine, in seconds.
PATIENCE = 90.0

T = TypeVar("T")


async def until(told: str, question: Callable[[], Awaitable[T]], *, within: float = PATIENCE) -> T:
    """Ask again and again until the answer is true, and return it; fails with `told` when the time is over."""
    deadline = time.monotonic() + within
    while True:
        answer = await question()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {told}"
        await asyncio.sleep(0.05)


@dataclass
class Worker:
    """One place in the group and the process that fills it."""

    bootstrap: str
    slot: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    launcher: bool = False
    program: str = "worker"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    exits: list[int] = field(default_factory=list)

    @property
    def log_path(self) -> Path:
        return self.folder / f"{self.slot}.log"

    def start(self) -> None:
        """Start the process; its log is appended to."""
        command = (
            [sys.executable, str(LAUNCHER)] if self.launcher else [sys.executable, "-m", "dispatcher", self.program]
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DISPATCHER_")}
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "DISPATCHER_SLOT": self.slot,
            "DISPATCHER_METRICS_PORT": str(self.port),
            "DISPATCHER_DATADIR": str(self.folder / "faust"),
            "DISPATCHER_ARTEFACTS": str(self.folder / "artefacts"),
            "DISPATCHER_LOG_LEVEL": "INFO",
        }
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=kept | own | self.settings, stderr=log, stdout=log)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if there is a process to get it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    async def report(self, path: str = "/ready") -> tuple[int, dict[str, Any]]:
        """Status and answer of the worker's own door; status 0 where it does not answer."""
        return await asyncio.to_thread(_ask, f"http://127.0.0.1:{self.port}{path}")

    async def ready(self) -> bool:
        return (await self.report())[0] == 200

    async def ended(self, *, within: float = PATIENCE) -> int:
        """The exit status, once the process has ended."""
        process = self.process
        assert process is not None

        async def gone() -> bool:
            return process.poll() is not None

        await until(f"worker {self.slot} ends", gone, within=within)
        return process.returncode

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log that are JSON."""
        lines = []
        for line in self.log_path.read_text("utf-8", "replace").splitlines() if self.log_path.exists() else ():
            with contextlib.suppress(json.JSONDecodeError):
                lines.append(json.loads(line))
        return [line for line in lines if isinstance(line, dict)]

    def said(self, event: str) -> list[dict[str, Any]]:
        """The log's entries called `event`."""
        return [line for line in self.log() if line.get("event") == event]


def _ask(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except (OSError, ValueError):
        return 0, {}


class Crew:
    """Workers under supervision: whoever ends without having been told to is started again at once, in the same slot."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.workers: dict[str, Worker] = {}
        self._task: asyncio.Task[None] | None = None

    async def add(self, slot: str, *, wait: bool = True, launcher: bool = False, **settings: str) -> Worker:
        """Start a worker; `settings` are its DISPATCHER_… variables."""
        named = {f"DISPATCHER_{name.upper()}": value for name, value in settings.items()}
        worker = Worker(self.bootstrap, slot, self.folder, named, launcher)
        worker.start()
        self.workers[slot] = worker
        if wait:
            await self.ready()
        return worker

    async def ready(self) -> None:
        """Return when each worker that has partitions serves them, and all partitions are served."""
        partitions = CATALOG.all_topics["calls"].partitions + CATALOG.all_topics["case-inbox"].partitions

        async def all_ready() -> bool:
            reports = [await worker.report() for worker in tuple(self.workers.values())]
            lanes = [lane for _, report in reports for lane, state in report.get("lanes", {}).items() if state["open"]]
            return len(lanes) == len(set(lanes)) == partitions and not any(r.get("stuck") for _, r in reports)

        await until("all partitions are served", all_ready)

    async def remove(self, slot: str) -> int:
        """Tell a worker to end; returns its exit status."""
        worker = self.workers.pop(slot)
        worker.signal(signal.SIGTERM)
        return await worker.ended()

    def deaths(self) -> list[int]:
        """The exit statuses of all workers that were started again."""
        return [status for worker in self.workers.values() for status in worker.exits]

    async def __aenter__(self) -> Crew:
        self._task = asyncio.create_task(self._supervise())
        return self

    async def _supervise(self) -> None:
        while True:
            for worker in tuple(self.workers.values()):
                if not worker.alive and worker.process is not None:
                    worker.exits.append(worker.process.returncode)
                    worker.start()
            await asyncio.sleep(0.05)

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
        for worker in self.workers.values():
            if worker.process is not None:
                worker.signal(signal.SIGKILL)
                await asyncio.to_thread(worker.process.wait)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[tuple[EmbeddedBroker, Crew]]:
    """A broker with all topics and a crew without workers yet; on failure the logs stay in `folder`."""
    broker = EmbeddedBroker(folder / "kafka", port=0)
    await broker.start_async()
    try:
        await provision.create(broker.bootstrap, CATALOG.all_topics)
        async with Crew(broker.bootstrap, folder) as crew:
            yield broker, crew
    finally:
        await broker.stop_async()


def listening(port: int) -> bool:
    """Whether anything listens on `port` of this machine."""
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0
