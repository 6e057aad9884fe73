"""Fetching files by their Maven coordinates, through jgo. Imported by every start, jgo only when there is work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from dispatcher.domain.errors import FetchFailed

if TYPE_CHECKING:
    from dispatcher.broker.jars import Jar

Say = Callable[[str], None]

THREADS = 6
TRIES = 3
TIMEOUT_SECONDS = 30


def fetch_all(jars: Sequence[Jar], *, folder: Path, say: Say) -> list[Path]:
    """Fetches `jars` into `folder` and gives their paths, in order. Does not judge what it got.

    On a terminal a bar shows the progress; elsewhere `say` gets a line at the start and one at the end.
    Raises FetchFailed, naming the first file that could not be had after several tries; an OSError of the disk passes.
    """
    total = sum(jar.size for jar in jars)
    started = time.monotonic()
    say(f"Fetching Kafka: {len(jars)} files, {total / 1e6:.0f} MB. This is done once.")
    with _progress(total) as callback, ThreadPoolExecutor(THREADS) as pool:
        context = _maven(folder, callback=callback)
        jobs = [pool.submit(_fetch_one, jar, context=context) for jar in jars]
        try:
            paths = [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    say(f"Fetched in {time.monotonic() - started:.0f} s.")
    return paths


def _fetch_one(jar: Jar, *, context: Any) -> Path:
    from requests import RequestException

    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    reason = ""
    for attempt in range(TRIES):
        time.sleep(attempt)
        try:
            return Path(artifact.resolve())
        except (RequestException, RuntimeError) as error:
            # jgo's own message lists addresses, and a torn file would be taken for whole at the next try
            reason = "no repository has it" if isinstance(error, RuntimeError) else type(error).__name__
            Path(artifact.cached_path).unlink(missing_ok=True)
    raise FetchFailed(
        f"{jar.file_name} could not be fetched ({reason})",
        hint="Check the network or proxy, then start again; to use a Kafka of your own, set KAFKA_BOOTSTRAP_SERVERS",
    )


def _maven(folder: Path, *, callback: Any) -> Any:
    """A Maven client that keeps everything in `folder`, asking the mirrors of jgo's settings first, if there are any."""
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext, PythonResolver
    from jgo.maven._core import DEFAULT_REMOTE_REPOS

    mirrors = GlobalSettings.load().repositories
    return MavenContext(
        resolver=PythonResolver(progress_callback=callback),
        repo_cache=folder,
        remote_repos={**mirrors, **DEFAULT_REMOTE_REPOS},
        timeout=TIMEOUT_SECONDS,
    )


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A callback in jgo's shape that feeds one bar for all files; None where there is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("Kafka"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Kafka", total=total)

        @contextmanager
        def one_file(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
            yield lambda count: bar.update(task, advance=count)

        yield one_file
