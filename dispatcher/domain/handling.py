"""A person decides how a case goes on: together with others, over again, or at an end."""

from datetime import datetime, timedelta

from dispatcher.domain import ends, ids, ladder
from dispatcher.domain.cases import Care, Whistle
from dispatcher.domain.codes import DISSATISFIED, CaseStatus, ClosedAs, Outcome
from dispatcher.domain.events import (
    CareEnded,
    CareStarted,
    CaseMerged,
    CaseRelated,
    CaseReopened,
    CaseSplit,
    CaseUnmerged,
    ConfidentialitySet,
    NoteAdded,
    NoticeKind,
    RevisitMade,
    ThreeWayHeld,
    UnitUrged,
    WhistleBlown,
)
from dispatcher.domain.inbox import CaseNotice, Operation, OperatorDecided, SplitOff
from dispatcher.domain.lookups.codes import OPEN, Desk
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.work import Draft

# -- several cases -----------------------------------------------------------------------------------------


def _tell(draft: Draft, operation: Operation, other: str, decision: OperatorDecided) -> None:
    draft.sends.append(
        CaseNotice(
            message_id=f"{decision.message_id}/{operation}",
            case_id=other,
            operation=operation,
            other=draft.case.case_id,
            actor=decision.actor,
            role=decision.role,
            reason=decision.reason,
            search=_search(draft, operation),
        )
    )


def _search(draft: Draft, operation: Operation) -> Desk | None:
    """The desk whose search the other case would have to go on with."""
    lookup = draft.case.lookup
    merging = operation is Operation.MERGE and lookup is not None and lookup.status in OPEN
    return lookup.desk if merging and lookup is not None and lookup.desk is Desk.MISSING_PERSON else None


def merge(draft: Draft, decision: OperatorDecided) -> None:
    """This case goes on as part of another. Its clocks stand as they are, so that it can be its own again."""
    other = decision.other or ""
    if other == draft.case.case_id:
        raise Refusal(Code.SENSELESS, "不能与自身合并")
    draft.update(merged_into=other, before_merge=draft.case.status, status=CaseStatus.MERGED)
    for order in draft.case.orders:
        if order.open:
            draft.notify(order, NoticeKind.PARTNERS, f"并入案件{other}")
    draft.say(CaseMerged, decision.reason, rule="1", into=other)
    _tell(draft, Operation.MERGE, other, decision)


def unmerge(draft: Draft, decision: OperatorDecided) -> None:
    """Its own again: each case's deadlines as they stood (rule 9.2)."""
    into = draft.case.merged_into or ""
    take_back(draft, decision.reason)
    _tell(draft, Operation.UNMERGE, into, decision)


def take_back(draft: Draft, reason: str) -> None:
    """Undo a merge on the case that was merged."""
    into = draft.case.merged_into or ""
    draft.update(
        status=draft.case.before_merge or CaseStatus.REVIEW,
        merged_into=None,
        before_merge=None,
    )
    draft.say(CaseUnmerged, reason, rule="9.2", from_case=into)


def link(draft: Draft, decision: OperatorDecided) -> None:
    """Two cases have to do with each other; each stays its own."""
    other = decision.other or ""
    if other == draft.case.case_id or other in draft.case.related:
        raise Refusal(Code.SENSELESS, "已经关联")
    draft.update(related=(*draft.case.related, other))
    draft.say(CaseRelated, decision.reason or "关联案件", rule="1", other=other)
    _tell(draft, Operation.LINK, other, decision)


def split(draft: Draft, decision: OperatorDecided) -> None:
    """A second matter in one call becomes a case of its own."""
    case = draft.case
    matter = draft.context.city.matters.get(decision.category or "")
    if matter is None or matter.outcome is Outcome.INVALID:
        raise Refusal(Code.UNKNOWN, f"不能拆分为{decision.category}")
    new = ids.split_case_id(case.case_id, decision.message_id)
    draft.update(related=(*case.related, new))
    draft.say(CaseSplit, decision.reason, rule="1", other=new, text=decision.text)
    draft.sends.append(
        SplitOff(
            message_id=decision.message_id,
            case_id=new,
            parent=case.case_id,
            call_id=case.call_id,
            text=decision.text,
            category=matter.code,
            outcome=decision.outcome or matter.outcome,
            urgency=decision.urgency or case.urgency,
            place=case.place,
            caller=case.caller,
            actor=decision.actor,
            role=decision.role,
            reason=decision.reason,
            confidential=case.confidential,
            source=case.source or draft.context.record,
        )
    )


def three_way(draft: Draft, decision: OperatorDecided) -> None:
    """Caller, 110 and another platform on one line: what was agreed is written down."""
    if decision.platform not in draft.context.policy.casework.platforms:
        raise Refusal(Code.UNKNOWN, f"没有平台{decision.platform}")
    draft.say(ThreeWayHeld, decision.reason or "三方通话", rule="2", platform=decision.platform, text=decision.text)


# -- with several units ------------------------------------------------------------------------------------


_LONGEST_WHISTLE = 30 * 24 * 60


