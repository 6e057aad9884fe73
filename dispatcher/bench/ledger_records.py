"""Ledger events as they lie on ``case-events``, without a broker: what the simulated city tells, encoded as a lane does."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dispatcher.catalog import Catalog
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.messages import Message
from dispatcher.domain.work import Work
from dispatcher.simulate.city import Setting, plan
from dispatcher.simulate.district import District
from dispatcher.simulate.world import Event
from dispatcher.stream import codec, topics
from dispatcher.stream.records import InputRecord
from dispatcher.stream.writer import partition_for

PARTITIONS = 4
#: Days of calls for each district at the least, and calls on a day.
_DAYS, _CALLS = 3, 11_080
#: Events that a day brings the city: little, so that its districts give what is asked for.
_EVENTS_A_DAY = 40_000
_TRACE = "0" * 32


class Topic:
    """Gives each event the next offset of its partition."""

    def __init__(self, partitions: int = PARTITIONS) -> None:
        self._partitions = partitions
        self._next: Counter[int] = Counter()

    def record(self, event: Event) -> InputRecord:
        """The record of an event."""
        made = codec.output(
            topics.CASE_EVENTS, event.case_id, event, event_id=event.event_id, at=event.at, trace=_TRACE
        )
        partition = partition_for(made.key or b"", self._partitions)
        offset = self._next[partition]
        self._next[partition] += 1
        stamp = int(event.at.timestamp() * 1000)
        return InputRecord(topics.CASE_EVENTS, partition, offset, stamp, made.key, made.value, made.headers)


class _Told(District):
    """A district whose events are kept."""

    def __init__(self, *planned: Any) -> None:
        self.told: list[Event] = []
        super().__init__(*planned)

    def _on_work(self, before: CaseRecord | None, message: Message, work: Work, at: datetime) -> None:
        super()._on_work(before, message, work, at)
        self.told += work.events


def city_records(catalog: Catalog, number: int, *, seed: int = 1) -> Iterator[InputRecord]:
    """`number` records of a simulated city, district after district, in the order in which they would be written."""
    days = max(_DAYS, -(-number // _EVENTS_A_DAY))
    planned = plan(Setting(days, _CALLS, seed), catalog.city)
    topic, made = Topic(), 0
    for share in range(len(planned.shares)):
        district = _Told(planned, share, catalog.city, catalog.policy)
        district.run(lambda district=district, left=number - made: len(district.told) >= left)  # type: ignore[misc]
        for event in district.told[: number - made]:
            yield topic.record(event)
        made += len(district.told)
        if made >= number:
            return
