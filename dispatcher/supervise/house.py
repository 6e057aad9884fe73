"""What `dispatcher up` keeps running: a broker (unless there is one), the workers, the desks, the books. No screen in here."""

import asyncio
import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from dispatcher.broker import EmbeddedBroker, free_port, process
from dispatcher.broker.cache import folder_lock, make_folder
from dispatcher.broker.config import HOST
from dispatcher.domain.errors import BrokerBusy, DispatcherError
from dispatcher.settings import Settings
from dispatcher.supervise import leftovers
from dispatcher.supervise.books import Books
from dispatcher.supervise.supervisor import Supervisor, Tell, Worker

#: Everything is gone within this time after `close` begins; what is not is killed.
CLOSE_SECONDS = 9.0
WORKER_PATIENCE_SECONDS = 6.0
_OWNED = "up.json"
_BROKER_LOOK_SECONDS = 1.0

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. `port` None: a broker is there already, at the settings' address. `sign_every`: seconds between two
    checkpoints of the ledger, None: no audit."""

    data: Path
    settings: Settings
    port: int | None
    workers: int
    metrics_port: int | None
    ledger: bool = True
    sign_every: float | None = None


class House:
    """One data folder's broker, workers, desks and books. `open`, `start_broker`, then `close`, which is safe at any moment."""

    def __init__(self, plan: Plan, *, tell: Tell) -> None:
        self._plan = plan
        self._tell = tell
        self._embedded: EmbeddedBroker | None = None
        self._ours = False
        self._starting: asyncio.Future[object] | None = None
        self.bootstrap = plan.settings.bootstrap
        self.supervisor: Supervisor | None = None
        self.desks: Supervisor | None = None
        self.books = Books(
            plan.data,
            plan.settings,
            ledger=plan.ledger,
            sign_every=plan.sign_every,
            notes=plan.data / "workers",
            tell=tell,
        )

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the data folder: only one `dispatcher up` at a time. Raises BrokerBusy, UnwritableData, NoSpace."""
        data = make_folder(self._plan.data, what="data folder")
        for name in ("logs", "workers"):
            make_folder(data / name, what="data folder")
        with folder_lock(data / "up.lock", timeout=0.0, busy=f"`dispatcher up` runs already on {data}"):
            yield

    def open(self) -> None:
        """Spawn the workers, which take as long to get up as the broker does; they wait for it by themselves."""
        data, settings = self._plan.data, self._plan.settings
        for slot in leftovers.end_all(data / "workers"):
            self._tell(f"{slot} of an earlier run was still there and was ended", kind="leftover", slot=slot)
        if self._plan.port is not None:
            folder = data / "kafka"
            running = EmbeddedBroker(folder, port=self._plan.port)
            port = running.port if running.alive else self._plan.port or free_port()
            if running.alive and self._plan.port not in (0, port):
                self._tell(f"the broker of {folder} runs already, on port {port}", kind="broker_attached", port=port)
            self._embedded = EmbeddedBroker(folder, port=port)
            self.bootstrap = f"{HOST}:{port}"
        env = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "DISPATCHER_HOME": str(settings.home),
            "DISPATCHER_DATADIR": str(data / "workers"),
            "DISPATCHER_ARTEFACTS": str(data / "artefacts"),
        }
        watched: dict[str, Any] = {
            "env": env,
            "log_level": settings.log_level,
            "notes": data / "workers",
            "tell": self._tell,
        }
        self.supervisor = Supervisor(
            [
                Worker(
                    slot=f"worker-{n}",
                    program=("worker", "--slot", f"worker-{n}"),
                    port=self._port_of(n),
                    log=data / "logs" / f"worker-{n}.log",
                )
                for n in range(1, self._plan.workers + 1)
            ],
            **watched,
        )
        self.desks = Supervisor(
            [
                Worker(
                    slot="desks",
                    program=("desks", "--sample", str(data / "sample-city")),
                    port=free_port(),
                    log=data / "logs" / "desks.log",
                )
            ],
            **watched,
        )
        self.supervisor.start()

    def open_desks(self) -> None:
        """Spawn the desks, once the workers are ready: calls come first, and there are few cores."""
        if self.desks is not None:
            self.desks.start()

    def open_books(self, cluster: str) -> None:
        """Spawn the ledger's projection and its audit; they are nobody's hurry."""
        self.books.start(self.bootstrap, cluster)

    async def start_broker(self) -> None:
        """Have the embedded broker running and answering; nothing to do for one that is somebody else's."""
        if self._embedded is None:
            return
        loop = asyncio.get_running_loop()

        def say(line: str) -> None:
            loop.call_soon_threadsafe(lambda: self._tell(line.strip(), kind="broker"))

        embedded = self._embedded
        known = _owned_pid(self._plan.data)
        running = embedded.alive
        self._ours = not running
        self._starting = in_thread(lambda: embedded.start(say=say))
        await asyncio.shield(self._starting)  # the thread goes on even if nobody waits for it any more; see `close`
        status = await in_thread(embedded.status)
        self._ours = not running or (known is not None and status.pid == known)
        if status.bootstrap != self.bootstrap:
            raise BrokerBusy(
                f"another program started the broker of {embedded.data} meanwhile, on port {status.port}",
                hint="Start again",
            )
        if self._ours:
            (self._plan.data / _OWNED).write_text(json.dumps({"broker_pid": status.pid}), "ascii")

    async def watch_broker(self) -> None:
        """Start the embedded broker again whenever it is gone; until cancelled."""
        if self._embedded is None:
            return
        while True:
            await asyncio.sleep(_BROKER_LOOK_SECONDS)
            if self._embedded.alive:
                continue
            self._tell("the broker ended; started again", kind="broker_ended", bad=True)
            try:
                await self.start_broker()
                self._tell("the broker is ready again", kind="broker_ready")
            except DispatcherError as error:
                self._tell(f"the broker does not start: {error}", kind="broker_failed", bad=True)
                await asyncio.sleep(_BROKER_LOOK_SECONDS * 4)

    async def close(self) -> bool:
        """End the workers, then the broker if it is ours, saying so; in `CLOSE_SECONDS`.

        True if a thread is left behind that was still fetching or starting the broker.
        """
        began = time.monotonic()

        def left() -> float:
            return max(0.1, CLOSE_SECONDS - (time.monotonic() - began))

        if self.supervisor is not None:
            count = len(self.supervisor.workers)
            await asyncio.gather(*(one.stop(patience=WORKER_PATIENCE_SECONDS) for one in self._supervisors()))
            took = time.monotonic() - began
            self._tell(f"{_count(count, 'worker')} ended in {took:.1f} s", kind="workers_ended", seconds=round(took, 2))
        if self._embedded is None or not self._ours:
            return False
        mark = time.monotonic()
        ran = await self._abort_start(seconds=left() / 2)
        try:
            if not ran:
                ran = await asyncio.wait_for(in_thread(self._embedded.stop), timeout=left())
        except (TimeoutError, DispatcherError):
            ran = True
            self._kill_broker()
        (self._plan.data / _OWNED).unlink(missing_ok=True)
        took = time.monotonic() - mark
        if ran:
            self._tell(f"broker ended in {took:.1f} s", kind="broker_stopped", seconds=round(took, 2))
        return self._starting is not None and not self._starting.done()

    async def _abort_start(self, *, seconds: float) -> bool:
        """End a start that is under way: kill the broker as soon as it shows. False if none was under way."""
        if self._starting is None or self._starting.done():
            return False
        deadline = time.monotonic() + seconds
        while not self._starting.done() and time.monotonic() < deadline:
            self._kill_broker()
            await asyncio.wait([self._starting], timeout=0.05)
        if self._starting.done():
            self._starting.exception()  # that it died is no news
        return True

    def kill(self) -> None:
        """End everything that this object started, at once."""
        for supervisor in self._supervisors():
            supervisor.kill()
        if self._ours:
            self._kill_broker()

    def _kill_broker(self) -> None:
        if self._embedded is not None and (found := process.search(self._embedded.data)):
            with contextlib.suppress(psutil.NoSuchProcess):
                found.kill()

    def _supervisors(self) -> list[Supervisor]:
        known = (self.supervisor, self.desks, self.books.supervisor)
        return [supervisor for supervisor in known if supervisor is not None]

    def _port_of(self, number: int) -> int:
        return self._plan.metrics_port + number - 1 if self._plan.metrics_port else free_port()


def in_thread(work: Callable[[], Answer]) -> "asyncio.Future[Answer]":
    """`work` in a thread that does not hold up the end of the program, unlike those of the loop's own pool."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Answer] = loop.create_future()

    def settle(answer: Answer | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)  # type: ignore[arg-type]

    def run() -> None:
        answer: Answer | None = None
        raised: BaseException | None = None
        try:
            answer = work()
        except BaseException as error:
            raised = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, answer, raised)

    threading.Thread(target=run, daemon=True).start()
    return future


def _owned_pid(data: Path) -> int | None:
    """The broker that an earlier `dispatcher up` started here and could not end."""
    try:
        return int(json.loads((data / _OWNED).read_text("ascii"))["broker_pid"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
