"""Who leads (rule 9.5): exactly one unit. Giving the lead to another, and what its clocks say then (rule 9.2)."""

from collections.abc import Sequence

from dispatcher.domain import clocks, routing
from dispatcher.domain.cases import CaseRecord, OrderState
from dispatcher.domain.codes import DANGER, CaseStatus, Clock, OrderStatus, Outcome, Role
from dispatcher.domain.entries import Context
from dispatcher.domain.events import NoticeKind
from dispatcher.domain.messages import OrderBrief
from dispatcher.domain.routing import Assignment, Plan
from dispatcher.domain.units import DISTRICT
from dispatcher.domain.work import Draft


def plan_of(case: CaseRecord, context: Context) -> Plan:
    """Where the case's matter belongs at this moment, by the lists and the hour."""
    return routing.route(
        outcome=case.outcome,
        category=case.category,
        urgency=case.urgency,
        place=case.place,
        at=context.at,
        city=context.city,
        policy=context.policy.routing,
        hours=context.policy.hours,
    )


def start_finish(draft: Draft) -> None:
    """The case's finish clock, from its first order on; half of the limit where it has been reopened (rule 9.2)."""
    case, context = draft.case, draft.context
    if case.finish is not None:
        return
    policy = context.policy
    if not case.reopened:
        draft.update(
            finish=clocks.for_case(
                Clock.FINISH, category=case.category, urgency=case.urgency, at=context.at, policy=policy
            )
        )
        return
    draft.update(finish=reopened_finish(draft))


def reopened_finish(draft: Draft) -> clocks.RunningClock:
    """The finish clock of a case that has been reopened, from now on: half of the limit (rule 9.2)."""
    policy = draft.context.policy
    half = clocks.share_of(draft.finish_limit(), policy.casework.reopened_share)
    return clocks.start(Clock.FINISH, half, at=draft.context.at, what="重办", hours=policy.hours)


def keep_half(draft: Draft, reason: str) -> None:
    """Rule 9.2: finish runs on, but leaves a new unit at least half of its normal limit."""
    case, context = draft.case, draft.context
    if case.finish is None:
        start_finish(draft)
        return
    policy = context.policy
    share = policy.casework.left_after_change
    draft.set_finish(
        clocks.leave_at_least(case.finish, share, limit=draft.finish_limit(), at=context.at, policy=policy),
        reason,
        rule="9.2",
    )


def hurried(draft: Draft) -> clocks.RunningClock:
    """The finish clock of a case that has become more urgent: it may end sooner, but leaves half of the new limit
    (rule 9.2)."""
    case, context, policy = draft.case, draft.context, draft.context.policy
    fresh = clocks.for_case(Clock.FINISH, category=case.category, urgency=case.urgency, at=context.at, policy=policy)
    running = case.finish
    if running is None or running.paused_at is not None or fresh.due_at <= running.due_at:
        return fresh
    share = policy.casework.left_after_change
    return clocks.leave_at_least(running, share, limit=draft.finish_limit(), at=context.at, policy=policy)


def relead(
    draft: Draft, assignments: Sequence[Assignment], why: str, *, plan: Plan | None = None
) -> tuple[OrderBrief, ...]:
    """Give the case to these units. A unit that goes on in the same part keeps its order; the others get new ones, and
    whoever is not among them is told to stop. Clocks by rule 9.2."""
    case, context = draft.case, draft.context
    lead = next(given for given in assignments if given.role is Role.LEAD)
    before = case.lead
    parts = {given.agency: given for given in assignments}
    staying = {order.agency: order for order in case.orders if order.open and _same_part(order, parts)}
    goes_on = staying.get(lead.agency)
    draft.update(
        round=case.round + 1,
        lead=lead.agency,
        assist=tuple(given.agency for given in assignments if given.role is Role.ASSIST),
        status=_STANDING[goes_on.status] if goes_on is not None else CaseStatus.DISPATCHED,
        first_receiver=case.first_receiver or lead.covers_for or lead.agency,
        tried=(*case.tried, lead.covers_for or lead.agency),
        claim=None,
        transfer=None,
        review_since=None,
        finished_at=None,
        closed_as=None,
        ended_at=None,
    )
    draft.withdraw(
        [order for order in draft.case.orders if order.open and order.agency not in parts],
        f"{why}；改由{context.city.unit_name(lead.agency)}主办",
    )
    if goes_on is None:
        keep_half(draft, why)
    briefs = tuple(
        draft.issue(
            given,
            why,
            ask=plan.ask if plan else case.ask,
            out_of_area=plan.out_of_area if plan else False,
        )
        for given in assignments
        if given.agency not in staying
    )
    if before != lead.agency:
        for order in draft.case.orders:
            if order.open and order.agency in staying:
                draft.notify(order, NoticeKind.PARTNERS, f"主办单位改为{context.city.unit_name(lead.agency)}")
    return briefs


_STANDING = {
    OrderStatus.ISSUED: CaseStatus.DISPATCHED,
    OrderStatus.ACKNOWLEDGED: CaseStatus.ACKNOWLEDGED,
    OrderStatus.IN_PROGRESS: CaseStatus.IN_PROGRESS,
}
"""Where a case stands whose lead goes on with an order in that status."""


def _same_part(order: OrderState, parts: dict[str, Assignment]) -> bool:
    given = parts.get(order.agency)
    return given is not None and (given.role, given.capacity, given.covers_for) == (
        order.role,
        order.capacity,
        order.covers_for,
    )


def with_lead(case: CaseRecord, lead: Assignment, context: Context) -> tuple[Assignment, ...]:
    """The present assisting units under another lead; who takes the lead assists no more. Police stay on what is danger,
    whoever leads (rule 9.7)."""
    kept = {
        order.agency: Assignment(order.agency, Role.ASSIST, order.capacity, order.covers_for)
        for order in case.orders
        if order.open and order.role is Role.ASSIST and order.agency != lead.agency
    }
    police = context.policy.routing.police_unit
    if case.outcome in DANGER and lead.agency != police:
        kept.setdefault(police, Assignment(police, Role.ASSIST))
    return (lead, *kept.values())


def is_police_of_joint(case: CaseRecord, unit: str, context: Context) -> bool:
    """Whether the case needs `unit` as its police, whoever leads."""
    return case.outcome in DANGER and unit == context.policy.routing.police_unit


def available(case: CaseRecord, owner: str, context: Context) -> Assignment:
    """The owner as lead, or who covers it at this hour."""
    districts = [f"district-{code}" for code in (case.place.districts or _known(case.district))]
    return routing.available(
        owner,
        districts,
        at=context.at,
        city=context.city,
        hours=context.policy.hours,
        policy=context.policy.routing,
    )[0]


def _known(district: str | None) -> tuple[str, ...]:
    return (district,) if district else ()


def owners(case: CaseRecord, context: Context) -> tuple[str, ...]:
    """The units that the list of matters allows to lead the case, the first owner first, by their own codes."""
    if case.category not in context.city.matters:
        return ()
    matter = context.city.matter_at(case.category, context.at)
    codes = []
    for code in (*((matter.lead,) if matter.lead else ()), *matter.also):
        if code != DISTRICT:
            codes.append(code)
        else:  # on a border each of the districts named (rule 9.8)
            codes += [f"district-{named}" for named in case.place.districts or _known(case.district)]
    if case.outcome is Outcome.POLICE:
        codes.append(context.policy.routing.police_unit)
    valid = (code for code in codes if code in context.city.units and context.city.units[code].valid_at(context.at))
    return tuple(dict.fromkeys(valid))
