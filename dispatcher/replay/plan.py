"""Which records a replay compares, and from where it must read to know what they were decided from.

All ends are pinned once, at the start: no further than the service has worked off, and for what it wrote as far as it was
written then. So a replay comes to an end, and is of the same records, however much is written meanwhile.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from dispatcher.client.connection import reach
from dispatcher.client.letters import read_letter
from dispatcher.client.reader import Reader
from dispatcher.domain.calls import CITY_TIME, utc
from dispatcher.domain.errors import ClusterUnreachable, NotFound, SettingsError, TopicMismatch
from dispatcher.replay import windows
from dispatcher.replay.reading import Feeds, Names, Span
from dispatcher.stream import topics

#: Clocks of brokers, and of who stamps the ledger's records, may differ by so much.
_SLACK_MS = 60_000
#: A transaction is over by then, one way or another (its own time-out is 15 s).
_SETTLED_SECONDS = 20.0
_RANGE = re.compile(r"(calls|case-inbox)/(\d+)(?::(\d+)-(\d+)?)?")
#: Reasons of dead letters that no decision could foresee: our own fault, and three deaths of the worker.
_NOT_DECIDED = ("D311", "D312")

Spans = dict[int, Span]


class Truncated(NotFound):
    """Records that the replay would need are no longer there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare and where to read. Keys are partitions; `calls` and `inbox` are what is compared.

    `keys`: of the cases that the events may be about. `answers`: the inbox as triage's answers lie there. `cases`: the inbox from where the cases' states are built.
    `all_calls`, `all_cases`: partitions of which everything from the topic's first record on is read, so that what is not
    known does not exist. `worked_off`: how far the service had come on the inbox. `set_aside`: inbox records that the worker could not
    handle, with the code and the words of their dead letters. Of what casework writes beside the ledger: `windows`, the times (Unix, ms)
    of what causes it, by partition of the inbox; `outputs`, where it is read; `agencies`, the times from which on the units' own
    topics are still kept.
    """

    calls: Spans
    inbox: Spans
    answers: Spans
    cases: Spans
    events: Spans
    keys: Spans
    all_calls: bool
    all_cases: frozenset[int]
    partitions: dict[str, int]
    worked_off: dict[int, int]
    set_aside: Mapping[tuple[int, int], tuple[str, str]]
    windows: Mapping[int, tuple[int | None, int | None]] = field(default_factory=dict)
    outputs: Mapping[tuple[str, int], Span] = field(default_factory=dict)
    agencies: Mapping[str, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """Records to read in order to decide: the length of the work."""
        return sum(map(len, self.calls.values())) + sum(map(len, self.cases.values()))

    def ranges(self) -> dict[str, str]:
        """What is compared, as ``--offsets`` would say it."""
        told = {f"{topics.CALLS}/{p}": s for p, s in sorted(self.calls.items()) if len(s)}
        told |= {f"{topics.CASE_INBOX}/{p}": s for p, s in sorted(self.inbox.items()) if len(s)}
        return {place: f"{span.start}-{span.end}" for place, span in told.items()}


def read_offsets(text: str) -> dict[tuple[str, int], tuple[int | None, int | None]]:
    """``calls/0:100-2000,case-inbox/1`` as ranges; an end is not in its range. Raises `SettingsError`."""
    found: dict[tuple[str, int], tuple[int | None, int | None]] = {}
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise SettingsError(
                f"--offsets: {part.strip()!r} is no range", hint="Write calls/0:100-2000 or case-inbox/1, with commas"
            )
        topic, partition, start, end = match.groups()
        if (topic, int(partition)) in found:
            raise SettingsError(f"--offsets: {topic}/{partition} stands twice", hint="Name each partition once")
        if start is not None and end is not None and int(start) >= int(end):
            raise SettingsError(f"--offsets: {part.strip()} is empty", hint="The end comes after the start")
        found[topic, int(partition)] = (int(start) if start else None, int(end) if end else None)
    return found


async def make(
    bootstrap: str,
    names: Names,
    *,
    group: str,
    since: datetime | None = None,
    until: datetime | None = None,
    offsets: Mapping[tuple[str, int], tuple[int | None, int | None]] | None = None,
    warm_up_days: float,
) -> Plan:
    """Pin the range. Raises `Truncated`, `TopicMismatch`, `ClusterUnreachable`, `SettingsError`."""
    async with Reader(bootstrap) as reader:
        planner = _Planner(bootstrap, names, reader)
        floors = await _committed(bootstrap, group)
        await planner.pin()
        return await planner.plan(floors, since, until, offsets, round(warm_up_days * 86_400_000))


class _Planner:
    def __init__(self, bootstrap: str, names: Names, reader: Reader) -> None:
        self._bootstrap = bootstrap
        self._names = names
        self._reader = reader
        self._calls = reader.partitions(names.calls)
        self._inbox = reader.partitions(names.inbox)
        self._events = reader.partitions(names.events)
        self._outputs = windows.places(reader, names)
        self._keys = reader.partitions(names.keys)
        for name, places in ((names.events, self._events), (names.keys, self._keys)):
            if len(self._inbox) != len(places):
                raise TopicMismatch(
                    f"{names.inbox} has {len(self._inbox)} partitions and {name} {len(places)}",
                    hint="A replay needs the same number, as in topics.yaml",
                )

    async def pin(self) -> None:
        """What was written by now, transactions under way included, as soon as these are over."""
        wanted = tuple(dict.fromkeys((*self._calls, *self._inbox, *self._events, *self._keys, *self._outputs.values())))
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await reach(consumer.start, bootstrap=self._bootstrap, give_up=consumer.stop)
        try:
            # All at once: a topic that is learned of when its offsets are asked for costs a retry each.
            named = {place.topic for place in wanted}
            await reach(lambda: consumer._client.set_topics(named), bootstrap=self._bootstrap)
            written = await consumer.end_offsets(list(wanted))
        finally:
            await consumer.stop()
        limit = asyncio.get_running_loop().time() + _SETTLED_SECONDS
        while True:
            committed = await self._reader.ends(wanted)
            if all(committed[place] >= written[place] for place in wanted):
                break
            if asyncio.get_running_loop().time() > limit:
                raise ClusterUnreachable("a transaction does not come to its end", hint="Look at the broker's log")
            await asyncio.sleep(0.05)
        self._ends = written
        self._begins = await self._reader.begins(wanted)

    async def plan(
        self,
        floors: Mapping[TopicPartition, int],
        since: datetime | None,
        until: datetime | None,
        offsets: Mapping[tuple[str, int], tuple[int | None, int | None]] | None,
        warm_up_ms: int,
    ) -> Plan:
        if offsets is not None:
            spans = self._named(offsets)
        else:
            spans = await self._between(since, until)
        spans = {
            place: Span(span.start, min(span.end, _floor(place, floors, span.end))) for place, span in spans.items()
        }
        firsts = await self._firsts(spans)
        if since is not None:
            self._check_since(since, spans, firsts)
        calls = {p.partition: spans[p] for p in self._calls if p in firsts}
        inbox = {p.partition: spans[p] for p in self._inbox if p in firsts}

        def first_of(places: Iterable[TopicPartition]) -> int | None:
            return min((firsts[p] for p in places if p in firsts), default=None)

        first_call = first_of(self._calls)
        answers: dict[TopicPartition, int] = {}
        if first_call is not None:
            await self._needed(self._inbox, first_call, "the answers of triage")
            answers = await self._from(self._inbox, first_call - max(warm_up_ms, _SLACK_MS))
        cases: dict[TopicPartition, int] = {}
        events: dict[TopicPartition, int] = {}
        keys: dict[TopicPartition, int] = {}
        for place in self._inbox:
            if place not in firsts:
                continue
            warm = (await self._from([place], firsts[place] - warm_up_ms))[place]
            cases[place] = min(warm, spans[place].start)
            ledger = TopicPartition(self._names.events, place.partition)
            await self._needed([ledger], firsts[place], "the ledger's events")
            earliest = firsts[place] - warm_up_ms if warm_up_ms else firsts[place]
            keyed = TopicPartition(self._names.keys, place.partition)
            found = await self._from([ledger, keyed], earliest - _SLACK_MS)
            events[ledger], keys[keyed] = found[ledger], found[keyed]
        compared = await self._windows(spans, firsts)
        return Plan(
            calls=calls,
            inbox=inbox,
            answers={p.partition: Span(start, self._ends[p]) for p, start in answers.items()},
            cases={p.partition: Span(start, spans[p].end) for p, start in cases.items()},
            events={p.partition: Span(start, self._ends[p]) for p, start in events.items()},
            keys={p.partition: Span(start, self._ends[p]) for p, start in keys.items()},
            all_calls=all(start == 0 for start in answers.values()),
            all_cases=frozenset(p.partition for p, start in cases.items() if start == 0),
            partitions={topics.CALLS: len(self._calls), topics.CASE_INBOX: len(self._inbox)},
            worked_off={p.partition: _floor(p, floors, self._ends[p]) for p in self._inbox},
            set_aside=await self._set_aside(min(firsts.values(), default=0) - warm_up_ms),
            windows=compared.times,
            outputs=compared.spans,
            agencies=compared.agencies,
        )

    async def _windows(
        self, spans: Mapping[TopicPartition, Span], firsts: Mapping[TopicPartition, int]
    ) -> windows.Windows:
        """Raises `Truncated` where orders, notices or questions of the range are no longer kept."""
        inbox = {place: spans[place] for place in self._inbox if place in spans}
        found = await windows.pin(
            self._bootstrap, self._names, self._reader, inbox, self._outputs, firsts, self._begins, self._ends
        )
        earliest = min((firsts[place] for place in inbox if place in firsts), default=None)
        if found.first_ms is not None or earliest is not None:
            kept = [place for (topic, _), place in self._outputs.items() if topic in windows.KEPT_AS_LONG]
            first = found.first_ms if found.first_ms is not None else earliest
            assert first is not None
            await self._needed(kept, first, "orders, notices and questions")
        return found

    def _named(self, offsets: Mapping[tuple[str, int], tuple[int | None, int | None]]) -> dict[TopicPartition, Span]:
        by_name = {topics.CALLS: self._names.calls, topics.CASE_INBOX: self._names.inbox}
        found: dict[TopicPartition, Span] = {}
        for (topic, partition), (start, end) in offsets.items():
            place = TopicPartition(by_name[topic], partition)
            if place not in self._ends:
                raise SettingsError(f"--offsets: {topic} has no partition {partition}", hint="See `dispatcher topics`")
            begin, last = self._begins[place], self._ends[place]
            if start is not None and start < begin:
                raise Truncated(
                    f"{topic}/{partition} begins at offset {begin}, the range at {start}: what lay between is no longer kept",
                    hint=f"Begin at {begin}, or restore the topic from a backup",
                )
            if end is not None and end > last:
                raise Truncated(
                    f"{topic}/{partition} ends at offset {last}, the range at {end}",
                    hint=f"End at {last}, or restore the topic from a backup",
                )
            found[place] = Span(begin if start is None else start, last if end is None else end)
        return found

    async def _between(self, since: datetime | None, until: datetime | None) -> dict[TopicPartition, Span]:
        places = (*self._calls, *self._inbox)
        starts = await self._from(places, _ms(since)) if since is not None else self._begins
        ends = await self._from(places, _ms(until)) if until is not None else self._ends
        return {place: Span(starts[place], min(ends[place], self._ends[place])) for place in places}

    async def _from(self, places: Iterable[TopicPartition], ms: int) -> dict[TopicPartition, int]:
        """The first offsets from that time on, but none before the beginning."""
        wanted = list(places)
        found = await self._reader.at_time(wanted, ms)
        return {place: max(found[place], self._begins[place]) for place in wanted}

    async def _firsts(self, spans: Mapping[TopicPartition, Span]) -> dict[TopicPartition, int]:
        """The time of the first record of each range that has one."""
        found: dict[TopicPartition, int] = {}
        async with Feeds(self._bootstrap, spans.items()) as feeds:
            for place in sorted(spans):
                record = await feeds.feed(place).next()
                if record is not None:
                    found[place] = record.timestamp
        return found

    def _check_since(
        self, since: datetime, spans: Mapping[TopicPartition, Span], firsts: Mapping[TopicPartition, int]
    ) -> None:
        for place, first in firsts.items():
            begin = self._begins[place]
            if begin > 0 and spans[place].start == begin and first > _ms(since):
                raise Truncated(
                    f"{place.topic}/{place.partition} is no longer kept from {_local(_ms(since))} on: its first record,"
                    f" offset {begin}, is of {_local(first)}",
                    hint="Begin later with --since, or restore the topic from a backup",
                )

    async def _needed(self, places: Iterable[TopicPartition], first_ms: int, what: str) -> None:
        """Raise `Truncated` where what was written from `first_ms` on is not all there."""
        for place in places:
            begin = self._begins[place]
            if begin == 0:
                continue
            spans = [(place, Span(begin, self._ends[place]))]
            async with Feeds(self._bootstrap, spans) as feeds:
                record = await feeds.feed(place).next()
            if record is None or record.timestamp > first_ms:
                left = f"its first record is of {_local(record.timestamp)}" if record is not None else "it is empty"
                raise Truncated(
                    f"{place.topic}/{place.partition} begins at offset {begin} and {left}, while the range begins at"
                    f" {_local(first_ms)}: {what} are no longer kept",
                    hint="Begin later with --since, or restore the topic from a backup",
                )

    async def _set_aside(self, from_ms: int) -> dict[tuple[int, int], tuple[str, str]]:
        """Inbox records on which the worker failed or died, told by their dead letters."""
        if self._names.dead not in self._reader.topics():
            return {}
        places = self._reader.partitions(self._names.dead)
        starts, ends = await self._reader.at_time(places, from_ms), await self._reader.ends(places)
        found = {}
        async for record in self._reader.read(starts, ends):
            letter = read_letter(record)
            if letter is not None and letter.code in _NOT_DECIDED and letter.source.topic == topics.CASE_INBOX:
                found[letter.source.partition, letter.source_offset] = (letter.code, letter.reason)
        return found


def _floor(place: TopicPartition, floors: Mapping[TopicPartition, int], otherwise: int) -> int:
    """How far the service has come on a partition; `otherwise` where it has never worked on that topic, a copy."""
    worked_on = any(one.topic == place.topic for one in floors)
    return floors.get(place, 0) if worked_on else otherwise


async def _committed(bootstrap: str, group: str) -> dict[TopicPartition, int]:
    """How far the service has come. Asked, never set; empty where no such group has worked here."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await reach(admin.start, bootstrap=bootstrap, give_up=admin.close)
    try:
        answer = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {place: max(0, int(told.offset)) for place, told in answer.items()}


def _ms(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1000)


def _local(ms: int) -> str:
    return f"{utc(ms).astimezone(CITY_TIME):%Y-%m-%d %H:%M:%S}"
