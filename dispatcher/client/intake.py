"""The valve of the intake from outside: which partitions are stopped, how much waits, and turning it."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import orjson
from aiokafka import TopicPartition

from dispatcher.broker import provision
from dispatcher.client.publisher import Publisher
from dispatcher.client.reader import Reader
from dispatcher.domain.calls import utc
from dispatcher.domain.errors import NotFound
from dispatcher.stream import topics, valve

#: The topics whose intake can be stopped: those that a stage reads.
STAGES = (topics.CALLS, topics.CASE_INBOX)
#: So many offsets are looked at to count the records among them; transaction marks take offsets too.
_COUNTED = 5_000


@dataclass(frozen=True, slots=True)
class Intake:
    """One partition: whether it is stopped, why and since when, and how many records wait for a worker.

    `waiting` beyond some thousands counts offsets, which are a little more than the records.
    """

    place: TopicPartition
    stopped: bool
    reason: str
    since: datetime | None
    waiting: int


async def status(bootstrap: str, *, group: str) -> list[Intake]:
    """Every partition of the stages' topics."""
    async with Reader(bootstrap) as reader:
        places = reader.partitions(*STAGES)
        control = reader.partitions(topics.INTAKE_CONTROL)
        begins, stops, first, ends, taken = await asyncio.gather(
            reader.begins(control),
            reader.ends(control),
            reader.begins(places),
            reader.ends(places),
            _committed(bootstrap, group),
        )
        said: dict[bytes, tuple[bool, str, int]] = {}
        for record in await reader.all(begins, stops):
            if record.key is None:
                continue
            if record.value is None:
                said.pop(record.key, None)
                continue
            entry = orjson.loads(record.value)
            said[record.key] = (bool(entry["stopped"]), str(entry.get("reason", "")), record.timestamp_ms)
        next_ones = {place: max(taken.get(place, 0), first[place]) for place in places}
        waiting = {place: max(0, ends[place] - next_ones[place]) for place in places}
        few = [place for place in places if 0 < waiting[place] <= _COUNTED]
        records = await reader.all({place: next_ones[place] for place in few}, {place: ends[place] for place in few})
        there = Counter(TopicPartition(record.topic, record.partition) for record in records)
        waiting |= {place: there[place] for place in few}
    found = []
    for place in places:
        stopped, reason, at = said.get(valve.control_key(place), (False, "", 0))
        found.append(
            Intake(
                place=place,
                stopped=stopped,
                reason=reason,
                since=utc(at) if at else None,
                waiting=waiting[place],
            )
        )
    return found


async def turn(
    bootstrap: str, *, topic: str | None, partition: int | None, stopped: bool, reason: str
) -> list[TopicPartition]:
    """Stop or resume the intake of the partitions named; None means all. Workers heed it within moments.

    Raises `NotFound` for a partition that does not exist.
    """
    async with Reader(bootstrap) as reader:
        places = [
            place
            for place in reader.partitions(*(STAGES if topic is None else (topic,)))
            if partition is None or place.partition == partition
        ]
        if not places:
            raise NotFound(f"there is no partition {partition}", hint="See `dispatcher intake status`")
    async with Publisher(bootstrap, pseudonym_key="", topics=(topics.INTAKE_CONTROL,)) as publisher:
        value = valve.control_value(stopped=stopped, reason=reason)
        sent = [
            await publisher.record(topics.INTAKE_CONTROL, key=valve.control_key(place), value=value, partition=0)
            for place in places
        ]
        await asyncio.gather(*(publisher.acknowledged(one) for one in sent))
    return places


async def _committed(bootstrap: str, group: str) -> dict[TopicPartition, int]:
    client = await provision.connect(bootstrap)
    try:
        offsets = await client.list_consumer_group_offsets(group)
    finally:
        await client.close()
    return {place: meta.offset for place, meta in offsets.items() if meta.offset >= 0}
