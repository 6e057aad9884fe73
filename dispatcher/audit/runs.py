"""A chain as far as it has been seen: runs of places without a gap, each record of a run proven to follow the one before.

Mostly there is one run. A second begins where a record's predecessor has not come yet (it lies on another partition) or
never will; its first record is held until then, and that is all that is held. Runs of several readers can be joined.
"""

from collections.abc import Iterable, Iterator

from dispatcher.audit.records import Entry, Held
from dispatcher.stream.chain import START, Head

Watch = tuple[bytes, str]
"""A hash that a place must have, and who says so."""


class Run:
    """Places `start` until before `next`. `alt` is what the last record's hash should be, where it claims another."""

    __slots__ = ("alt", "hash", "head", "key", "next", "offset", "partition", "proven", "stamp", "start", "text")

    def __init__(self, head: Held, place: int, *, alt: bytes | None, proven: bool) -> None:
        self.head = head
        self.start, self.next, self.text = place, place + 1, b"%d" % (place + 1)
        self.hash = head.claimed
        self.alt = alt
        self.proven = proven  # the first record follows what is known to lie before it
        self.partition, self.offset, self.key, self.stamp = head.partition, head.offset, head.key, head.timestamp

    @property
    def single(self) -> bool:
        """Whether it is one record."""
        return self.next == self.start + 1

    def follows(self, held: Held, place: int) -> tuple[bool, bytes | None]:
        """Whether `held` at `place` follows the run's last record, and what its hash should be."""
        should = None
        for before in (self.hash, self.alt):
            found = held.after(before, place)
            if found is not None and found == held.claimed:
                return True, None
            should = found or should
        return False, should

    def extend(self, held: Held, place: int) -> None:
        """Take a record that follows."""
        self.next, self.text = place + 1, b"%d" % (place + 1)
        self.hash, self.alt = held.claimed, None
        self.partition, self.offset, self.key, self.stamp = held.partition, held.offset, held.key, held.timestamp


class Line:
    """The order of one chain's places on one partition: a higher place never lies before a lower one."""

    __slots__ = ("before", "chain", "high", "high_at")

    def __init__(self, chain: "Chain") -> None:
        self.chain = chain
        self.high = self.before = -1
        self.high_at: Entry | Held | None = None


class Chain:
    """One lane's chain. `floor` is the place from which all must be there, and `base` the hash before it; None for both
    where the beginning is gone and nothing vouches for what is left."""

    def __init__(self, name: str, anchor: Head | None) -> None:
        self.name = name
        self.floor = None if anchor is None else anchor.sequence
        self.base = None if anchor is None else anchor.hash
        self.tip: Run | None = None
        self.watches: dict[int, Watch] = {}
        self.hits: list[tuple[int, Held, str]] = []
        self.out_of_order: list[
            tuple[Held, int, tuple[int, int]]
        ] = []  # with the place beside it, and where that was said
        self._ends: dict[int, list[Run]] = {}  # by the place that would be next; without the tip
        self.starts: dict[int, list[Run]] = {}  # by the first place; their first record waits for its predecessor

    @classmethod
    def from_start(cls, name: str) -> "Chain":
        """A chain that must be there from its first record on."""
        return cls(name, Head(name, 0, START))

    def runs(self) -> list[Run]:
        """All runs, the lowest first, at the same start the longest first."""
        found = [run for runs in self._ends.values() for run in runs] + ([self.tip] if self.tip is not None else [])
        return sorted(found, key=lambda run: (run.start, -run.next, run.head.partition, run.head.offset))

    def take(self, held: Held, place: int) -> None:
        """A record that does not simply follow the last one."""
        should = None
        for run in self._ending_at(place):
            fits, found = run.follows(held, place)
            if fits:
                self._free(run)
                run.extend(held, place)
                self._make_tip(run)
                self.join(run)
                return
            should = should or found
        proven = False
        if place == self.floor:
            found = held.after(self.base, place)
            proven = found == held.claimed
            should = None if proven else found
        self._put(Run(held, place, alt=should, proven=proven))

    def adopt(self, other: "Chain") -> None:
        """Take over what another reader has seen of the same chain."""
        self.hits += other.hits
        self.out_of_order += other.out_of_order
        for run in other.runs():
            for before in self._ending_at(run.start):
                fits, found = before.follows(run.head, run.start)
                if fits:
                    self._free(before)
                    self._absorb(before, run)
                    self._make_tip(before)
                    self.join(before)
                    break
                if run.single and run.alt is None:
                    run.alt = found
            else:
                self._put(run)

    def join(self, run: Run) -> None:
        """Let `run` (the tip) take in the runs that have waited for its last record."""
        while waiting := self.starts.get(run.next):
            for other in waiting:
                if other is not run and run.follows(other.head, other.start)[0]:
                    self._remove(other)
                    self._absorb(run, other)
                    break
            else:
                return

    def _absorb(self, run: Run, other: Run) -> None:
        run.next, run.text, run.hash, run.alt = other.next, other.text, other.hash, other.alt
        run.partition, run.offset, run.key, run.stamp = other.partition, other.offset, other.key, other.stamp

    def _ending_at(self, place: int) -> list[Run]:
        tip = [self.tip] if self.tip is not None and self.tip.next == place else []
        found = tip + self._ends.get(place, [])
        if len(found) > 1:  # of two equal records the first is the right one
            found.sort(key=lambda run: (run.partition, run.offset))
        return found

    def _put(self, run: Run) -> None:
        """A run of its own; it becomes the tip unless the tip is further on."""
        if not run.proven:
            self.starts.setdefault(run.start, []).append(run)
        if self.tip is None or run.start >= self.tip.next:
            self._make_tip(run)
        else:
            self._ends.setdefault(run.next, []).append(run)
        if self.tip is run:
            self.join(run)
        elif run.next in self.starts:
            self._free(run)
            self._make_tip(run)
            self.join(run)

    def _make_tip(self, run: Run) -> None:
        if self.tip is not None and self.tip is not run:
            self._ends.setdefault(self.tip.next, []).append(self.tip)
        self.tip = run

    def _free(self, run: Run) -> None:
        """Out of the index by end, because the end will move."""
        if self.tip is run:
            return
        _discard(self._ends, run.next, run)

    def _remove(self, run: Run) -> None:
        if self.tip is run:
            self.tip = None
        else:
            _discard(self._ends, run.next, run)
        _discard(self.starts, run.start, run)


def _discard(index: dict[int, list[Run]], place: int, run: Run) -> None:
    runs = index.get(place, [])
    if run in runs:
        runs.remove(run)
        if not runs:
            del index[place]


def singles(chains: Iterable[Chain]) -> Iterator[Held]:
    """Records that nothing has followed: any of them may really belong elsewhere."""
    for chain in chains:
        for run in chain.runs():
            if run.single:
                yield run.head