def whistle(draft: Draft, decision: OperatorDecided) -> None:
    """吹哨: these units must report in (报到) in time."""
    context = draft.context
    unknown = [code for code in decision.units if code not in context.city.units]
    if unknown:
        raise Refusal(Code.UNKNOWN, f"没有单位{'、'.join(unknown)}")
    minutes = decision.minutes if decision.minutes is not None else context.policy.casework.whistle_minutes
    if not 0 < minutes <= _LONGEST_WHISTLE:
        raise Refusal(Code.SENSELESS, "报到时限须大于零，不超过三十天")
    until = context.at + timedelta(minutes=minutes)
    orders = ladder.bring_in(draft, decision.units, "吹哨报到")
    units = tuple(dict.fromkeys(decision.units))
    whistle = Whistle(whistle_id=decision.message_id, missing=units, until=until)
    draft.update(whistles=(*draft.case.whistles, whistle))
    draft.say(WhistleBlown, decision.reason or "中心吹哨", rule="3", units=units, until=until, orders=orders)


def mediate(draft: Draft, decision: OperatorDecided) -> None:
    """A dispute steps on the ladder, on its first rung or the one named (rule 9.9)."""
    rungs = draft.context.policy.casework.ladder
    if not ladder.is_dispute(draft.case.category, draft.context.policy):
        raise Refusal(Code.SENSELESS, "不是纠纷类案件")
    rung = next((one for one in rungs if one.rung == (decision.rung or rungs[0].rung)), None)
    if rung is None:
        raise Refusal(Code.UNKNOWN, f"没有调解层级{decision.rung}")
    if draft.case.mediation is not None:
        raise Refusal(Code.SENSELESS, "正在调解")
    ladder.enter(draft, rung, how="started", reason=decision.reason or "启动调解")


def care(draft: Draft, decision: OperatorDecided) -> None:
    """On the care list: a visit at least every second day (rule 9.14)."""
    if draft.case.care is not None:
        raise Refusal(Code.SENSELESS, "已在关爱名单")
    until = ladder.next_visit(draft.context)
    draft.update(care=Care(who=decision.text, until=until))
    draft.say(CareStarted, decision.reason or "列入关爱走访", rule="9.14", who=decision.text, until=until)


def care_end(draft: Draft, decision: OperatorDecided) -> None:
    if draft.case.care is None:
        raise Refusal(Code.SENSELESS, "不在关爱名单")
    draft.update(care=None)
    draft.say(CareEnded, decision.reason, rule="9.14")


# -- again, or at an end -----------------------------------------------------------------------------------


def reopen(draft: Draft, decision: OperatorDecided) -> None:
    """重办. What was never a unit's goes before a person first."""
    if draft.case.status in (CaseStatus.INVALID, CaseStatus.TRANSFERRED):
        ends.to_review(draft)
        draft.update(transfer=None, lead=None, assist=(), reopened=draft.case.first_order_at is not None)
        draft.say(CaseReopened, decision.reason, rule="9.2", deadline=None)
        return
    ends.reopen(draft, decision.reason, rule="9.2")


def withdraw(draft: Draft, decision: OperatorDecided) -> None:
    """The caller takes it back."""
    ends.close(draft, ClosedAs.WITHDRAWN, decision.reason, rule="9.4")


def within_reopening(finished_at: datetime | None, at: datetime, days: int) -> bool:
    """Whether the unit finished less than so many days ago."""
    return finished_at is not None and at < finished_at + timedelta(days=days)


def revisit(draft: Draft, decision: OperatorDecided) -> None:
    """回访 (rule 9.10): dissatisfied in time reopens, three unanswered calls close the case as 未能回访."""
    case, policy = draft.case, draft.context.policy.casework
    answered = bool(decision.answered)
    if answered and decision.satisfaction is None:
        raise Refusal(Code.MISSING, "须记录满意度")
    if not answered and decision.satisfaction is not None:
        raise Refusal(Code.SENSELESS, "未接通不能有满意度")
    attempt = case.unanswered + 1
    draft.update(unanswered=case.unanswered if answered else attempt)
    draft.say(
        RevisitMade,
        decision.reason or ("已回访" if answered else "未接通"),
        rule="9.10",
        answered=answered,
        satisfaction=decision.satisfaction,
        attempt=attempt,
    )
    if not answered:
        if attempt >= policy.unanswered_visits:
            ends.close(draft, ClosedAs.UNREACHED, "未能回访", rule="9.10")
        return
    if decision.satisfaction not in DISSATISFIED:
        ends.close(draft, ClosedAs.SATISFIED, "群众满意", rule="9.10")
    elif within_reopening(case.finished_at, draft.context.at, policy.reopen_days):
        ends.reopen(draft, "群众不满意，重办", rule="9.10")
    else:
        ends.close(draft, ClosedAs.DISSATISFIED, "不满意，但已超过重办期限", rule="9.10")


def close(draft: Draft, decision: OperatorDecided) -> None:
    ends.close(draft, ClosedAs.NOT_REVISITED, decision.reason, rule="3")


# -- small ones --------------------------------------------------------------------------------------------


def confidential(draft: Draft, decision: OperatorDecided) -> None:
    draft.update(confidential=bool(decision.confidential))
    draft.say(ConfidentialitySet, decision.reason, rule="9.11", confidential=draft.case.confidential)


def urge(draft: Draft, decision: OperatorDecided) -> None:
    """催办."""
    order = draft.case.lead_order
    if order is None:
        raise Refusal(Code.SENSELESS, "没有主办单位")
    reason = decision.reason or "催办"
    draft.notify(order, NoticeKind.URGED, reason)
    draft.say(UnitUrged, reason, rule="3", order_id=order.order_id, agency=order.agency)


def note(draft: Draft, decision: OperatorDecided) -> None:
    draft.say(NoteAdded, decision.reason or "备注", rule="3", text=decision.text)
