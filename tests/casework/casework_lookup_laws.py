"""What must hold of every lookup at every moment; `law` adds each to those of the cases."""

from collections import Counter

from casework_laws import law
from casework_lookups import open_requests
from casework_world import POLICY, Moment

from dispatcher.domain.codes import ActorRole, CaseStatus
from dispatcher.domain.events.lookups import (
    LookupConfirmed,
    LookupHandedOver,
    LookupRecorded,
    LookupRequested,
    OfLookup,
)
from dispatcher.domain.inbox import DeadlineElapsed, TimerKind
from dispatcher.domain.lookups import asking
from dispatcher.domain.lookups.clocks import timers as lookup_timers
from dispatcher.domain.lookups.codes import (
    OPEN,
    OVER,
    CandidateStatus,
    ConfirmedBy,
    Desk,
    LookupStatus,
    RequestStatus,
)
from dispatcher.domain.lookups.messages import LookupActed
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.timers import timers


def _after(now: Moment) -> LookupRecord | None:
    return now.after.lookup if now.after is not None else None


def _before(now: Moment) -> LookupRecord | None:
    return now.before.lookup if now.before is not None else None


@law
def a_database_is_asked_one_thing_at_a_time(now: Moment) -> None:
    lookup = _after(now)
    if lookup is None:
        return
    assert max(Counter(open_requests(lookup)).values(), default=1) == 1
    assert max(Counter(one.request_id for one in lookup.requests).values(), default=1) == 1


@law
def every_question_stands_in_state_and_ledger(now: Moment) -> None:
    """And nothing is said to have been asked that was not."""
    told = [one for event in now.work.events if isinstance(event, LookupRequested) for one in event.requests]
    put = {one.request_id: one for one in told if one.status is RequestStatus.WAITING}
    assert [question.request_id for question in now.work.asks] == list(put)
    lookup = _after(now)
    for question in now.work.asks:
        assert lookup is not None
        one = put[question.request_id]
        if lookup.status in OPEN:
            assert lookup.request(question.request_id) == one
        assert (one.database, one.number, one.asked_at, one.until) == (
            question.database,
            question.number,
            question.asked_at,
            question.until,
        )
        assert question.asked_at == now.at < question.until


@law
def a_confidential_question_has_no_words(now: Moment) -> None:
    for question in now.work.asks:
        assert now.after is not None
        assert question.confidential is now.after.confidential
        assert question.text == ("" if question.confidential else now.after.text)


@law
def an_open_lookup_runs_and_one_that_is_over_rests(now: Moment) -> None:
    """Every question that waits has its end, every open search its next turn; nothing falls due on one that is over."""
    lookup = _after(now)
    if lookup is None:
        return
    running = [(kind, subject) for _, kind, subject in lookup_timers(lookup, POLICY.desks)]
    if lookup.status not in OPEN:
        assert running == []
        return
    live = [one.request_id for one in lookup.requests if one.status in (RequestStatus.WAITING, RequestStatus.DEFERRED)]
    assert Counter(subject for kind, subject in running if kind is TimerKind.LOOKUP_REQUEST) == Counter(live)
    assert sum(kind is TimerKind.LOOKUP_TURN for kind, _ in running) == 1


@law
def what_was_taken_up_again_is_not_given_up_at_once(now: Moment) -> None:
    """A search that begins, or begins again, has time: neither a turn nor its end is overdue."""
    lookup, before = _after(now), _before(now)
    if lookup is None or lookup.status not in OPEN or (before is not None and before.status in OPEN):
        return
    for due_at, kind, _ in lookup_timers(lookup, POLICY.desks):
        if kind in (TimerKind.LOOKUP_TURN, TimerKind.LOOKUP_GIVE_UP):
            assert due_at > now.at, kind


@law
def a_candidate_status_means_a_strong_candidate(now: Moment) -> None:
    lookup = _after(now)
    if lookup is None or lookup.status not in OPEN:
        return
    strong = any(one.status is CandidateStatus.OPEN and not one.weak for one in lookup.candidates)
    assert (lookup.status is LookupStatus.CANDIDATE) is strong


