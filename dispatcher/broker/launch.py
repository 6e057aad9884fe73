"""From a folder and a port to a broker that answers: format once, write the set-up, spawn, wait, or say why not."""

from __future__ import annotations

import base64
import errno
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import psutil

from dispatcher.broker import probe, process
from dispatcher.broker.config import HOST, log_properties, server_properties
from dispatcher.broker.process import Record
from dispatcher.broker.runtime import FORMAT_CLASS, Runtime
from dispatcher.domain.errors import BrokenJar, BrokerDied, BrokerError, BrokerNotReady, DamagedData, NoSpace, PortInUse

POLL_SECONDS = 0.02
# A broker that was just killed gives its port back a moment after it is gone.
PORT_PATIENCE_SECONDS = 2.0
MIN_FREE_BYTES = 200_000_000
CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL)
_LOG_DIR, _NEW_LOG_DIR = "log", "log.new"


class RuntimeCrashed(BrokerDied):
    """Java itself crashed, which a damaged fast-start archive can make it do."""


def cluster_id(folder: Path) -> str | None:
    """The id that the folder was formatted with; None if it was not."""
    try:
        lines = (folder / _LOG_DIR / "meta.properties").read_text("utf-8").splitlines()
    except OSError:
        return None
    return next((line.removeprefix("cluster.id=") for line in lines if line.startswith("cluster.id=")), None)


def free_port() -> int:
    """A port of the loopback that was free a moment ago."""
    with socket.socket() as probe_socket:
        probe_socket.bind((HOST, 0))
        port: int = probe_socket.getsockname()[1]
        return port


def check_space(folder: Path) -> None:
    """Raises NoSpace if the disk has so little room that Kafka would die half-way through a write."""
    free = shutil.disk_usage(folder).free
    if free < MIN_FREE_BYTES:
        raise NoSpace(
            f"the disk that holds {folder} has {free / 1e6:.0f} MB left, and Kafka needs {MIN_FREE_BYTES / 1e6:.0f}",
            hint="Free some space, or name another data folder",
        )


def check_port(port: int, *, patience: float = 0.0) -> None:
    """Raises PortInUse if the port cannot be listened on, or not within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return _bind(port)
        except PortInUse:
            if time.monotonic() > deadline:
                raise
        time.sleep(POLL_SECONDS)


def _bind(port: int) -> None:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError as error:
            hint = "Stop what uses it, or choose another port with --port"
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(f"port {port} is in use{_user_of(port)}", hint=hint) from error
            raise PortInUse(f"port {port} may not be opened ({error.strerror})", hint=hint) from error


def _user_of(port: int) -> str:
    """The words " by NAME (process N)" where the system tells who listens there, else nothing."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listens and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return ""


def controller_port_beside(port: int) -> int:
    """The port for Kafka's controller: the next one, or any free one."""
    try:
        check_port(port + 1)
    except (PortInUse, OverflowError):
        return free_port()
    return port + 1


def format_storage(folder: Path, *, runtime: Runtime) -> None:
    """Formats the folder's log directory under a new cluster id, once; a directory formatted before stays as it is.

    Raises DamagedData, or what Kafka died of. Kafka formats beside the final place, and a rename ends it: a format that was killed leaves nothing half-made.
    """
    if cluster_id(folder):
        return
    if (folder / _LOG_DIR).exists():
        raise DamagedData(
            f"{folder / _LOG_DIR} holds a broker's files, but its meta.properties is missing or empty",
            hint="Restore the folder from a copy, or name another data folder",
        )
    fresh = folder / _NEW_LOG_DIR
    shutil.rmtree(fresh, ignore_errors=True)
    properties = folder / "format.properties"
    text = server_properties(port=1, controller_port=2).replace(f"log.dirs={_LOG_DIR}", f"log.dirs={_NEW_LOG_DIR}")
    properties.write_text(text, "ascii")
    (folder / "log4j2.properties").write_text(log_properties(process.LOG_NAME), "ascii")
    new_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    done = runtime.run(FORMAT_CLASS, "format", f"--cluster-id={new_id}", f"--config={properties.name}", folder=folder)
    if done.returncode != 0:
        raise explain(done.stdout + done.stderr, returncode=done.returncode, folder=folder)
    properties.unlink()
    fresh.replace(folder / _LOG_DIR)


def launch(folder: Path, *, port: int, runtime: Runtime, timeout: float, options: Sequence[str] = ()) -> psutil.Process:
    """Starts the broker of a formatted folder and waits until it answers a client.

    Raises PortInUse, NoSpace, NoRuntime, BrokenJar, BrokerDied, or BrokerNotReady after `timeout` seconds; then, and
    when interrupted, no process is left behind.
    """
    check_port(port, patience=PORT_PATIENCE_SECONDS)
    controller_port = controller_port_beside(port)
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)  # native libraries that a killed broker left there
    temporary.mkdir()
    (folder / "server.properties").write_text(server_properties(port=port, controller_port=controller_port), "ascii")
    (folder / "log4j2.properties").write_text(log_properties(process.LOG_NAME), "ascii")
    offset = process.log_size(folder)
    child = process.spawn(folder, runtime=runtime, options=options)
    try:
        process.write_record(folder, Record(pid=child.pid, port=port, controller_port=controller_port))
        wait_ready(folder, port=port, timeout=timeout, child=child, offset=offset)
    except BaseException:
        child.kill()
        child.wait()
        process.reap()
        process.forget_record(folder)
        raise
    return psutil.Process(child.pid)


def wait_ready(
    folder: Path,
    *,
    port: int,
    timeout: float,
    child: subprocess.Popen[bytes] | psutil.Process,
    offset: int,
) -> None:
    """Waits until the broker of this folder, and no other Kafka, answers on the port."""
    ours = cluster_id(folder)
    deadline = time.monotonic() + timeout
    while True:
        answer = probe.ask(HOST, port=port)
        if answer and answer.ready and answer.cluster_id == ours:
            return
        returncode = child.poll() if isinstance(child, subprocess.Popen) else (0 if process.gone(child) else None)
        if returncode is not None:
            raise explain(process.log_since(folder, offset=offset), returncode=returncode, folder=folder)
        if time.monotonic() > deadline:
            words = process.last_words(process.log_since(folder, offset=offset))
            raise BrokerNotReady(
                f"the broker did not answer on port {port} within {timeout:.0f} s ({words})",
                hint=f"Look at {folder / process.LOG_NAME}; on a slow machine, start it again",
            )
        time.sleep(POLL_SECONDS)


def explain(log: str, *, returncode: int, folder: Path) -> BrokerError:
    """The error that says, in one sentence, why Kafka ended with this log."""
    words = process.last_words(log)
    if "BindException" in log or "Address already in use" in log:
        return PortInUse("a port of the broker was taken while it started", hint="Start it again")
    if "No space left on device" in log:
        return NoSpace(f"the disk that holds {folder} is full", hint="Free some space, or name another data folder")
    if "NoClassDefFoundError" in log or "ClassNotFoundException" in log or "ZipException" in log:
        return BrokenJar(f"a class of Kafka's is missing ({words})", hint="Delete the cache folder and start again")
    kind = RuntimeCrashed if -returncode in CRASHES else BrokerDied
    how = f"was ended by signal {-returncode}" if returncode < 0 else f"ended with code {returncode}"
    return kind(f"Kafka {how} ({words or 'it wrote nothing'})", hint=f"Look at {folder / process.LOG_NAME}")
