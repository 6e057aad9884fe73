"""One call's or case's whole way through the topics, from the topics alone.

A case is found by its key: murmur2 of the case_id names its partition of ``case-inbox`` and ``case-events``, and these
two are searched backwards from their ends, so that a recent case is found at once however long the topics are. The
opening of a case is unique and nothing about it is older, so all the rest is read forward from there. An id that opens
no case this way (a record that could not be read, a call not yet triaged) is searched for in whole topics.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from aiokafka import TopicPartition
from pydantic import ValidationError

from dispatcher.client import case_keys
from dispatcher.client.reader import Keep, Raw, Reader
from dispatcher.domain import ids, sealed
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.messages import CaseErased
from dispatcher.stream import dead_letters, topics
from dispatcher.stream.records import InputRecord
from dispatcher.stream.writer import partition_for

#: Records read in the first step backwards; each further step takes four times as many.
_FIRST_WINDOW = 2_000
#: Clocks of broker and workers may differ by so much: how far before a case's opening its records are looked for.
_SLACK_MS = 60_000
_AGENCY = topics.agency("")
#: On a call that the service moved to its caller's partition: where it lay first (see `dispatcher.stream.agents`).
_REKEYED = "x-rekeyed-from"
#: Fields by which a record names a call or a case, at its top or in an inbox message's inner call.
_CALL_FIELDS = ("call_id", "jjdbh", "claimed_call_id")


@dataclass(frozen=True, slots=True)
class Step:
    """One record on the way. `value` is the parsed value, None where it is no JSON object."""

    record: InputRecord
    type: str
    value: dict[str, Any] | None


def step(record: InputRecord) -> Step:
    """`record` with its type (the header ce_type; "dead letter" for one) and its value parsed."""
    try:
        value = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        value = None
    if record.topic == topics.DEAD_LETTERS:
        kind = "dead letter"
    else:
        kind = (record.header("ce_type") or b"").decode("utf-8", "replace")
        if not kind and record.topic == topics.CALLS:
            kind = "call.received.v1"
    return Step(record, kind, value if isinstance(value, dict) else None)


def _without_words(found: Step) -> Step:
    """The record without what anybody said in it; of a call, whose fields have many names, its id alone is left."""
    if found.value is None or found.record.topic in (topics.CALLS, topics.DEAD_LETTERS):
        left = {name: said for name, said in (found.value or {}).items() if name in _CALL_FIELDS}
        return step(replace(found.record, key=None, value=orjson.dumps(left)))
    return step(replace(found.record, value=sealed.without(orjson.dumps(found.value))))


def calls_of(value: dict[str, Any] | None) -> set[str]:
    """The calls that a record names, by their call_ids."""
    if value is None:
        return set()
    inner = value.get("call")
    sources = (value, inner) if isinstance(inner, dict) else (value,)
    return {str(s[name]) for s in sources for name in _CALL_FIELDS if isinstance(s.get(name), str | int)}


def cases_of(value: dict[str, Any] | None) -> set[str]:
    """The cases that a record is about: the one it is keyed by, the one that its call joins, and the call's own."""
    if value is None:
        return set()
    sources = (value, value.get("link"), value.get("call"))
    return {str(s["case_id"]) for s in sources if isinstance(s, dict) and isinstance(s.get("case_id"), str)}


