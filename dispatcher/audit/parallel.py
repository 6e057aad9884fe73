"""The partitions of a range shared among processes, and what they have found put together."""

import asyncio
import multiprocessing
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from ctypes import c_int64
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from dispatcher.audit.reading import Follower, Told
from dispatcher.audit.runs import Watch
from dispatcher.audit.verify import Beginning, Verifier
from dispatcher.client.connection import quiet

_shared: dict[str, Any] = {}
#: Seconds between two looks at how far the processes are.
_LOOK = 0.1
#: Shorter ranges (records) are read in this process: another takes half a second to start.
_WORTH = 20_000


@dataclass(frozen=True, slots=True)
class Range:
    """What is to be verified: from `starts` until before `ends`, and all that is known of it beforehand."""

    bootstrap: str
    starts: Mapping[TopicPartition, int]
    ends: Mapping[TopicPartition, int]
    chains: tuple[str, ...]
    partitions: int
    beginning: Beginning
    watches: Mapping[str, Mapping[int, Watch]]

    def verifier(self) -> Verifier:
        """One that has seen nothing yet."""
        return Verifier(self.chains, partitions=self.partitions, beginning=self.beginning, watches=self.watches)

    @property
    def records(self) -> int:
        """How many there are at most: transaction markers take offsets too."""
        return sum(self.ends[place] - self.starts[place] for place in self.starts)


async def verify(wanted: Range, *, workers: int, told: Told) -> Verifier:
    """Read the range and return what has been found; `told` hears of the progress."""
    groups = _shares(wanted, workers)
    if len(groups) < 2 or wanted.records < _WORTH:
        return await read(wanted, tuple(wanted.starts), told)
    stop = multiprocessing.get_context("spawn").RawValue(c_int64, 0)
    try:
        parts = await asyncio.to_thread(_several, wanted, groups, stop, told)
    finally:
        stop.value = 1
    verifier = wanted.verifier()
    for part in parts:
        verifier.merge(part)
    return verifier


async def read(wanted: Range, places: tuple[TopicPartition, ...], told: Told) -> Verifier:
    """Some partitions of the range, in this process."""
    verifier = wanted.verifier()
    async with Follower(wanted.bootstrap, {place: wanted.starts[place] for place in places}) as follower:
        await follower.read(wanted.ends, lambda place, records: verifier.take(place.partition, records), told)
    return verifier


def _shares(wanted: Range, workers: int) -> list[tuple[TopicPartition, ...]]:
    """The partitions in as many groups, the longest first to the group that has least."""
    sizes = {place: wanted.ends[place] - wanted.starts[place] for place in wanted.starts}
    groups: list[list[TopicPartition]] = [[] for _ in range(min(workers, len(sizes)))]
    for place in sorted(sizes, key=lambda p: (-sizes[p], p.partition)):
        min(groups, key=lambda group: sum(sizes[p] for p in group)).append(place)
    return [tuple(group) for group in groups if group]


def _begin(made: Any, ended: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's to hear
    quiet()
    _shared["made"], _shared["ended"] = made, ended


class _Ended(Exception):
    """The parent does not want the rest."""


def _one(wanted: Range, places: tuple[TopicPartition, ...]) -> Verifier | None:
    made, ended = _shared["made"], _shared["ended"]

    def told(records: int) -> None:
        if ended.value:
            raise _Ended
        with made.get_lock():
            made.value += records

    try:
        return asyncio.run(read(wanted, places, told))
    except _Ended:
        return None


def _several(
    wanted: Range, groups: list[tuple[TopicPartition, ...]], stop: Any, told: Callable[[int], None]
) -> list[Verifier]:
    context = multiprocessing.get_context("spawn")
    made = context.Value(c_int64, 0)
    seen = 0
    with ProcessPoolExecutor(len(groups), mp_context=context, initializer=_begin, initargs=(made, stop)) as pool:
        running: list[Future[Verifier | None]] = [pool.submit(_one, wanted, group) for group in groups]
        waiting = set(running)
        while waiting:
            waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED).not_done
            now = made.value
            told(now - seen)
            seen = now
    return [part for future in running if (part := future.result()) is not None]
