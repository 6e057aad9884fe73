"""From runs, strays and watched places to a verdict: each broken place once, the lowest place of a chain first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

from dispatcher.audit.breaks import Break, Kind, Report, Span
from dispatcher.audit.records import Held, case_of
from dispatcher.audit.runs import Chain, Run, singles
from dispatcher.stream.chain import Head

if TYPE_CHECKING:
    from dispatcher.audit.verify import Verifier

#: Clocks of two lanes may differ by so much (milliseconds).
_SKEW_MS = 60_000
#: Records tried on one place that is empty.
_TRIED = 300


Hashes = tuple[bytes | None, bytes | None]


@dataclass(frozen=True, slots=True)
class Ends:
    """The lanes' heads: read before the ledger was (it must hold as much) and after (it must not hold more)."""

    least: Mapping[str, Head] | None = None
    most: Mapping[str, Head] | None = None


def settle(verifier: Verifier, ends: Ends, *, notes: tuple[str, ...]) -> Report:
    """The report of what `verifier` has taken."""
    stamps = [verifier.first_stamps[p] for p in verifier.beginning.cut if p in verifier.first_stamps]
    ragged_until: float | None = max(stamps) + _SKEW_MS if stamps else None
    if len(stamps) < len(verifier.beginning.cut):  # of a partition nothing is left: anything may have been there
        ragged_until = inf
    spare = [*verifier.strays, *singles(verifier.chains.values())]
    taken: dict[tuple[int, int], Break] = {}
    filled: dict[tuple[str, int], Hashes] = {}
    while True:  # until no record is found any more that belongs to another chain than it says
        known = len(taken)
        walks = [_Walk(chain, ends, spare, taken, filled, ragged_until) for chain in verifier.chains.values()]
        for walk in walks:
            walk.run()
        if len(taken) == known:
            break
    found: dict[tuple[int, int], Break] = dict(taken)
    gone: list[Break] = []
    for walk in walks:
        for one in walk.breaks:
            if one.kind in (Kind.MISSING, Kind.CUT_OFF):
                gone.append(one)
            elif one.partition is not None and one.offset is not None:
                found.setdefault((one.partition, one.offset), one)
    for held in verifier.strays:
        found.setdefault(held.at, _told(Kind.INSERTED, held, held.why, chain=held.chain, place=held.place))
    for walk in walks:
        # A record that says a false place of itself puts no other out of order.
        believed = [(held, other) for held, other, said in walk.chain.out_of_order if said not in taken]
        astray = {held.at for held, _ in believed}
        for held, other in believed:
            twin = next((one for one in walk.twins if (one.place, one.claimed) == (held.place, held.claimed)), None)
            if twin is not None and twin.at not in astray and held.at not in found:
                # Of two equal records the one out of order is the second, wherever it stands.
                found[held.at] = _told(Kind.INSERTED, held, found.pop(twin.at).told)
            side = "before" if (held.place or 0) > other else "behind"
            found.setdefault(held.at, _told(Kind.REORDERED, held, f"place {held.place} lies {side} place {other}"))
        for _, held, who in sorted(walk.chain.hits, key=lambda hit: hit[0])[:1]:
            found.setdefault(held.at, _told(Kind.CONTRADICTED, held, f"{who} says another hash of this place"))
    breaks = sorted([*found.values(), *gone], key=_order)
    chains = {walk.chain.name: walk.span for walk in walks if walk.span is not None}
    return Report(verifier.records, verifier.older, chains, tuple(breaks), notes)


def _order(one: Break) -> tuple[bool, str, int, int, int]:
    # What names no chain stands behind the chains.
    place = one.place if one.place is not None else -1
    return one.chain is None, one.chain or "", place, one.partition or 0, one.offset or 0


def _told(kind: Kind, held: Held, told: str, *, chain: str | None = None, place: int | None = None) -> Break:
    return Break(
        kind,
        told,
        chain if chain is not None else held.chain,
        place if place is not None else held.place,
        None,
        held.partition,
        held.offset,
        case_of(held.key),
    )


