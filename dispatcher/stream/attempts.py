"""Finding the record that kills the process.

An exception can be caught; a crash of the interpreter or an endless loop cannot. So before a lane's first batch, and while
it is careful, it notes in its state which records it takes in hand. A note that still stands where the next process begins
means that the last one died on them: the lane goes on one record at a time, and a single record that has killed the
process again is set aside as a dead letter (after three deaths in all). Progress doubles the span until it is normal.
"""

from dataclasses import dataclass

import orjson

from dispatcher.stream.state import NOTE_PREFIX

NOTE_KEY = NOTE_PREFIX + b"in-hand"

#: Deaths on a single record, noted as such, before it is set aside. The death that made the lane careful comes on top.
_SINGLE_DEATHS = 2


@dataclass(slots=True)
class InHand:
    """Which span of records may be taken at once. `span` None: as many as there are."""

    at: int = -1
    span: int | None = None
    deaths: int = 0
    noted: bool = False

    @classmethod
    def recall(cls, note: bytes | None, floor: int) -> "InHand":
        """What the note of an earlier process says to one that begins at offset `floor`."""
        if note is None:
            return cls()
        was = orjson.loads(note)
        if was["at"] != floor:
            return cls()  # it had got further: whatever ended it, these records did not
        return cls(at=floor, span=1, deaths=was["deaths"] if was["span"] == 1 else 0)

    def condemned(self, offset: int) -> bool:
        """Whether the record at `offset` has killed the process often enough."""
        return self.at == offset and self.deaths >= _SINGLE_DEATHS

    def note(self, offset: int) -> bytes | None:
        """The note to write before taking records from `offset` on; None when none is due."""
        if self.noted and self.span is None:
            return None
        if self.at != offset:
            self.at, self.deaths = offset, 0
        self.noted = True
        return orjson.dumps({"at": offset, "span": self.span or 0, "deaths": self.deaths + (self.span == 1)})

    def survived(self, normal: int) -> None:
        """The records in hand are committed: twice as many next time, up to `normal`."""
        if self.span is not None:
            self.span = self.span * 2 if self.span * 2 < normal else None
