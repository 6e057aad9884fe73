"""One data folder, one broker: start, attach, look, stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from dispatcher.broker import launch, probe, process
from dispatcher.broker.archive import discard, with_archive
from dispatcher.broker.cache import folder_error, folder_lock, make_folder
from dispatcher.broker.config import HOST
from dispatcher.broker.fetch import Say
from dispatcher.broker.jars import ensure_jars
from dispatcher.broker.launch import RuntimeCrashed, free_port
from dispatcher.broker.runtime import Runtime, find_java
from dispatcher.domain.errors import BrokerError, BrokerNotReady

__all__ = ["BrokerState", "BrokerStatus", "EmbeddedBroker", "free_port"]

START_SECONDS = 120.0
LOCK_NAME = "broker.lock"


class BrokerState(StrEnum):
    """STARTING: the process lives, but does not answer a client (yet)."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerStatus:
    """What is known of the broker of a data folder. `attached`: it ran already when `start` was called."""

    state: BrokerState
    data: Path
    bootstrap: str
    pid: int | None = None
    port: int
    controller_port: int | None = None
    cluster_id: str | None = None
    attached: bool = False

    @property
    def ready(self) -> bool:
        return self.state is BrokerState.READY

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "state": self.state.value,
            "data": str(self.data),
            "bootstrap": self.bootstrap,
            "pid": self.pid,
            "port": self.port,
            "controller_port": self.controller_port,
            "cluster_id": self.cluster_id,
            "attached": self.attached,
        }


class EmbeddedBroker:
    """The broker of one data folder. The process outlives this object; only `stop` ends it.

    `port` 0 takes a free one at each start. Every method is safe to call from several processes at once. As a context
    manager it starts on entry and stops on exit.
    """

    def __init__(self, data_dir: Path | str, *, port: int = 19092) -> None:
        self.data = Path(data_dir).expanduser().absolute()
        self._port = port

    @property
    def port(self) -> int:
        """The port of the broker that runs; without one, the port asked for."""
        record = process.read_record(self.data)
        return record.port if record else self._port

    @property
    def bootstrap(self) -> str:
        """What a client is given: "127.0.0.1:PORT"."""
        return f"{HOST}:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.data / process.LOG_NAME

    @property
    def alive(self) -> bool:
        """Whether the process lives. Costs next to nothing; `status` also asks it a question."""
        return self._process() is not None

    def start(self, *, timeout: float = START_SECONDS, say: Say = lambda _line: None) -> BrokerStatus:
        """Has the broker running and answering, and returns its status; one that runs already is attached to.

        Fetches, prepares and formats whatever is not there yet. `say` gets a line for each long step. `timeout` in
        seconds is for the broker's own start. Raises a BrokerError whose text says what to do.
        """
        make_folder(self.data, what="data folder")
        with self._lock(timeout=timeout):
            if self._attach(timeout=timeout):
                return self._status(attached=True)
            record = process.read_record(self.data)
            if record:
                process.settle(record.pid)
            orphan = process.search(self.data)
            if orphan:  # its record is lost, and with it its port: nobody could attach
                process.end(orphan)
            process.forget_record(self.data)
            launch.check_space(self.data)
            if self._port:
                launch.check_port(self._port, patience=launch.PORT_PATIENCE_SECONDS)
            runtime = with_archive(Runtime(java=find_java(), jars=ensure_jars(say=say)), say=say)
            try:
                self._launch(runtime, timeout=timeout)
            except RuntimeCrashed:
                if not runtime.archive:
                    raise
                self._launch(discard(runtime), timeout=timeout)
            except OSError as error:
                raise folder_error(error, self.data, what="data folder") from error
            return self._status(attached=False)

    def stop(self) -> bool:
        """Ends the broker; False if none ran. Waits for the end. Raises BrokerNotStopped, BrokerBusy."""
        if not self.data.is_dir():
            return False
        with self._lock(timeout=START_SECONDS):
            running = self._process() or process.search(self.data)
            if running:
                process.end(running)
            process.forget_record(self.data)
            return running is not None

    def status(self) -> BrokerStatus:
        """What the broker does right now. Changes nothing and waits for nothing."""
        return self._status(attached=self._process() is not None)

    async def start_async(self, *, timeout: float = START_SECONDS, say: Say = lambda _line: None) -> BrokerStatus:
        """`start` for a program with an event loop, which goes on meanwhile; `say` is called from another thread."""
        return await asyncio.to_thread(self.start, timeout=timeout, say=say)

    async def stop_async(self) -> bool:
        """`stop` for a program with an event loop."""
        return await asyncio.to_thread(self.stop)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def _attach(self, *, timeout: float) -> bool:
        """Waits until the broker that runs already answers; False if none runs, or it ends meanwhile."""
        running = self._process()
        if not running:
            return False
        offset = process.log_size(self.data)
        try:
            launch.wait_ready(self.data, port=self.port, timeout=timeout, child=running, offset=offset)
        except BrokerNotReady:
            raise
        except BrokerError:
            return False
        return True

    def _launch(self, runtime: Runtime, *, timeout: float) -> None:
        launch.format_storage(self.data, runtime=runtime)
        launch.launch(self.data, port=self._port or free_port(), runtime=runtime, timeout=timeout)

    def _process(self) -> psutil.Process | None:
        record = process.read_record(self.data)
        return process.find(self.data, pid=record.pid if record else None)

    def _status(self, *, attached: bool) -> BrokerStatus:
        running = self._process()
        record = process.read_record(self.data)
        cluster_id = launch.cluster_id(self.data)
        state = BrokerState.STOPPED
        if running:
            answer = probe.ask(HOST, port=self.port)
            ready = answer is not None and answer.ready and answer.cluster_id == cluster_id
            state = BrokerState.READY if ready else BrokerState.STARTING
        return BrokerStatus(
            state=state,
            data=self.data,
            bootstrap=self.bootstrap,
            pid=running.pid if running else None,
            port=self.port,
            controller_port=record.controller_port if record and running else None,
            cluster_id=cluster_id,
            attached=attached,
        )

    def _lock(self, *, timeout: float) -> Any:
        busy = f"another process is starting or stopping the broker of {self.data}"
        return folder_lock(self.data / LOCK_NAME, timeout=timeout, busy=busy)
