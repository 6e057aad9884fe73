"""Triage's recorded answers on ``case-inbox``, found again by the call that each is about.

A lane writes in the order of its input, so the answers to one partition of ``calls`` lie in that order on each partition of
the inbox. They are read on demand and forgotten when settled: memory does not grow with the range.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dispatcher.domain import ids
from dispatcher.domain.messages import TriagedCall, UnreadableCall
from dispatcher.replay.reading import Feed, header
from dispatcher.stream import topics

_SOURCE = re.compile(rb'"source":\{"topic":"calls","partition":(\d+),"offset":(\d+)\}\}$')
_TRIAGED, _UNREADABLE = TriagedCall.ce_type.encode(), UnreadableCall.ce_type.encode()
#: A call whose answer has not come when so many later ones have is not answered there.
_AHEAD = 64
#: After the last call of a range, so many answers to later calls end the search for answers that nobody expects.
_BEYOND = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """One record of the inbox that answers a call."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes
    ce_id: str
    source: int


class Answers:
    """The answers to the calls of some partitions, from all partitions of the inbox."""

    def __init__(self, feeds: dict[int, Feed], ends: dict[int, int], skip: Callable[[int, Answer], bool]) -> None:
        self._feeds = feeds
        self._ends = ends
        self._skip = skip
        self._at: dict[int, dict[int, list[Answer]]] = {p: defaultdict(list) for p in ends}
        self._ahead: dict[tuple[int, int], int] = defaultdict(int)  # (calls' partition, inbox partition) -> held
        self._beyond: dict[tuple[int, int], int] = defaultdict(int)
        self._settled = dict.fromkeys(ends, -1)
        self._strays: list[tuple[int, Answer]] = []
        self._time = dict.fromkeys(feeds, 0)
        self.next_offset = dict.fromkeys(feeds, 0)

    async def step(self, inbox: int) -> bool:
        """Read on in one partition of the inbox until one more answer is known; False at its end."""
        feed = self._feeds[inbox]
        while True:
            record = await feed.next()
            if record is None:
                return False
            self._time[inbox] = record.timestamp
            self.next_offset[inbox] = record.offset + 1
            found = _answer(record)
            if found is not None and found[0] in self._at:
                self._take(*found)
                return True

    async def oldest(self) -> bool:
        """Read one answer more from the partition that is behind the others; False where all are at their end."""
        left = [q for q, feed in self._feeds.items() if feed.records or not feed.over]
        return bool(left) and (await self.step(min(left, key=lambda q: (self._time[q], q))) or len(left) > 1)

    async def up_to(self, ms: int) -> None:
        """Read all partitions of the inbox up to a time."""
        for inbox, feed in self._feeds.items():
            while self._time[inbox] <= ms and (feed.records or not feed.over):
                if not await self.step(inbox):
                    break

    def _take(self, partition: int, answer: Answer) -> None:
        if self._skip(partition, answer):
            return
        if answer.source >= self._ends[partition]:
            self._beyond[partition, answer.partition] += 1
        elif answer.source <= self._settled[partition]:
            if self._beyond[partition, answer.partition] < _BEYOND:
                self._strays.append((partition, answer))
        else:
            self._at[partition][answer.source].append(answer)
            self._ahead[partition, answer.partition] += 1

    async def find(self, partition: int, call: int, inbox: int) -> Answer | None:
        """The answer to a call on one partition of the inbox."""
        while True:
            found = next((a for a in self._at[partition].get(call, ()) if a.partition == inbox), None)
            if found is not None:
                return found
            if self._ahead[partition, inbox] + self._beyond[partition, inbox] >= _AHEAD or not await self.step(inbox):
                return next((a for a in self._at[partition].get(call, ()) if a.partition == inbox), None)

    def settle(self, partition: int, call: int) -> list[Answer]:
        """All known answers to a call; from now on none is expected any more."""
        self._settled[partition] = call
        found: list[Answer] = self._at[partition].pop(call, [])
        for answer in found:
            self._ahead[partition, answer.partition] -= 1
        return found

    def earliest(self, partition: int) -> dict[int, list[Answer]]:
        """What is held for a partition, by call."""
        return self._at[partition]

    def strays(self) -> Iterator[tuple[int, Answer]]:
        """Answers that came when their call had been settled: nobody expected them."""
        taken, self._strays = self._strays, []
        yield from taken

    async def finish(self, partition: int) -> None:
        """Read on until no answer to the range can come any more."""
        for inbox, feed in self._feeds.items():
            while self._beyond[partition, inbox] < _BEYOND and (feed.records or not feed.over):
                if not await self.step(inbox):
                    break

    def low(self, partition: int) -> dict[int, int]:
        """Of each partition of the inbox the first offset that a later read must see again."""
        lowest = dict(self.next_offset)
        for answers in self._at[partition].values():
            for answer in answers:
                lowest[answer.partition] = min(lowest[answer.partition], answer.offset)
        return lowest


def _answer(record: object) -> tuple[int, Answer] | None:
    kind = header(record, "ce_type")
    if kind != _TRIAGED and kind != _UNREADABLE:
        return None
    value: bytes = record.value or b""  # type: ignore[attr-defined]
    found = _SOURCE.search(value, max(0, len(value) - 120))
    if found is None:
        return None
    partition, offset = int(found[1]), int(found[2])
    ce_id = (header(record, "ce_id") or b"").decode("utf-8", "replace")
    key: bytes = record.key or b""  # type: ignore[attr-defined]
    if kind == _UNREADABLE:
        # Casework too puts such messages here, about calls that triage had taken.
        case = key.decode("utf-8", "replace")
        if ce_id != ids.event_id(case, topics.CALLS, partition, offset, 0):
            return None
    return partition, Answer(
        record.partition,  # type: ignore[attr-defined]
        record.offset,  # type: ignore[attr-defined]
        record.timestamp,  # type: ignore[attr-defined]
        key,
        value,
        ce_id,
        offset,
    )
