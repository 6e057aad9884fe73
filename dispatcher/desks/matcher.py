"""Which open lookups look like each other's counterpart, both ways, whenever either arrives or says more. Without Kafka.

What it says (`LookupMatched`) is a message to each of the two cases and changes nothing by itself: casework keeps it, people
decide. It may be said again after a crash: its id names the two lookups.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from dispatcher.desks.likely import Match
from dispatcher.desks.people import PeoplePool, person_profile
from dispatcher.desks.pool import Pool
from dispatcher.desks.profile import profile
from dispatcher.desks.scoring import told_text
from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.desk_policy import DesksPolicy
from dispatcher.domain.lookups.codes import OPEN, CandidateStatus, Desk, Side
from dispatcher.domain.lookups.messages import LookupMatched
from dispatcher.domain.lookups.records import LookupRecord

_BEST: Final = 5


@dataclass(frozen=True, slots=True)
class _Known:
    """An open lookup as the matcher holds it. at: when the report was made."""

    lookup_id: str
    case_id: str
    desk: Desk
    side: Side
    text: str
    at: datetime


#: Asks the other side's pool for what looks like a report, best first.
Ask = Callable[[], list[Match]]


class _Store(Protocol):
    """All open lookups of one desk."""

    def add(self, one: _Known) -> Ask: ...
    def remove(self, one: _Known) -> None: ...


class _Things:
    def __init__(self) -> None:
        self._pools = {side: Pool() for side in Side}

    def add(self, one: _Known) -> Ask:
        report = profile(one.lookup_id, one.text, at=one.at, found=one.side is Side.FOUND)
        mine, theirs = self._pools[one.side], self._pools[one.side.other]
        mine.add(report)
        return lambda: theirs.matches(report, limit=_BEST, rivals=mine)

    def remove(self, one: _Known) -> None:
        self._pools[one.side].remove(one.lookup_id)


class _People:
    def __init__(self) -> None:
        self._pools = {side: PeoplePool() for side in Side}

    def add(self, one: _Known) -> Ask:
        report = person_profile(one.lookup_id, one.text, at=one.at, found=one.side is Side.FOUND)
        self._pools[one.side].add(report)
        return lambda: self._pools[one.side.other].matches(report, limit=_BEST)

    def remove(self, one: _Known) -> None:
        self._pools[one.side].remove(one.lookup_id)


class Matcher:
    """Holds every open lookup. `take` is to be called with each state of a case, in order."""

    def __init__(self, policy: DesksPolicy) -> None:
        self._policy = policy
        self._known: dict[str, _Known] = {}
        self._stores: dict[Desk, _Store] = {Desk.LOST_ITEM: _Things(), Desk.MISSING_PERSON: _People()}

    def __len__(self) -> int:
        return len(self._known)

    def take(self, case: CaseRecord, *, quietly: bool = False) -> tuple[LookupMatched, ...]:
        """A case as it is now; what is to be told to it and to others. `quietly`: it was looked at before a restart."""
        lookup = case.lookup
        if lookup is None:
            return ()
        if lookup.status not in OPEN:
            self.drop(lookup.lookup_id)
            return ()
        one = _Known(
            lookup.lookup_id,
            case.case_id,
            lookup.desk,
            lookup.side,
            told_text(case.text, lookup.facts),
            case.opened_at or lookup.opened_at,
        )
        if self._known.get(one.lookup_id) == one:
            return ()
        self.drop(one.lookup_id)
        self._known[one.lookup_id] = one
        ask = self._stores[one.desk].add(one)
        return () if quietly else tuple(self._matches(one, lookup, ask()))

    def drop(self, lookup_id: str) -> None:
        """The lookup is over."""
        known = self._known.pop(lookup_id, None)
        if known is not None:
            self._stores[known.desk].remove(known)

    def _matches(self, one: _Known, lookup: LookupRecord, likely: list[Match]) -> Iterator[LookupMatched]:
        for match in likely:
            if match.score < self._policy.silent_below:
                continue
            other = self._known[match.other]
            before = lookup.candidate(match.other)
            if other.case_id == one.case_id or (before is not None and before.status is not CandidateStatus.OPEN):
                continue
            yield _message(one, other, match)
            yield _message(other, one, match)


def _message(to: _Known, about: _Known, match: Match) -> LookupMatched:
    return LookupMatched(
        message_id=f"{ids.match_id(to.lookup_id, about.lookup_id)}/{match.score:.4f}",
        case_id=to.case_id,
        lookup_id=to.lookup_id,
        other_lookup=about.lookup_id,
        other_case=about.case_id,
        score=match.score,
        reasons=match.reasons,
        text=about.text,
    )
