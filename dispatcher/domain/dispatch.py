"""From a call to the orders of its case: the plan, the orders of a round, and what grows when danger shows later."""

from collections.abc import Iterator
from typing import Any

from dispatcher.domain import deadlines, entries, ids, routing
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import GRAVITY, URGENCY_RANK, CaseStatus, Role
from dispatcher.domain.entries import Context
from dispatcher.domain.messages import Place, TriagedCall, WorkOrder


def raise_case(
    case: CaseRecord, call: TriagedCall, context: Context
) -> tuple[CaseRecord, dict[str, Any] | None, tuple[WorkOrder, ...]]:
    """Grow outcome, urgency and units by what the new call says. Nothing ever shrinks by a repeat call.

    A raise is a new round: every unit on the case gets an order that tells the new urgency and its part from now on, those
    that hold an order too, for nothing else would tell them.
    """
    decision = call.decision
    graver = GRAVITY[decision.outcome] > GRAVITY[case.outcome]
    faster = URGENCY_RANK[decision.urgency] > URGENCY_RANK[case.urgency]
    if not (graver or faster):
        return case, None, ()
    plan = plan_for(call, _place_on(case, call), context)
    # Another category that is no graver brings its units in, but who leads the graver matter goes on leading.
    takes_over = plan.lead is not None and (graver or case.lead is None or decision.category == case.category)
    lead = plan.lead if takes_over else case.lead
    units = dict.fromkeys((*((lead,) if lead else ()), *case.assist, *((case.lead,) if case.lead else ())))
    units |= dict.fromkeys(given.agency for given in plan.assignments)
    status = case.status
    if plan.waits_for_person and graver:
        status = CaseStatus.REVIEW  # danger that cannot be dispatched from here: a person looks at once
    elif lead is not None:
        status = CaseStatus.DISPATCHED
    raised = case.model_copy(
        update={
            "outcome": decision.outcome if graver else case.outcome,
            "category": decision.category if graver else case.category,
            "urgency": decision.urgency if faster else case.urgency,
            "status": status,
            "lead": lead,
            "assist": tuple(code for code in units if code != lead),
            "district": case.district or call.place.district,
            "round": case.round + 1,
        }
    )
    planned = {given.agency: given for given in plan.assignments}
    given = tuple(_part(code, lead, planned) for code in units)
    held = frozenset((*((case.lead,) if case.lead else ()), *case.assist))
    orders = tuple(issue(call, raised, plan, given, context, held=held))
    fields = {
        "outcome": raised.outcome,
        "category": raised.category,
        "urgency": raised.urgency,
        "district": raised.district,
        "before_outcome": case.outcome,
        "before_urgency": case.urgency,
        "orders": tuple(entries.brief(order) for order in orders),
        "routing": plan.why,
    }
    return raised, fields, orders


def _part(code: str, lead: str | None, planned: dict[str, routing.Assignment]) -> routing.Assignment:
    """A unit's part from now on: as planned, unless the plan would make it a second lead."""
    role = Role.LEAD if code == lead else Role.ASSIST
    given = planned.get(code)
    return given if given is not None and given.role is role else routing.Assignment(code, role)


def _place_on(case: CaseRecord, call: TriagedCall) -> Place:
    """The call's place; a caller who calls again need not name the district once more."""
    place = call.place
    if place.district or place.districts or place.outside_city:
        return place
    return place.model_copy(update={"district": case.district})


def plan_for(call: TriagedCall, place: Place, context: Context) -> routing.Plan:
    return routing.route(
        outcome=call.decision.outcome,
        category=call.decision.category,
        urgency=call.decision.urgency,
        place=place,
        at=context.at,
        city=context.city,
        policy=context.policy.routing,
        hours=context.policy.hours,
    )


def issue(
    call: TriagedCall,
    case: CaseRecord,
    plan: routing.Plan,
    assignments: tuple[routing.Assignment, ...],
    context: Context,
    *,
    held: frozenset[str],
) -> Iterator[WorkOrder]:
    """Orders of the case's present round, in the case's category and urgency; `held`: who had one of the last round."""
    decision = call.decision
    for given in assignments:
        yield WorkOrder(
            order_id=ids.order_id(case.case_id, given.agency, case.round),
            case_id=case.case_id,
            call_id=call.call_id,
            agency=given.agency,
            role=given.role,
            capacity=given.capacity,
            covers_for=given.covers_for,
            replaces=ids.order_id(case.case_id, given.agency, case.round - 1) if given.agency in held else None,
            category=case.category,
            urgency=case.urgency,
            text=call.text,
            place=_place_on(case, call),
            issued_at=context.at,
            deadlines=deadlines.for_order(
                role=given.role,
                category=case.category,
                urgency=case.urgency,
                issued_at=context.at,
                policy=context.policy.deadlines,
                hours=context.policy.hours,
            ),
            reason=f"{decision.reason}；{plan.why if given.role is Role.LEAD else '协助主办单位'}",
            ask=plan.ask,
            out_of_area=plan.out_of_area,
            confidential=case.confidential,
        )
