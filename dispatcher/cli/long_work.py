"""What commands that take long have in common: a bar on a terminal, and two meanings of Ctrl-C."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from dispatcher.cli import options


class Bar:
    """One bar: how much is done."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def begun(self, total: int) -> None:
        """Only now is it known how much there is."""
        self._progress.update(self._task, total=total)

    def told(self, made: int) -> None:
        """So much more is done."""
        speed = self._progress.tasks[0].speed
        self._progress.update(self._task, advance=made, rate=f"{speed:,.0f}/s" if speed else "")


@contextmanager
def bar(what: str, total: int | None = None) -> Iterator[Bar]:
    """How much of `what` is done, its rate and the time left; on a terminal only."""
    screen = options.err()
    with Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=screen,
        disable=not screen.is_terminal,
        transient=True,
    ) as progress:
        yield Bar(progress, progress.add_task(what, total=total, rate=""))


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event; the second one ends the program and its processes at once."""
    interrupted = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def hear(_number: int, _frame: object) -> None:
        if interrupted.is_set():
            for process in multiprocessing.active_children():
                process.kill()
            os._exit(130)
        interrupted.set()

    signal.signal(signal.SIGINT, hear)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
