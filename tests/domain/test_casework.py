"""One message at a time: opening, guarding, attaching, raising, refusing."""

from datetime import timedelta

import pytest
from domain_world import CITY, NIGHT, OFFICE, POLICY, context, source, triaged_call

from dispatcher.domain import casework, ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.casework import NOTHING, Work, decide
from dispatcher.domain.codes import (
    GRAVITY,
    URGENCY_RANK,
    Capacity,
    CaseStatus,
    Clock,
    LinkKind,
    Outcome,
    Role,
    Urgency,
)
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.inbox import INBOX_OTHERS
from dispatcher.domain.messages import (
    INBOX_TYPES,
    AlertRaised,
    AttachedCall,
    CallLinked,
    CallTriaged,
    CaseOpened,
    CaseRaised,
    Link,
    Place,
    TriagedCall,
    WorkOrder,
)

REPEAT = LinkKind.REPEAT


def opened(first: TriagedCall, **given: object) -> tuple[CaseRecord, Work]:
    work = decide(None, first, context(**given))  # type: ignore[arg-type]
    assert work.case is not None
    return work.case, work


def attach(
    case: CaseRecord, call: TriagedCall, *, kind: LinkKind = REPEAT, offset: int = 9, at: object = OFFICE
) -> Work:
    linked = call.model_copy(update={"link": Link(case_id=case.case_id, kind=kind, minutes_since=20)})
    return decide(case, AttachedCall(case_id=case.case_id, call=linked), context(offset, at))  # type: ignore[arg-type]


def roles(orders: tuple[WorkOrder, ...]) -> dict[str, Role]:
    return {order.agency: order.role for order in orders}


def raised_event(work: Work) -> CaseRaised:
    (event,) = (event for event in work.events if isinstance(event, CaseRaised))
    return event


def test_every_message_of_the_inbox_has_its_handler() -> None:
    assert set(casework.HANDLERS) == {*INBOX_TYPES, *INBOX_OTHERS}


# -- open ----------------------------------------------------------------------------------------------


def test_a_call_opens_its_own_case_and_orders_its_unit() -> None:
    call = triaged_call("c-1", category="heating", offset=7)
    case, work = opened(call, offset=3)
    triaged, opening = work.events
    assert isinstance(triaged, CallTriaged)
    assert isinstance(opening, CaseOpened)
    (order,) = work.orders
    assert (case.case_id, case.status, case.lead, case.round) == (ids.case_id("c-1"), "dispatched", "heating", 1)
    assert (order.order_id, order.agency, order.role) == (ids.order_id(case.case_id, "heating", 1), "heating", "lead")
    assert (order.issued_at, set(order.deadlines)) == (context().at, set(Clock))
    assert [brief.order_id for brief in opening.orders] == [order.order_id]
    assert opening.orders[0].deadlines == order.deadlines
    assert (work.forward, work.refused) == (None, None)
    for event in (triaged, opening):
        assert (event.call_id, event.case_id, event.source) == ("c-1", case.case_id, source(7))
        assert (event.outcome, event.category, event.urgency) == ("non_police", "heating", "routine")
        assert (event.lead, event.assist, event.district) == ("heating", (), "shenhe")
        assert (event.rule, event.model, event.policy) == ("model", "model-1", POLICY.sha256)
        assert event.at == context().at
    assert triaged.event_id != opening.event_id


def test_a_joint_call_orders_lead_and_assistants() -> None:
    case, work = opened(triaged_call("c-1", category="fire", urgency=Urgency.EMERGENCY))
    assert roles(work.orders) == {"fire-rescue": "lead", "public-security": "assist", "medical-emergency": "assist"}
    assert (case.lead, case.assist) == ("fire-rescue", ("public-security", "medical-emergency"))
    finish = {order.agency for order in work.orders if Clock.FINISH in order.deadlines}
    assert finish == {"fire-rescue"}


@pytest.mark.parametrize(
    ("category", "outcome", "status"),
    [
        ("heating", Outcome.REVIEW, CaseStatus.REVIEW),
        ("misdial", Outcome.INVALID, CaseStatus.INVALID),
        ("theft", Outcome.POLICE, CaseStatus.DISPATCHED),
    ],
)
def test_status_by_outcome(category: str, outcome: Outcome, status: CaseStatus) -> None:
    case, work = opened(triaged_call("c-1", category=category, outcome=outcome))
    assert case.status is status
    assert [type(event) for event in work.events] == [CallTriaged, CaseOpened]
    assert bool(work.orders) is (status is CaseStatus.DISPATCHED)


def test_a_districts_matter_without_a_place_waits_with_its_question() -> None:
    case, work = opened(triaged_call("c-1", category="neighbour_dispute", place=Place()))
    assert (case.status, case.lead, work.orders) == (CaseStatus.REVIEW, None, ())
    opening = work.events[1]
    assert isinstance(opening, CaseOpened)
    assert opening.ask == POLICY.routing.place_question


