"""What is sealed in the recorded events, opened for the comparison.

The keys of the cases that a partition can speak of are read once and lie on a shelf, so that memory stays flat. A case without one has
been erased: of its events all is compared but what was said.
"""

from dataclasses import replace

from dispatcher.domain import sealed
from dispatcher.replay.findings import load
from dispatcher.replay.ledger import Event
from dispatcher.replay.reading import Feed
from dispatcher.replay.shelf import Shelf
from dispatcher.stream import sealing

_AT_ONCE = 2_000


class Opening:
    """The keys of one partition's cases."""

    def __init__(self) -> None:
        self._keys = Shelf()

    async def learn(self, feed: Feed) -> None:
        """Read all keys of the range; what has been removed by its end is gone."""
        changes: dict[bytes, bytes | None] = {}
        while (record := await feed.next()) is not None:
            told = load(record.value).get("key") if record.value is not None else None
            changes[record.key or b""] = bytes.fromhex(told) if isinstance(told, str) else None
            if len(changes) >= _AT_ONCE:
                self._keys.apply(changes)
                changes = {}
        self._keys.apply(changes)

    def opened(self, event: Event) -> Event:
        """The event with its value as it was decided. One that was tampered with does not open, and stays as it lies."""
        name = sealed.key_of(event)
        if name is None:
            return event
        key = self._keys.get(name)
        if key is None:
            return replace(event, erased=True)
        found = sealing.opened(event, key)
        return event if found is None else replace(event, value=found)

    def close(self) -> None:
        """Drop the keys."""
        self._keys.close()
