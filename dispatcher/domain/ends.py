"""How a case is done, closed and begun again (办结, 销号, 重办)."""

from dispatcher.domain import clocks, leading
from dispatcher.domain.codes import OPEN_ORDERS, CaseStatus, Clock, ClosedAs, OrderStatus
from dispatcher.domain.events import CaseClosed, CaseDone, CaseReopened, NoticeKind
from dispatcher.domain.inbox import CaseNotice, Operation
from dispatcher.domain.messages import OrderBrief
from dispatcher.domain.work import Draft


def done_if_all_are(draft: Draft) -> None:
    """Rule 9.7: a case is done when every order is. In 会商 the arbiter, in review a person decides first."""
    case = draft.case
    if case.status in (CaseStatus.CONFERENCE, CaseStatus.REVIEW) or case.lead_order is None:
        return
    if any(order.status in OPEN_ORDERS for order in case.orders):
        return
    _stop(draft)
    draft.update(status=CaseStatus.DONE, finished_at=draft.context.at)
    draft.say(CaseDone, "全部派单已办结，待回访", rule="9.7")


def close(draft: Draft, closed_as: ClosedAs, reason: str, *, rule: str) -> None:
    """销号: nothing is due any more; open orders are taken back, and cases that were merged into this one close with it."""
    _stop(draft)
    draft.update(status=CaseStatus.CLOSED, closed_as=closed_as, ended_at=draft.context.at)
    draft.withdraw([order for order in draft.case.orders if order.open], reason)
    draft.say(CaseClosed, reason, rule=rule, closed_as=closed_as)
    for member in draft.case.members:
        draft.sends.append(
            CaseNotice(
                message_id=f"{draft.place()}/{member}",
                case_id=member,
                operation=Operation.CLOSE,
                other=draft.case.case_id,
                actor=draft.actor or "system",
                role=draft.role,
                reason=reason,
            )
        )


def _stop(draft: Draft) -> None:
    draft.update(finish=None, whistles=(), mediation=None, claim=None, review_since=None)


def reopen(draft: Draft, reason: str, *, rule: str) -> None:
    """重办: a new finish with half of the limit, the lead's order again open (rule 9.2). Who covered the owner at night
    leads again only if it is night again (rule 9.6)."""
    case, context = draft.case, draft.context
    finish = leading.reopened_finish(draft)
    order = case.lead_order
    lead = leading.available(case, order.covers_for or order.agency, context) if order is not None else None
    orders: tuple[OrderBrief, ...] = ()
    if order is None or lead is None:  # withdrawn: nobody has it any more
        plan = leading.plan_of(case, context)
        if plan.waits_for_person or plan.lead is None:
            to_review(draft)
            draft.say(CaseReopened, reason, rule=rule, deadline=None)
            return
        draft.update(finish=finish)
        orders = leading.relead(draft, plan.assignments, plan.why, plan=plan)
        draft.update(finish=finish)
    elif (lead.agency, lead.covers_for) != (order.agency, order.covers_for):
        draft.update(finish=finish)
        orders = leading.relead(draft, leading.with_lead(case, lead, context), reason)
    else:
        acknowledge = clocks.for_case(
            Clock.ACKNOWLEDGE, category=case.category, urgency=case.urgency, at=context.at, policy=context.policy
        )
        again = order.model_copy(
            update={"status": OrderStatus.ISSUED, "issued_at": context.at, "acknowledge": acknowledge}
        )
        draft.update(finish=finish, lead=order.agency)
        draft.case = draft.case.with_order(again)
        draft.notify(again, NoticeKind.REOPENED, reason)
    draft.update(status=CaseStatus.REOPENED, finished_at=None, closed_as=None, unanswered=0)
    draft.update(reopened=True, merged_into=None, before_merge=None, ended_at=None)
    deadline = draft.case.finish.deadline() if draft.case.finish is not None else None
    draft.say(CaseReopened, reason, rule=rule, deadline=deadline, orders=orders)


def to_review(draft: Draft) -> None:
    """In front of a person again; whoever still had an order is told to stop."""
    draft.withdraw([order for order in draft.case.orders if order.open], "转人工研判")
    _stop(draft)
    draft.update(
        status=CaseStatus.REVIEW,
        review_since=draft.context.at,
        review_reminded=False,
        finished_at=None,
        closed_as=None,
        ended_at=None,
    )
