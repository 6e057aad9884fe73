"""Reading the ledger for learning: the events of some kinds, in the order of each case, and the calls behind them."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from aiokafka import TopicPartition

from dispatcher.client.reader import Offsets, Raw, Reader
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord

#: Clocks of broker and workers may differ by so much.
_SLACK_MS = 60_000


#: After this nothing of what was said in the case may be used.
ERASED: Final = "case.erased"


class Place(NamedTuple):
    """Where a call lies on ``calls``."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{topics.CALLS}/{self.partition}/{self.offset}"


class Event(NamedTuple):
    """One event of the ledger by its ce_type, without the version; `at` is the broker's time of what caused it."""

    kind: str
    at: datetime
    value: Mapping[str, Any]

    @property
    def case_id(self) -> str:
        return str(self.value["case_id"])


def place_of(source: object) -> Place | None:
    """The place that an event names, where it lies on ``calls``."""
    if isinstance(source, Mapping) and source.get("topic") == topics.CALLS:
        return Place(int(source["partition"]), int(source["offset"]))
    return None


async def pinned(reader: Reader, topic: str, *, since: datetime | None) -> tuple[Offsets, Offsets]:
    """The range of `topic` from a moment on, its end pinned now. It may begin a little earlier: clocks differ."""
    places = reader.partitions(topic)
    ends = await reader.ends(places)
    if since is None:
        return await reader.begins(places), ends
    return await reader.at_time(places, int(since.timestamp() * 1000) - _SLACK_MS), ends


async def events(reader: Reader, kinds: Collection[str], starts: Offsets, ends: Offsets) -> AsyncIterator[Event]:
    """The events of these kinds, what is sealed in them as it lies: nothing is learnt from it. One that another version of the service wrote and that cannot be read is left out."""
    wanted = {f"{kind}.v1".encode(): kind for kind in kinds}

    def keep(raw: Raw) -> bool:
        return any(name == "ce_type" and value in wanted for name, value in raw.headers)

    async for record in reader.read(starts, ends, keep=keep):
        try:
            value = orjson.loads(record.value or b"")
            yield Event(wanted[record.header("ce_type") or b""], datetime.fromisoformat(value["at"]), value)
        except (orjson.JSONDecodeError, LookupError, TypeError, ValueError):
            continue


async def records(reader: Reader, wanted: Collection[Place]) -> AsyncIterator[tuple[Place, InputRecord]]:
    """Those records of ``calls`` that are still there, in no certain order between partitions."""
    by_partition: dict[TopicPartition, list[int]] = {}
    for place in wanted:
        by_partition.setdefault(TopicPartition(topics.CALLS, place.partition), []).append(place.offset)
    known = set(reader.partitions(topics.CALLS))
    by_partition = {at: offsets for at, offsets in by_partition.items() if at in known}
    begins, stops = await reader.begins(by_partition), await reader.ends(by_partition)
    starts = {at: max(begins[at], min(offsets)) for at, offsets in by_partition.items()}
    ends = {at: min(stops[at], max(offsets) + 1) for at, offsets in by_partition.items()}
    places = frozenset(wanted)
    async for record in reader.read(starts, ends):
        if (place := Place(record.partition, record.offset)) in places:
            yield place, record
