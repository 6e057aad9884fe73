"""Finding the record that kills the process.

An exception can be caught; a crash of the interpreter or an endless loop cannot. So the worker writes down which record it
is about to handle, in a small file mapped into memory: the page outlives the process, however that ends, and writing it
costs a microsecond. A process that finds an entry knows on which record the last one in its slot died. What dies while a
transaction is under way, or of a broker that is away, has no record in hand and accuses none.

Handling is one record at a time in a process, so one entry is enough. A slot that moves to another machine begins to count
anew there: the record is then set aside some deaths later.
"""

import contextlib
import json
import mmap
from pathlib import Path

from dispatcher.stream.records import InputRecord

#: Deaths on one record before it is set aside.
DEATHS = 3
_SIZE = 1024
_LENGTH = 2  # bytes that hold the length of the entry; 0: nothing in hand


class InHand:
    """The record in hand, and the records on which processes of this slot have died."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._counts = path.with_suffix(".deaths.json")
        with path.open("a+b") as file:
            file.truncate(_SIZE)
            self._page = mmap.mmap(file.fileno(), _SIZE)
        self.deaths: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
            # None yet, or torn by a full disk: then counting begins anew.
            self.deaths = {str(name): int(times) for name, times in json.loads(self._counts.read_text()).items()}
        length = int.from_bytes(self._page[:_LENGTH], "big")
        if length:
            name = self._page[_LENGTH : _LENGTH + length].decode("utf-8", "replace")
            self.deaths[name] = self.deaths.get(name, 0) + 1
            self._save()
            self.put_down()

    @staticmethod
    def name(record: InputRecord) -> str:
        """The record, told from any other, also from one at its place in another cluster."""
        return f"{record.topic}/{record.partition}/{record.offset}@{record.timestamp_ms}"

    def died_on(self, record: InputRecord) -> int:
        """How many processes have died while they handled `record`."""
        return self.deaths.get(self.name(record), 0) if self.deaths else 0

    def take(self, record: InputRecord) -> None:
        """`record` is about to be handled."""
        entry = self.name(record).encode()[: _SIZE - _LENGTH]
        self._page[_LENGTH : _LENGTH + len(entry)] = entry
        self._page[:_LENGTH] = len(entry).to_bytes(_LENGTH, "big")

    def put_down(self) -> None:
        """The handling has ended, one way or another."""
        self._page[:_LENGTH] = bytes(_LENGTH)

    def settled(self, record: InputRecord) -> None:
        """`record` is committed: its deaths are history."""
        if self.deaths and self.deaths.pop(self.name(record), None) is not None:
            self._save()

    def _save(self) -> None:
        fresh = self._counts.with_suffix(".new")
        fresh.write_text(json.dumps(self.deaths))
        fresh.replace(self._counts)
