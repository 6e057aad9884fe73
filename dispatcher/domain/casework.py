"""Casework: the one writer of a case. ``(case, message) -> (case, events, orders)``.

The behaviour is the table `HANDLERS`: message type -> handler. Each handler is a pure function; the moment is the time
that the broker stamped on the record in ``case-inbox``, so a replay decides the same.

A call first meets its *own* case, whose id derives from its call_id. That entry is what makes a call_id count once,
whichever partition or caller key it came in by. A call that joins an earlier case leaves a guard behind (status
``linked``) and travels on to that case as `AttachedCall`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dispatcher.domain import (
    deciding,
    dispatch,
    elapsed,
    ends,
    entries,
    handling,
    ids,
    neighbours,
    operations,
    others,
    replies,
)
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import (
    GRAVITY,
    GUARDS,
    URGENCY_RANK,
    ActorRole,
    CaseStatus,
    ClosedAs,
    LinkKind,
    Outcome,
    in_doubt,
)
from dispatcher.domain.entries import Context
from dispatcher.domain.erasing import on_erase_asked
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.events import CaseEvent, CaseReopened
from dispatcher.domain.inbox import (
    AgencyReplied,
    CaseNotice,
    DeadlineElapsed,
    EraseAsked,
    NeighbourSeen,
    Operation,
    OperatorDecided,
    SplitOff,
)
from dispatcher.domain.lookups import acting, answers, beside
from dispatcher.domain.lookups.messages import LookupActed, LookupAnswered, LookupMatched, LookupTold
from dispatcher.domain.messages import (
    AlertRaised,
    AttachedCall,
    CallLinked,
    CaseOpened,
    CaseRaised,
    Decision,
    LedgerEvent,
    Message,
    SourceRecord,
    TriagedCall,
    UnreadableCall,
)
from dispatcher.domain.work import NOTHING, Draft, Work


def decide(case: CaseRecord | None, message: Message, context: Context) -> Work:
    """Apply one message of ``case-inbox`` to its case."""
    return beside.settle(message, HANDLERS[type(message)](case, message, context), context)


def on_triaged_call(case: CaseRecord | None, call: TriagedCall, context: Context) -> Work:
    """A call meets its own case: open it, or guard the id and send the call on to the case that it joins."""
    if case is not None:
        return _seen_before(case, call)
    if call.link is not None:
        guard = CaseRecord(
            case_id=call.case_id,
            call_id=call.call_id,
            fingerprint=call.fingerprint,
            status=CaseStatus.LINKED,
            linked_to=call.link.case_id,
            heard=call.source.offset,
            ended_at=context.at,
        )
        return Work(case=guard, forward=AttachedCall(case_id=call.link.case_id, call=call))
    return _open(call, context)


def on_attached_call(case: CaseRecord | None, attached: AttachedCall, context: Context) -> Work:
    """A call, proven new at its own case, joins this one; danger in it raises the case at once (rule 9.4).

    The calls of one caller come by way of their own cases, on other partitions, and may overtake each other there. The
    ledger tells them in the order in which they were made, so a call that came too soon is held until the one before it
    is here.
    """
    call = attached.call
    if attached.void and (case is None or case.status in GUARDS):
        return NOTHING
    if case is not None and case.status in GUARDS:
        # Over for months, or what triage took for a case only guards an id (the id had been used twice): the call gets a case of its own.
        anew = ids.salvage_case_id(context.record.topic, context.record.partition, context.record.offset)
        return Work(forward=attached.model_copy(update={"case_id": anew}))
    if case is None or (call.link is None and not attached.void):
        # The earlier case has been archived: what the call says opens the case anew under the id it was sent to.
        return _open(call.model_copy(update={"case_id": attached.case_id, "link": None}), context)
    if call.link is not None and call.link.after > case.heard:
        return Work(case=case.model_copy(update={"held": (*case.held, attached)}))
    heard = max(case.heard, call.source.offset)
    due = [held for held in case.held if held.call.link is None or held.call.link.after <= heard]
    left = tuple(held for held in case.held if held not in due)
    passed = tuple(sorted(due, key=lambda held: held.call.source.offset))
    if attached.void or call.link is None:
        return Work(case=case.model_copy(update={"heard": heard, "held": left}), passed=passed)
    counted = call.link.kind is LinkKind.REPEAT
    last = max(call.received_at, case.last_call_at or call.received_at)
    grown = case.model_copy(
        update={
            "repeats": case.repeats + counted,
            "last_call_at": last,
            "heard": heard,
            "held": left,
            # one confidential call makes the case confidential (rule 9.11)
            "confidential": case.confidential or call.confidential,
        }
    )
    if case.status is CaseStatus.CLOSED and not _may_reopen(case, call, context):
        # Over for good: what the caller says now is a matter of its own.
        anew = ids.salvage_case_id(context.record.topic, context.record.partition, context.record.offset)
        return Work(
            case=case.model_copy(update={"heard": heard, "held": left}),
            forward=AttachedCall(case_id=anew, call=call.model_copy(update={"related_to": case.case_id})),
            passed=passed,
        )
    draft = Draft(grown, context, first_event=3)
    if case.status is CaseStatus.MERGED and _graver(case, call):
        handling.take_back(draft, "再次来电情况升级，恢复独立办理")
        draft.sends.append(_parted(case, draft))
    parted = len(draft.events)
    raise_fields = dispatch.raise_case(draft, call)
    over = case.status in (CaseStatus.DONE, CaseStatus.CLOSED)
    if raise_fields is None and over:
        ends.reopen(draft, "群众再次来电反映同一事项，重办", rule="9.4")
    elif raise_fields is not None and over and draft.case.status is CaseStatus.DISPATCHED:
        draft.update(status=CaseStatus.REOPENED)
        deadline = draft.case.finish.deadline() if draft.case.finish is not None else None
        draft.say(CaseReopened, "群众再次来电，情况升级，重办", rule="9.4", deadline=deadline)
    elif _answers_the_place(draft.case, call):
        deciding.settle_place(draft, call.place.district or "", "群众再次来电说明地点")
    fields = entries.about(draft.case, call, context)
    events: list[LedgerEvent | AlertRaised | CaseEvent] = [
        entries.triaged_event(call, fields, context),
        CallLinked(
            **fields,
            event_id=entries.event_id(attached.case_id, context, 1),
            kind=call.link.kind,
            counted_for=case.lead if counted else None,
            minutes_since=call.link.minutes_since,
            repeats=grown.repeats,
            text=call.text,
            place=call.place,
            confidential=draft.case.confidential,
        ),
    ]
    if raise_fields is not None:
        events.append(CaseRaised(**(fields | raise_fields), event_id=entries.event_id(attached.case_id, context, 2)))
    work = draft.work()
    # The last event tells the case as it is now: what comes before the raise stands before it.
    told = (*events[:2], *work.events[:parted], *events[2:], *work.events[parted:])
    return replace(work, events=told, passed=passed)


def _answers_the_place(case: CaseRecord, call: TriagedCall) -> bool:
    """Whether the case waits only for its place, and this call names one (rule 9.13)."""
    waits = case.status is CaseStatus.REVIEW and case.outcome is Outcome.NON_POLICE and case.district is None
    return waits and call.place.district is not None


def _parted(case: CaseRecord, draft: Draft) -> CaseNotice:
    """Tells the case that `case` was merged into that it has gone its own way again."""
    return CaseNotice(
        message_id=f"{draft.place()}/{Operation.UNMERGE}",
        case_id=case.merged_into or "",
        operation=Operation.UNMERGE,
        other=case.case_id,
        actor="system",
        role=ActorRole.SYSTEM,
        reason="再次来电情况升级，恢复独立办理",
    )


def _may_reopen(case: CaseRecord, call: TriagedCall, context: Context) -> bool:
    """Rule 9.4: a case that its unit finished less than ten days ago; a withdrawn one as well."""
    if case.closed_as is ClosedAs.WITHDRAWN or _graver(case, call):
        return True
    return handling.within_reopening(case.finished_at, context.at, context.policy.casework.reopen_days)


def _graver(case: CaseRecord, call: TriagedCall) -> bool:
    decision = call.decision
    return (
        GRAVITY[decision.outcome] > GRAVITY[case.outcome] or URGENCY_RANK[decision.urgency] > URGENCY_RANK[case.urgency]
    )


def on_unreadable_call(case: CaseRecord | None, found: UnreadableCall, context: Context) -> Work:
    """A record that could not be read as a call becomes a case in front of a person. The id is its place: never twice."""
    if case is not None:
        return NOTHING
    decision = found.decision
    new = CaseRecord(
        case_id=found.case_id,
        call_id=found.call_id,
        fingerprint="",
        status=CaseStatus.REVIEW,
        outcome=decision.outcome,
        category=decision.category,
        urgency=decision.urgency,
        confidential=found.confidential,
        opened_at=context.at,
        district=found.place.district,
        text=found.text,
        place=found.place,
        caller=found.caller,
        decision=_kept(decision, CaseStatus.REVIEW),
        source=found.source,
        review_since=context.at,
    )
    fields = entries.decided(
        decision, found.place.district, None, (), found.call_id, found.case_id, found.source, context
    )
    opened = CaseOpened(
        **fields,
        event_id=entries.event_id(found.case_id, context, 0),
        status=CaseStatus.REVIEW,
        text=found.text,
        place=found.place,
        caller=found.caller,
        confidential=found.confidential,
        routing="记录无法读取，待人工研判",
        dead_letter=f"{found.error_code} {found.error}",
    )
    events: list[LedgerEvent | AlertRaised] = [opened]
    if found.error_code == "D310":
        alert = "call_id_reused"
        events.append(entries.alert(alert, found.error, found.case_id, found.claimed_call_id, found.source, context, 1))
    return Work(case=new, events=tuple(events))


def stray(call: TriagedCall, error: BadRecord, place: SourceRecord) -> UnreadableCall:
    """`call` as a case for a person, under an id of its own: the caller is real, whatever is wrong with the record."""
    reason = "记录编号重复而内容不同，须人工查看" if error.code == "D310" else "系统处理此来电时出错，须人工查看"
    return UnreadableCall(
        case_id=ids.salvage_case_id(place.topic, place.partition, place.offset),
        call_id=ids.salvage_call_id(place.topic, place.partition, place.offset),
        claimed_call_id=call.call_id,
        text=call.text,
        caller=call.caller,
        address=call.place.address,
        confidential=call.confidential,
        error_code=error.code,
        error=error.message,
        decision=call.decision.model_copy(
            update={
                "outcome": Outcome.REVIEW,
                "urgency": in_doubt(call.decision.outcome, call.decision.urgency),
                "rule": f"intake.{error.code}",
                "reason": reason,
            }
        ),
        place=call.place,
        source=call.source,
    )


#: The whole behaviour of casework on one screen: message type -> handler.
HANDLERS: dict[type[Message], Callable[[CaseRecord | None, Any, Context], Work]] = {
    TriagedCall: on_triaged_call,
    AttachedCall: on_attached_call,
    UnreadableCall: on_unreadable_call,
    AgencyReplied: replies.on_agency_replied,
    OperatorDecided: operations.on_operator_decided,
    DeadlineElapsed: elapsed.on_deadline_elapsed,
    CaseNotice: others.on_case_notice,
    SplitOff: others.on_split_off,
    LookupAnswered: answers.on_lookup_answered,
    LookupMatched: answers.on_lookup_matched,
    LookupActed: acting.on_lookup_acted,
    LookupTold: answers.on_lookup_told,
    NeighbourSeen: others.on_neighbour_seen,
    EraseAsked: on_erase_asked,
}


def _seen_before(case: CaseRecord, call: TriagedCall) -> Work:
    """The id is known: the same call again changes nothing; another call under it is refused and alerted."""
    passed = pass_on(call)
    if case.fingerprint == call.fingerprint:
        return NOTHING if not passed or call.source.offset == case.heard else Work(passed=passed)
    reason = f"call_id {call.call_id} was used before for a call with other content"
    error = BadRecord(reason, code="D310", hint="A console must give each call an id of its own")
    return Work(forward=stray(call, error, call.source), passed=passed, refused=error)


def pass_on(call: TriagedCall) -> tuple[AttachedCall, ...]:
    """What tells the case that triage counted `call` to not to wait for it. A call without a caller is followed by none."""
    if call.caller is None:
        return ()
    return (AttachedCall(case_id=call.link.case_id if call.link else call.case_id, call=call, void=True),)


def _open(call: TriagedCall, context: Context) -> Work:
    decision = call.decision
    plan = dispatch.plan_for(call, call.place, context)
    status = CaseStatus.DISPATCHED
    if plan.waits_for_person:
        status = CaseStatus.REVIEW
    elif decision.outcome is Outcome.INVALID:
        status = CaseStatus.INVALID
    case = CaseRecord(
        case_id=call.case_id,
        call_id=call.call_id,
        fingerprint=call.fingerprint,
        status=status,
        outcome=decision.outcome,
        category=decision.category,
        urgency=decision.urgency,
        lead=plan.lead,
        assist=plan.assist,
        district=call.place.district,
        round=1,
        confidential=call.confidential,
        opened_at=context.at,
        last_call_at=call.received_at,
        heard=call.source.offset,
        text=call.text,
        place=call.place,
        caller=call.caller,
        decision=_kept(decision, status),
        source=call.source,
        ask=plan.ask,
        review_since=context.at if status is CaseStatus.REVIEW else None,
        ended_at=context.at if status is CaseStatus.INVALID else None,
        related=(call.related_to,) if call.related_to else (),
    )
    draft = Draft(case, context, first_event=2)
    orders = dispatch.open_orders(draft, plan)
    fields = entries.about(draft.case, call, context)
    opened = CaseOpened(
        **fields,
        event_id=entries.event_id(call.case_id, context, 1),
        status=status,
        text=call.text,
        place=call.place,
        caller=call.caller,
        console=call.console,
        operator=call.operator,
        confidential=call.confidential,
        related_to=call.related_to,
        orders=orders,
        ask=plan.ask,
        routing=plan.why,
    )
    work = draft.work()
    told = neighbours.announce(draft.case, call, context)
    return replace(
        work,
        events=(entries.triaged_event(call, fields, context), opened, *work.events),
        sends=(*work.sends, *((told,) if told is not None else ())),
    )


def _kept(decision: Decision, status: CaseStatus) -> Decision:
    """What a case needs of its call's decision; the ledger has the evidence, and there are many cases in memory."""
    fields: dict[str, Any] = {"cues": ()}
    if status is not CaseStatus.REVIEW:  # of a reviewed call a desk may still need what was extracted
        fields |= {"suggestions": (), "extracted": {}}
    return decision.model_copy(update=fields)
