"""State of a replayed partition that stays small in memory however long the range is.

A city's year opens a million cases in a partition, and nearly all of them are over. What was touched lately stays in a
dictionary; the rest lies in a temporary SQLite file, as the same bytes.
"""

import sqlite3
from collections.abc import Iterator, Mapping

#: Entries held in memory; an open case takes one to two kilobytes.
HELD = 40_000


class Shelf:
    """key -> value; the least recently touched entries are put away into a file of their own."""

    def __init__(self, held: int = HELD) -> None:
        self._held = held
        self._hot: dict[bytes, bytes] = {}
        self._cold = sqlite3.connect("")  # a temporary file, gone with the connection
        self._cold.execute("PRAGMA cache_size = -4000")
        self._cold.execute("CREATE TABLE entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        self._any_cold = False

    def get(self, key: bytes) -> bytes | None:
        """The value, None where there is none."""
        value = self._hot.get(key)
        if value is None and self._any_cold:
            row = self._cold.execute("SELECT value FROM entry WHERE key = ?", (key,)).fetchone()
            return row[0] if row else None
        return value

    def apply(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Set what has a value, remove what has None."""
        for key, value in changes.items():
            self._hot.pop(key, None)  # so that it comes last: the order is that of the last change
            if value is not None:
                self._hot[key] = value
            elif self._any_cold:
                self._cold.execute("DELETE FROM entry WHERE key = ?", (key,))
        if len(self._hot) > self._held:
            self._put_away(len(self._hot) - self._held // 2)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All entries, each once."""
        yield from self._hot.items()
        for key, value in self._cold.execute("SELECT key, value FROM entry"):
            if key not in self._hot:
                yield key, value

    def _put_away(self, count: int) -> None:
        oldest = [key for key, _ in zip(self._hot, range(count), strict=False)]
        rows = [(key, self._hot.pop(key)) for key in oldest]
        self._cold.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?)", rows)
        self._any_cold = True

    def close(self) -> None:
        """Drop everything."""
        self._hot.clear()
        self._cold.close()