@dataclass
class _Walk:
    """Along one chain from place to place."""

    chain: Chain
    ends: Ends
    spare: list[Held]
    taken: dict[tuple[int, int], Break]
    filled: dict[tuple[str, int], Hashes]
    ragged_until: float | None
    breaks: list[Break] = field(default_factory=list)
    twins: list[Held] = field(default_factory=list)
    span: Span | None = None

    def run(self) -> None:
        chain = self.chain
        self._next = chain.floor
        self._hashes: Hashes = (chain.base, None)
        self._last: Run | None = None
        self._least = self._head(self.ends.least)
        self._most = self._head(self.ends.most)
        first: int | None = None
        for run in chain.runs():
            if run.single and run.head.at in self.taken:
                continue
            if self._beyond(run):
                said = f"the lane has written {self._most.sequence if self._most is not None else 0} records only"
                self._say(Kind.INSERTED, run.head, said)
                self.breaks[-1] = replace(self.breaks[-1], may_pass=True)
                continue
            first = run.start if first is None else first
            self._step(run)
        self._tail()
        first = chain.floor if first is None else first
        if first is not None and self._next:
            hashed = next((h for h in self._hashes if h is not None), b"")
            self.span = Span(first, self._next, hashed.hex(), chain.floor is not None)

    def _head(self, heads: Mapping[str, Head] | None) -> Head | None:
        return None if heads is None else heads.get(self.chain.name, Head(self.chain.name))

    def _beyond(self, run: Run) -> bool:
        """A run that nothing leads to, past all that the lane has written."""
        if self._most is None or run.start < self._most.sequence:
            return False
        return self._next is not None and (
            run.start > self._next or (run.start == self._next and not self._follows(run))
        )

    def _follows(self, run: Run) -> bool:
        known = [before for before in self._hashes if before is not None]
        return not known or any(run.head.after(before, run.start) == run.head.claimed for before in known)

    def _step(self, run: Run) -> None:
        if self._next is None:  # the beginning is gone, and nothing vouches for this
            self._adopt(run)
        elif run.start < self._next:
            if self.chain.floor is not None and run.start < self.chain.floor and self._last is None:
                self._below(run)
            else:
                self._twice(run)
        else:
            while self._next < run.start and self._fill(run):
                pass
            if self._next < run.start:
                self._hole(run)
            elif not run.proven and not self._follows(run):
                self._changed(run)
            self._adopt(run)

    def _adopt(self, run: Run) -> None:
        self._next, self._hashes, self._last = run.next, (run.hash, run.alt), run

    def _below(self, run: Run) -> None:
        """Before the anchor, where any place may be gone: only what was proven between them, and that it leads to the anchor."""
        if run.next > (self.chain.floor or 0):
            self._adopt(run)
        elif run.next == self.chain.floor and run.hash != self.chain.base and run.alt != self.chain.base:
            last = Held(
                run.partition, run.offset, run.stamp, run.key, None, (), self.chain.name, run.next - 1, run.hash
            )
            self._say(
                Kind.CONTRADICTED, last, "the checkpoint that the range begins with says another hash of this place"
            )

    def _changed(self, run: Run) -> None:
        self._say(Kind.CHANGED, run.head, "its hash does not follow from the record before and what stands here")
        if run.single and run.alt is None:
            run.alt = run.head.after(self._hashes[0] or self._hashes[1], run.start)

    def _twice(self, run: Run) -> None:
        """Places that have been there already: which of the two is right?"""
        assert self._next is not None
        last = self._last
        other = None
        if last is not None and run.start == self._next - 1 and run.head.at != (last.partition, last.offset):
            told = next((h for h in (self._least, self._most) if h is not None and h.sequence == self._next), None)
            if run.next > self._next or (told is not None and told.hash == run.hash != last.hash):
                other = Held(
                    last.partition, last.offset, last.stamp, last.key, None, (), self.chain.name, run.start, last.hash
                )
        self.twins.append(other or run.head)
        self._say(Kind.INSERTED, other or run.head, f"place {run.start} is used twice")
        if run.next > self._next or other is not None:
            self._adopt(run)

    def _hole(self, run: Run) -> None:
        assert self._next is not None
        watched = self.chain.watches.get(run.start - 1)
        if watched is not None and run.head.after(watched[0], run.start) != run.head.claimed:
            self._changed(run)
        if self._excused():
            return
        first, last = self._next, run.start - 1
        told = f"place {first} is gone" if first == last else f"places {first} to {last} are gone"
        self.breaks.append(
            Break(
                Kind.MISSING,
                told,
                self.chain.name,
                first,
                last,
                run.head.partition,
                run.head.offset,
                case_of(run.head.key),
                may_pass=True,
            )
        )

    def _excused(self) -> bool:
        """Whether what is missing may lie where the range does not reach."""
        if self._next is not None and self.chain.floor is not None:
            return self._next < self.chain.floor
        return self.ragged_until is not None and (self._last is None or self._last.stamp <= self.ragged_until)

    def _fill(self, run: Run | None) -> bool:
        """Find the record that belongs on the next place, whatever it says of itself."""
        place = self._next
        assert place is not None
        if (self.chain.name, place) in self.filled:
            self._next, self._hashes = place + 1, self.filled[self.chain.name, place]
            return True
        follower = run.head if run is not None and run.start == place + 1 else None
        wanted = {h.hash for h in (self._least, self._most) if h is not None and h.sequence == place + 1}
        if place in self.chain.watches:
            wanted.add(self.chain.watches[place][0])
        for held in self.spare[:_TRIED]:
            if held.at in self.taken:
                continue
            should = [found for before in self._hashes if (found := held.after(before, place)) is not None]
            direct = held.claimed in should
            # The record behind the gap fills it only where its own hash says so, whatever place it names.
            if run is not None and held.at == run.head.at and not (run.single and direct):
                continue
            hashes = [h for h in (held.claimed, *should) if h is not None]
            # One whose hash cannot be read any more is believed what else it says.
            believed = held.claimed is None and (held.chain, held.place) == (self.chain.name, place)
            if not (direct or believed) and not any(
                h in wanted or (follower is not None and follower.after(h, place + 1) == follower.claimed)
                for h in hashes
            ):
                continue
            if direct and (held.chain, held.place) == (self.chain.name, place):
                kind = Kind.REORDERED if "partition" in held.why else Kind.CHANGED
                told = held.why
            else:
                kind = Kind.CHANGED
                told = held.why or f"it says that it is {held.chain}, place {held.place}"
            self.taken[held.at] = _told(kind, held, told, chain=self.chain.name, place=place)
            should_be = should[0] if should and not believed else None
            self._next, self._hashes = place + 1, (held.claimed, should_be)
            self.filled[self.chain.name, place] = self._hashes
            return True
        return False

    def _tail(self) -> None:
        """Does the end fit what the lane and the checkpoints know?"""
        chain = self.chain
        if self._next is None:
            return
        told = max(chain.watches, default=-1) + 1
        least = max(self._least.sequence if self._least is not None else 0, told)
        while self._next < least and self._fill(None):
            pass
        last = self._last
        if self._next < least:
            who = (
                "the lane" if self._least is not None and self._least.sequence == least else chain.watches[least - 1][1]
            )
            self.breaks.append(
                Break(
                    Kind.CUT_OFF,
                    f"{who} knows of {least} records",
                    chain.name,
                    self._next,
                    least - 1,
                    last.partition if last is not None else None,
                    last.offset if last is not None else None,
                    case_of(last.key) if last is not None else None,
                    may_pass=True,
                )
            )
        if last is None:
            return
        known = any(self._hashes)  # a last record whose hash cannot be read any more has been told already
        for head in (self._least, self._most) if known else ():
            if head is not None and head.sequence == self._next and head.hash not in self._hashes:
                self._end(Kind.CHANGED, last, self._next - 1, "it is not what the lane has written last")
        if self._most is not None and self._next > self._most.sequence:
            said = f"the lane has written {self._most.sequence} records only"
            self._end(Kind.INSERTED, last, self._most.sequence, said)

    def _end(self, kind: Kind, last: Run, place: int, told: str) -> None:
        self.breaks.append(
            Break(
                kind, told, self.chain.name, place, None, last.partition, last.offset, case_of(last.key), may_pass=True
            )
        )

    def _say(self, kind: Kind, held: Held, told: str) -> None:
        self.breaks.append(_told(kind, held, told, chain=self.chain.name))
