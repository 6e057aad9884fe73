"""From a call to the orders of its case: the plan, the first orders, and what grows when danger shows later."""

from typing import Any

from dispatcher.domain import deciding, leading, routing
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import GRAVITY, URGENCY_RANK, CaseStatus, Role
from dispatcher.domain.entries import Context
from dispatcher.domain.messages import OrderBrief, Place, TriagedCall
from dispatcher.domain.work import Draft


def open_orders(draft: Draft, plan: routing.Plan) -> tuple[OrderBrief, ...]:
    """The first orders of a case; its finish clock starts with them (rule 9.1)."""
    lead = next((given for given in plan.assignments if given.role is Role.LEAD), None)
    if lead is None:
        return ()
    draft.update(first_receiver=lead.covers_for or lead.agency, tried=(lead.covers_for or lead.agency,))
    leading.start_finish(draft)
    return tuple(draft.issue(given, plan.why, ask=plan.ask, out_of_area=plan.out_of_area) for given in plan.assignments)


def raise_case(draft: Draft, call: TriagedCall) -> dict[str, Any] | None:
    """Grow outcome, urgency and units by what the new call says. Nothing ever shrinks by a repeat call.

    A raise is a new round: every unit on the case gets an order that tells the new urgency and its part from now on, those
    that hold an order too, for nothing else would tell them. Returns the fields of ``case.raised.v1``, None where nothing
    grew.
    """
    case, context, decision = draft.case, draft.context, call.decision
    graver = GRAVITY[decision.outcome] > GRAVITY[case.outcome]
    faster = URGENCY_RANK[decision.urgency] > URGENCY_RANK[case.urgency]
    if not (graver or faster):
        return None
    plan = plan_for(call, _place_on(case, call), context)
    # Another category that is no graver brings its units in, but who leads the graver matter goes on leading.
    takes_over = plan.lead is not None and (graver or case.lead is None or decision.category == case.category)
    lead = plan.lead if takes_over else case.lead
    units = dict.fromkeys((*((lead,) if lead else ()), *case.assist, *((case.lead,) if case.lead else ())))
    units |= dict.fromkeys(given.agency for given in plan.assignments)
    status = case.status
    if plan.waits_for_person and (graver or lead is None):
        status = CaseStatus.REVIEW  # danger that cannot be dispatched from here: a person looks at once
    elif lead is not None and status is not CaseStatus.CONFERENCE:  # whose it is stays for the arbiter to say
        status = CaseStatus.DISPATCHED
    draft.update(
        outcome=decision.outcome if graver else case.outcome,
        category=decision.category if graver else case.category,
        urgency=decision.urgency if faster else case.urgency,
        status=status,
        lead=lead,
        assist=tuple(code for code in units if code != lead),
        district=case.district or call.place.district,
        place=_place_on(case, call),
        decision=decision.model_copy(update={"cues": (), "extracted": {}}),
        round=case.round + 1,
        review_since=context.at if status is CaseStatus.REVIEW else None,
        review_reminded=False,
        transfer=None,
        claim=case.claim if status is CaseStatus.REVIEW else None,
        finished_at=None,
        closed_as=None,
        ended_at=None,
        first_receiver=case.first_receiver or lead,
    )
    if lead is not None:
        draft.update(finish=leading.hurried(draft))
    deciding.end_foreign_mediation(draft)
    planned = {given.agency: given for given in plan.assignments}
    given = tuple(_part(code, lead, planned) for code in units)
    orders = tuple(
        draft.issue(one, plan.why, ask=plan.ask, out_of_area=plan.out_of_area, text=call.text) for one in given
    )
    return {
        "outcome": draft.case.outcome,
        "category": draft.case.category,
        "urgency": draft.case.urgency,
        "district": draft.case.district,
        "before_outcome": case.outcome,
        "before_urgency": case.urgency,
        "orders": orders,
        "routing": plan.why,
    }


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
    """Where a call belongs."""
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
