"""The recorded events of one partition of the ledger, found again by their ids.

A lane writes its events in the order of its input, so they are read on demand and forgotten when settled. One that is out of
its place by more than a few thousand records counts as missing where it should be and as unexpected where it is.
"""

import re
from dataclasses import dataclass
from typing import Any

from dispatcher.replay.deciders import policy_of
from dispatcher.replay.reading import Feed, header

#: An event that has not come when so many others have come in its stead is not there.
_AHEAD = 3000
#: So far after the last event of a range, in offsets, more of it is looked for.
_BEYOND = 400
_STOPPED = re.compile(rb'"alert":"intake_stopped"')


@dataclass(frozen=True, slots=True)
class Event:
    """One record of the ledger. `erased`: its key is gone, and its value lies there with marks for what was said."""

    offset: int
    key: bytes
    value: bytes
    kind: bytes
    ce_id: str
    headers: tuple[tuple[str, bytes], ...] = ()
    erased: bool = False


class Ledger:
    """Recorded events on their way past; `only`: of that case alone."""

    def __init__(
        self, feed: Feed, *, only: bytes | None = None, high: int = 0, open_ids: frozenset[str] = frozenset()
    ) -> None:
        self._feed = feed
        self._only = only
        self._high = high
        self._open = open_ids
        self._held: dict[str, list[Event]] = {}
        self.next_offset = 0
        self.passed = -1  # the highest offset that has been settled

    async def peek(self, event_id: str) -> Event | None:
        """The event of that id, None where it is not there. It stays until it is settled."""
        while event_id not in self._held:
            if len(self._held) >= _AHEAD or not await self._step():
                return None
        return self._held[event_id][0]

    def settle(self, event: Event) -> None:
        """It was expected, and has been compared."""
        held = self._held[event.ce_id]
        held.pop(0)
        if not held:
            del self._held[event.ce_id]
        self.passed = max(self.passed, event.offset)

    async def _step(self) -> bool:
        record = await self._feed.next()
        if record is None:
            return False
        self.next_offset = record.offset + 1
        if self._only is not None and record.key != self._only:
            return True
        ce_id = (header(record, "ce_id") or b"").decode("utf-8", "replace")
        if record.offset < self._high and ce_id not in self._open:
            return True  # settled before the interruption
        value: bytes = record.value or b""
        if _STOPPED.search(value):
            return True  # what a blown fuse says is no decision about a case
        event = Event(
            record.offset, record.key or b"", value, header(record, "ce_type") or b"", ce_id, tuple(record.headers)
        )
        self._held.setdefault(ce_id, []).append(event)
        return True

    def overdue(self) -> list[Event]:
        """Events that so many later ones have overtaken that nothing will ask for them any more."""
        oldest = next(iter(self._held.values()), None)  # they are held in the order of their offsets
        limit = self.passed - _AHEAD
        return self._take(lambda event: event.offset < limit) if oldest and oldest[0].offset < limit else []

    async def rest(self, *, everything: bool) -> list[Event]:
        """What is left when the range is done, with what was written soon after it, or all that was written."""
        limit = self.passed + _BEYOND
        while (everything or self.next_offset < limit) and await self._step():
            pass
        return self._take(lambda event: everything or event.offset < limit)

    def _take(self, wanted: Any) -> list[Event]:
        found = sorted((e for held in self._held.values() for e in held if wanted(e)), key=lambda e: e.offset)
        gone = {id(event) for event in found}
        kept = {name: [e for e in held if id(e) not in gone] for name, held in self._held.items()}
        self._held = {name: held for name, held in kept.items() if held}
        return found

    def policies(self, count: int = 200) -> list[str]:
        """Policies that the next events name, in their order."""
        events = [event for held in list(self._held.values())[:count] for event in held]
        return list(dict.fromkeys(name for event in events if (name := policy_of(event.value)) is not None))

    def named(self, policy: str) -> int:
        """How many of the events held name a policy."""
        return sum(policy_of(event.value) == policy for held in self._held.values() for event in held)

    async def look(self, count: int = 50) -> None:
        """Read some events ahead."""
        while len(self._held) < count and await self._step():
            pass

    def low(self) -> int:
        """The first offset that a later read must see again."""
        return min((e.offset for held in self._held.values() for e in held), default=self.next_offset)

    def open_ids(self) -> list[str]:
        """Ids of what is held."""
        return sorted(self._held)
