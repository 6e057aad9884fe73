"""The terminal under the board: drawn when something changed, at most four times a second."""

import asyncio
import time
from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

_SHORTEST_SECONDS = 0.25

#: (width, height) -> the screen's lines.
Draw = Callable[[int, int], list[Text]]


class Screen:
    """The alternate screen of a terminal, from `open` to `close`; what stood there before is back afterwards."""

    def __init__(self, console: Console, draw: Draw) -> None:
        self._console = console
        self._draw = draw
        self._live = Live(
            console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        self._shown: tuple[object, ...] = ()
        self._changed = asyncio.Event()

    def open(self) -> None:
        """Take the terminal."""
        self._live.start()

    def close(self) -> None:
        """Give the terminal back; safe to call twice."""
        self._live.stop()

    def touch(self) -> None:
        """Something that is shown has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Draw whenever `touch` was called, and look once a second for what changes by itself; until cancelled."""
        while True:
            self._changed.clear()
            self._refresh()
            await asyncio.sleep(_SHORTEST_SECONDS)
            try:
                await asyncio.wait_for(self._changed.wait(), timeout=1.0 - _SHORTEST_SECONDS)
            except TimeoutError:
                continue

    def _refresh(self) -> None:
        size = self._console.size
        lines = self._draw(size.width, size.height)
        shown = (size, *((line.plain, str(line.style)) for line in lines))
        if shown == self._shown:
            return
        self._shown = shown
        for line in lines:
            line.no_wrap, line.overflow = True, "crop"
        self._live.update(Group(*lines), refresh=True)


def now_ms() -> int:
    """The machine's clock, Unix milliseconds."""
    return time.time_ns() // 1_000_000
