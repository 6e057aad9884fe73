"""What must hold of every case at every moment, one function a law: it gets a `Moment` and raises AssertionError."""

from collections import Counter
from collections.abc import Callable

from casework_world import CITY, POLICE, POLICY, Moment, context

from dispatcher.domain import casework
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import (
    ACTIVE,
    DANGER,
    GRAVITY,
    GUARDS,
    TERMINAL,
    URGENCY_RANK,
    ActorRole,
    CaseStatus,
    Mark,
    OrderStatus,
    Role,
)
from dispatcher.domain.events import CardIssued, CaseEvent, DeadlineMoved, MessageRejected
from dispatcher.domain.inbox import AgencyReplied, DeadlineElapsed, Operation, OperatorDecided, TimerKind
from dispatcher.domain.messages import AttachedCall, CaseRaised, WorkOrder
from dispatcher.domain.timers import timers

Law = Callable[[Moment], None]
LAWS: list[Law] = []


def law(function: Law) -> Law:
    LAWS.append(function)
    return function


def _running(case: CaseRecord) -> set[TimerKind]:
    """What will fall due on the case itself; a search goes on whatever the units do."""
    return {one.kind for one in timers(case, POLICY) if not one.kind.startswith("lookup_")}


# -- who has it --------------------------------------------------------------------------------------------


@law
def one_unit_leads(now: Moment) -> None:
    """At most one lead order is open, and it is the leading unit's."""
    case = now.after
    if case is None:
        return
    leading = [order.agency for order in case.orders if order.open and order.role is Role.LEAD]
    assert len(leading) <= 1, leading
    assert leading in ([], [case.lead])


@law
def who_leads_does_not_assist(now: Moment) -> None:
    if now.after is not None:
        assert now.after.lead not in now.after.assist
        assert max(Counter(now.after.assist).values(), default=1) == 1


@law
def somebody_has_an_active_case(now: Moment) -> None:
    """An active case has a unit that must still do something, and a leading unit that had an order."""
    case = now.after
    if case is None or case.status not in ACTIVE:
        return
    assert any(order.open for order in case.orders)
    assert case.lead in {order.agency for order in case.orders if order.role is Role.LEAD}


@law
def who_has_an_order_stands_in_the_case(now: Moment) -> None:
    """An open order is the lead's, or that of a unit named as assisting: nobody works on a case unseen."""
    case = now.after
    if case is not None and case.status in ACTIVE:
        assert {order.agency for order in case.orders if order.open} <= {case.lead, *case.assist}


@law
def a_unit_has_one_order_a_round(now: Moment) -> None:
    case = now.after
    if case is None:
        return
    made = Counter(order.order_id for order in case.orders)
    assert max(made.values(), default=1) == 1
    open_ = Counter(order.agency for order in case.orders if order.open)
    assert max(open_.values(), default=1) == 1
    issued = Counter(order.order_id for order in now.work.orders)
    assert max(issued.values(), default=1) == 1
    before = {order.order_id for order in now.before.orders} if now.before is not None else set()
    assert not before & set(issued), "an order is issued once"


@law
def orders_sent_and_orders_kept_agree(now: Moment) -> None:
    """What a unit was sent stands in the case, for the same unit, in the same part."""
    case = now.after
    for order in now.work.orders:
        assert isinstance(order, WorkOrder)
        held = case.order(order.order_id) if case is not None else None
        assert held is not None
        assert (held.agency, held.role, held.capacity) == (order.agency, order.role, order.capacity)


@law
def police_are_on_what_is_danger(now: Moment) -> None:
    """Rule 9.7: on a joint or police case that is active public-security leads, assists, or has done its part."""
    case = now.after
    if case is None or case.status not in ACTIVE or case.outcome not in DANGER:
        return
    done = {order.agency for order in case.orders if order.status is OrderStatus.DONE}
    assert POLICE in {case.lead, *case.assist} | done


@law
def whoever_loses_an_order_is_told(now: Moment) -> None:
    """A unit whose open order is over without its own doing gets a notice, or a new order that replaces it."""
    if now.before is None or now.after is None or now.after.status in GUARDS:
        return
    told = {notice.order_id for notice in now.work.notices} | {order.replaces for order in now.work.orders}
    for order in now.before.orders:
        held = now.after.order(order.order_id)
        assert held is not None, "an order never vanishes"
        if order.open and held.status is OrderStatus.WITHDRAWN:
            assert order.order_id in told


# -- ends --------------------------------------------------------------------------------------------------


