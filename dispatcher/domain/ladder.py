"""Disputes climb a ladder of mediation (rule 9.9); lonely people are visited every two days (rule 9.14)."""

from datetime import UTC, datetime, timedelta

from dispatcher.domain import clocks, leading
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.cases import CaseRecord, Mediation
from dispatcher.domain.codes import Clock, Role
from dispatcher.domain.entries import Context
from dispatcher.domain.events import MediationEnded, RungEntered
from dispatcher.domain.messages import OrderBrief
from dispatcher.domain.policy import Policy, Rung
from dispatcher.domain.routing import Assignment
from dispatcher.domain.units import DISTRICT
from dispatcher.domain.work import Draft


def is_dispute(category: str, policy: Policy) -> bool:
    """Whether a matter may be mediated: a dispute, or one that threatens to become violent."""
    return category in policy.repeat.disputes or category == "dispute_risk"


def enter(draft: Draft, rung: Rung, *, how: str, reason: str) -> None:
    """Stand on `rung`: its unit is asked, where it is not on the case already, and its clock runs."""
    case, context = draft.case, draft.context
    unit = _unit(rung.unit, case)
    limit = clocks.start(Clock.FINISH, rung.limit, at=context.at, what="调解", hours=context.policy.hours)
    assist = tuple(_unit(code, case) for code in rung.assist)
    why = f"调解阶梯：{rung.rung}"
    orders: tuple[OrderBrief, ...] = ()
    if rung.leads and case.lead != unit:
        orders = leading.relead(draft, leading.with_lead(case, Assignment(unit, Role.LEAD), context), why)
    orders += bring_in(draft, tuple(dict.fromkeys((unit, *assist))), why)
    draft.update(mediation=Mediation(rung=rung.rung, unit=unit, until=limit.due_at))
    draft.say(RungEntered, reason, rule="9.9", rung=rung.rung, unit=unit, until=limit.due_at, how=how, orders=orders)


def climb(draft: Draft, *, how: str, reason: str) -> None:
    """From the present rung to the next; above the last one mediation has failed and the case goes on without it."""
    standing = draft.case.mediation
    if standing is None:
        return
    ladder = draft.context.policy.casework.ladder
    names = [rung.rung for rung in ladder]
    above = names.index(standing.rung) + 1 if standing.rung in names else len(names)
    if above >= len(ladder):
        draft.update(mediation=None)
        draft.say(MediationEnded, reason, rule="9.9", rung=standing.rung, settled=False, text="")
        return
    enter(draft, ladder[above], how=how, reason=reason)


def bring_in(draft: Draft, units: tuple[str, ...], why: str) -> tuple[OrderBrief, ...]:
    """Assisting orders for those of `units` that hold no open order yet and do not lead, in a round of their own."""
    held = {order.agency for order in draft.case.orders if order.open} | {draft.case.lead}
    new = [code for code in dict.fromkeys(units) if code not in held]
    if not new:
        return ()
    draft.update(round=draft.case.round + 1, assist=tuple(dict.fromkeys((*draft.case.assist, *new))))
    return tuple(draft.issue(Assignment(code, Role.ASSIST), why) for code in new)


def _unit(code: str, case: CaseRecord) -> str:
    if code != DISTRICT:
        return code
    return f"district-{case.district}" if case.district else (case.lead or code)


def next_visit(context: Context) -> datetime:
    """The end of the second calendar day after today, in the city."""
    day = context.at.astimezone(CITY_TIME).date() + timedelta(days=context.policy.casework.care_days + 1)
    return datetime.combine(day, datetime.min.time(), tzinfo=CITY_TIME).astimezone(UTC)
