"""Reading for verification: without a group, committed records only, up to a pinned end; and the lanes' heads."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from dispatcher.client.connection import reach
from dispatcher.client.reader import Reader
from dispatcher.domain.errors import ClusterUnreachable, TopicMismatch
from dispatcher.stream import chain, topics
from dispatcher.stream.chain import Head

#: Name of a lane's stage -> the topic that it reads, and where its state lies.
STAGES = {
    "triage": (topics.CALLS, topics.CALLER_STATE),
    "casework": (topics.CASE_INBOX, topics.CASE_STATE),
}
#: A range that brings nothing for so long has lost its broker.
_SILENCE_SECONDS = 20.0

Told = Callable[[int], None]
"""Hears how many more records have been read."""


def lanes(reader: Reader) -> list[str]:
    """The names of all chains that there can be: one for each partition of what a stage reads."""
    return [f"{stage}/{p.partition}" for stage, (source, _) in STAGES.items() for p in reader.partitions(source)]


class Follower:
    """Reads partitions on and on, each call up to an end. Its place is kept in this process alone."""

    def __init__(self, bootstrap: str, starts: Mapping[TopicPartition, int]) -> None:
        self._bootstrap = bootstrap
        self._starts = dict(starts)

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=1 << 20,
            fetch_max_wait_ms=50,
            request_timeout_ms=20_000,
        )
        await reach(self._consumer.start, bootstrap=self._bootstrap, give_up=self._consumer.stop)
        self._consumer.assign(list(self._starts))
        for place, offset in self._starts.items():
            self._consumer.seek(place, offset)
        await asyncio.sleep(0)  # a consumer that is stopped before its tasks have begun raises (aiokafka 0.14)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def read(
        self, ends: Mapping[TopicPartition, int], take: Callable[[TopicPartition, list[Any]], None], told: Told
    ) -> None:
        """Hand the records before `ends` to `take`, in order within each partition."""
        consumer = self._consumer
        left = {place for place in self._starts if self._starts[place] < ends[place]}
        consumer.resume(*left)
        consumer.pause(*(place for place in self._starts if place not in left))
        heard = asyncio.get_running_loop().time()
        while left:
            batches = await consumer.getmany(*left, timeout_ms=200)
            now = asyncio.get_running_loop().time()
            if batches:
                heard = now
            elif now - heard > _SILENCE_SECONDS:
                raise ClusterUnreachable(f"{self._bootstrap} stopped answering", hint="Look at the broker's log")
            for place, records in batches.items():
                end = ends[place]
                if records[-1].offset >= end:
                    records = [record for record in records if record.offset < end]
                take(place, records)
                told(len(records))
            for place in tuple(left):
                if await consumer.position(place) >= ends[place]:
                    # What was fetched beyond the end is left for the next call.
                    consumer.seek(place, ends[place])
                    self._starts[place] = ends[place]
                    consumer.pause(place)
                    left.discard(place)


class Heads:
    """The heads of the chains as the lanes' own state tells them."""

    def __init__(self, bootstrap: str, reader: Reader) -> None:
        self._bootstrap = bootstrap
        self._reader = reader
        self._found: dict[str, Head] = {}

    async def __aenter__(self) -> Self:
        self._places = self._reader.partitions(*(state for _, state in STAGES.values()))
        self._follower = Follower(self._bootstrap, await self._reader.begins(self._places))
        await self._follower.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._follower.__aexit__(None, None, None)

    async def now(self) -> dict[str, Head]:
        """All heads as of now; a chain that has not begun has none."""
        await self._follower.read(await self._reader.ends(self._places), self._take, lambda _: None)
        return dict(self._found)

    def _take(self, place: TopicPartition, records: Iterable[Any]) -> None:
        for record in records:
            if record.key is None or not record.key.startswith(chain.PREFIX):
                continue
            name = record.key[len(chain.PREFIX) :].decode("utf-8", "replace")
            if record.value is None:
                self._found.pop(name, None)
                continue
            try:
                self._found[name] = Head(name).at(record.value)
            except ValueError:
                raise TopicMismatch(
                    f"what {place.topic}/{place.partition} holds at offset {record.offset} is no head of {name}",
                    hint="Somebody else than the lane has written there",
                ) from None
