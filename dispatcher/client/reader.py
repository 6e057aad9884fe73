"""Reading committed records without a consumer group: nothing is ever committed, nobody's place is moved.

A range is pinned before it is read: the end is where the topic's last committed record lies at that moment, so a read
comes to an end however much is written meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from dispatcher.client.connection import reach
from dispatcher.domain.errors import ClusterUnreachable, TopicMismatch
from dispatcher.domain.sealed import Written
from dispatcher.stream import headers
from dispatcher.stream.records import InputRecord

headers.tolerate()  # `calls` may hold anything; a reader must get past it

Offsets = Mapping[TopicPartition, int]


class Raw(Written, Protocol):
    """A record as the Kafka client hands it out: what a filter may look at before it is taken."""

    @property
    def topic(self) -> str: ...


#: Which records a read keeps.
Keep = Callable[[Raw], bool]

#: A range that brings nothing for so long has lost its broker.
_SILENCE_SECONDS = 20.0


def _everything(_record: Raw) -> bool:
    return True


class Reader:
    """Looks into the topics of one cluster. Raises `ClusterUnreachable` on entry."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def __aenter__(self) -> Self:
        self._index = self._consumer(wait_ms=50)  # asked for offsets only; never assigned
        await reach(self._index.start, bootstrap=self._bootstrap, give_up=self._index.stop)
        client = self._index._client
        self._cluster = await reach(client.fetch_all_metadata, bootstrap=self._bootstrap)
        # All at once: a topic that is learned of when its offsets are asked for costs a retry each.
        await reach(lambda: client.set_topics(self._cluster.topics()), bootstrap=self._bootstrap)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._index.stop()

    @property
    def bootstrap(self) -> str:
        """The address that it was given."""
        return self._bootstrap

    def topics(self) -> frozenset[str]:
        """Every topic of the cluster."""
        return frozenset(self._cluster.topics())

    def partitions(self, *topics: str) -> tuple[TopicPartition, ...]:
        """All partitions of `topics`; raises `TopicMismatch` for one that does not exist."""
        found: list[TopicPartition] = []
        for topic in topics:
            known = self._cluster.partitions_for_topic(topic)
            if not known:
                raise TopicMismatch(f"topic {topic} does not exist", hint="Run `dispatcher topics create`")
            found += [TopicPartition(topic, partition) for partition in sorted(known)]
        return tuple(found)

    async def begins(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset that is still there."""
        return await self._offsets(self._index.beginning_offsets, list(places))

    async def ends(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last committed record."""
        return await self._offsets(self._index.end_offsets, list(places))

    async def at_time(self, places: Iterable[TopicPartition], milliseconds: int) -> dict[TopicPartition, int]:
        """The first offset whose record is not older than `milliseconds` (Unix time); the end where there is none."""
        wanted = list(places)
        ends = await self.ends(wanted)
        found = await self._offsets(self._index.offsets_for_times, dict.fromkeys(wanted, max(milliseconds, 0)))
        return {place: found[place].offset if found.get(place) else ends[place] for place in wanted}

    async def read(self, starts: Offsets, ends: Offsets, *, keep: Keep = _everything) -> AsyncIterator[InputRecord]:
        """The records from `starts` up to `ends` that `keep` wants; in order within each partition, all partitions at once."""
        open_places = {place for place, end in ends.items() if starts[place] < end}
        if not open_places:
            return
        async with _Assigned(
            self._consumer(wait_ms=50), {p: starts[p] for p in open_places}, self._bootstrap
        ) as consumer:
            silent_since = asyncio.get_running_loop().time()
            while open_places:
                batches = await consumer.getmany(timeout_ms=500)
                now = asyncio.get_running_loop().time()
                if batches:
                    silent_since = now
                elif now - silent_since > _SILENCE_SECONDS:
                    raise ClusterUnreachable(f"{self._bootstrap} stopped answering", hint="Look at the broker's log")
                for place, records in batches.items():
                    end = ends[place]
                    for record in records:
                        if record.offset < end and keep(record):
                            yield _input(record)
                done = {place for place in open_places if await consumer.position(place) >= ends[place]}
                if done:
                    consumer.pause(*done)
                    open_places -= done

    async def follow(self, starts: Offsets, *, keep: Keep = _everything) -> AsyncGenerator[list[InputRecord], None]:
        """Batches of records from `starts` on, for ever, as they are committed."""
        async with _Assigned(self._consumer(wait_ms=500), starts, self._bootstrap) as consumer:
            while True:
                batches = await consumer.getmany(timeout_ms=1000)
                records = [_input(r) for batch in batches.values() for r in batch if keep(r)]
                if records:
                    yield records

    async def all(self, starts: Offsets, ends: Offsets, *, keep: Keep = _everything) -> list[InputRecord]:
        """`read`, as a list in order of time."""
        found = [record async for record in self.read(starts, ends, keep=keep)]
        found.sort(key=lambda r: (r.timestamp_ms, r.topic, r.partition, r.offset))
        return found

    async def windows(
        self, places: Iterable[TopicPartition], *, first: int, ends: Offsets | None = None
    ) -> AsyncIterator[tuple[Offsets, Offsets]]:
        """Ranges from `ends` (default: now) backwards to the beginnings, each four times as long as the one before."""
        wanted = list(places)
        begins = await self.begins(wanted)
        ends = ends if ends is not None else await self.ends(wanted)
        size = first
        while any(begins[place] < ends[place] for place in wanted):
            starts = {place: max(begins[place], ends[place] - size) for place in wanted}
            yield starts, ends
            ends, size = starts, size * 4

    async def tail(
        self, places: Iterable[TopicPartition], count: int, *, ends: Offsets | None = None, keep: Keep = _everything
    ) -> list[InputRecord]:
        """The newest `count` records by time that `keep` wants, oldest first; only those before `ends`, if given."""
        wanted = list(places)
        found: list[InputRecord] = []
        async for starts, stops in self.windows(wanted, first=count * 2 + 20, ends=ends):
            found = await self.all(starts, stops, keep=keep) + found
            if len(found) >= count * len(wanted) or (len(wanted) == 1 and len(found) >= count):
                break
        found.sort(key=lambda r: (r.timestamp_ms, r.topic, r.partition, r.offset))
        return found[-count:] if count else []

    async def one(self, place: TopicPartition, offset: int) -> InputRecord | None:
        """The record at `offset`, if it is still there."""
        begins, ends = await asyncio.gather(self.begins([place]), self.ends([place]))
        if not begins[place] <= offset < ends[place]:
            return None
        found = await self.all({place: offset}, {place: offset + 1})
        return found[0] if found else None

    def _consumer(self, *, wait_ms: int) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=wait_ms,
            request_timeout_ms=20_000,
        )

    async def _offsets(self, ask: Callable[[Any], Any], what: Any) -> dict[TopicPartition, Any]:
        if not what:
            return {}
        found: dict[TopicPartition, Any] = await reach(lambda: ask(what), bootstrap=self._bootstrap)
        return found


class _Assigned:
    """A started consumer at given offsets."""

    def __init__(self, consumer: AIOKafkaConsumer, starts: Offsets, bootstrap: str) -> None:
        self._consumer = consumer
        self._starts = starts
        self._bootstrap = bootstrap

    async def __aenter__(self) -> AIOKafkaConsumer:
        await reach(self._consumer.start, bootstrap=self._bootstrap, give_up=self._consumer.stop)
        self._consumer.assign(list(self._starts))
        for place, offset in self._starts.items():
            self._consumer.seek(place, offset)
        return self._consumer

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()


def _input(record: Any) -> InputRecord:
    return InputRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
    )
