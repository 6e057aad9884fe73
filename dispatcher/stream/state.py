"""A partition's state: a dictionary of bytes, loaded from its compacted topic and changed only by committed results.

Values stay encoded: an open case takes some 600 bytes and not the several kilobytes of a model, and what is in memory is
what lies on the topic, byte for byte.
"""

from aiokafka import AIOKafkaConsumer, TopicPartition

#: Keys of a stage's own notes begin with NUL, which no case id or pseudonym does.
NOTE_PREFIX = b"\x00"


class State:
    """key -> value of one partition."""

    def __init__(self, entries: dict[bytes, bytes] | None = None) -> None:
        self._entries: dict[bytes, bytes] = entries if entries is not None else {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> bytes | None:
        """The last committed value."""
        return self._entries.get(key)

    def apply(self, changes: dict[bytes, bytes | None]) -> None:
        """Take over what a transaction has committed."""
        for key, value in changes.items():
            if value is None:
                self._entries.pop(key, None)
            else:
                self._entries[key] = value

    def entries(self) -> dict[bytes, bytes]:
        """A copy of all entries without the stage's own notes, for comparison in tests and tools."""
        return {key: value for key, value in self._entries.items() if not key.startswith(NOTE_PREFIX)}


async def load_state(bootstrap: str, place: TopicPartition) -> State:
    """Read one partition of a compacted topic from its beginning to its end as of now, committed records only."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        await consumer.seek_to_beginning(place)
        entries: dict[bytes, bytes] = {}
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(place, timeout_ms=200)).get(place, ()):
                if record.value is None:
                    entries.pop(record.key, None)
                else:
                    entries[record.key] = record.value
        return State(entries)
    finally:
        await consumer.stop()
