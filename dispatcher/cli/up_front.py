"""What ``dispatcher up`` shows: the live board on a terminal, else lines."""

from __future__ import annotations

import os
import sys
from collections import deque
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dispatcher.console import board, plain
from dispatcher.console.ledger import Alarm, Ledger, Row
from dispatcher.console.lines import Lines
from dispatcher.console.screen import Screen, now_ms
from dispatcher.settings import Settings
from dispatcher.stream.records import InputRecord
from dispatcher.supervise.books import AUDIT, LEDGER

if TYPE_CHECKING:
    from dispatcher.console.words import Words
    from dispatcher.demo.publisher import Demo
    from dispatcher.supervise.house import House

_NOTICES = 20
#: What a newcomer is told to try.
_EXAMPLE = "楼道灯坏了半个月没人换"


class Front:
    """Takes records and news from the start, and shows them as they come: as lines, and after `open` on the board."""

    def __init__(self, lines: Lines, *, as_json: bool) -> None:
        self.ledger = Ledger()
        self._lines = lines
        self._wants_board = not as_json and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._screen: Screen | None = None
        self._notices: deque[Alarm] = deque(maxlen=_NOTICES)
        self.words: Words | None = None
        self._house: House | None = None
        self._demo: Demo | None = None
        self._hint = ""

    def tell(self, text: str, /, *, kind: str, bad: bool = False, **facts: object) -> None:
        """Say what the program does: on the board while it is up, else as a line."""
        if self._screen is None:
            self._lines.put(text, kind=kind, **facts)
        else:
            self._notices.append(Alarm(kind="notice" if bad else "news", at_ms=now_ms(), text=text, live=True))
            self._screen.touch()

    def take(self, records: list[InputRecord], seen_ms: int, live: bool) -> None:
        """A batch of the feed."""
        items = self.ledger.take(records, seen_ms=seen_ms, live=live)
        if self._screen is not None:
            self._screen.touch()
        elif live and not self._wants_board and self.words is not None:
            for item in items:
                if isinstance(item, Row):
                    line = plain.row_line(item, self.ledger, self.words)
                    self._lines.put(line, kind="decided", **plain.row_facts(item, self.ledger))
                else:
                    mark = "" if item.kind.startswith("lookup.") else "!! "
                    self._lines.put(mark + item.text, kind=item.kind, **item.facts)

    def open(self, *, house: House, demo: Demo | None, program: str) -> None:
        """The service is ready: say what to try, or put up the board."""
        self._house, self._demo = house, demo
        elsewhere = house.bootstrap != Settings.model_fields["bootstrap"].default
        where = f"KAFKA_BOOTSTRAP_SERVERS={house.bootstrap} " if elsewhere else ""
        command = f'{where}{program} call "{_EXAMPLE}"'
        self._hint = f" Ctrl-C 结束 · 另开终端：{command}"
        if self._wants_board:
            self._screen = Screen(Console(), self._draw)
            self._screen.open()
        else:
            self.tell(f"try from another terminal: {command}    (Ctrl-C ends)", kind="hint", command=command)

    async def run(self) -> None:
        """Keep the board up to date, until cancelled; returns at once where there is none."""
        if self._screen is not None:
            await self._screen.run()

    def touch(self) -> None:
        """Something beside the records has changed."""
        if self._screen is not None:
            self._screen.touch()

    def close(self) -> None:
        """Take the board down; what is said from now on are lines."""
        if self._screen is not None:
            self._screen.close()
            self._screen = None

    def _draw(self, width: int, height: int) -> list[Text]:
        assert self._house is not None
        assert self._house.supervisor is not None
        assert self.words is not None
        supervisor = self._house.supervisor
        facts = board.Facts(
            address=self._house.bootstrap,
            workers=len(supervisor.workers),
            ready=supervisor.ready,
            restarts=supervisor.restarts,
            demo=" · ".join(part for part in (self._books_words(), self._demo_words()) if part),
            hint=self._hint,
            rate=self.ledger.rate(now_ms=now_ms()),
            notices=tuple(self._notices),
        )
        return board.lines(self.ledger, facts, self.words, width=width, height=height)

    def _books_words(self) -> str:
        """The ledger in SQL, and the newest signed checkpoint; three dots until they are there."""
        assert self._house is not None
        books, words = self._house.books, []
        if (ready := books.ready(LEDGER)) is not None:
            words.append("账本 ✓" if ready else "账本 …")
        if books.ready(AUDIT) is not None:
            words.append("存证 断裂!" if books.broken else f"存证 {books.signed}" if books.signed else "存证 …")
        return " · ".join(words)

    def _demo_words(self) -> str:
        if self._demo is None:
            return ""
        return "演示已讲完" if self._demo.done else f"演示 {self._demo.told}/{self._demo.total}"