class Trace:
    """The search for one id. `run` gives the steps in order of time, none twice; empty when there is nothing."""

    def __init__(self, reader: Reader, wanted: str) -> None:
        self._reader = reader
        self._wanted = wanted
        self._cases = {ids.case_id(wanted)} | ({wanted} if _is_case_id(wanted) else set())
        self._calls = {wanted}
        self._found: dict[tuple[str, int, int], Step] = {}
        self._looked: set[str] = set()
        self._since = 2**63 - 1

    async def run(self, *, since_ms: int | None = None) -> list[Step]:
        """Search; with `since_ms` (Unix time) nothing older is looked at, which bounds the time of a search in vain."""
        await self._locate(since_ms or 0)
        if not self._found:
            await self._sweep(since_ms or 0)
        while self._found:
            await self._forward()
            if not await self._locate(self._since - _SLACK_MS):
                break
        await self._open()
        order = {name: place for place, name in enumerate((topics.CALLS, topics.CASE_INBOX, topics.CASE_EVENTS))}
        return sorted(
            self._found.values(),
            key=lambda s: (s.record.timestamp_ms, order.get(s.record.topic, 9), s.record.topic, s.record.offset),
        )

    async def _open(self) -> None:
        """What is sealed in the ledger, where its key is still there; ids are never sealed, so the search needs none of it."""
        found = [one.record for one in self._found.values() if one.record.topic == topics.CASE_EVENTS]
        for record in await case_keys.opened(self._reader, found):
            self._keep(step(record))
        erased = [one.record.timestamp_ms for one in self._found.values() if one.type == CaseErased.ce_type]
        if erased:  # what the other topics still hold from before is not shown either
            for one in list(self._found.values()):
                if one.type != CaseErased.ce_type and one.record.timestamp_ms <= max(erased):
                    self._keep(_without_words(one))

    # -- backwards, by key -----------------------------------------------------------------------------

    async def _locate(self, since_ms: int) -> bool:
        """Find the opening of every case not yet looked for; true when that brought something new to light."""
        before = len(self._found)
        while fresh := self._cases - self._looked:
            self._looked |= fresh
            await self._openings(fresh, since_ms)
        return len(self._found) > before

    async def _openings(self, cases: set[str], since_ms: int) -> None:
        """Search the cases' partitions from their ends backwards, until each opening is found or all is too old."""
        open_cases = set(cases)
        places = {place for case in cases for place in self._places_of(case)}
        async for starts, ends in self._reader.windows(places, first=_FIRST_WINDOW):
            newest = 0
            async for record in self._reader.read(starts, ends):
                newest = max(newest, record.timestamp_ms)
                if (case := (record.key or b"").decode("utf-8", "replace")) in cases and self._take(record, case):
                    open_cases.discard(case)
            if not open_cases or newest < since_ms:
                return

    def _take(self, record: InputRecord, case: str) -> bool:
        """Keep a record of `case`, its key; true when it proves that nothing older is about it."""
        found = step(record)
        if case not in cases_of(found.value):
            return False
        self._keep(found)
        self._cases |= cases_of(found.value)
        if record.topic == topics.CASE_EVENTS:
            return found.type in ("case.opened.v1", "split.opened.v1")
        return (found.value or {}).get("link") is not None  # the guard of a call that went on to another case

    # -- forward, from the earliest record found -------------------------------------------------------

    async def _forward(self) -> None:
        """Everything about the cases from their opening on, and the records on ``calls`` that they came from."""
        self._calls |= {call for found in self._found.values() for call in calls_of(found.value)}
        await self._sources()
        units = [name for name in self._reader.topics() if name.startswith(_AGENCY)]
        keyed = [place for case in self._cases for place in self._places_of(case)]
        homes = [
            TopicPartition(s.record.topic, s.record.partition)
            for s in self._found.values()
            if s.record.topic == topics.CALLS
        ]
        told = (topics.WORK_ORDERS, topics.ORDER_NOTICES, topics.LOOKUPS, topics.DEAD_LETTERS)
        others = self._reader.partitions(*told, *units)
        places = list(dict.fromkeys((*keyed, *homes, *others)))
        starts, ends = await asyncio.gather(
            self._reader.at_time(places, self._since - _SLACK_MS), self._reader.ends(places)
        )
        async for record in self._reader.read(starts, ends, keep=_about(self._cases | self._calls)):
            found = step(record)
            if _origin(record) in self._found or self._concerns(found):
                self._keep(found)
        await self._sources()

    def _concerns(self, found: Step) -> bool:
        if found.value is None:  # unreadable, but it holds the id in quotes
            return any(f'"{call}"'.encode("utf-8", "replace") in (found.record.value or b"") for call in self._calls)
        return bool(cases_of(found.value) & self._cases or calls_of(found.value) & self._calls)

    async def _sources(self) -> None:
        """The records on ``calls`` behind what was found: by the place that every decision names."""
        places: set[tuple[str, int, int]] = set()
        for found in self._found.values():
            for value in ((found.value or {}), (found.value or {}).get("call") or {}):
                source = value.get("source")
                if isinstance(source, dict) and source.get("topic") == topics.CALLS:
                    places.add((topics.CALLS, int(source["partition"]), int(source["offset"])))
            moved = found.record.header(_REKEYED)
            if moved is not None and moved.count(b"/") == 2:
                topic, partition, offset = moved.decode().split("/")
                places.add((topic, int(partition), int(offset)))
        missing = [place for place in places if place not in self._found]
        for record in await asyncio.gather(*(self._reader.one(TopicPartition(t, p), o) for t, p, o in missing)):
            if record is not None:
                self._keep(step(record))
        if missing and any(place in self._found for place in missing):
            await self._sources()  # a record that was moved to its caller's partition names where it lay first

    # -- whole topics, when nothing else helps ---------------------------------------------------------

    async def _sweep(self, since_ms: int) -> None:
        """Search every record of calls, case-inbox, case-events and dead-letters for the id itself."""
        places = self._reader.partitions(topics.CALLS, topics.CASE_INBOX, topics.CASE_EVENTS, topics.DEAD_LETTERS)
        starts, ends = await asyncio.gather(self._reader.at_time(places, since_ms), self._reader.ends(places))
        async for record in self._reader.read(starts, ends, keep=_about({self._wanted})):
            found = step(record)
            if self._concerns(found) or self._wanted in cases_of(found.value):
                self._keep(found)
                if record.topic in (topics.CASE_INBOX, topics.CASE_EVENTS):
                    self._cases |= cases_of(found.value)

    def _keep(self, found: Step) -> None:
        record = found.record
        self._found[record.topic, record.partition, record.offset] = found
        self._since = min(self._since, record.timestamp_ms)
        if record.topic == topics.DEAD_LETTERS:
            # What could not be handled has a case of its own, named by where the call lay.
            source = (found.value or {}).get("source")
            if isinstance(source, dict):
                self._cases.add(ids.salvage_case_id(source["topic"], source["partition"], source["offset"]))
            if (origin := _origin(record)) is not None:
                self._cases.add(ids.salvage_case_id(*origin))

    def _places_of(self, case: str) -> list[TopicPartition]:
        return [
            TopicPartition(topic, partition_for(case.encode(), len(self._reader.partitions(topic))))
            for topic in (topics.CASE_INBOX, topics.CASE_EVENTS)
        ]


