"""A partition's state: a dictionary of bytes, loaded from its compacted topic and changed only by committed results.

Also the one way in which lanes read for themselves: committed records of a range, without a group.

Values stay encoded: an open case takes some 600 bytes and not the several kilobytes of a model, and what is in memory is
what lies on the topic, byte for byte.
"""

from collections.abc import AsyncIterator, ItemsView
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from dispatcher.stream.records import InputRecord


class State:
    """key -> value of one partition."""

    def __init__(self, entries: dict[bytes, bytes] | None = None) -> None:
        self._entries: dict[bytes, bytes] = entries if entries is not None else {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> bytes | None:
        """The last committed value."""
        return self._entries.get(key)

    def value(self, key: bytes) -> bytes:
        """The last committed value of an entry that is there."""
        return self._entries[key]

    def items(self) -> ItemsView[bytes, bytes]:
        """All entries."""
        return self._entries.items()

    def apply(self, changes: dict[bytes, bytes | None]) -> None:
        """Take over what a transaction has committed."""
        for key, value in changes.items():
            if value is None:
                self._entries.pop(key, None)
            else:
                self._entries[key] = value

    def entries(self) -> dict[bytes, bytes]:
        """A copy of all entries, for comparison in tests and tools."""
        return dict(self._entries)


async def load_state(bootstrap: str, place: TopicPartition) -> State:
    """Read one partition of a compacted topic from its beginning to its end as of now, committed records only."""
    entries: dict[bytes, bytes] = {}
    async for record in _read(bootstrap, place, None, None):
        if record.value is None:
            entries.pop(record.key, None)
        else:
            entries[record.key] = record.value
    return State(entries)


async def read_between(bootstrap: str, place: TopicPartition, start: int, stop: int) -> list[InputRecord]:
    """The committed records of `place` with ``start <= offset < stop``."""
    return [
        InputRecord(
            place.topic, place.partition, found.offset, found.timestamp, found.key, found.value, tuple(found.headers)
        )
        async for found in _read(bootstrap, place, start, stop)
    ]


async def _read(bootstrap: str, place: TopicPartition, start: int | None, stop: int | None) -> AsyncIterator[Any]:
    """Committed records from `start` (None: the beginning) until before `stop` (None: the end as of now)."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=50,
    )
    try:
        await consumer.start()
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        end = end if stop is None else min(end, stop)
        if start is None:
            await consumer.seek_to_beginning(place)
        else:
            consumer.seek(place, start)
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(place, timeout_ms=200)).get(place, ()):
                if record.offset < end:
                    yield record
    finally:
        await consumer.stop()
