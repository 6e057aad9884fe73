"""Dead letters: list them, look at one, send it again.

What was sent again is known from the topics alone: a record that was redriven carries the header ``x-redriven-from`` with
the place of its dead letter, and the record itself is the proof. Before a redrive the target topics are read from the
time of the oldest letter in question to their ends, and letters found there are left out. So it does not matter who sent
a letter again, from which machine, or whether that program died right after it. (Two redrives at the same moment can
still both send a letter; a call that is read twice under one call_id changes nothing the second time.)
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka import TopicPartition

from dispatcher.client.publisher import Publisher
from dispatcher.client.reader import Raw, Reader
from dispatcher.domain.errors import NotFound, SettingsError
from dispatcher.stream import dead_letters as wire
from dispatcher.stream.records import Headers, InputRecord

#: A redriven record may carry a time a little before its letter's, where clocks differ.
_SLACK_MS = 60_000


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter and what its headers say. `source` is where the record lay first; `original` its own headers."""

    record: InputRecord
    source: TopicPartition
    source_offset: int
    code: str
    reason: str
    hint: str
    stage: str
    original: Headers

    @property
    def place(self) -> str:
        """Its own place: ``dead-letters/P/O``."""
        return f"{self.record.topic}/{self.record.partition}/{self.record.offset}"

    @property
    def source_place(self) -> str:
        """Where the record lay first: ``TOPIC/P/O``."""
        return f"{self.source.topic}/{self.source.partition}/{self.source_offset}"

    @property
    def key(self) -> bytes | None:
        """The record's own key. A letter for a record without one is keyed by its topic and partition."""
        own = f"{self.source.topic}/{self.source.partition}".encode()
        return None if self.record.key == own else self.record.key


def read_letter(record: InputRecord) -> Letter | None:
    """The letter in a record of ``dead-letters``; None where the headers do not say what it is."""

    def told(name: str) -> str:
        return (record.header(name) or b"").decode("utf-8", "replace")

    partition, offset = told(wire.SOURCE_PARTITION), told(wire.SOURCE_OFFSET)
    if not told(wire.SOURCE_TOPIC) or not partition.isdecimal() or not offset.isdecimal():
        return None
    return Letter(
        record=record,
        source=TopicPartition(told(wire.SOURCE_TOPIC), int(partition)),
        source_offset=int(offset),
        code=told(wire.CODE),
        reason=told(wire.REASON),
        hint=told(wire.HINT),
        stage=told(wire.STAGE),
        original=tuple(
            (name.removeprefix(wire.ORIGINAL), value)
            for name, value in record.headers
            if name.startswith(wire.ORIGINAL)
        ),
    )


class Letters:
    """The dead letters of a cluster."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def newest(self, count: int) -> list[Letter]:
        """The newest `count`, oldest first."""
        places = self._reader.partitions(wire.TOPIC)
        return _read(await self._reader.tail(places, count))

    async def since(self, milliseconds: int) -> list[Letter]:
        """All from that time (Unix, ms) on, oldest first."""
        places = self._reader.partitions(wire.TOPIC)
        starts, ends = await asyncio.gather(self._reader.at_time(places, milliseconds), self._reader.ends(places))
        return _read(await self._reader.all(starts, ends))

    async def find(self, place: str) -> Letter:
        """The letter at ``P/O`` or ``dead-letters/P/O``, or that of the record that lay at ``TOPIC/P/O``.

        Raises `NotFound`, and `SettingsError` where `place` is none of these.
        """
        topic, partition, offset = _parse(place)
        if topic == wire.TOPIC:
            home = TopicPartition(topic, partition)
            if home in self._reader.partitions(wire.TOPIC):
                record = await self._reader.one(home, offset)
                if record is not None and (letter := read_letter(record)) is not None:
                    return letter
        else:
            for letter in await self.since(0):
                if (*letter.source, letter.source_offset) == (topic, partition, offset):
                    return letter
        raise NotFound(f"no dead letter lies at or comes from {place}", hint="See `dispatcher dlq list`")

    async def redriven(self, letters: Iterable[Letter]) -> dict[str, str]:
        """Which of `letters` were sent again: place of the letter -> place of the record that was sent."""
        wanted = list(letters)
        topics = {letter.source.topic for letter in wanted} & self._reader.topics()
        if not topics:
            return {}
        oldest = min(letter.record.timestamp_ms for letter in wanted)
        places = self._reader.partitions(*sorted(topics))
        starts, ends = await asyncio.gather(self._reader.at_time(places, oldest - _SLACK_MS), self._reader.ends(places))
        names = {letter.place.encode() for letter in wanted}
        found: dict[str, str] = {}
        async for record in self._reader.read(starts, ends, keep=_marked):
            for name, value in record.headers:
                if name == wire.REDRIVEN and value in names:
                    found.setdefault(value.decode(), f"{record.topic}/{record.partition}/{record.offset}")
        return found


async def redrive(letter: Letter, publisher: Publisher) -> str:
    """Send the record again, byte for byte, to the topic it came from; returns its new place.

    Key and headers are its own, with ``x-redriven-from`` added. The key chooses the partition, as it did for the first
    record; one without a key goes to the partition where it lay.
    """
    sent = await publisher.record(
        letter.source.topic,
        key=letter.key,
        value=letter.record.value,
        headers=(*letter.original, (wire.REDRIVEN, letter.place.encode())),
        partition=letter.source.partition if letter.key is None else None,
    )
    lies = await publisher.acknowledged(sent)
    return f"{lies.topic}/{lies.partition}/{lies.offset}"


def _marked(record: Raw) -> bool:
    return any(name == wire.REDRIVEN for name, _ in record.headers)


def _read(records: Iterable[InputRecord]) -> list[Letter]:
    return [letter for record in records if (letter := read_letter(record)) is not None]


def _parse(place: str) -> tuple[str, int, int]:
    parts = place.split("/")
    if len(parts) == 2:
        parts = [wire.TOPIC, *parts]
    if len(parts) != 3 or not parts[1].isdecimal() or not parts[2].isdecimal():
        raise SettingsError(
            f"{place!r} is no place", hint="Write TOPIC/PARTITION/OFFSET, or PARTITION/OFFSET of dead-letters"
        )
    return parts[0], int(parts[1]), int(parts[2])
