"""What a unit says of its own order: one function an action, in the table `ACTIONS`.

A unit speaks only of an order that it holds. What is said twice, of an order that is over, of another unit's order or
while the case stands otherwise changes nothing and leaves a ``rejected`` event.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dispatcher.domain import clocks, ends, leading
from dispatcher.domain.cases import CaseRecord, OrderState
from dispatcher.domain.codes import ACTIVE, OPEN_ORDERS, ActorRole, CaseStatus, Clock, Mark, OrderStatus, Role
from dispatcher.domain.entries import Context
from dispatcher.domain.events import (
    CareVisited,
    CaseRerouted,
    ConferenceCalled,
    DeadlinePaused,
    DeadlineResumed,
    MediationEnded,
    OrderAcknowledged,
    OrderFinished,
    OrderProgressed,
    OrderReturned,
    WhistleAnswered,
)
from dispatcher.domain.inbox import AgencyReplied, ReplyAction
from dispatcher.domain.ladder import climb, next_visit
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.work import Draft, Work, no_case, rejected

Act = Callable[[Draft, OrderState, AgencyReplied], None]


@dataclass(frozen=True, slots=True)
class ActionRule:
    """When an action may be taken: the order's status, who (`lead_only`), and whether a reason must be given."""

    act: Act
    orders: frozenset[OrderStatus]
    lead_only: bool = False
    reason: bool = False


def on_agency_replied(case: CaseRecord | None, reply: AgencyReplied, context: Context) -> Work:
    """A unit's word about its order."""
    if case is None:
        return no_case(reply.case_id, hint="Use the case_id of the order")
    role = ActorRole.GRID_WORKER if reply.action is ReplyAction.VISITED else ActorRole.UNIT_CLERK
    actor = f"{reply.agency}:{reply.clerk}" if reply.clerk else reply.agency
    try:
        order = _order_of(case, reply)
        rule = ACTIONS[reply.action]
        _check(case, order, rule, reply)
        draft = Draft(case, context, actor=actor, role=role)
        rule.act(draft, order, reply)
    except Refusal as refusal:
        return rejected(case, reply, refusal, context, actor=actor, role=role)
    return draft.work(message_id=reply.message_id)


def _order_of(case: CaseRecord, reply: AgencyReplied) -> OrderState:
    if reply.message_id in case.seen:
        raise Refusal(Code.DUPLICATE, "同一消息已处理过")
    order = case.order(reply.order_id)
    if order is None or order.agency != reply.agency:
        raise Refusal(Code.NOT_YOURS, f"{reply.agency}没有这份派单")
    return order


def _check(case: CaseRecord, order: OrderState, rule: ActionRule, reply: AgencyReplied) -> None:
    if order.status in (OrderStatus.WITHDRAWN, OrderStatus.RETURNED):
        raise Refusal(Code.STALE, "该派单已撤回或已退回")
    caring = reply.action is ReplyAction.VISITED and case.care is not None
    if case.status not in ACTIVE and not (caring or (case.status is CaseStatus.REVIEW and order.open)):
        raise Refusal(Code.STATUS, f"案件现为{case.status}，不能{reply.action}")
    if order.status not in rule.orders:
        raise Refusal(Code.STALE, f"该派单现为{order.status}，不能{reply.action}")
    if rule.lead_only and order.role is not Role.LEAD:
        raise Refusal(Code.NOT_YOURS, "只有主办单位可以这样做")
    if rule.reason and not reply.text.strip():
        raise Refusal(Code.MISSING, "须写明理由")


# -- the ordinary way --------------------------------------------------------------------------------------


def _acknowledge(draft: Draft, order: OrderState, _reply: AgencyReplied) -> None:
    _accept(draft, order, implied=False)


def _accept(draft: Draft, order: OrderState, *, implied: bool) -> OrderState:
    """The order as acknowledged; its acknowledge clock stops."""
    if order.status is not OrderStatus.ISSUED:
        return order
    taken = order.model_copy(update={"status": OrderStatus.ACKNOWLEDGED, "acknowledge": None})
    draft.case = draft.case.with_order(taken)
    if order.role is Role.LEAD and draft.case.status in (CaseStatus.DISPATCHED, CaseStatus.REOPENED):
        draft.update(status=CaseStatus.ACKNOWLEDGED)
    draft.say(
        OrderAcknowledged,
        "未先签收，直接答复，视为已签收" if implied else "已签收",
        rule="9.15",
        order_id=order.order_id,
        agency=order.agency,
        implied=implied,
    )
    return taken


def _progress(draft: Draft, order: OrderState, reply: AgencyReplied) -> None:
    if not reply.text.strip():
        raise Refusal(Code.MISSING, "须有给群众的答复内容")
    taken = _accept(draft, order, implied=True)
    going = taken.model_copy(update={"status": OrderStatus.IN_PROGRESS, "first_answer": None})
    draft.case = draft.case.with_order(going)
    if order.role is Role.LEAD and draft.case.status not in (CaseStatus.CONFERENCE, CaseStatus.REVIEW):
        draft.update(status=CaseStatus.IN_PROGRESS)
    draft.say(
        OrderProgressed, "承办单位答复", rule="9.1", order_id=order.order_id, agency=order.agency, text=reply.text
    )