@law
def a_search_is_confirmed_exactly_where_somebody_has(now: Moment) -> None:
    lookup = _after(now)
    if lookup is None:
        return
    found = lookup.status in (LookupStatus.CONFIRMED, LookupStatus.HANDED_OVER)
    assert (lookup.confirmation is not None) is found
    assert (lookup.found_at is not None) is found
    assert (lookup.receipt is not None) is (lookup.status is LookupStatus.HANDED_OVER)
    assert (lookup.ended_at is not None) is (lookup.status in OVER)
    confirmed = [one.ref for one in lookup.candidates if one.status is CandidateStatus.CONFIRMED]
    held = lookup.confirmation.ref if lookup.confirmation is not None else None
    assert confirmed == ([held] if held not in (None, "self") else [])


@law
def what_people_judged_stays_judged(now: Moment) -> None:
    """A rejected candidate stays rejected, whoever says it again; a confirmed one is at most rejected."""
    before, after = _before(now), _after(now)
    if before is None or after is None or before.desk is not after.desk:
        return
    for one in before.candidates:
        held = after.candidate(one.ref)
        assert held is not None
        if one.status is not CandidateStatus.OPEN:
            assert held.status in (one.status, CandidateStatus.REJECTED)


@law
def only_people_confirm(now: Moment) -> None:
    """With a mark that the finder bears out or a document for a thing; family or an officer for a person."""
    for event in now.work.events:
        if not isinstance(event, LookupConfirmed):
            continue
        assert event.role in (ActorRole.DESK_OFFICER, ActorRole.DUTY_LEADER, ActorRole.ADMINISTRATOR)
        if isinstance(now.message, LookupActed):
            if event.desk is Desk.LOST_ITEM:
                assert event.agreed or now.message.document
                assert event.by is not ConfirmedBy.FAMILY
            else:
                assert event.by is not ConfirmedBy.OWNER


@law
def no_clock_gives_up_a_person(now: Moment) -> None:
    lookup = _after(now)
    if isinstance(now.message, DeadlineElapsed) and lookup is not None and lookup.desk is Desk.MISSING_PERSON:
        before = _before(now)
        assert before is not None
        assert lookup.status in ({before.status} | OPEN)


@law
def a_receipt_names_nobody(now: Moment) -> None:
    for event in now.work.events:
        if isinstance(event, LookupHandedOver) and isinstance(now.message, LookupActed):
            for said, written in (
                (now.message.recipient or "", event.recipient),
                (now.message.document or "", event.document),
            ):
                assert len(said.strip()) < 2 or said.strip() not in written


@law
def the_case_takes_its_lookup_along(now: Moment) -> None:
    case = now.after
    if case is None or case.lookup is None:
        return
    if case.status in (CaseStatus.INVALID, CaseStatus.MERGED, CaseStatus.TRANSFERRED):
        assert case.lookup.status not in OPEN
    if case.lookup.cause:
        assert case.lookup.status is LookupStatus.CANCELLED


@law
def an_open_search_is_not_put_away(now: Moment) -> None:
    case = now.after
    if case is not None and case.lookup is not None and case.lookup.status in OPEN:
        assert TimerKind.ARCHIVE not in {one.kind for one in timers(case, POLICY)}
    if now.before is not None and now.before.lookup is not None and case is not None and case.lookup is None:
        assert case.status is CaseStatus.ARCHIVED
        assert now.before.lookup.status not in OPEN


@law
def the_last_event_tells_the_lookup_as_it_is(now: Moment) -> None:
    """A reader of the ledger alone knows its status, side and next question."""
    before, after = _before(now), _after(now)
    told = [event for event in now.work.events if isinstance(event, OfLookup)]
    if after is None or now.after is None:
        return
    if told:
        last = told[-1]
        assert (last.lookup_status, last.side, last.desk) == (after.status, after.side, after.desk)
        assert last.question == asking.next_question(after, now.after.category, POLICY.desks)
    elif before is not None:
        assert (before.status, before.side, before.desk) == (after.status, after.side, after.desk)
    else:
        raise AssertionError("a lookup opens with an event")


@law
def nothing_that_was_answered_is_lost(now: Moment) -> None:
    """What a channel found stands in the ledger whole, also what is too unlike to be kept, late, or after the end."""
    for event in now.work.events:
        if isinstance(event, LookupRecorded):
            hits = getattr(now.message, "hits", event.hits)
            assert event.hits == hits
