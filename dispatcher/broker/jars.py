"""Kafka's own files: fetched once, pinned by SHA-256, looked at quickly ever after.

`jars.lock` beside this module names each file, its size and its SHA-256, and no address: where files come from is the
business of jgo, the Maven client (its own settings file may name a mirror). A file is hashed when it arrives and
whenever its size or modification time differs from the stamp left by the last hash, so a usual start reads 46 file
entries and no file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from dispatcher.broker.cache import cache_root, folder_error, folder_lock, make_folder
from dispatcher.broker.fetch import Say, fetch_all
from dispatcher.domain.errors import BrokenJar, DispatcherError, FetchFailed

KAFKA_VERSION = "4.3.1"
LOCK_NAME = "jars.lock"
STAMP_NAME = "stamp.json"
FETCH_TIMEOUT_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One file of Kafka's. `size` in bytes."""

    group: str
    artifact: str
    version: str
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def read_lock(text: str) -> tuple[Jar, ...]:
    """The jars of a lock file: lines of ``sha256 size group:artifact:version``; ``#`` starts a comment."""
    jars = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        sha256, size, coordinate = line.split()
        group, artifact, version = coordinate.split(":")
        jars.append(Jar(group=group, artifact=artifact, version=version, size=int(size), sha256=sha256))
    return tuple(jars)


@cache
def pinned() -> tuple[Jar, ...]:
    """The jars that this version of the program runs."""
    return read_lock(files(__package__).joinpath(LOCK_NAME).read_text("utf-8"))


def default_folder() -> Path:
    """A folder of its own for each content of the lock, so that two versions of the program never share a half."""
    digest = hashlib.sha256("".join(jar.sha256 for jar in pinned()).encode()).hexdigest()
    return cache_root() / f"kafka-{KAFKA_VERSION}-{digest[:12]}"


def ensure_jars(folder: Path | None = None, *, say: Say) -> tuple[Path, ...]:
    """The paths of all pinned jars, in the lock's order, each checked; fetches what is missing or changed.

    `say` gets one line for each long step. Raises BrokenJar, FetchFailed, NoSpace or UnwritableData.
    """
    folder = folder or default_folder()
    paths = tuple(folder / jar.file_name for jar in pinned())
    if _stamp_of(folder) == _entries(folder):
        return paths
    make_folder(folder, what="cache folder")
    busy = f"another process has been fetching Kafka into {folder} for {FETCH_TIMEOUT_SECONDS / 60:.0f} minutes"
    with folder_lock(folder / ".lock", timeout=FETCH_TIMEOUT_SECONDS, busy=busy):
        wanted = [jar for jar in pinned() if not _is_right(folder / jar.file_name, jar=jar)]
        if wanted:
            _replace(wanted, folder=folder, say=say)
        (folder / STAMP_NAME).write_text(json.dumps(_entries(folder)), "utf-8")
    return paths


def _replace(wanted: list[Jar], *, folder: Path, say: Say) -> None:
    changed = [jar.file_name for jar in wanted if (folder / jar.file_name).exists()]
    for left_behind in folder.glob("fetch-*"):  # by a fetch that was killed
        shutil.rmtree(left_behind, ignore_errors=True)
    fetching = Path(tempfile.mkdtemp(prefix="fetch-", dir=folder))
    try:
        for jar, path in zip(wanted, fetch_all(wanted, folder=fetching, say=say), strict=True):
            if not _is_right(path, jar=jar):
                raise BrokenJar(
                    f"{jar.file_name} was fetched, but it is not the file whose SHA-256 is pinned",
                    hint="Look for a mirror or proxy that alters files, then start again",
                )
            path.replace(folder / jar.file_name)
    except FetchFailed as error:
        if not changed:
            raise
        raise BrokenJar(
            f"{', '.join(changed)} in {folder} is not the file whose SHA-256 is pinned, and a new one could not be fetched",
            hint="Start again with a network; it is fetched then",
        ) from error
    except DispatcherError:
        raise
    except OSError as error:
        raise folder_error(error, folder, what="cache folder") from error
    finally:
        shutil.rmtree(fetching, ignore_errors=True)


def _is_right(path: Path, *, jar: Jar) -> bool:
    try:
        if path.stat().st_size != jar.size:
            return False
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def _entries(folder: Path) -> dict[str, list[int]] | None:
    """Size and modification time (ns) of each pinned file; None if one is missing."""
    try:
        found = {jar.file_name: os.stat(folder / jar.file_name) for jar in pinned()}
    except OSError:
        return None
    return {name: [entry.st_size, entry.st_mtime_ns] for name, entry in found.items()}


def _stamp_of(folder: Path) -> dict[str, list[int]] | str:
    """What the last full hash saw; a text that equals no entries if there is none."""
    try:
        stamp: dict[str, list[int]] = json.loads((folder / STAMP_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return "never hashed"
    return stamp