def _finish(draft: Draft, order: OrderState, reply: AgencyReplied) -> None:
    if draft.case.status is CaseStatus.CONFERENCE and order.role is Role.LEAD:
        raise Refusal(Code.STATUS, "会商未决，先行处置，待裁定后办结")
    taken = _accept(draft, order, implied=True)
    done = taken.over(OrderStatus.DONE)
    draft.case = draft.case.with_order(done)
    draft.say(
        OrderFinished,
        "本单位已办结",
        rule="9.7",
        order_id=order.order_id,
        agency=order.agency,
        text=reply.text,
        mode=reply.mode,
    )
    ends.done_if_all_are(draft)


# -- returns ---------------------------------------------------------------------------------------------------


def _return(draft: Draft, order: OrderState, reply: AgencyReplied) -> None:
    if not reply.proposed:
        raise Refusal(Code.MISSING, "退单须提出应由谁办理")
    if reply.proposed not in draft.context.city.units or reply.proposed == reply.agency:
        raise Refusal(Code.UNKNOWN, f"{reply.proposed}不是可接办的单位")
    if leading.is_police_of_joint(draft.case, order.agency, draft.context) and order.role is Role.ASSIST:
        raise Refusal(Code.SENSELESS, "联动警情须有公安参与，不得退单")
    if order.role is Role.LEAD:
        if draft.case.arbitrated:
            raise Refusal(Code.USED_UP, "已经裁定，不得再退，只能提级办理")
        if draft.case.status is CaseStatus.CONFERENCE:
            raise Refusal(Code.STATUS, "会商未决，首接单位先行处置")
    back = order.over(OrderStatus.RETURNED)
    draft.case = draft.case.with_order(back)
    if order.role is Role.ASSIST:
        draft.update(assist=tuple(code for code in draft.case.assist if code != order.agency))
        _say_returned(draft, order, reply.proposed, reply.text)
        ends.done_if_all_are(draft)
        return
    if draft.case.status is CaseStatus.REVIEW:  # a person is about to decide whose it is
        draft.update(lead=None)
        _say_returned(draft, order, reply.proposed, reply.text)
        return
    returned(draft, by=order.covers_for or order.agency, order=order, proposed=reply.proposed, reason=reply.text)


def _say_returned(draft: Draft, order: OrderState, proposed: str | None, reason: str) -> None:
    draft.say(
        OrderReturned,
        reason,
        rule="9.5",
        order_id=order.order_id,
        agency=order.agency,
        proposed=proposed,
        returns=draft.case.returns,
    )


def returned(draft: Draft, *, by: str, order: OrderState, proposed: str | None, reason: str) -> None:
    """Rule 9.5: the first return goes to the proposed owner if the list allows it, else to the list's next, else to a
    conference at once; the second calls the conference whatever was proposed."""
    case, context = draft.case, draft.context
    before = case.lead
    draft.update(returns=case.returns + 1, lead=None)
    _say_returned(draft, order, proposed, reason)
    allowed = [code for code in leading.owners(draft.case, context) if code not in (by, order.agency)]
    owner = proposed if proposed in allowed else next((code for code in allowed if code not in case.tried), None)
    if draft.case.returns >= context.policy.casework.returns_to_conference or owner is None:
        call_conference(draft, before=before, proposed=proposed)
        return
    lead = leading.available(draft.case, owner, context)
    why = f"首次退单，改派{context.city.unit_name(owner)}" + ("" if owner == proposed else "（提议单位不在事项清单内）")
    orders = leading.relead(draft, leading.with_lead(draft.case, lead, context), why)
    draft.say(CaseRerouted, why, rule="9.5", before_lead=before, orders=orders, routing=why)


def call_conference(draft: Draft, *, before: str | None, proposed: str | None) -> None:
    """会商: until the arbiter decides the first receiver leads again and does what cannot wait."""
    case, context = draft.case, draft.context
    units = tuple(dict.fromkeys((*case.tried, *((proposed,) if proposed else ()))))
    first = case.first_receiver or before or context.policy.routing.no_place_unit
    lead = leading.available(case, first, context)
    why = f"退单{case.returns}次，提请会商，裁定前由首接单位{context.city.unit_name(first)}先行处置"
    orders = leading.relead(draft, leading.with_lead(case, lead, context), why)
    draft.update(status=CaseStatus.CONFERENCE)
    _lift_finish(draft)
    draft.say(ConferenceCalled, why, rule="9.5", before_lead=before, orders=orders, routing=why, units=units)


def _lift_finish(draft: Draft) -> None:
    """Rule 9.1: a conference lifts a routine finish to 15 working days from the first order, if that is later."""
    case, policy = draft.case, draft.context.policy
    finish = case.finish
    if finish is None or case.first_order_at is None or case.urgency != "routine":
        return
    lifted = clocks.start(
        Clock.FINISH, policy.casework.conference_finish, at=case.first_order_at, what="会商办结", hours=policy.hours
    )
    if lifted.due_at > finish.due_at:
        kept = lifted.model_copy(update={"extensions": finish.extensions, "fired": finish.fired})
        draft.set_finish(kept, "提请会商", rule="9.1")


