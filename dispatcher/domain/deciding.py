"""A person decides what a case is, where it is and who leads it."""

from datetime import timedelta

from dispatcher.domain import ends, ids, leading
from dispatcher.domain.cases import CaseRecord, Claim, Transfer
from dispatcher.domain.codes import DANGER, URGENCY_RANK, CaseStatus, Level, OrderStatus, Outcome, Role
from dispatcher.domain.events import (
    AssistAdded,
    AssistDropped,
    CaseArbitrated,
    CasePlaced,
    CaseRecategorised,
    CaseTransferred,
    LabelRecorded,
    LevelRaised,
    MediationEnded,
    ReviewClaimed,
    ReviewDecided,
    ReviewReleased,
    TransferAnswered,
)
from dispatcher.domain.inbox import OperatorDecided
from dispatcher.domain.ladder import bring_in, is_dispute
from dispatcher.domain.messages import OrderBrief
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.replies import returned
from dispatcher.domain.routing import Assignment
from dispatcher.domain.units import DISTRICT
from dispatcher.domain.work import Draft

_UP = list(Level)


def _unit(draft: Draft, code: str) -> str:
    unit = draft.context.city.units.get(code)
    if unit is None or not unit.valid_at(draft.context.at):
        raise Refusal(Code.UNKNOWN, f"{code}不是现行联动单位")
    return code


# -- reviews -----------------------------------------------------------------------------------------------


def claim(draft: Draft, decision: OperatorDecided) -> None:
    """Take a reviewed call for a while, so that two people do not decide it."""
    held = draft.case.claim
    if held is not None and held.by != decision.actor and draft.context.at < held.until:
        raise Refusal(Code.CLAIMED, f"{held.by}正在研判")
    until = draft.context.at + timedelta(minutes=draft.context.policy.casework.lease_minutes)
    draft.update(claim=Claim(by=decision.actor, until=until))
    draft.say(ReviewClaimed, "领取研判", rule="1", until=until)


def release(draft: Draft, decision: OperatorDecided) -> None:
    held = draft.case.claim
    if held is None or held.by != decision.actor:
        raise Refusal(Code.SENSELESS, "没有由你领取的研判")
    draft.update(claim=None)
    draft.say(ReviewReleased, decision.reason or "放弃研判", rule="1", expired=False)


def decide(draft: Draft, decision: OperatorDecided) -> None:
    """A person's answer to a call on which the system abstained: it is routed, and becomes a label."""
    held = draft.case.claim
    if held is not None and held.by != decision.actor and draft.context.at < held.until:
        raise Refusal(Code.CLAIMED, f"{held.by}正在研判")
    before = draft.case
    _set_matter(draft, decision)
    was = {"before_category": before.category, "before_outcome": before.outcome}
    if draft.case.outcome is Outcome.INVALID:
        draft.update(status=CaseStatus.INVALID, claim=None, review_since=None, finish=None, ended_at=draft.context.at)
        draft.withdraw([order for order in draft.case.orders if order.open], "研判为无效警情")
        draft.say(ReviewDecided, decision.reason, rule="1", before_lead=before.lead, routing="无效警情", **was)
    else:
        orders, why = _reroute(draft)
        draft.say(ReviewDecided, decision.reason, rule="1", before_lead=before.lead, orders=orders, routing=why, **was)
    _label(draft, "review", decision.reason, before)


def _set_matter(draft: Draft, decision: OperatorDecided) -> None:
    """Category, outcome, urgency and place as decided; the outcome follows from the category where none is named."""
    matter = draft.context.city.matters.get(decision.category or "")
    if matter is None:
        raise Refusal(Code.UNKNOWN, f"没有类别{decision.category}")
    outcome = decision.outcome or matter.outcome
    if outcome is Outcome.REVIEW:
        raise Refusal(Code.SENSELESS, "待人工研判不是结论")
    draft.update(category=matter.code, outcome=outcome, urgency=decision.urgency or draft.case.urgency)
    if decision.district is not None:
        _set_district(draft, decision.district)
    end_foreign_mediation(draft)


def end_foreign_mediation(draft: Draft) -> None:
    """Mediation is for disputes: where the matter has become another, it ends."""
    standing = draft.case.mediation
    if standing is not None and not is_dispute(draft.case.category, draft.context.policy):
        draft.update(mediation=None)
        draft.say(MediationEnded, "事项已变，不再调解", rule="9.9", rung=standing.rung, settled=False, text="")


def _set_district(draft: Draft, district: str) -> None:
    if district not in draft.context.city.districts:
        raise Refusal(Code.UNKNOWN, f"没有区县{district}")
    place = draft.case.place.model_copy(update={"district": district, "districts": (), "outside_city": None})
    draft.update(district=district, place=place)


