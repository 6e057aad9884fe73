"""What a story expects of a case's lookup at a moment, and how that differs from what is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from dispatcher.domain import ids
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.desk_policy import DesksPolicy
from dispatcher.domain.events.lookups import LookupConfirmed, LookupEscalated, LookupHandedOver, LookupRecorded
from dispatcher.domain.lookups.asking import next_question
from dispatcher.domain.lookups.codes import (
    CandidateStatus,
    ConfirmedBy,
    Desk,
    LookupStatus,
    Mode,
    RequestStatus,
    Side,
)
from dispatcher.domain.lookups.messages import LookupAsked
from dispatcher.domain.lookups.reach import reach
from dispatcher.domain.lookups.records import Candidate, LookupRecord
from dispatcher.simulate.moments import moment

_LIVE = (RequestStatus.WAITING, RequestStatus.DEFERRED)
_NEAR = 0.05
"""Kilometres by which two radii are the same: they are told to a tenth."""


class LookupExpectation(BaseModel):
    """All fields are optional; what is not named is not looked at. A candidate is named by the call of its lookup, or by
    its ref in its database. `docs/stories.md` says what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: LookupStatus | None = None
    side: Side | None = None
    desk: Desk | None = None
    since: str | None = None
    facts: dict[str, str | None] = {}
    unknown: tuple[str, ...] | None = None
    question: str | None = None
    cause: str | None = None
    # channels
    asked: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    requests: dict[str, RequestStatus | None] = {}
    open_requests: tuple[str, ...] | None = None
    late: tuple[str, ...] | None = None
    dropped: int | None = None
    round: int | None = None
    # candidates
    candidates: tuple[str, ...] | None = None
    shown: tuple[str, ...] | None = None
    top: str | None = None
    top3: str | None = None
    no_candidate: bool | None = None
    struck: tuple[str, ...] | None = None
    reasons: dict[str, tuple[str, ...]] = {}
    # the end
    confirmed: str | None = None
    confirmed_by: ConfirmedBy | None = None
    agreed: tuple[str, ...] = ()
    found_after_minutes: int | None = None
    receipt: bool | None = None
    recipient: str | None = None
    document: str | None = None
    # a missing person
    sightings: int | None = None
    escalated_to: str | None = None
    escalations: tuple[str, ...] | None = None
    mode: Mode | None = None
    centre: str | None = None
    alert_km: float | None = None
    reach_km: tuple[float, float] | None = None
    districts: tuple[str, ...] = ()
    not_districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a story knows of a case at the end of a step. `fresh`: the case's events of this step; `asked`: its questions
    to databases in this step; `cases`: a call's id -> case_id."""

    case: CaseRecord
    fresh: Sequence[Any]
    everything: Sequence[Any]
    asked: Sequence[LookupAsked]
    cases: Mapping[str, str]
    policy: DesksPolicy
    now: datetime


def lookup_differences(wanted: LookupExpectation | None, seen: Seen) -> Iterator[str]:
    """In words; `wanted` None: there is to be no lookup."""
    lookup = seen.case.lookup
    if wanted is None:
        if lookup is not None:
            yield f"there is a lookup ({lookup.status}), expected none"
        return
    if lookup is None:
        yield "there is no lookup"
        return
    yield from _plain(wanted, lookup, seen)
    yield from _channels(wanted, lookup, seen)
    yield from _candidates(wanted, lookup, seen)
    yield from _end(wanted, lookup, seen)
    if wanted.model_fields_set & {"escalated_to", "escalations"}:
        yield from _escalations(wanted, seen)
    if wanted.model_fields_set & {"mode", "centre", "alert_km", "reach_km", "districts", "not_districts"}:
        yield from _reach(wanted, lookup, seen)