# -- the clock -------------------------------------------------------------------------------------------------


def _pause(draft: Draft, _order: OrderState, reply: AgencyReplied) -> None:
    finish = draft.case.finish
    if finish is None or finish.paused_at is not None:
        raise Refusal(Code.SENSELESS, "办结时限未在计时")
    draft.update(finish=clocks.pause(finish, at=draft.context.at, why=reply.text))
    draft.say(DeadlinePaused, reply.text, rule="3", clock=Clock.FINISH)


def _resume(draft: Draft, _order: OrderState, _reply: AgencyReplied) -> None:
    finish = draft.case.finish
    if finish is None or finish.paused_at is None:
        raise Refusal(Code.SENSELESS, "办结时限没有暂停")
    going = clocks.resume(finish, at=draft.context.at, policy=draft.context.policy)
    draft.update(finish=going)
    draft.say(DeadlineResumed, "恢复计时", rule="3", clock=Clock.FINISH, deadline=going.deadline())


def _extend(draft: Draft, _order: OrderState, reply: AgencyReplied) -> None:
    case, policy = draft.case, draft.context.policy
    finish = case.finish
    if finish is None or finish.paused_at is not None:
        raise Refusal(Code.SENSELESS, "办结时限未在计时")
    if draft.context.at >= finish.due_at or Mark.BLUE in finish.fired:
        raise Refusal(Code.STALE, "延期须在到期前提出")
    if finish.extensions >= policy.casework.extensions:
        raise Refusal(Code.USED_UP, f"最多延期{policy.casework.extensions}次")
    longer = clocks.extend(
        finish, policy.casework.extension_share, limit=draft.finish_limit(), policy=policy, why=reply.text
    )
    draft.set_finish(longer, f"延期：{reply.text}", rule="3")


# -- together with others ------------------------------------------------------------------------------------------


def _report_in(draft: Draft, order: OrderState, _reply: AgencyReplied) -> None:
    if not any(order.agency in whistle.missing for whistle in draft.case.whistles):
        raise Refusal(Code.SENSELESS, "没有等待该单位报到的吹哨")
    _accept(draft, order, implied=True)
    heard = (whistle.without(order.agency) for whistle in draft.case.whistles)
    draft.update(whistles=tuple(whistle for whistle in heard if whistle.missing))
    draft.say(WhistleAnswered, "已报到", rule="3", order_id=order.order_id, agency=order.agency)


def _mediated(draft: Draft, order: OrderState, reply: AgencyReplied) -> None:
    standing = draft.case.mediation
    if standing is None or reply.agency not in (standing.unit, draft.case.lead):
        raise Refusal(Code.SENSELESS, "该单位没有正在进行的调解")
    if reply.settled is None:
        raise Refusal(Code.MISSING, "须写明是否调解成功")
    _accept(draft, order, implied=True)
    if not reply.settled:
        climb(draft, how="failed", reason=reply.text)
        return
    draft.update(mediation=None)
    draft.say(MediationEnded, reply.text, rule="9.9", rung=standing.rung, settled=True, text=reply.text)


def _visited(draft: Draft, order: OrderState, reply: AgencyReplied) -> None:
    care = draft.case.care
    if care is None:
        raise Refusal(Code.SENSELESS, "该案件没有关爱走访")
    until = next_visit(draft.context)
    draft.update(care=care.model_copy(update={"until": until, "round": care.round + 1}))
    draft.say(CareVisited, "已走访", rule="9.14", agency=order.agency, until=until, text=reply.text)


_AT_WORK = frozenset((OrderStatus.ACKNOWLEDGED, OrderStatus.IN_PROGRESS))
_HAD = OPEN_ORDERS | {OrderStatus.DONE}

#: The whole of what a unit may say: action -> rule.
ACTIONS: dict[ReplyAction, ActionRule] = {
    ReplyAction.ACKNOWLEDGE: ActionRule(_acknowledge, frozenset((OrderStatus.ISSUED,))),
    ReplyAction.PROGRESS: ActionRule(_progress, OPEN_ORDERS),
    ReplyAction.FINISH: ActionRule(_finish, OPEN_ORDERS),
    ReplyAction.RETURN: ActionRule(_return, OPEN_ORDERS, reason=True),
    ReplyAction.PAUSE: ActionRule(_pause, _AT_WORK, lead_only=True, reason=True),
    ReplyAction.RESUME: ActionRule(_resume, _AT_WORK, lead_only=True),
    ReplyAction.EXTEND: ActionRule(_extend, OPEN_ORDERS, lead_only=True, reason=True),
    ReplyAction.REPORT_IN: ActionRule(_report_in, _HAD),
    ReplyAction.MEDIATED: ActionRule(_mediated, _HAD),
    ReplyAction.VISITED: ActionRule(_visited, _HAD),
}
