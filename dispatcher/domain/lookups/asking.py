"""Whom a lookup asks, and when; and what it asks of the caller."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from dispatcher.domain import calendar, ids
from dispatcher.domain.desk_policy import By, Database, DesksPolicy, Hours
from dispatcher.domain.lookups.codes import Desk, LookupStatus, RequestStatus, Side
from dispatcher.domain.lookups.messages import LookupAsked
from dispatcher.domain.lookups.records import LookupRecord, Request
from dispatcher.domain.policy import Policy


class Opened(NamedTuple):
    """What of its case a question carries."""

    case_id: str
    call_id: str
    text: str
    district: str | None
    confidential: bool


def fitting(lookup: LookupRecord, policy: DesksPolicy) -> Iterator[Database]:
    """The databases worth asking with what is known now."""
    system = lookup.facts.get("system")
    known = lookup.facts.keys()
    for database in policy.databases:
        if (
            lookup.desk in database.desks
            and lookup.side in database.sides
            and (not database.systems or system in database.systems)
            and any(known >= set(group) for group in database.needs)
        ):
            yield database


def due(
    lookup: LookupRecord, at: datetime, policy: Policy, *, again: bool, machines_only: bool = False
) -> list[Request]:
    """The questions to put now. `again`: those that have answered are asked too; `machines_only`: people are not, for they
    know that they are to go on looking."""
    found = []
    for database in fitting(lookup, policy.desks):
        if machines_only and database.by is By.PERSON:
            continue
        latest = lookup.latest(database.code)
        used = _used(lookup, database)
        if latest is not None and latest.status is RequestStatus.DEFERRED:
            continue  # it takes the facts along that are known when it is sent
        if latest is not None and latest.status is RequestStatus.WAITING:
            if latest.used == used and not (again and latest.until <= at):
                continue  # it is on its way
        elif latest is not None and latest.used == used and not again:
            continue
        found.append(_request(lookup, database, latest, used, at, policy))
    return found


def _request(
    lookup: LookupRecord, database: Database, latest: Request | None, used: str, at: datetime, policy: Policy
) -> Request:
    number = latest.number + 1 if latest is not None else 0
    closed = database.hours is Hours.OFFICE and not calendar.in_office_hours(at, hours=policy.hours)
    until = (
        calendar.next_office_opening(at, hours=policy.hours)
        if closed
        else at + timedelta(minutes=database.wait_minutes)
    )
    return Request(
        request_id=ids.request_id(lookup.lookup_id, database.code, number),
        channel=database.channel,
        database=database.code,
        number=number,
        asked_at=at,
        until=until,
        status=RequestStatus.DEFERRED if closed else RequestStatus.WAITING,
        used=used,
    )


def sent(lookup: LookupRecord, request: Request, at: datetime, policy: DesksPolicy) -> Request:
    """A deferred question, as it is put at last."""
    database = policy.database(request.database)
    minutes = database.wait_minutes if database is not None else 1
    used = _used(lookup, database) if database is not None else request.used
    return request.model_copy(
        update={
            "status": RequestStatus.WAITING,
            "asked_at": at,
            "until": at + timedelta(minutes=minutes),
            "used": used,
        }
    )


def _used(lookup: LookupRecord, database: Database) -> str:
    return ids.fingerprint(*(f"{fact}={lookup.facts[fact]}" for fact in sorted(database.uses) if fact in lookup.facts))


def with_requests(lookup: LookupRecord, new: list[Request], policy: DesksPolicy) -> LookupRecord:
    """The lookup with more questions; of old ones only those are kept that still wait, and the latest of each database.

    A database has one question to wait for at a time: a new one takes the place of one that still waits.
    """
    put = {one.database for one in new}
    over = {"status": RequestStatus.SUPERSEDED}
    kept = [
        one.model_copy(update=over) if one.database in put and one.status is RequestStatus.WAITING else one
        for one in lookup.requests
    ]
    kept += new
    latest = {one.database: one.request_id for one in kept}
    if len(kept) > policy.keep_requests:
        live = (RequestStatus.WAITING, RequestStatus.DEFERRED)
        kept = [one for one in kept if one.status in live or latest[one.database] == one.request_id]
    return lookup.model_copy(update={"requests": tuple(kept)})


def question_to(lookup: LookupRecord, request: Request, about: Opened) -> LookupAsked:
    """The question as it goes out. Of a confidential case the facts go, not the caller's words."""
    return LookupAsked(
        request_id=request.request_id,
        lookup_id=lookup.lookup_id,
        case_id=about.case_id,
        call_id=about.call_id,
        desk=lookup.desk,
        side=lookup.side,
        channel=request.channel,
        database=request.database,
        number=request.number,
        asked_at=request.asked_at,
        until=request.until,
        since=lookup.since,
        facts=lookup.facts,
        text="" if about.confidential else about.text,
        district=about.district,
        confidential=about.confidential,
    )


def next_question(lookup: LookupRecord, category: str, policy: DesksPolicy) -> str | None:
    """What to ask the caller next; None where nothing is missing, or the search is over."""
    if lookup.status not in (LookupStatus.SEARCHING, LookupStatus.CANDIDATE):
        return None
    found = "found_item" if lookup.desk is Desk.LOST_ITEM else "found_person"
    listed = policy.questions.get(found if lookup.side is Side.FOUND else category) or policy.questions[lookup.desk]
    known = lookup.facts.keys() | set(lookup.unknown)
    half = "plate_part" in lookup.facts  # the caller has said what they know of it
    for question in listed:
        if question.fact in known or (question.fact == "plate" and half):
            continue
        if any(fact in lookup.facts for fact in question.unless):
            continue
        return question.ask
    return None