def _say(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _differs(what: str, found: object, expected: object) -> str:
    return f"lookup: {what} is {_say(found)}, expected {_say(expected)}"


def _plain(wanted: LookupExpectation, lookup: LookupRecord, seen: Seen) -> Iterator[str]:
    for name in ("status", "side", "desk", "cause", "round"):
        if name in wanted.model_fields_set and getattr(lookup, name) != getattr(wanted, name):
            yield _differs(name, getattr(lookup, name), getattr(wanted, name))
    if wanted.since is not None and lookup.since != moment(wanted.since, seen.now):
        yield _differs("since", f"{lookup.since.astimezone(CITY_TIME):%Y-%m-%d %H:%M:%S}", wanted.since)
    for fact, value in wanted.facts.items():
        if lookup.facts.get(fact) != value:
            yield _differs(f"fact {fact}", lookup.facts.get(fact), value)
    if wanted.unknown is not None and Counter(lookup.unknown) != Counter(wanted.unknown):
        yield _differs("unknown", lookup.unknown, wanted.unknown)
    if wanted.sightings is not None and len(lookup.sightings) != wanted.sightings:
        yield _differs("the number of sightings", len(lookup.sightings), wanted.sightings)
    if "question" in wanted.model_fields_set:
        question = next_question(lookup, seen.case.category, seen.policy)
        if (question is None) != (wanted.question is None) or (wanted.question or "") not in (question or ""):
            yield _differs("the next question", question, wanted.question)


def _channels(wanted: LookupExpectation, lookup: LookupRecord, seen: Seen) -> Iterator[str]:
    asked = tuple(question.database for question in seen.asked)
    missing = Counter(wanted.asked) - Counter(asked)
    if missing:
        yield f"lookup: {_say(tuple(missing.elements()))} was not asked in this step; asked were {_say(asked)}"
    for database in wanted.not_asked:
        if database in asked:
            yield f"lookup: {database} was asked in this step"
    for database, status in wanted.requests.items():
        latest = lookup.latest(database)
        found = latest.status if latest is not None else None
        if found != status:
            yield _differs(f"the question to {database}", found, status)
    if wanted.open_requests is not None:
        live = tuple(one.database for one in lookup.requests if one.status in _LIVE)
        if Counter(live) != Counter(wanted.open_requests):
            yield _differs("the list of open requests", live, wanted.open_requests)
    answers = [event for event in seen.fresh if isinstance(event, LookupRecorded)]
    if wanted.late is not None:
        late = tuple(event.database or event.channel for event in answers if event.late)
        if Counter(late) != Counter(wanted.late):
            yield _differs("the list of late answers", late, wanted.late)
    if wanted.dropped is not None:
        dropped = sum(event.dropped for event in answers)
        if dropped != wanted.dropped:
            yield _differs("the number of findings dropped", dropped, wanted.dropped)


class _Names:
    """Candidates as the story calls them."""

    def __init__(self, cases: Mapping[str, str]) -> None:
        self._told: dict[str, str] = {ids.lookup_id(case_id): name for name, case_id in reversed(list(cases.items()))}
        self._meant: dict[str, str] = {name: ids.lookup_id(case_id) for name, case_id in cases.items()}

    def told(self, ref: str) -> str:
        return self._told.get(ref, ref)

    def ref(self, name: str) -> str:
        return self._meant.get(name, name)


def _open(lookup: LookupRecord) -> list[Candidate]:
    """Best first; equal scores in the order in which they came."""
    return sorted((one for one in lookup.candidates if one.status is CandidateStatus.OPEN), key=lambda one: -one.score)


def _candidates(wanted: LookupExpectation, lookup: LookupRecord, seen: Seen) -> Iterator[str]:
    names = _Names(seen.cases)
    best = [one.ref for one in _open(lookup)]
    shown = [one.ref for one in _open(lookup) if not one.weak]
    struck = [one.ref for one in lookup.candidates if one.status is CandidateStatus.REJECTED]
    scores = {one.ref: one.score for one in lookup.candidates}

    def say(refs: Sequence[str]) -> str:
        return ", ".join(f"{names.told(ref)} {scores[ref]:.2f}" for ref in refs) or "none"

    for field, found in (("candidates", best), ("shown", shown)):
        expected = getattr(wanted, field)
        if expected is not None and found != [names.ref(name) for name in expected]:
            yield f"lookup: {field} are {say(found)}, expected {_say(expected)}"
    if wanted.struck is not None and Counter(struck) != Counter(map(names.ref, wanted.struck)):
        yield f"lookup: struck are {say(struck)}, expected {_say(wanted.struck)}"
    if wanted.top is not None and best[:1] != [names.ref(wanted.top)]:
        yield f"lookup: first is {say(best[:3])}, expected {wanted.top}"
    if wanted.top3 is not None and names.ref(wanted.top3) not in best[:3]:
        yield f"lookup: among the first three are {say(best[:3])}, expected {wanted.top3}"
    if wanted.no_candidate is not None and wanted.no_candidate == bool(shown):
        yield f"lookup: a person is called for {say(shown)}, expected {'nobody' if wanted.no_candidate else 'somebody'}"
    for name, words in wanted.reasons.items():
        candidate = lookup.candidate(names.ref(name))
        reasons = candidate.reasons if candidate is not None else ()
        for word in words:
            if not any(word in reason for reason in reasons):
                yield _differs(f"the list of reasons for {name}", reasons, word)


def _end(wanted: LookupExpectation, lookup: LookupRecord, seen: Seen) -> Iterator[str]:
    names = _Names(seen.cases)
    held = lookup.confirmation
    if "confirmed" in wanted.model_fields_set:
        found = held.ref if held is not None else None
        if found != (names.ref(wanted.confirmed) if wanted.confirmed is not None else None):
            yield _differs("confirmed", names.told(found) if found else None, wanted.confirmed)
    if "confirmed_by" in wanted.model_fields_set:
        by = held.by if held is not None else None
        if by != wanted.confirmed_by:
            yield _differs("confirmed by", by, wanted.confirmed_by)
    if wanted.receipt is not None and wanted.receipt != (lookup.receipt is not None):
        yield _differs("receipt", lookup.receipt, "one" if wanted.receipt else None)
    confirmed = [event for event in seen.everything if isinstance(event, LookupConfirmed)]
    agreed = confirmed[-1].agreed if confirmed else ()
    for mark in wanted.agreed:
        if not any(mark in one for one in agreed):
            yield _differs("the list of marks that agree", agreed, mark)
    if wanted.found_after_minutes is not None:
        after = confirmed[-1].found_after_minutes if confirmed else None
        if after != wanted.found_after_minutes:
            yield _differs("found after minutes", after, wanted.found_after_minutes)
    receipts = [event for event in seen.everything if isinstance(event, LookupHandedOver)]
    for field in ("recipient", "document"):
        expected = getattr(wanted, field)
        written = getattr(receipts[-1], field) if receipts else None
        if expected is not None and written != expected:
            yield _differs(field, written, expected)


def _escalations(wanted: LookupExpectation, seen: Seen) -> Iterator[str]:
    told = tuple(event.addressee for event in seen.everything if isinstance(event, LookupEscalated))
    last = told[-1] if told else None
    if "escalated_to" in wanted.model_fields_set and last != wanted.escalated_to:
        yield _differs("the last one told", last, wanted.escalated_to)
    if wanted.escalations is not None and told != wanted.escalations:
        yield _differs("the list of those told", told, wanted.escalations)


def _reach(wanted: LookupExpectation, lookup: LookupRecord, seen: Seen) -> Iterator[str]:
    area = reach(lookup, seen.now, seen.policy)
    for field in ("mode", "centre"):
        if field in wanted.model_fields_set and getattr(area, field) != getattr(wanted, field):
            yield _differs(field, getattr(area, field), getattr(wanted, field))
    if wanted.alert_km is not None and abs(area.alert_km - wanted.alert_km) > _NEAR:
        yield _differs("the alert's radius", f"{area.alert_km:g} km", f"{wanted.alert_km:g} km")
    if wanted.reach_km is not None and not wanted.reach_km[0] <= area.km <= wanted.reach_km[1]:
        low, high = wanted.reach_km
        yield _differs("the reach", f"{area.km:g} km", f"{low:g} to {high:g} km")
    for district in wanted.districts:
        if district not in area.districts:
            yield _differs("the list of districts within reach", area.districts, district)
    for district in wanted.not_districts:
        if district in area.districts:
            yield f"lookup: {district} is within reach, which was not expected"
