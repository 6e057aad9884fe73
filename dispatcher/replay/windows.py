"""Which of casework's outputs belong to a range of the inbox, by the times of what caused them, and where they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiokafka import TopicPartition

from dispatcher.client.reader import Reader
from dispatcher.replay.reading import Feeds, Names, Span, header
from dispatcher.stream import topics

#: Clocks of brokers may differ by so much.
_SLACK_MS = 60_000
#: Before a range, so many offsets are searched for the record before it: markers of transactions are among them.
_BEFORE = 200
_NEVER: Final = 1 << 61
_AGENCY: Final = topics.agency("")
#: Topics that are kept as long as the inbox is. Those of the units are not.
KEPT_AS_LONG: Final = frozenset((topics.WORK_ORDERS, topics.ORDER_NOTICES, topics.LOOKUPS))

Places = Mapping[tuple[str, int], TopicPartition]
Offsets = Mapping[TopicPartition, int]
Window = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Windows:
    """`times` by partition of the inbox: from when on, and until before when; None has no such end. `spans`: what to read."""

    times: dict[int, Window]
    spans: dict[tuple[str, int], Span]
    agencies: dict[str, int]

    @property
    def first_ms(self) -> int | None:
        """The earliest time that is compared, None where nothing lies before it."""
        firsts = [first for first, _ in self.times.values()]
        return min((f for f in firsts if f is not None), default=None) if None not in firsts else None


def places(reader: Reader, names: Names) -> dict[tuple[str, int], TopicPartition]:
    """Where casework writes: the service's own topic and partition, and where that lies. Raises `TopicMismatch`."""
    own = [topics.WORK_ORDERS, topics.ORDER_NOTICES, topics.LOOKUPS, topics.CASE_INBOX]
    agencies = sorted(name.removeprefix(names.agency) for name in reader.topics() if name.startswith(names.agency))
    own += [topics.agency(code) for code in agencies]
    return {(topic, p.partition): p for topic in own for p in reader.partitions(names.actual(topic))}


async def pin(
    bootstrap: str,
    names: Names,
    reader: Reader,
    inbox: Mapping[TopicPartition, Span],
    outputs: Places,
    firsts: Offsets,
    begins: Offsets,
    ends: Offsets,
) -> Windows:
    """For ranges of the inbox. What was appended in the same millisecond as a record outside of the range is not in it."""
    if not inbox:
        return Windows({}, {}, {})
    times: dict[int, Window] = {}
    before = {p: Span(max(begins[p], span.start - _BEFORE), span.start) for p, span in inbox.items()}
    behind = {p: Span(span.end, ends[p]) for p, span in inbox.items()}
    async with Feeds(bootstrap, before.items()) as earlier, Feeds(bootstrap, behind.items()) as later:
        for place, span in inbox.items():
            feed, last = earlier.feed(place), None
            while (record := await feed.next()) is not None:
                last = record
            following = await later.feed(place).next()
            first: int | None = None
            if last is not None:
                first = last.timestamp + 1
            elif span.start > 0:  # what lay before it is gone
                first = firsts.get(place, _NEVER) + 1
            times[place.partition] = (first, None if following is None else following.timestamp)
    found = Windows(times, {}, {})
    wanted = list(outputs.values())
    starts = {p: begins[p] for p in wanted}
    stops = {p: ends[p] for p in wanted}
    if found.first_ms is not None:
        starts |= {
            p: max(begins[p], start) for p, start in (await reader.at_time(wanted, found.first_ms - _SLACK_MS)).items()
        }
    passed = await _passed(bootstrap, names, reader, times, ends)
    if passed is not None:
        later_on = await reader.at_time(wanted, passed + _SLACK_MS)
        stops = {p: min(end, later_on[p]) for p, end in stops.items()}
    for where, place in outputs.items():
        found.spans[where] = Span(starts[place], max(starts[place], stops[place]))
    own = {where[0]: place for where, place in outputs.items() if where[0].startswith(_AGENCY)}
    found.agencies.update(await _kept_from(bootstrap, own, begins, ends))
    return found


async def _passed(
    bootstrap: str, names: Names, reader: Reader, times: Mapping[int, Window], ends: Offsets
) -> int | None:
    """When all lanes had left the range behind, by the ledger; None where one may still have been within at the end.

    A lane writes in the order of its input: after its first event of a later time comes nothing of an earlier one.
    """
    passed = 0
    for partition, (_, end) in times.items():
        if end is None:
            return None
        ledger = TopicPartition(names.events, partition)
        start = (await reader.at_time([ledger], end - _SLACK_MS))[ledger]
        async with Feeds(bootstrap, [(ledger, Span(start, ends[ledger]))]) as feeds:
            feed = feeds.feed(ledger)
            while (record := await feed.next()) is not None:
                if _time(header(record, "ce_time")) >= end:
                    break
        if record is None:
            return None
        passed = max(passed, record.timestamp)
    return passed


def _time(told: bytes | None) -> int:
    try:
        return round(datetime.fromisoformat((told or b"").decode()).timestamp() * 1000)
    except ValueError:
        return 0


async def _kept_from(
    bootstrap: str, own: Mapping[str, TopicPartition], begins: Offsets, ends: Offsets
) -> dict[str, int]:
    """From which time on each unit's own topic is complete."""
    found = dict.fromkeys(own, 0)
    shortened = {topic: place for topic, place in own.items() if begins[place] > 0}
    async with Feeds(bootstrap, [(p, Span(begins[p], ends[p])) for p in shortened.values()]) as feeds:
        for topic, place in shortened.items():
            record = await feeds.feed(place).next()
            found[topic] = _NEVER if record is None else int(record.timestamp) + _SLACK_MS
    return found
