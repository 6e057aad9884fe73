"""Lookups of the two desks as they are now, read with their cases from ``case-state``; and what of one a list tells."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import ValidationError

from dispatcher.client.cases import SHORTEST, Cases, Named, standing
from dispatcher.client.reader import Reader
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.desk_policy import DesksPolicy
from dispatcher.domain.errors import NotFound
from dispatcher.domain.lookups import clocks
from dispatcher.domain.lookups.codes import CandidateStatus, RequestStatus
from dispatcher.domain.lookups.records import Candidate, LookupRecord
from dispatcher.domain.timers import Timer

_PART = re.compile(rf"[0-9a-f-]{{{SHORTEST},36}}")
_HELD = b'"lookup":{'


@dataclass(frozen=True, slots=True)
class Held:
    """A lookup and the case that it stands beside."""

    case: CaseRecord
    lookup: LookupRecord


@dataclass(frozen=True, slots=True)
class Listed:
    """Lookups, newest first; `unreadable` entries were written by another version of the service."""

    lookups: list[Held]
    unreadable: int


class Progress(NamedTuple):
    """How many channels were asked, how many of them have said all they know, and which are silent or down."""

    asked: int
    answered: int
    silent: tuple[str, ...]


class Lookups:
    """The lookups of the cluster that `reader` reads. Its methods raise `TopicMismatch` where a topic is missing."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._cases = Cases(reader)

    async def all(self, wanted: Callable[[LookupRecord], bool]) -> Listed:
        """Every lookup that is `wanted`."""
        found: list[Held] = []
        unreadable = 0
        for value in (await standing(self._reader, lambda _key, value: _HELD in value)).values():
            try:
                case = CaseRecord.model_validate_json(value)
            except ValidationError:
                unreadable += 1
                continue
            if case.lookup is not None and wanted(case.lookup):
                found.append(Held(case, case.lookup))
        found.sort(key=lambda held: (held.lookup.opened_at, held.lookup.lookup_id), reverse=True)
        return Listed(found, unreadable)

    async def find(self, named: str) -> Named:
        """The case with the lookup called `named`: by its case as `Cases.find` knows it, or by the lookup_id or a part of it.

        Raises `NotFound`, also for a case that has no lookup.
        """
        try:
            found = await self._cases.find(named)
        except NotFound as unknown:
            if "begin with" in unknown.message:  # several cases; a lookup that begins so would only be one meaning more
                raise
            case = await self._of_lookup(named.lower())
            if case is None:
                raise NotFound(
                    unknown.message.replace("case is called", "lookup or case is called"),
                    hint="`dispatcher lookup list` shows them",
                ) from None
            return Named(case)
        if found.case.lookup is None:
            raise NotFound(
                f"case {found.case.case_id} has no lookup", hint="`dispatcher lookup list` shows those that do"
            )
        return found

    async def _of_lookup(self, named: str) -> CaseRecord | None:
        if not _PART.fullmatch(named):
            return None
        begins = f'"lookup_id":"{named}'.encode()
        values = await standing(self._reader, lambda _key, value: _HELD in value and begins in value)
        cases = [CaseRecord.model_validate_json(value) for value in values.values()]
        meant = [case for case in cases if case.lookup is not None and case.lookup.lookup_id.startswith(named)]
        if len(meant) > 1:
            several = ", ".join(sorted(case.lookup.lookup_id for case in meant if case.lookup is not None)[:6])
            raise NotFound(f"{len(meant)} lookups begin with {named}: {several}", hint="Give more of the lookup_id")
        return meant[0] if meant else None


# -- what of one is told --------------------------------------------------------------------------------------------


def progress(lookup: LookupRecord) -> Progress:
    """How far the channels are, by the latest question to each of their databases; one put off has not been asked yet."""
    latest = {one.database: one for one in lookup.requests}  # later ones stand behind
    states = [(one.channel, one.status) for one in latest.values() if one.status is not RequestStatus.DEFERRED]
    return counted(states)


def counted(states: Iterable[tuple[str, RequestStatus]]) -> Progress:
    """The same from channel and status of each database's latest question: a channel has answered when all of it has."""
    channels: dict[str, list[RequestStatus]] = {}
    for channel, status in states:
        channels.setdefault(channel, []).append(status)
    quiet = (RequestStatus.SILENT, RequestStatus.UNAVAILABLE)
    return Progress(
        asked=len(channels),
        answered=sum(all(one is RequestStatus.ANSWERED for one in each) for each in channels.values()),
        silent=tuple(channel for channel, each in channels.items() if any(one in quiet for one in each)),
    )


def ranked(lookup: LookupRecord) -> list[Candidate]:
    """The candidates, best first. Rejected ones keep their rank, so that a number means the same before and after."""
    return sorted(lookup.candidates, key=lambda one: (-one.score, one.at, one.ref))


def best(lookup: LookupRecord) -> Candidate | None:
    """The best candidate that nobody has rejected."""
    return next((one for one in ranked(lookup) if one.status is not CandidateStatus.REJECTED), None)


def candidate_ref(lookup: LookupRecord, named: str) -> str:
    """The candidate called `named`: its ref, or its rank from 1. Raises `NotFound`, also where a number may mean either."""
    order = ranked(lookup)
    by_rank = (
        order[int(named) - 1].ref if named.isascii() and named.isdigit() and 0 < int(named) <= len(order) else None
    )
    by_ref = named if lookup.candidate(named) is not None else None
    if by_rank is not None and by_ref not in (None, by_rank):
        raise NotFound(
            f"{named} is the rank of one candidate and the ref of another", hint="Give the ref of the one meant"
        )
    found = by_ref or by_rank
    if found is None:
        hint = f"Give a rank from 1 to {len(order)}, or a ref" if order else "It has no candidates yet"
        raise NotFound(f"the lookup has no candidate {named}", hint=hint)
    return found


def due(lookup: LookupRecord, policy: DesksPolicy) -> list[Timer]:
    """All that will fall due on the lookup if nothing happens before, the first first."""
    return sorted(Timer(*one) for one in clocks.timers(lookup, policy))