def test_at_night_the_order_names_whom_it_covers() -> None:
    _, work = opened(triaged_call("c-1", category="education"), at=NIGHT)
    (order,) = work.orders
    assert (order.agency, order.capacity, order.covers_for) == ("hotline-12345", Capacity.FALLBACK, "education")


def test_a_place_outside_is_marked_on_the_order() -> None:
    _, work = opened(triaged_call("c-1", category="heating", place=Place(outside_city="大连")))
    assert [(order.agency, order.out_of_area) for order in work.orders] == [("hotline-12345", True)]


# -- the same id again ---------------------------------------------------------------------------------


def test_the_same_call_again_changes_nothing() -> None:
    call = triaged_call("c-1", category="heating")
    case, _ = opened(call)
    again = decide(case, call.model_copy(update={"source": source(99)}), context(50))
    assert (again.case, again.events, again.orders, again.refused) == (None, (), (), None)
    assert all(passed.void for passed in again.passed)  # a later call must not wait for it


def test_another_call_under_the_same_id_goes_to_a_person_with_an_alert() -> None:
    case, _ = opened(triaged_call("c-1", category="heating", text="家里不热"))
    other = triaged_call("c-1", category="fire", text="着火了", offset=8)
    work = decide(case, other, context(50))
    assert work.refused is not None
    assert (work.refused.code, work.case, work.events, work.orders) == ("D310", None, (), ())
    assert work.forward is not None
    then = decide(None, work.forward, context(51))
    assert then.case is not None
    assert (then.case.status, then.case.urgency) == (CaseStatus.REVIEW, Urgency.EMERGENCY)
    assert then.case.case_id == work.forward.case_id != case.case_id
    opening, alert = then.events
    assert isinstance(opening, CaseOpened)
    assert isinstance(alert, AlertRaised)
    assert (opening.text, alert.alert, alert.call_id) == ("着火了", "call_id_reused", "c-1")
    assert opening.dead_letter is not None
    assert opening.dead_letter.startswith("D310")
    assert decide(then.case, work.forward, context(52)) is NOTHING


# -- guard and attach ----------------------------------------------------------------------------------


def linked_call(call_id: str, case_id: str, *, category: str = "heating", **given: object) -> TriagedCall:
    link = Link(case_id=case_id, kind=REPEAT, minutes_since=20)
    return triaged_call(call_id, category=category, link=link, **given)  # type: ignore[arg-type]


def test_a_call_that_joins_leaves_a_guard_and_travels_on() -> None:
    call = linked_call("c-2", ids.case_id("c-1"))
    work = decide(None, call, context())
    assert work.case is not None
    assert (work.case.status, work.case.linked_to, work.case.lead) == (CaseStatus.LINKED, ids.case_id("c-1"), None)
    assert work.forward == AttachedCall(case_id=ids.case_id("c-1"), call=call)
    assert (work.events, work.orders) == ((), ())
    assert decide(work.case, call, context(2)) is NOTHING
    refused = decide(work.case, triaged_call("c-2", category="heating", text="不同"), context(3)).refused
    assert refused is not None
    assert refused.code == "D310"


@pytest.mark.parametrize(("kind", "counted"), [(LinkKind.REPEAT, 1), (LinkKind.CONTINUATION, 0)])
def test_only_a_repeat_is_counted_for_the_unit_that_leads(kind: LinkKind, counted: int) -> None:
    case, _ = opened(triaged_call("c-1", category="heating"))
    work = attach(case, triaged_call("c-2", category="heating"), kind=kind)
    triaged, linked = work.events
    assert isinstance(triaged, CallTriaged)
    assert isinstance(linked, CallLinked)
    assert (linked.kind, linked.repeats, linked.counted_for) == (kind, counted, "heating" if counted else None)
    assert (linked.call_id, linked.case_id, linked.lead) == ("c-2", case.case_id, "heating")
    assert work.case is not None
    assert (work.case.repeats, work.orders) == (counted, ())


def test_a_repeat_that_names_no_district_is_told_under_its_cases() -> None:
    case, _ = opened(triaged_call("c-1", category="heating"))
    work = attach(case, triaged_call("c-2", category="heating", place=Place()))
    assert {event.district for event in work.events if isinstance(event, CallTriaged | CallLinked)} == {"shenhe"}


def test_the_last_call_stays_the_last_when_an_earlier_one_arrives_late() -> None:
    case, _ = opened(triaged_call("c-1", category="heating", at=OFFICE))
    work = attach(case, triaged_call("c-2", category="heating", at=OFFICE - timedelta(minutes=30)))
    assert work.case is not None
    assert work.case.last_call_at == OFFICE


