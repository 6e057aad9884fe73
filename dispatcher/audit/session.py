"""One verification of the ledger from its beginning, or from a moment, to its end as of now."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from aiokafka import TopicPartition

from dispatcher.audit import checkpoints, parallel
from dispatcher.audit.breaks import Report
from dispatcher.audit.checkpoints import Found, Trail
from dispatcher.audit.keys import Keys
from dispatcher.audit.parallel import Range
from dispatcher.audit.reading import Follower, Heads, Told, lanes
from dispatcher.audit.settle import Ends
from dispatcher.audit.verify import Beginning, Verifier
from dispatcher.client.reader import Reader
from dispatcher.domain.audit import LedgerCheckpoint
from dispatcher.domain.errors import SettingsError
from dispatcher.stream.topics import CASE_EVENTS

CHECKPOINTS = "ledger-checkpoints"
"""The topic of signed checkpoints."""

#: The partitions of a transaction become readable one after the other: what seems to be missing may take so long (seconds).
PATIENCE = 5.0
NO_KEY = "checkpoints were not checked: give a public key (--public, or --key with its .pub beside it)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to verify. `keys` None: no checkpoint is looked at. `copy_of` names the
    ledger that `ledger` is a copy of: no lane writes to it, so the lanes' heads say nothing of its end."""

    bootstrap: str
    keys: Keys | None = None
    file: Path | None = None
    since: datetime | None = None
    workers: int = 1
    ledger: str = CASE_EVENTS
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """The report, with the checkpoints that it relies on and the offsets up to which was read."""

    report: Report
    trail: Trail
    read: Mapping[int, int]
    seconds: float


async def read_trail(reader: Reader, wanted: Wanted) -> tuple[Trail, list[Found]]:
    """The checkpoints, judged; and those of the topic as they lie there. Raises `SettingsError` for a file that is not there."""
    on_topic = await _found(reader) if CHECKPOINTS in reader.topics() else []
    if wanted.keys is None:
        return Trail(), on_topic
    ledger = wanted.copy_of or wanted.ledger
    trail = checkpoints.examine(on_topic, wanted.keys, ledger=ledger)
    if wanted.file is None:
        return trail, on_topic
    try:
        content = wanted.file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{wanted.file} cannot be read: {error.strerror}", hint="Give the auditor's file") from None
    of_file = checkpoints.examine(checkpoints.lines(content, wanted.file.name), wanted.keys, ledger=ledger)
    return checkpoints.together(trail, of_file, wanted.file.name), on_topic


async def _found(reader: Reader) -> list[Found]:
    places = reader.partitions(CHECKPOINTS)
    records = await reader.all(await reader.begins(places), await reader.ends(places))
    records.sort(key=lambda record: record.offset)
    return [Found(r.value or b"", f"{r.topic}/{r.partition}/{r.offset}", r.offset) for r in records]


async def begin(
    reader: Reader, wanted: Wanted, trail: Trail, *, resume: LedgerCheckpoint | None = None
) -> tuple[Range, list[str]]:
    """Where to begin and where the end is, and what there is to say of it. `resume` is a checkpoint to go on from."""
    places = reader.partitions(wanted.ledger)
    begins, ends = await asyncio.gather(reader.begins(places), reader.ends(places))
    first = {place.partition: offset for place, offset in begins.items()}
    notes: list[str] = []
    starts = begins
    anchor = resume
    if anchor is None and wanted.since is not None:
        anchor = trail.anchor(first, before=wanted.since)
    if anchor is not None:
        read = checkpoints.read_up_to(anchor)
        starts = {place: max(begins[place], read.get(place.partition, 0)) for place in places}
        notes.append(f"begins at checkpoint {anchor.number} of {anchor.at.isoformat()}")
        beginning = Beginning(checkpoints.heads_of(anchor), frozenset(first), begun=bool(anchor.heads))
    else:
        if wanted.since is not None:
            since = await reader.at_time(places, int(wanted.since.timestamp() * 1000))
            starts = {place: max(begins[place], since[place]) for place in places}
        cut = frozenset(place.partition for place in places if starts[place])
        anchor = trail.anchor(first) if cut and wanted.since is None else None
        if not cut:
            beginning = Beginning()
        elif anchor is not None:
            notes.append(f"the beginning is gone (retention); anchored at checkpoint {anchor.number}")
            beginning = Beginning(checkpoints.heads_of(anchor), cut)
        else:
            notes.append("not anchored: no signed checkpoint tells what lay before the first records that were read")
            beginning = Beginning(None, cut)
    chains = tuple(lanes(reader))
    return Range(wanted.bootstrap, starts, ends, chains, len(places), beginning, trail.watches()), notes


async def verify(wanted: Wanted, *, begun: Told = lambda _: None, told: Told = lambda _: None) -> Verified:
    """Verify. `begun` hears how many records there are at most, `told` of each batch read."""
    start = time.monotonic()
    async with Reader(wanted.bootstrap) as reader, Heads(wanted.bootstrap, reader) as heads:
        trail, _ = await read_trail(reader, wanted)
        least = await heads.now()
        reading, notes = await begin(reader, wanted, trail)
        if wanted.keys is None:
            notes.append(NO_KEY)
        begun(reading.records)
        verifier = await parallel.verify(reading, workers=wanted.workers, told=told)
        ends = reading.ends

        async def look() -> Report:
            known = Ends() if wanted.copy_of else Ends(least, await heads.now())
            return with_trail(verifier.report(known, notes=notes), trail)

        report = await look()
        if _may_pass(report, wanted):
            report, ends = await _patiently(reader, reading, verifier, look)
    read = {place.partition: offset for place, offset in ends.items()}
    return Verified(report, trail, read, time.monotonic() - start)


def with_trail(report: Report, trail: Trail) -> Report:
    """The report with what is wrong with the checkpoints themselves."""
    return replace(report, breaks=(*report.breaks, *trail.breaks))


def _may_pass(report: Report, wanted: Wanted) -> bool:
    return not wanted.copy_of and any(one.may_pass for one in report.breaks)


async def _patiently(
    reader: Reader, reading: Range, verifier: Verifier, look: Callable[[], Awaitable[Report]]
) -> tuple[Report, Mapping[TopicPartition, int]]:
    """Read on behind the end for a moment: what is missing may just not be readable yet."""
    ends = reading.ends
    begin = time.monotonic()
    async with Follower(reading.bootstrap, ends) as follower:
        while True:
            ends = await reader.ends(reading.starts)
            await follower.read(ends, lambda place, records: verifier.take(place.partition, records), lambda _: None)
            report = await look()
            if report.whole or time.monotonic() - begin > PATIENCE:
                return report, ends
            await asyncio.sleep(0.2)