def _reroute(draft: Draft) -> tuple[tuple[OrderBrief, ...], str]:
    plan = leading.plan_of(draft.case, draft.context)
    if plan.lead is None:
        ends.to_review(draft)
        draft.update(ask=plan.ask)
        return (), plan.why
    return leading.relead(draft, plan.assignments, plan.why, plan=plan), plan.why


def _label(draft: Draft, origin: str, reason: str, before: CaseRecord) -> None:
    decided = draft.case.decision
    draft.say(
        LabelRecorded,
        reason,
        rule="5",
        text_source=draft.case.source,
        origin=origin,
        before_category=before.category,
        before_outcome=before.outcome,
        model=decided.model if decided is not None else "",
    )


# -- what and where ------------------------------------------------------------------------------------------


def recategorise(draft: Draft, decision: OperatorDecided) -> None:
    """改类 re-routes: one action, one line; the count of returns and the first receiver begin anew (rule 9.5)."""
    before = draft.case
    if decision.category == before.category and decision.outcome in (None, before.outcome):
        raise Refusal(Code.SENSELESS, "类别没有变化")
    _set_matter(draft, decision)
    if draft.case.outcome is Outcome.INVALID:
        raise Refusal(Code.SENSELESS, "已派单的案件不能改为无效，请撤销")
    draft.update(returns=0, arbitrated=False, first_receiver=None, tried=())
    if URGENCY_RANK[draft.case.urgency] > URGENCY_RANK[before.urgency]:
        draft.set_finish(leading.hurried(draft), "改类后更紧急", rule="9.1")
    orders, why = _reroute(draft)
    draft.say(
        CaseRecategorised,
        decision.reason,
        rule="9.5",
        before_lead=before.lead,
        orders=orders,
        routing=why,
        before_category=before.category,
        before_outcome=before.outcome,
    )
    _label(draft, "recategorise", decision.reason, before)


def place(draft: Draft, decision: OperatorDecided) -> None:
    """The answer to the open question."""
    settle_place(draft, decision.district or "", decision.reason)


def settle_place(draft: Draft, district: str, reason: str = "") -> None:
    """The place is known: a case that waited for it, or whose owner is the district's, goes to its unit (rule 9.13)."""
    before = draft.case
    _set_district(draft, district)
    draft.update(ask=None)
    reason = reason or f"事发地为{draft.context.city.districts[district]}"
    known = draft.case.category in draft.context.city.matters
    matter = draft.context.city.matter_at(draft.case.category, draft.context.at) if known else None
    waits = before.status is CaseStatus.REVIEW and before.outcome is not Outcome.REVIEW
    moves = before.status is not CaseStatus.REVIEW and matter is not None and matter.lead == DISTRICT
    if (waits or moves) and not before.arbitrated and before.status is not CaseStatus.CONFERENCE:
        orders, why = _reroute(draft)
        draft.say(CasePlaced, reason, rule="9.13", before_lead=before.lead, orders=orders, routing=why)
        return
    draft.say(CasePlaced, reason, rule="9.13", before_lead=before.lead, routing="承办单位不变")


# -- who -----------------------------------------------------------------------------------------------------


def arbitrate(draft: Draft, decision: OperatorDecided) -> None:
    """The conference's decision: this unit leads, and nobody may return the case again (rule 9.5)."""
    owner = _unit(draft, decision.unit or "")
    before = draft.case.lead
    lead = leading.available(draft.case, owner, draft.context)
    why = f"会商裁定由{draft.context.city.unit_name(owner)}主办"
    orders = leading.relead(draft, leading.with_lead(draft.case, lead, draft.context), why)
    draft.update(arbitrated=True)
    draft.say(CaseArbitrated, decision.reason, rule="9.5", before_lead=before, orders=orders, routing=why)


def raise_level(draft: Draft, decision: OperatorDecided) -> None:
    """提级办理: the next level's unit leads; it is no return (rule 9.5)."""
    case, context = draft.case, draft.context
    level = decision.level
    if level is None or _UP.index(level) <= _UP.index(case.level):
        raise Refusal(Code.SENSELESS, f"案件已在{case.level}一级")
    owner = _owner_at(draft, level)
    before = case.lead
    status = case.status
    draft.update(level=level)
    why = f"提级至{level}，由{context.city.unit_name(owner)}主办"
    orders: tuple[OrderBrief, ...] = ()
    if owner != before:
        lead = leading.available(draft.case, owner, context)
        orders = leading.relead(draft, leading.with_lead(draft.case, lead, context), why)
        if status is CaseStatus.CONFERENCE:
            draft.update(arbitrated=True)
    draft.say(LevelRaised, decision.reason, rule="9.9", level=level, before_lead=before, orders=orders, routing=why)


