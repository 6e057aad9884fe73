"""What reaches a case from elsewhere: another case, somebody else's call about the same event."""

from dispatcher.domain import ends, handling, leading
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import GUARDS, TERMINAL, CaseStatus, ClosedAs, Level
from dispatcher.domain.entries import Context
from dispatcher.domain.events import (
    CaseRelated,
    MemberJoined,
    MemberLeft,
    MergeSuggested,
    SplitOpened,
)
from dispatcher.domain.inbox import CaseNotice, NeighbourSeen, Operation, SplitOff
from dispatcher.domain.lookups.codes import OPEN
from dispatcher.domain.messages import OrderBrief
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.work import NOTHING, Draft, Work, no_case, rejected


def on_case_notice(case: CaseRecord | None, notice: CaseNotice, context: Context) -> Work:
    """Another case says what a person decided about both. A merge that cannot be is sent back, so that no case is lost."""
    back = CaseNotice(
        message_id=f"{notice.message_id}/back",
        case_id=notice.other,
        operation=Operation.UNMERGE,
        other=notice.case_id,
        actor=notice.actor,
        role=notice.role,
        reason="对方案件不存在或已结束，合并未成",
    )
    if case is None:
        if notice.operation is Operation.CLOSE:
            return NOTHING  # archived already
        return Work(sends=(back,)) if notice.operation is Operation.MERGE else no_case(notice.case_id)
    if notice.message_id in case.seen:
        return NOTHING
    draft = Draft(case, context, actor=notice.actor, role=notice.role)
    refusal = _refused(case, notice)
    if refusal is not None:
        return rejected(case, notice, refusal, context, actor=notice.actor, role=notice.role)
    if notice.operation is Operation.MERGE:
        refusal = _cannot_take_in(case, notice)
        if refusal is not None:
            work = rejected(case, notice, refusal, context, actor=notice.actor, role=notice.role)
            return Work(events=work.events, sends=(back,))
        draft.update(members=tuple(dict.fromkeys((*case.members, notice.other))))
        draft.say(MemberJoined, notice.reason, rule="1", member=notice.other)
    elif notice.operation is Operation.UNMERGE:
        if case.status is CaseStatus.MERGED and case.merged_into == notice.other:
            handling.take_back(draft, notice.reason)
        elif notice.other in case.members:
            draft.update(members=tuple(code for code in case.members if code != notice.other))
            draft.say(MemberLeft, notice.reason, rule="9.2", member=notice.other)
        else:
            return NOTHING
    elif notice.operation is Operation.CLOSE:
        if case.status is not CaseStatus.MERGED or case.merged_into != notice.other:
            return NOTHING
        ends.close(draft, ClosedAs.MERGED, notice.reason, rule="1")
    else:
        if notice.other in case.related:
            return NOTHING
        draft.update(related=(*case.related, notice.other))
        draft.say(CaseRelated, notice.reason or "关联案件", rule="1", other=notice.other)
    return draft.work(message_id=notice.message_id)


def _cannot_take_in(case: CaseRecord, notice: CaseNotice) -> Refusal | None:
    """Why another case cannot go on as part of this one."""
    if case.status in TERMINAL:
        return Refusal(Code.STATUS, f"案件现为{case.status}，不能并入")
    if notice.search is not None and (
        case.lookup is None or case.lookup.status not in OPEN or case.lookup.desk is not notice.search
    ):
        return Refusal(Code.SENSELESS, "本案没有在查找此人，不能并入")  # nobody would search any more
    return None


def _refused(case: CaseRecord, notice: CaseNotice) -> Refusal | None:
    """Why a word from another case means nothing here."""
    if notice.operation not in (Operation.MERGE, Operation.UNMERGE, Operation.CLOSE, Operation.LINK):
        return Refusal(Code.SENSELESS, f"案件之间不能互通{notice.operation}")
    if notice.operation is Operation.LINK and case.status in GUARDS:
        return Refusal(Code.STATUS, f"案件现为{case.status}，不能关联")
    return None


def on_split_off(case: CaseRecord | None, part: SplitOff, context: Context) -> Work:
    """A matter that was taken out of another case opens its own."""
    if case is not None:
        return NOTHING
    new = CaseRecord(
        case_id=part.case_id,
        call_id=part.call_id,
        fingerprint="",
        status=CaseStatus.REVIEW,
        outcome=part.outcome,
        category=part.category,
        urgency=part.urgency,
        district=part.place.district,
        opened_at=context.at,
        text=part.text,
        place=part.place,
        caller=part.caller,
        source=part.source,
        level=Level.DISTRICT,
        confidential=part.confidential,
        related=(part.parent,),
    )
    draft = Draft(new, context, actor=part.actor, role=part.role)
    plan = leading.plan_of(new, context)
    if plan.lead is None:
        ends.to_review(draft)
        draft.update(ask=plan.ask)
        orders: tuple[OrderBrief, ...] = ()
    else:
        orders = leading.relead(draft, plan.assignments, plan.why, plan=plan)
    draft.say(
        SplitOpened,
        part.reason,
        rule="1",
        parent=part.parent,
        text=part.text,
        before_lead=None,
        orders=orders,
        routing=plan.why,
    )
    return draft.work(message_id=part.message_id)


def on_neighbour_seen(case: CaseRecord | None, seen: NeighbourSeen, context: Context) -> Work:
    """Another caller tells of what looks like the same event: a person is asked whether the cases are one."""
    if case is None or case.status in TERMINAL or seen.message_id in case.seen:
        return NOTHING
    draft = Draft(case, context)
    draft.say(
        MergeSuggested,
        f"与案件{seen.other}可能为同一事件：{'、'.join(seen.reasons)}",
        rule="1",
        other=seen.other,
        score=seen.score,
        reasons=seen.reasons,
    )
    return draft.work(message_id=seen.message_id)
