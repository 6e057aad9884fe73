"""How a case is done, closed and begun again (办结, 销号, 重办)."""

from dispatcher.domain import clocks, leading
from dispatcher.domain.codes import OPEN_ORDERS, CaseStatus, Clock, ClosedAs, OrderStatus
from dispatcher.domain.events import CaseClosed, CaseDone, CaseReopened, NoticeKind
from dispatcher.domain.work import Draft


def done_if_all_are(draft: Draft) -> None:
    """Rule 9.7: a case is done when every order is. An order of 会商 waits for the arbiter."""
    case = draft.case
    if case.status is CaseStatus.CONFERENCE or case.lead_order is None:
        return
    if any(order.status in OPEN_ORDERS for order in case.orders):
        return
    draft.update(
        status=CaseStatus.DONE, finished_at=draft.context.at, finish=None, whistle=None, mediation=None, claim=None
    )
    draft.say(CaseDone, "全部派单已办结，待回访", rule="9.7")


def close(draft: Draft, closed_as: ClosedAs, reason: str, *, rule: str) -> None:
    """销号: nothing is due any more; open orders are taken back."""
    draft.update(
        status=CaseStatus.CLOSED,
        closed_as=closed_as,
        finish=None,
        whistle=None,
        mediation=None,
        claim=None,
        review_since=None,
    )
    draft.withdraw([order for order in draft.case.orders if order.open], reason)
    draft.say(CaseClosed, reason, rule=rule, closed_as=closed_as)


def reopen(draft: Draft, reason: str, *, rule: str) -> None:
    """重办: a new finish with half of the limit, the lead's order again open (rule 9.2)."""
    case, context = draft.case, draft.context
    policy = context.policy
    lead = case.lead_order
    if lead is None:  # withdrawn before anybody was asked: as if it came in now
        plan = leading.plan_of(case, context)
        if plan.waits_for_person or plan.lead is None:
            to_review(draft)
            draft.say(CaseReopened, reason, rule=rule, deadline=None)
            return
        orders = leading.relead(draft, plan.assignments, plan.why, plan=plan)
        draft.update(status=CaseStatus.REOPENED, unanswered=0)
        deadline = draft.case.finish.deadline() if draft.case.finish else None
        draft.say(CaseReopened, reason, rule=rule, deadline=deadline, orders=orders)
        return
    limit = clocks.limit_of(Clock.FINISH, category=case.category, urgency=case.urgency, policy=policy.deadlines)
    half = clocks.share_of(limit, policy.casework.reopened_share)
    finish = clocks.start(Clock.FINISH, half, at=context.at, what="重办", hours=policy.hours)
    acknowledge = clocks.for_case(
        Clock.ACKNOWLEDGE, category=case.category, urgency=case.urgency, at=context.at, policy=policy
    )
    again = lead.model_copy(update={"status": OrderStatus.ISSUED, "acknowledge": acknowledge})
    draft.update(
        status=CaseStatus.REOPENED, finish=finish, finished_at=None, closed_as=None, unanswered=0, lead=lead.agency
    )
    draft.case = draft.case.with_order(again)
    draft.notify(again, NoticeKind.REOPENED, reason)
    draft.say(CaseReopened, reason, rule=rule, deadline=finish.deadline())


def to_review(draft: Draft) -> None:
    """In front of a person again."""
    draft.update(
        status=CaseStatus.REVIEW,
        review_since=draft.context.at,
        review_reminded=False,
        claim=None,
        finished_at=None,
        closed_as=None,
    )
