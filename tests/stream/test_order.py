"""The calls of one caller on one case are told in the order in which they were made, whatever way they came."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from stream_cluster import CATALOG

from dispatcher.domain import casework, ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import LinkKind, Outcome, Urgency
from dispatcher.domain.entries import Context
from dispatcher.domain.messages import AttachedCall, CallLinked, Decision, Link, Place, SourceRecord, TriagedCall

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
CASE = ids.case_id("0")


def triaged(offset: int) -> TriagedCall:
    """The call at `offset`, which follows the one at `offset` - 1 on the case of call 0."""
    link = Link(case_id=CASE, kind=LinkKind.REPEAT, minutes_since=9, after=offset - 1) if offset else None
    return TriagedCall(
        call_id=str(offset),
        case_id=ids.case_id(str(offset)),
        fingerprint=str(offset),
        received_at=NOW + timedelta(minutes=9 * offset),
        text="楼道灯坏了",
        channel="110",
        caller="c",
        place=Place(district="shenhe"),
        decision=Decision(
            outcome=Outcome.NON_POLICE,
            category="property_service",
            urgency=Urgency.ROUTINE,
            confidence=0.9,
            rule="model",
            reason="",
            model="",
            policy="",
        ),
        link=link,
        source=SourceRecord(topic="calls", partition=0, offset=offset),
    )


def context(offset: int) -> Context:
    record = SourceRecord(topic="case-inbox", partition=0, offset=offset)
    return Context(record=record, at=NOW, city=CATALOG.city, policy=CATALOG.policy)


@given(st.permutations(range(1, 8)), st.sets(st.integers(1, 7)))
def test_calls_that_overtake_each_other_wait_and_a_call_that_never_comes_holds_up_nobody(
    arrival: list[int], void: set[int]
) -> None:
    case: CaseRecord | None = casework.decide(None, triaged(0), context(0)).case
    told: list[str] = []
    event_ids: list[str] = []
    inbox = deque(AttachedCall(case_id=CASE, call=triaged(offset), void=offset in void) for offset in arrival)
    n = 0
    while inbox:
        n += 1
        work = casework.decide(case, inbox.popleft(), context(n))
        case = work.case
        inbox += work.passed
        told += [event.call_id for event in work.events if isinstance(event, CallLinked)]
        event_ids += [event.event_id for event in work.events]
    assert told == [str(offset) for offset in range(1, 8) if offset not in void]
    assert len(set(event_ids)) == len(event_ids) == 2 * len(told)
    assert case is not None
    assert not case.held
    assert case.repeats == len(told)


def test_a_call_whose_id_was_used_before_is_passed_on_as_void() -> None:
    other = triaged(3).model_copy(update={"link": None, "fingerprint": "another call"})
    own = casework.decide(None, other, context(0)).case
    work = casework.decide(own, triaged(3), context(1))
    assert work.refused is not None
    assert [(passed.case_id, passed.void) for passed in work.passed] == [(CASE, True)]