@law
def nothing_runs_on_what_is_over(now: Moment) -> None:
    """Care visits, an open search and archiving apart, a case that is over has no timer; closed and invalid ones have no clock
    and no open order."""
    case = now.after
    if case is None or case.status not in TERMINAL:
        return
    assert _running(case) <= {TimerKind.CARE, TimerKind.ARCHIVE, TimerKind.FORGET}
    taken = case.status is CaseStatus.TRANSFERRED and case.transfer is None
    if case.status in (CaseStatus.CLOSED, CaseStatus.INVALID) or taken:
        assert case.finish is None
        assert [order.order_id for order in case.orders if order.open] == []
        assert (case.mediation, case.claim) == (None, None)


@law
def done_when_all_are(now: Moment) -> None:
    """Rule 9.7: a case is done when no order is open and the lead has done its own; then no clock runs but for closing."""
    case = now.after
    if case is None or case.status is not CaseStatus.DONE:
        return
    assert [order.order_id for order in case.orders if order.open] == []
    assert case.lead_order is not None
    assert (case.lead_order.agency, case.lead_order.status) == (case.lead, OrderStatus.DONE)
    assert case.finish is None
    assert case.finished_at is not None
    assert _running(case) <= {TimerKind.CLOSING, TimerKind.CARE}


@law
def people_can_reach_every_case(now: Moment) -> None:
    """From every state some operation of a duty leader brings the case back to work, or before a person.

    Not what only guards a call_id: a call that belongs to another case, or a case that has been over for months.
    """
    case = now.after
    if case is None or case.status in GUARDS | ACTIVE or case.status is CaseStatus.REVIEW:
        return
    back = {
        CaseStatus.MERGED: Operation.UNMERGE,
        CaseStatus.DONE: Operation.REOPEN,
        CaseStatus.CLOSED: Operation.REOPEN,
        CaseStatus.INVALID: Operation.REOPEN,
        CaseStatus.TRANSFERRED: Operation.REOPEN,
    }
    decision = OperatorDecided(
        message_id="back",
        case_id=case.case_id,
        operation=back[case.status],
        actor="W009",
        role=ActorRole.DUTY_LEADER,
        reason="理由",
    )
    again = casework.decide(case, decision, context(10**6, now.at)).case
    assert again is not None
    assert again.status in ACTIVE | {CaseStatus.REVIEW}


@law
def a_call_is_never_buried(now: Moment) -> None:
    """Whoever calls on a case finds it open, or on another's desk: it is not closed when the call is on it."""
    case = now.after
    if case is None or not isinstance(now.message, AttachedCall) or "call.linked" not in now.kinds:
        return
    assert case.status is not CaseStatus.CLOSED
    if case.status is not CaseStatus.MERGED and now.message.call.decision.outcome in DANGER:
        assert case.status in ACTIVE | {CaseStatus.REVIEW}


@law
def nothing_shrinks_by_a_call(now: Moment) -> None:
    if now.before is None or now.after is None or not isinstance(now.message, AttachedCall):
        return
    assert GRAVITY[now.after.outcome] >= GRAVITY[now.before.outcome]
    assert URGENCY_RANK[now.after.urgency] >= URGENCY_RANK[now.before.urgency]


@law
def a_unit_takes_no_case_from_a_person(now: Moment) -> None:
    """What is before a person leaves review by a person's word or a caller's, never by a unit's or by time."""
    if now.before is None or now.after is None or now.before.status is not CaseStatus.REVIEW:
        return
    if isinstance(now.message, AgencyReplied | DeadlineElapsed):
        assert now.after.status is CaseStatus.REVIEW


@law
def a_review_reminds_of_itself(now: Moment) -> None:
    """A case before a person has a claim that ends, a reminder to come, or has had it."""
    case = now.after
    if case is None or case.status is not CaseStatus.REVIEW or case.review_reminded:
        return
    assert {one.kind for one in timers(case, POLICY)} & {TimerKind.LEASE, TimerKind.REVIEW}


# -- clocks ------------------------------------------------------------------------------------------------


@law
def no_deadline_moves_unsaid(now: Moment) -> None:
    """The end of the finish clock moves only with an event that says so; earlier only by a raise or a reopening."""
    before = now.before.finish if now.before is not None else None
    after = now.after.finish if now.after is not None else None
    if before is None or after is None or before.due_at == after.due_at:
        return
    says = {"deadline.moved", "deadline.resumed", "case.raised", "case.reopened"}
    if after.due_at < before.due_at:
        says -= {"deadline.resumed"}
    assert says & set(now.kinds), (before.due_at, after.due_at, now.kinds)


