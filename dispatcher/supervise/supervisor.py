"""All workers of one `dispatcher up`: started, watched, started again when they end, ended."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from dispatcher.supervise import health, leftovers, process
from dispatcher.supervise.backoff import Backoff
from dispatcher.supervise.health import Health

#: After so many ends in a row the last line of the worker's log is shown.
DEATHS_TO_EXPLAIN = 5
#: How often a worker is asked for its health: while it starts, and then.
_IMPATIENT_SECONDS = 0.1
_PATIENT_SECONDS = 2.0
#: How long a worker waits for the broker; a broker that is fetched for the first time takes minutes.
_WAIT_BROKER_SECONDS = 3600.0


class WorkerState(StrEnum):
    """STARTING: not ready yet. WAITING: ended, and started again in a moment."""

    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(slots=True)
class Worker:
    """One slot and the process that fills it just now. `program`: the command with its own options.

    `port`: where it tells its health; None: `ask` knows how to learn of it.
    """

    slot: str
    program: tuple[str, ...]
    port: int | None
    log: Path
    state: WorkerState = WorkerState.STARTING
    pid: int | None = None
    restarts: int = 0
    lanes: frozenset[str] = frozenset()
    ask: Callable[[], Awaitable[Health | None]] | None = None

    async def health(self) -> Health | None:
        """What it says of itself; None while nothing sensible answers."""
        if self.ask is not None:
            return await self.ask()
        return await health.ask(self.port) if self.port is not None else None


class Tell(Protocol):
    """How the supervisor says what happened: words for a person, facts for a machine."""

    def __call__(self, text: str, /, *, kind: str, bad: bool = False, **facts: object) -> None: ...


class Supervisor:
    """Keeps one process running for each of `workers`; never gives up until `stop`."""

    def __init__(
        self, workers: list[Worker], *, env: Mapping[str, str], log_level: str, notes: Path, tell: Tell
    ) -> None:
        self.workers = workers
        self._env = env
        self._log_level = log_level
        self._notes = notes
        self._tell = tell
        self._ending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> int:
        """How many workers are ready."""
        return sum(worker.state is WorkerState.READY for worker in self.workers)

    def is_ready(self, slot: str) -> bool:
        """Whether the worker of that slot is ready."""
        return any(worker.slot == slot and worker.state is WorkerState.READY for worker in self.workers)

    @property
    def restarts(self) -> int:
        """How often a worker had to be started again, all together."""
        return sum(worker.restarts for worker in self.workers)

    @property
    def lanes(self) -> frozenset[str]:
        """The open lanes of all ready workers."""
        return frozenset[str]().union(*(w.lanes for w in self.workers if w.state is WorkerState.READY))

    def start(self) -> None:
        """Begin; returns at once."""
        for worker in self.workers:
            self._tasks.append(asyncio.create_task(self._keep(worker), name=f"keep {worker.slot}"))
            self._tasks.append(asyncio.create_task(self._watch(worker), name=f"watch {worker.slot}"))

    async def wait_ready(self, covered: Callable[[frozenset[str]], bool]) -> None:
        """Return when the open lanes of the ready workers satisfy `covered`."""
        while not covered(self.lanes):
            await asyncio.sleep(_IMPATIENT_SECONDS / 2)

    async def stop(self, *, patience: float) -> None:
        """End all workers: by SIGTERM, and after `patience` seconds by SIGKILL. Returns when they are gone."""
        self._ending.set()
        self._signal(signal.SIGTERM)
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=patience)
        if late:
            self.kill()
            await asyncio.wait(late)

    def kill(self) -> None:
        """End all workers at once."""
        self._ending.set()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for worker in self.workers:
            if worker.pid is not None:
                process.send(worker.pid, number)

    async def _keep(self, worker: Worker) -> None:
        backoff = Backoff()
        command = process.command(
            worker.program, port=worker.port, wait_broker=_WAIT_BROKER_SECONDS, log_level=self._log_level
        )
        while not self._ending.is_set():
            worker.state = WorkerState.STARTING
            born = time.monotonic()
            child = await process.spawn(command, env=self._env, log=worker.log)
            worker.pid = child.pid
            leftovers.note(self._notes, worker.slot, child.pid)
            if self._ending.is_set():  # `stop` came while it was spawned and could not signal it
                process.send(child.pid, signal.SIGTERM)
            status = await child.wait()
            leftovers.forget(self._notes, worker.slot)
            worker.pid, worker.lanes = None, frozenset()
            if self._ending.is_set():
                break
            worker.state = WorkerState.WAITING
            worker.restarts += 1
            wait = backoff.after(time.monotonic() - born)
            self._report(worker, status=status, wait=wait, in_a_row=backoff.in_a_row)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), timeout=wait)
        worker.state = WorkerState.ENDED

    async def _watch(self, worker: Worker) -> None:
        while not self._ending.is_set():
            said = await worker.health() if worker.pid is not None else None
            if worker.pid is not None:
                before = worker.state
                worker.lanes = said.lanes if said else frozenset()
                worker.state = WorkerState.READY if said and said.ready else WorkerState.STARTING
                if worker.state is WorkerState.READY and before is not WorkerState.READY and worker.restarts:
                    self._tell(f"{worker.slot} is ready again", kind="worker_ready", slot=worker.slot)
            pause = _PATIENT_SECONDS if worker.state is WorkerState.READY else _IMPATIENT_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), timeout=pause)

    def _report(self, worker: Worker, *, status: int, wait: float, in_a_row: int) -> None:
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        then = f"in {wait:g} s" if wait else "at once"
        text = f"{worker.slot} {how}; started again {then}"
        if in_a_row >= DEATHS_TO_EXPLAIN and (words := process.last_words(worker.log)):
            text = f"{worker.slot} {how}, {in_a_row} times in a row ({words}); see {worker.log}; tried again {then}"
        self._tell(text, kind="worker_ended", bad=True, slot=worker.slot, status=status, wait_seconds=wait)