def _owner_at(draft: Draft, level: Level) -> str:
    case, context = draft.case, draft.context
    if level is Level.CITY:
        known = case.category in context.city.matters
        owner = context.city.matter_at(case.category, context.at).lead if known else None
        if owner not in (None, DISTRICT, case.lead):
            return str(owner)
        return context.policy.casework.supervising_unit
    if case.district is None:
        raise Refusal(Code.MISSING, "不知道在哪个区县")
    return f"district-{case.district}"


def add_assist(draft: Draft, decision: OperatorDecided) -> None:
    """会签: one more unit assists."""
    code = _unit(draft, decision.unit or "")
    if code == draft.case.lead or any(order.open and order.agency == code for order in draft.case.orders):
        raise Refusal(Code.SENSELESS, f"{code}已在承办")
    orders = bring_in(draft, (code,), decision.reason or "增加协办单位")
    draft.say(
        AssistAdded,
        decision.reason or "增加协办单位",
        rule="9.7",
        order_id=orders[0].order_id,
        agency=code,
        orders=orders,
    )


def drop_assist(draft: Draft, decision: OperatorDecided) -> None:
    """The lead goes on without a unit."""
    if leading.is_police_of_joint(draft.case, decision.unit or "", draft.context):
        raise Refusal(Code.SENSELESS, "警情与联动警情须有公安参与")
    order = next((o for o in draft.case.orders if o.open and o.agency == decision.unit and o.role is Role.ASSIST), None)
    if order is None:
        raise Refusal(Code.SENSELESS, f"{decision.unit}没有协办中的派单")
    draft.update(assist=tuple(code for code in draft.case.assist if code != order.agency))
    draft.withdraw([order], decision.reason)
    draft.say(AssistDropped, decision.reason, rule="9.7", order_id=order.order_id, agency=order.agency)
    ends.done_if_all_are(draft)


# -- other platforms -----------------------------------------------------------------------------------------


def transfer(draft: Draft, decision: OperatorDecided) -> None:
    """One key, the caller stays on the line (12号); the platform answers with a receipt."""
    code = draft.context.policy.casework.platforms.get(decision.platform or "")
    if code is None:
        raise Refusal(Code.UNKNOWN, f"没有平台{decision.platform}")
    if code == draft.case.lead:
        raise Refusal(Code.SENSELESS, "该平台已在主办")
    case = draft.case
    why = f"一键转接{decision.platform}"
    lead = Assignment(code, Role.LEAD)
    # Danger stays ours too: the platform leads, and whoever is on the way goes on (rule 9.7).
    danger = case.outcome in DANGER
    given = leading.with_lead(case, lead, draft.context) if danger else (lead,)
    orders = leading.relead(draft, given, why)
    draft.update(
        status=CaseStatus.DISPATCHED if danger else CaseStatus.TRANSFERRED,
        transfer=Transfer(
            platform=decision.platform or "",
            from_status=case.status,
            order_id=ids.order_id(case.case_id, code, draft.case.round),
        ),
    )
    draft.say(CaseTransferred, decision.reason, rule="2", platform=decision.platform, orders=orders)


def transfer_answer(draft: Draft, decision: OperatorDecided) -> None:
    """The receipt. A refusal is a return by the other platform (rule 9.14); where it was the first receiver, a person
    decides."""
    moved = draft.case.transfer
    order = draft.case.order(moved.order_id) if moved is not None else None
    if moved is None or order is None or not order.open:
        raise Refusal(Code.SENSELESS, "没有等待回执的转接")
    accepted = bool(decision.accepted)
    draft.update(transfer=None)
    reason = decision.reason or ("对方平台已受理" if accepted else "对方平台不受理")
    if accepted:
        if draft.case.status is CaseStatus.TRANSFERRED:  # theirs from now on: nothing falls due here any more
            draft.case = draft.case.with_order(order.over(OrderStatus.DONE))
            draft.update(finish=None, ended_at=draft.context.at)
        draft.say(TransferAnswered, reason, rule="2", platform=moved.platform, accepted=True)
        return
    draft.case = draft.case.with_order(order.over(OrderStatus.RETURNED))
    draft.update(status=CaseStatus.DISPATCHED)
    if draft.case.first_receiver == order.agency or moved.from_status is CaseStatus.REVIEW:
        draft.update(lead=None)
        ends.to_review(draft)
        draft.say(TransferAnswered, reason, rule="9.14", platform=moved.platform, accepted=False)
        return
    draft.say(TransferAnswered, reason, rule="9.14", platform=moved.platform, accepted=False)
    returned(draft, by=order.agency, order=order, proposed=decision.unit, reason=reason)