def test_a_call_whose_case_is_gone_opens_it_anew() -> None:
    call = linked_call("c-2", ids.case_id("c-1"))
    work = decide(None, AttachedCall(case_id=ids.case_id("c-1"), call=call), context())
    assert work.case is not None
    assert (work.case.case_id, work.case.call_id) == (ids.case_id("c-1"), "c-2")
    assert [type(event) for event in work.events] == [CallTriaged, CaseOpened]
    assert {event.case_id for event in work.events} == {ids.case_id("c-1")}
    assert roles(work.orders) == {"heating": "lead"}


def test_a_call_never_disappears_behind_a_guard() -> None:
    # call_id c-2 was used by two consoles: for one it joined c-1, the other takes it for a case of its own.
    guard = decide(None, linked_call("c-2", ids.case_id("c-1")), context()).case
    assert guard is not None
    call = linked_call("c-3", guard.case_id)
    work = decide(guard, AttachedCall(case_id=guard.case_id, call=call), context(5))
    assert (work.case, work.events) == (None, ())
    assert isinstance(work.forward, AttachedCall)
    assert work.forward.case_id not in (guard.case_id, ids.case_id("c-1"), ids.case_id("c-3"))
    then = decide(None, work.forward, context(6))
    assert [type(event) for event in then.events] == [CallTriaged, CaseOpened]
    assert roles(then.orders) == {"heating": "lead"}


# -- raise (rule 9.4: danger in a repeat raises the case at once) --------------------------------------


def test_nothing_is_raised_by_a_call_that_is_neither_graver_nor_faster() -> None:
    case, _ = opened(triaged_call("c-1", category="gas_leak", urgency=Urgency.EMERGENCY))
    work = attach(case, triaged_call("c-2", category="gas_supply"))
    assert work.case is not None
    assert (work.orders, work.case.round) == ((), 1)
    assert (work.case.outcome, work.case.category, work.case.urgency) == ("joint", "gas_leak", "emergency")
    assert [type(event) for event in work.events] == [CallTriaged, CallLinked]


def test_a_graver_call_gives_the_lead_to_its_unit_and_tells_everybody() -> None:
    case, first = opened(triaged_call("c-1", category="parking"))
    work = attach(case, triaged_call("c-2", category="public_order", urgency=Urgency.URGENT))
    assert work.case is not None
    assert (work.case.lead, work.case.assist, work.case.round) == ("public-security", ("unicom-114",), 2)
    assert roles(work.orders) == {"public-security": Role.LEAD, "unicom-114": Role.ASSIST}
    assert not {order.order_id for order in work.orders} & {order.order_id for order in first.orders}
    event = raised_event(work)
    assert (event.before_outcome, event.before_urgency) == (Outcome.NON_POLICE, Urgency.ROUTINE)
    assert (event.outcome, event.category, event.urgency) == ("police", "public_order", "urgent")
    assert {brief.agency: brief.role for brief in event.orders} == roles(work.orders)


def test_a_unit_that_holds_an_order_is_told_that_the_matter_is_urgent_now() -> None:
    case, _ = opened(triaged_call("c-1", category="heating"))
    work = attach(case, triaged_call("c-2", category="heating", urgency=Urgency.EMERGENCY, text="老人冻僵了"))
    (order,) = work.orders
    assert (order.agency, order.role, order.urgency, order.text) == ("heating", "lead", "emergency", "老人冻僵了")
    assert order.deadlines[Clock.ACKNOWLEDGE].due_at == context().at + timedelta(minutes=5)
    assert raised_event(work).urgency is Urgency.EMERGENCY


def test_a_faster_call_of_another_category_brings_no_second_lead() -> None:
    case, _ = opened(triaged_call("c-1", category="trapped_rescue", urgency=Urgency.URGENT))
    work = attach(case, triaged_call("c-2", category="elevator_fault", urgency=Urgency.EMERGENCY))
    assert roles(work.orders) == {
        "fire-rescue": Role.LEAD,
        "public-security": Role.ASSIST,
        "market-supervision": Role.ASSIST,
    }
    assert {order.category for order in work.orders} == {"trapped_rescue"}
    event = raised_event(work)
    assert (event.outcome, event.category, event.urgency) == ("joint", "trapped_rescue", "emergency")


def test_urgency_does_not_shrink_when_a_graver_call_is_slower() -> None:
    case, _ = opened(triaged_call("c-1", category="elevator_fault", urgency=Urgency.EMERGENCY))
    work = attach(case, triaged_call("c-2", category="trapped_rescue", urgency=Urgency.URGENT))
    assert {order.urgency for order in work.orders} == {Urgency.EMERGENCY}
    event = raised_event(work)
    assert (event.outcome, event.urgency) == ("joint", "emergency")
    assert roles(work.orders)["fire-rescue"] is Role.LEAD


