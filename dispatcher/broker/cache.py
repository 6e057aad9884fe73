"""Where files that every clone and every data folder share are kept: Kafka's jars and the fast-start archive.

DISPATCHER_CACHE names the folder; without it, `dispatcher` under XDG_CACHE_HOME or ~/.cache.
All of it can be deleted at any time; the next start brings it back.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dispatcher.domain.errors import BrokerBusy, NoSpace, UnwritableData

LOCK_POLL_SECONDS = 0.05


def cache_root() -> Path:
    """The cache folder, not made yet."""
    named = os.environ.get("DISPATCHER_CACHE")
    if named:
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").absolute() / "dispatcher"


def make_folder(path: Path, *, what: str) -> Path:
    """Makes `path` with its parents and proves that a file can be written in it.

    `what` names it for a person ("data folder"). Raises UnwritableData or NoSpace.
    """
    proof = path / f".write-{os.getpid()}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        proof.write_bytes(b"proof")
        proof.unlink()
    except OSError as error:
        raise folder_error(error, path, what=what) from error
    return path


def folder_error(error: OSError, path: Path, *, what: str) -> NoSpace | UnwritableData:
    """The project's own error for a failed write under `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"the disk that holds the {what} {path} is full", hint="Free some space, or name another folder")
    return UnwritableData(
        f"the {what} {path} cannot be written ({error.strerror or error})",
        hint="Give this user the right to write there, or name another folder",
    )


@contextmanager
def folder_lock(path: Path, *, timeout: float, busy: str) -> Iterator[None]:
    """Holds the lock file `path` for one process at a time; the system lets go of it when the process dies.

    Waits up to `timeout` seconds, then raises BrokerBusy with the message `busy`.
    """
    deadline = time.monotonic() + timeout
    with path.open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise BrokerBusy(busy, hint="Wait for it to end, then try again") from None
                time.sleep(LOCK_POLL_SECONDS)
        yield
