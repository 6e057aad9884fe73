"""An archive of Kafka's loaded classes (Java's AOT cache), which starts the broker in 1 s instead of 2.5.

Java writes it at the end of a trial run with an empty folder, once for each set of jars and each Java. It is a gain and
never a need: whatever goes wrong here, the broker starts without it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from dispatcher.broker.cache import folder_lock
from dispatcher.broker.fetch import Say
from dispatcher.broker.launch import format_storage, free_port, launch
from dispatcher.broker.process import end
from dispatcher.broker.runtime import OPTIONS, Runtime
from dispatcher.domain.errors import BrokerError

TRIAL_SECONDS = 90.0
# Writing the archive happens in Java's own end.
WRITE_SECONDS = 90.0


def with_archive(runtime: Runtime, *, say: Say) -> Runtime:
    """`runtime` with its archive, made first if need be; as it was if that cannot be."""
    path = archive_path(runtime)
    if path.exists():
        return _unless_empty(runtime, path)
    try:
        busy = "another process prepares Kafka"
        with folder_lock(path.parent / ".lock", timeout=TRIAL_SECONDS + WRITE_SECONDS, busy=busy):
            if not path.exists():
                say("Preparing Kafka for fast starts. This is done once.")
                _make(runtime, path)
    except (BrokerError, OSError):
        return runtime
    return _unless_empty(runtime, path)


def archive_path(runtime: Runtime) -> Path:
    """Where the archive is, or would be: beside the jars, named by the Java, its options and the place of the jars."""
    release = runtime.java.parent.parent / "release"
    build = release.read_text("utf-8") if release.exists() else str(runtime.java)
    parts = (build, *OPTIONS, *map(str, runtime.jars))
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
    return runtime.jars[0].parent / f"broker-{key}.aot"


def discard(runtime: Runtime) -> Runtime:
    """`runtime` without its archive, which is emptied: it made Java crash, and is not to be tried again."""
    if runtime.archive:
        runtime.archive.write_bytes(b"")
    return replace(runtime, archive=None)


def _unless_empty(runtime: Runtime, path: Path) -> Runtime:
    """An empty archive is a note that this Java cannot make or use one."""
    return replace(runtime, archive=path if path.stat().st_size else None)


def _make(runtime: Runtime, path: Path) -> None:
    # What a killed trial left behind, and the archives of a Java or of options that are no more.
    for left_behind in path.parent.glob("trial-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    for outdated in path.parent.glob("broker-*.aot"):
        outdated.unlink()
    work = Path(tempfile.mkdtemp(prefix="trial-", dir=path.parent))
    fresh = work / "broker.aot"
    try:
        format_storage(work, runtime=runtime)
        options = (f"-XX:AOTCacheOutput={fresh}",)
        child = launch(work, port=free_port(), runtime=runtime, timeout=TRIAL_SECONDS, options=options)
        end(child, patience=WRITE_SECONDS)
        if fresh.exists():
            fresh.replace(path)
        else:
            path.write_bytes(b"")
    finally:
        shutil.rmtree(work, ignore_errors=True)