def test_an_assistant_that_becomes_the_lead_is_told_so() -> None:
    border = Place(district="tiexi", districts=("tiexi", "heping"))
    case, first = opened(triaged_call("c-1", category="neighbour_dispute", place=border))
    assert roles(first.orders) == {"district-tiexi": "lead", "district-heping": "assist"}
    work = attach(case, triaged_call("c-2", category="dispute_risk", place=Place(district="heping")))
    assert roles(work.orders) == {
        "district-heping": Role.LEAD,
        "district-tiexi": Role.ASSIST,
        "public-security": Role.ASSIST,
    }


def test_danger_in_a_repeat_that_names_no_place_goes_to_the_cases_district() -> None:
    case, _ = opened(triaged_call("c-1", category="neighbour_dispute"))
    work = attach(case, triaged_call("c-2", category="dispute_risk", place=Place()))
    assert roles(work.orders) == {"district-shenhe": Role.LEAD, "public-security": Role.ASSIST}
    assert {order.ask for order in work.orders} == {None}
    assert {order.place.district for order in work.orders} == {"shenhe"}


def test_a_case_that_waits_is_dispatched_when_danger_speaks() -> None:
    case, _ = opened(triaged_call("c-1", category="neighbour_dispute", place=Place()))
    work = attach(case, triaged_call("c-2", category="dispute_risk", place=Place()))
    assert work.case is not None
    assert (work.case.status, work.case.lead) == (CaseStatus.DISPATCHED, "public-security")


def test_danger_outside_the_city_puts_the_case_before_a_person() -> None:
    case, _ = opened(triaged_call("c-1", category="parking"))
    work = attach(case, triaged_call("c-2", category="violent_crime", place=Place(outside_city="大连")))
    assert work.case is not None
    assert (work.case.status, work.case.outcome, work.case.lead) == (CaseStatus.REVIEW, "police", "unicom-114")
    assert "大连" in raised_event(work).routing


def test_at_night_the_stand_in_takes_over_an_urgent_repeat() -> None:
    case, _ = opened(triaged_call("c-1", category="education"))
    work = attach(case, triaged_call("c-2", category="education", urgency=Urgency.URGENT), at=NIGHT)
    assert roles(work.orders) == {"hotline-12345": Role.LEAD, "education": Role.ASSIST}
    assert {order.agency: order.covers_for for order in work.orders}["hotline-12345"] == "education"


@pytest.mark.parametrize("code", sorted(CITY.matters))
def test_whatever_follows_there_is_one_lead_and_nothing_shrinks(code: str) -> None:
    for first in ("heating", "neighbour_dispute", "theft", "fire", "gas_leak", "education"):
        for urgency in Urgency:
            for place in (Place(), Place(district="heping"), Place(outside_city="大连")):
                case, _ = opened(triaged_call("c-1", category=first, urgency=Urgency.URGENT))
                work = attach(case, triaged_call("c-2", category=code, urgency=urgency, place=place))
                now = work.case
                assert now is not None
                assert GRAVITY[now.outcome] >= GRAVITY[case.outcome]
                assert URGENCY_RANK[now.urgency] >= URGENCY_RANK[case.urgency]
                assert now.lead not in now.assist
                assert {case.lead, *case.assist} <= {now.lead, *now.assist}
                if work.orders:
                    assert roles(work.orders) == {now.lead: Role.LEAD, **dict.fromkeys(now.assist, Role.ASSIST)}
                    assert len(work.orders) == len({order.order_id for order in work.orders})


# -- strays --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "urgency", "expected"),
    [
        (Outcome.NON_POLICE, Urgency.ROUTINE, Urgency.URGENT),
        (Outcome.POLICE, Urgency.ROUTINE, Urgency.EMERGENCY),
        (Outcome.NON_POLICE, Urgency.EMERGENCY, Urgency.EMERGENCY),
    ],
)
def test_a_call_that_our_own_fault_stopped_goes_to_a_person(
    outcome: Outcome, urgency: Urgency, expected: Urgency
) -> None:
    call = triaged_call("c-1", category="heating", outcome=outcome, urgency=urgency, text="家里不热")
    found = casework.stray(call, BadRecord("ValueError in casework", code="D311"), source(4, "case-inbox", 2))
    assert found.case_id == ids.salvage_case_id("case-inbox", 2, 4)
    assert (found.claimed_call_id, found.text, found.source) == ("c-1", "家里不热", call.source)
    assert (found.decision.outcome, found.decision.urgency) == (Outcome.REVIEW, expected)
    work = decide(None, found, context())
    assert work.case is not None
    assert work.case.status is CaseStatus.REVIEW
    assert [type(event) for event in work.events] == [CaseOpened]