@law
def a_moved_deadline_is_told_as_it_is(now: Moment) -> None:
    for event in now.work.events:
        if isinstance(event, DeadlineMoved) and now.before is not None:
            assert event.deadline.due_at != event.before
    last = [event for event in now.work.events if isinstance(event, DeadlineMoved)]
    if last and now.after is not None and now.after.finish is not None:
        assert last[-1].deadline.due_at == now.after.finish.due_at


@law
def each_card_falls_once_a_clock(now: Moment) -> None:
    """Rule 9.3; and never before the share of the limit that it stands for."""
    case = now.after
    if case is None:
        return
    clocks = [case.finish, *(order.acknowledge for order in case.orders)]
    for clock in clocks:
        assert clock is None or list(clock.fired) == list(Mark)[: len(clock.fired)]
    for event in now.work.events:
        if isinstance(event, CardIssued):
            assert event.at >= event.due_at


@law
def time_brings_an_event_or_nothing(now: Moment) -> None:
    """A deadline that has elapsed is told, and does not elapse again."""
    if not isinstance(now.message, DeadlineElapsed) or now.work.case is None:
        return
    message = now.message
    assert now.work.events or now.work.forgotten
    running = {(one.due_at, one.kind, one.subject) for one in timers(now.work.case, POLICY)}
    assert (message.due_at, message.kind, message.subject) not in running


@law
def times_are_universal(now: Moment) -> None:
    """Every time in state and timers is in UTC: one moment is one text, in the ledger and in ids."""
    case = now.after
    if case is None:
        return
    for timer in timers(case, POLICY):
        assert timer.due_at.tzname() == "UTC", timer
    assert case.finish is None or case.finish.due_at.tzname() == "UTC"


@law
def no_pause_ends_unsaid(now: Moment) -> None:
    """A paused clock goes on, and a running one stands still, only with an event that says so."""
    before = now.before.finish if now.before is not None else None
    after = now.after.finish if now.after is not None else None
    if before is None or after is None or (before.paused_at is None) == (after.paused_at is None):
        return
    assert {"deadline.paused", "deadline.resumed", "deadline.moved", "case.raised", "case.reopened"} & set(now.kinds)


# -- the ledger --------------------------------------------------------------------------------------------


@law
def the_last_event_tells_the_case_as_it_is(now: Moment) -> None:
    """A reader of the ledger alone knows status, lead, assists, outcome and urgency."""
    told = [event for event in now.work.events if isinstance(event, CaseEvent | CaseRaised)]
    if not told or now.after is None or now.after.status in GUARDS:
        return
    last, case = told[-1], now.after
    assert (last.lead, last.assist) == (case.lead, case.assist)
    if isinstance(last, CaseEvent):  # a raise has no status of its own: its orders tell it
        assert last.status == case.status
    assert (last.outcome, last.category, last.urgency, last.district) == (
        case.outcome,
        case.category,
        case.urgency,
        case.district,
    )


@law
def no_change_is_silent(now: Moment) -> None:
    """Status, lead and assists change only with an event."""
    before, after = now.before, now.after
    if before is None or after is None:
        return
    if (before.status, before.lead, before.assist) != (after.status, after.lead, after.assist):
        assert now.work.events


@law
def a_refusal_changes_nothing(now: Moment) -> None:
    if any(isinstance(event, MessageRejected) for event in now.work.events):
        assert now.work.case is None
        assert (len(now.work.events), now.work.orders, now.work.notices) == (1, (), ())


@law
def everything_is_told_in_its_time(now: Moment) -> None:
    for event in now.work.events:
        assert event.at == now.at
        assert event.case_id == now.message.case_id  # type: ignore[attr-defined]
    for order in now.work.orders:
        assert order.issued_at == now.at
        assert all(deadline.due_at > now.at for clock, deadline in order.deadlines.items() if clock != "finish")


@law
def the_same_again_decides_the_same(now: Moment) -> None:
    """And what is kept, sent and told survives being written down."""
    if now.after is not None:
        assert CaseRecord.model_validate_json(now.after.encode()) == now.after
    work = now.work
    for message in (*work.events, *work.orders, *work.notices, *work.sends, *work.passed, *work.asks):
        assert type(message).model_validate_json(message.encode()) == message


@law
def only_linked_units_get_orders(now: Moment) -> None:
    for order in now.work.orders:
        assert order.agency in CITY.units
