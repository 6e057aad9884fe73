"""`dispatcher up` as a real process: its lines of JSON, the processes under it, and a way to be sure that all are gone."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

#: Patience with a loaded machine, not a measurement.
SECONDS = 90.0


class Up:
    """One running `dispatcher up --json`."""

    def __init__(self, data: Path, *arguments: str, port: int = 0) -> None:
        self.data = data
        command = [sys.executable, "-m", "dispatcher", "up", "--json", "--data", str(data), "--port", str(port)]
        env = {name: value for name, value in os.environ.items() if name != "KAFKA_BOOTSTRAP_SERVERS"}
        self.process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
        )
        self.seen: list[dict[str, Any]] = []
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def wait_for(self, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next line of that kind that fits; fails if the program ends before, or is silent for long."""
        while True:
            line = self._lines.get(timeout=SECONDS)
            assert line is not None, f"it ended before {kind!r}: {self.seen}"
            self.seen.append(line)
            if line["event"] == kind and fits(line):
                return line

    def rest(self) -> list[dict[str, Any]]:
        """All lines, once the program has ended."""
        self._reader.join(SECONDS)
        while (line := self._lines.get_nowait()) is not None:
            self.seen.append(line)
        return self.seen

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self, *, seconds: float = 10.0) -> int:
        """Ctrl-C, and the exit status, which must be there within `seconds`."""
        self.interrupt()
        return self.process.wait(seconds)

    def worker_pid(self, slot: str = "worker-1") -> int:
        return int(json.loads((self.data / "workers" / f"{slot}.pid").read_text())["pid"])

    def errors(self) -> str:
        """What it wrote to standard error; to be asked once, after its end."""
        assert self.process.stderr
        return " ".join(self.process.stderr.read().split())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(SECONDS)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream
            stream.close()


def processes_of(data: Path) -> list[psutil.Process]:
    """The living processes that name this data folder on their command line or in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            told = [*process.cmdline(), *process.environ().values()]
            alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        if alive and process.pid != os.getpid() and any(str(data) in text for text in told):
            found.append(process)
    return found


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder; whatever still runs on it after the test is ended."""
    folder = tmp_path / "data"
    yield folder
    for process in processes_of(folder):
        process.kill()
        process.wait(10)


@pytest.fixture
def left(data: Path) -> Callable[[], list[psutil.Process]]:
    """Asks which processes still run on the data folder."""
    return lambda: processes_of(data)


@pytest.fixture
def start(data: Path) -> Iterator[Callable[..., Up]]:
    """Starts `dispatcher up` on the data folder, with more arguments."""
    started: list[Up] = []

    def begin(*arguments: str, port: int = 0) -> Up:
        started.append(Up(data, *arguments, port=port))
        return started[-1]

    yield begin
    for up in started:
        up.close()
