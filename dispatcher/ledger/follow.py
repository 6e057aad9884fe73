"""``case-events`` from where the tables have come to: up to the end as it is now, or for ever. No group; committed records only.

The next batch is read while the last one is written.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka import TopicPartition

from dispatcher.client.reader import Reader
from dispatcher.ledger.errors import LedgerElsewhere
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Place
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord

#: Records in one transaction: thousands, and several transactions a second.
BATCH: Final = 5_000
#: So many records are counted one by one to say how far behind the tables are; beyond that the offsets must do.
_COUNTED = 5_000

Offsets = dict[TopicPartition, int]
#: Hears of every transaction: how many offsets further the tables are.
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Range:
    """What is to be read. `missing`: records at the topic's beginning that are there no more, where the tables begin."""

    starts: Offsets
    ends: Offsets
    missing: int

    @property
    def offsets(self) -> int:
        """Its length; Kafka has some offsets that hold no record."""
        return sum(self.ends.values()) - sum(self.starts.values())


async def ahead(reader: Reader, places: Mapping[int, Place]) -> Range:
    """From where the tables are to the topic's end as it is now. Raises `LedgerElsewhere` where that is not to be had."""
    partitions = reader.partitions(topics.CASE_EVENTS)
    begins, ends = await reader.begins(partitions), await reader.ends(partitions)
    starts, missing = {}, 0
    for at in partitions:
        place = places.get(at.partition)
        if place is None:
            starts[at], missing = begins[at], missing + begins[at]
            continue
        if place.next > ends[at]:
            raise LedgerElsewhere(
                f"the tables hold {at.topic}/{at.partition} up to offset {place.next}, and the topic ends at {ends[at]}",
                hint="They were made from another cluster: give another URL, or `dispatcher ledger rebuild`",
            )
        if place.next < begins[at]:
            raise LedgerElsewhere(
                f"the records {place.next} to {begins[at] - 1} of {at.topic}/{at.partition} are gone from the topic",
                hint="Nothing deletes from the ledger by itself: restore the topic; the tables stay as they are",
            )
        starts[at] = place.next
    return Range(starts, ends, missing)


async def behind(reader: Reader, places: Mapping[int, Place]) -> tuple[int, bool]:
    """How many records the tables lack; whether they were counted, or are at the most so many."""
    left = await ahead(reader, places)
    if left.offsets > _COUNTED:
        return left.offsets, False
    return len(await reader.all(left.starts, left.ends)), True


async def catch_up(reader: Reader, projector: Projector, left: Range, *, batch: int = BATCH, told: Told) -> None:
    """Write all of `left` into the tables."""
    writing = _Writing(projector, told)
    records: list[InputRecord] = []
    async for record in reader.read(left.starts, left.ends):
        records.append(record)
        if len(records) >= batch:
            await writing.give(records)
            records = []
    await writing.give(records, ends={at.partition: end for at, end in left.ends.items()})
    await writing.done()


async def keep_up(reader: Reader, projector: Projector, *, batch: int = BATCH, told: Told) -> None:
    """Write whatever comes, for ever."""
    left = await ahead(reader, projector.places)
    writing = _Writing(projector, told)
    async for records in reader.follow(left.starts):
        for start in range(0, len(records), batch):
            await writing.give(records[start : start + batch])


class _Writing:
    """One batch at a time in a thread of its own."""

    def __init__(self, projector: Projector, told: Told) -> None:
        self._projector = projector
        self._told = told
        self._task: asyncio.Task[None] | None = None

    async def give(self, records: list[InputRecord], *, ends: Mapping[int, int] | None = None) -> None:
        """Begin to write a batch, when the one before it is written. Raises what went wrong with that."""
        await self.done()
        self._task = asyncio.create_task(asyncio.to_thread(self._write, records, ends))

    async def done(self) -> None:
        """Wait for the last batch."""
        if self._task is not None:
            await self._task
            self._task = None

    def _write(self, records: list[InputRecord], ends: Mapping[int, int] | None) -> None:
        before = _reached(self._projector)
        self._projector.take(records, ends=ends)
        self._told(_reached(self._projector) - before)


def _reached(projector: Projector) -> int:
    return sum(place.next for place in projector.places.values())