async def states(reader: Reader, steps: Iterable[Step]) -> dict[str, CaseRecord]:
    """The cases that `steps` are about, as ``case-state`` holds them now, by case_id.

    One that has left ``case-state``, or that another version of the service wrote, is missing. Nothing that was written
    before the first of the steps is read: compaction keeps the last entry of a key, and that is younger.
    """
    known = list(steps)
    cases = sorted({case for one in known for case in cases_of(one.value)})
    if not cases:
        return {}
    count = len(reader.partitions(topics.CASE_STATE))
    places = {TopicPartition(topics.CASE_STATE, partition_for(case.encode(), count)) for case in cases}
    since = min(one.record.timestamp_ms for one in known) - _SLACK_MS
    starts, ends = await asyncio.gather(reader.at_time(places, since), reader.ends(places))
    keys = {case.encode() for case in cases}
    found: dict[str, CaseRecord] = {}
    async for record in reader.read(starts, ends, keep=lambda raw: raw.key in keys):
        case = (record.key or b"").decode()
        found.pop(case, None)
        if record.value is not None:
            try:
                found[case] = CaseRecord.model_validate_json(record.value)
            except ValidationError:
                continue
    return found


def _about(needles: set[str]) -> Keep:
    """Records that hold one of `needles` somewhere: a cheap look at the bytes, before anything is parsed."""
    # The second form is what a producer writes that escapes everything beyond ASCII.
    forms = {f for n in needles for f in (n.encode("utf-8", "replace"), json.dumps(n)[1:-1].encode())}

    def keep(record: Raw) -> bool:
        if record.topic == topics.DEAD_LETTERS:
            return True  # few, and known by where they came from, which is in a header
        value, key = record.value or b"", record.key
        return any(form in value or form == key for form in forms)

    return keep


def _origin(record: InputRecord) -> tuple[str, int, int] | None:
    """Where a dead letter lay first; None for any other record."""
    topic, partition, offset = (
        record.header(name)
        for name in (dead_letters.SOURCE_TOPIC, dead_letters.SOURCE_PARTITION, dead_letters.SOURCE_OFFSET)
    )
    if record.topic != topics.DEAD_LETTERS or not (topic and partition and offset):
        return None
    return topic.decode("utf-8", "replace"), int(partition), int(offset)


def _is_case_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
