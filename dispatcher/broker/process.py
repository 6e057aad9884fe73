"""The broker's process: how it is told from others, spawned, ended, and what it last said.

The process is known by a marker on its command line that names its data folder. A number in a file alone would not do:
after a crash the system may give the same number to somebody else, and a process whose starter died is still ours.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from dispatcher.broker.runtime import MAIN_CLASS, Runtime, environment, not_runnable
from dispatcher.domain.errors import BrokerNotStopped

RECORD_NAME = "broker.json"
LOG_NAME = "broker.log"
STOP_SECONDS = 20.0
KILL_SECONDS = 10.0
POLL_SECONDS = 0.02
# The brokers that this process started. Their objects are kept: Python would otherwise warn of a process that is still
# running, which is what a broker is for, and a dead child has to be collected by its parent.
_children: dict[int, subprocess.Popen[bytes]] = {}
_TELLING = re.compile(r"\b(ERROR|FATAL|\w*Exception|\w*Error)\b")
_BORING = re.compile(r"^\s+at |^#?\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a start leaves in the data folder for later commands."""

    pid: int
    port: int
    controller_port: int


def marker(folder: Path) -> str:
    """The option on Java's command line that says whose broker this is."""
    return f"-Ddispatcher.data={folder.resolve()}"


def read_record(folder: Path) -> Record | None:
    """The record of the last start; None if there is none, or it was torn."""
    try:
        return Record(**json.loads((folder / RECORD_NAME).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_record(folder: Path, record: Record) -> None:
    fresh = folder / f"{RECORD_NAME}.new"
    fresh.write_text(json.dumps(asdict(record)), "utf-8")
    fresh.replace(folder / RECORD_NAME)


def forget_record(folder: Path) -> None:
    (folder / RECORD_NAME).unlink(missing_ok=True)


def find(folder: Path, *, pid: int | None) -> psutil.Process | None:
    """The living broker of `folder` if it is the process `pid`; None for a stale number."""
    if pid is None:
        return None
    reap()
    try:
        process = psutil.Process(pid)
        ours = marker(folder) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if ours else None


def search(folder: Path) -> psutil.Process | None:
    """The living broker of `folder` among all processes: for a start that died before it could leave a record."""
    candidates = (find(folder, pid=process.pid) for process in psutil.process_iter(["name"]) if _is_java(process))
    return next((process for process in candidates if process), None)


def _is_java(process: psutil.Process) -> bool:
    return "java" in (process.info.get("name") or "")


def spawn(folder: Path, *, runtime: Runtime, options: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Starts Kafka in `folder`, in a session of its own: a Ctrl-C in the terminal is not for it. Raises NoRuntime."""
    command = runtime.command(MAIN_CLASS, "server.properties", options=(*options, marker(folder)))
    with (folder / LOG_NAME).open("ab") as log:
        try:
            child = subprocess.Popen(
                command,
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise not_runnable(runtime.java, error) from error
    _children[child.pid] = child
    return child


def reap() -> None:
    """Collects those brokers of ours that are dead."""
    for pid, child in list(_children.items()):
        if child.poll() is not None:
            _children.pop(pid, None)


def gone(process: psutil.Process) -> bool:
    """Whether the process has ended, all threads of it; one that its parent has not collected counts as ended."""
    child = _children.get(process.pid)
    if child:
        reap()
        return child.returncode is not None
    try:
        return not process.is_running() or (process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)
    except psutil.NoSuchProcess:
        return True


def settle(pid: int) -> None:
    """Waits for the last threads of a broker that was just killed: until then it holds its port and its files."""
    with suppress(psutil.NoSuchProcess):
        dying = psutil.Process(pid)
        if dying.status() == psutil.STATUS_ZOMBIE:
            _ended(dying, within=KILL_SECONDS)


def end(process: psutil.Process, *, patience: float = STOP_SECONDS) -> None:
    """Asks the process to end, and after `patience` seconds makes it. Raises BrokerNotStopped if it is still there."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        if _ended(process, within=patience):
            return
        process.kill()
        if not _ended(process, within=KILL_SECONDS):
            raise BrokerNotStopped(
                f"the broker's process {process.pid} does not end",
                hint="It probably waits for a disk that does not answer; look at the disk, then stop it again",
            )


def _ended(process: psutil.Process, *, within: float) -> bool:
    """Whether the process ends in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if gone(process):
            return True
        time.sleep(POLL_SECONDS)
    return False


def log_size(folder: Path) -> int:
    """Bytes in the log now: the place to read from, later."""
    try:
        return os.stat(folder / LOG_NAME).st_size
    except OSError:
        return 0


def log_since(folder: Path, *, offset: int) -> str:
    """What the broker wrote behind `offset`; all there is, if the log was rotated meanwhile."""
    try:
        with (folder / LOG_NAME).open("rb") as log:
            log.seek(offset if log_size(folder) >= offset else 0)
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""


def last_words(text: str, *, lines: int = 3) -> str:
    """The lines of a log that best say why it ended: the last that name an error, else the last ones."""
    told = [line.strip() for line in text.splitlines() if not _BORING.match(line)]
    telling = [line for line in told if _TELLING.search(line)]
    return " | ".join((telling or told)[-lines:])
