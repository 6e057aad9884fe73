"""Following the ledger: what lies before the last signed checkpoint is vouched for, all behind it is verified as it comes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition

from dispatcher.audit import signing
from dispatcher.audit.breaks import Break, Report
from dispatcher.audit.keys import Signer
from dispatcher.audit.reading import Follower, Heads
from dispatcher.audit.session import PATIENCE, Wanted, begin, read_trail, with_trail
from dispatcher.audit.settle import Ends
from dispatcher.audit.verify import Verifier
from dispatcher.client.reader import Reader
from dispatcher.domain.audit import LedgerCheckpoint

#: Seconds between two looks at the ledger's end.
_LOOK = 1.0


@dataclass(frozen=True, slots=True)
class Say:
    """Who hears what: notes, each new break once, each checkpoint, and after every look how far it is."""

    note: Callable[[str], None]
    broken: Callable[[Break], None]
    signed: Callable[[LedgerCheckpoint], None]
    looked: Callable[[Report], None]


async def watch(
    wanted: Wanted, say: Say, *, signer: Signer | None, every: float, once: bool = False, file: Path | None = None
) -> None:
    """Follow the ledger and sign it every so many seconds, until cancelled; a broken ledger is never signed again.

    `once` returns at the first break. The first checkpoint is signed as soon as the end has been reached.
    """
    async with Reader(wanted.bootstrap) as reader, Heads(wanted.bootstrap, reader) as heads:
        trail, on_topic = await read_trail(reader, wanted)
        if file is not None:
            signing.append(file, [one.raw for one in on_topic])
        raws = [one.raw for one in on_topic]
        resume = trail.anchor({}, before=trail.trusted[-1].at) if trail.trusted else None
        reading, notes = await begin(reader, wanted, trail, resume=resume)
        for note in notes:
            say.note(note)
        verifier, doubts = reading.verifier(), _Doubts(say)
        due = 0.0
        async with Follower(reading.bootstrap, reading.starts) as follower:
            while True:
                report, read = await _look(reader, heads, follower, verifier, reading.starts)
                report = with_trail(report, trail)
                say.looked(report)
                doubts.hear(report)
                if doubts.certain and once:
                    return
                if signer is not None and report.whole and not doubts.certain and time.monotonic() >= due:
                    try:
                        made = await signing.sign(
                            wanted.bootstrap, report, read, signer=signer, keys=wanted.keys or {}, ledger=wanted.ledger
                        )
                    except signing.OvertakenError as error:
                        say.note(str(error))
                    else:
                        raws.append(made.encode())
                        if file is not None:
                            signing.append(file, raws)
                        say.signed(made)
                    due = time.monotonic() + every
                await asyncio.sleep(_LOOK)


async def _look(
    reader: Reader, heads: Heads, follower: Follower, verifier: Verifier, places: Any
) -> tuple[Report, dict[int, int]]:
    """Read on to the end as of now."""
    least = await heads.now()
    ends = await reader.ends(places)

    def take(place: TopicPartition, records: list[Any]) -> None:
        verifier.take(place.partition, records)

    await follower.read(ends, take, lambda _: None)
    report = verifier.report(Ends(least, await heads.now()))
    return report, {place.partition: offset for place, offset in ends.items()}


class _Doubts:
    """Breaks that may pass, because a transaction becomes readable one partition after the other, and those that stay."""

    def __init__(self, say: Say) -> None:
        self.certain: set[Break] = set()
        self._since: dict[Break, float] = {}
        self._say = say

    def hear(self, report: Report) -> None:
        """Say each break once, as soon as it is certain."""
        now = time.monotonic()
        self._since = {one: self._since.get(one, now) for one in report.breaks}
        for one, since in self._since.items():
            if one not in self.certain and (not one.may_pass or now - since >= PATIENCE):
                self.certain.add(one)
                self._say.broken(one)
