"""What channels, the matcher and other lookups say to a lookup. Nothing that was answered is lost: what comes late, or after
the search is over, still stands in the ledger."""

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import GUARDS, ActorRole
from dispatcher.domain.entries import Context
from dispatcher.domain.events.lookups import ConfirmationTakenBack, LookupConfirmed, LookupHandedOver, LookupRecorded
from dispatcher.domain.lookups import drafting
from dispatcher.domain.lookups.codes import (
    OPEN,
    AnswerStatus,
    CandidateStatus,
    ConfirmedBy,
    LookupStatus,
    Notice,
    RequestStatus,
)
from dispatcher.domain.lookups.messages import LookupAnswered, LookupMatched, LookupTold
from dispatcher.domain.lookups.records import Candidate, Confirmation, LookupRecord
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.work import NOTHING, Draft, Work, no_case, rejected

DESK = "desk"
"""Stands as the database of candidates that are lookups themselves."""


def on_lookup_answered(case: CaseRecord | None, answer: LookupAnswered, context: Context) -> Work:
    """A channel has answered, or its adapter that it cannot."""
    if case is None:
        return no_case(answer.case_id)
    role = ActorRole.DESK_OFFICER
    if case.status in GUARDS:
        refusal = Refusal(Code.STATUS, f"来电已并入案件{case.linked_to}" if case.linked_to else "案件已归档")
        return rejected(case, answer, refusal, context, actor=answer.channel, role=role)
    lookup = case.lookup
    if lookup is None or lookup.lookup_id != answer.lookup_id:
        refusal = Refusal(Code.UNKNOWN, "该案件没有这一查询")
        return rejected(case, answer, refusal, context, actor=answer.channel, role=role)
    request = lookup.request(answer.message_id)
    if answer.message_id in case.seen or (request is not None and request.status is RequestStatus.ANSWERED):
        return NOTHING
    down = answer.status is AnswerStatus.UNAVAILABLE
    if down and (request is None or request.status is RequestStatus.UNAVAILABLE):
        return NOTHING  # said before
    draft = Draft(case, context, actor=answer.channel, role=role)
    late = request is not None and request.status in (RequestStatus.UNAVAILABLE, RequestStatus.SILENT)
    if request is not None:
        status = RequestStatus.UNAVAILABLE if down else RequestStatus.ANSWERED
        draft.update(lookup=lookup.with_request(request.model_copy(update={"status": status, "found": answer.found})))
    record(draft, answer, late=late)
    # That a database is down is not the last word on the question: an answer may come later under the same id.
    return draft.work(message_id=None if down else answer.message_id)


def record(draft: Draft, answer: LookupAnswered, *, late: bool = False) -> None:
    """Write the answer down, and take its findings in."""
    hits = answer.hits if drafting.current(draft).status in OPEN else ()
    policy = draft.context.policy.desks
    database = policy.database(answer.database)
    name = database.name if database is not None else answer.channel
    if answer.status is AnswerStatus.UNAVAILABLE:
        reason = f"{name}暂不可用：{answer.text}" if answer.text else f"{name}暂不可用"
    else:
        reason = f"{name}查到线索" if answer.found else f"{name}未查到"
    draft.say(
        LookupRecorded,
        reason,
        rule="4",
        lookup_id=answer.lookup_id,
        channel=answer.channel,
        found=answer.found,
        text=answer.text,
        request_id=answer.message_id,
        database=answer.database or None,
        answer=answer.status,
        hits=answer.hits,
        dropped=answer.more + sum(hit.score < policy.silent_below for hit in hits),
        late=late,
        seconds=answer.seconds,
        tries=answer.tries,
    )
    drafting.propose(
        draft,
        [
            Candidate(
                ref=_ref(draft, hit.ref, answer),
                database=answer.database or answer.channel,
                score=hit.score,
                text=hit.text,
                at=hit.at or draft.context.at,
                reasons=hit.reasons,
                contact=hit.contact,
            )
            for hit in hits
        ],
    )


def _ref(draft: Draft, ref: str, answer: LookupAnswered) -> str:
    """Databases name their findings themselves: two may say “17” and mean different things. What a person says in a
    channel's place is meant as it stands."""
    database = answer.database or answer.channel
    known = drafting.current(draft).candidate(ref)
    if known is None or known.database in (database, DESK) or draft.actor != answer.channel:
        return ref
    return f"{database}/{ref}"


def on_lookup_matched(case: CaseRecord | None, match: LookupMatched, context: Context) -> Work:
    """The matcher has found a counterpart among the other lookups; said again, it changes nothing."""
    if case is None or case.lookup is None or case.lookup.lookup_id != match.lookup_id:
        return NOTHING
    if case.lookup.status not in OPEN or match.other_case == case.case_id:
        return NOTHING
    draft = Draft(case, context, actor=DESK, role=ActorRole.SYSTEM)
    drafting.propose(
        draft,
        [
            Candidate(
                ref=match.other_lookup,
                database=DESK,
                score=match.score,
                text=match.text,
                at=context.at,
                reasons=match.reasons,
                case_id=match.other_case,
            )
        ],
    )
    return draft.work() if draft.events else NOTHING


# -- the counterpart's lookup ----------------------------------------------------------------------------------------


def on_lookup_told(case: CaseRecord | None, told: LookupTold, context: Context) -> Work:
    """What became of both. A thing is given to one claimant only: who comes second is told so, and searches on."""
    if case is None or case.lookup is None:
        # Put away, and nobody can say to whom it was given: what is gone cannot be the counterpart.
        gone = told.notice is Notice.CONFIRMED
        return (
            Work(sends=(_back(told, Notice.REFUSED, told.case_id, ids.lookup_id(told.case_id)),)) if gone else NOTHING
        )
    if told.message_id in case.seen:
        return NOTHING
    draft = Draft(case, context, actor=told.actor, role=told.role)
    _TOLD[told.notice](draft, case.lookup, told)
    return draft.work(message_id=told.message_id)


def _confirmed(draft: Draft, lookup: LookupRecord, told: LookupTold) -> None:
    held = lookup.confirmation
    if lookup.status not in OPEN and not (held is not None and held.ref == told.other_lookup):
        draft.sends.append(_back(told, Notice.REFUSED, draft.case.case_id, lookup.lookup_id))
        return
    draft.sends.append(_back(told, Notice.AGREED, draft.case.case_id, lookup.lookup_id))
    if held is not None:  # both were confirmed at the same time
        _agreed(draft, lookup, told)
        return
    known = lookup.candidate(told.other_lookup)
    candidate = known or Candidate(
        ref=told.other_lookup, database=DESK, score=1.0, text="", at=draft.context.at, case_id=told.other_case
    )
    confirmed = candidate.model_copy(update={"status": CandidateStatus.CONFIRMED})
    draft.update(lookup=lookup.with_candidate(confirmed))
    confirm(draft, candidate.ref, by=told.by, told=told.told, other_case=told.other_case, settled=True)


def _back(told: LookupTold, notice: Notice, case_id: str, lookup_id: str) -> LookupTold:
    """What the lookup that is, or was to be, the counterpart says to a confirmation."""
    return told.model_copy(
        update={
            "message_id": f"{told.message_id}/{notice}",
            "case_id": told.other_case,
            "notice": notice,
            "other_case": case_id,
            "other_lookup": lookup_id,
        }
    )


def confirm(
    draft: Draft,
    ref: str,
    *,
    by: ConfirmedBy,
    told: str,
    other_case: str | None,
    settled: bool,
    agreed: tuple[str, ...] = (),
) -> None:
    """The lookup has found its counterpart, so the draft's actor says. `settled`: no other lookup has to agree first."""
    at = draft.context.at
    lookup = drafting.change(
        draft,
        status=LookupStatus.CONFIRMED,
        found_at=at,
        confirmation=Confirmation(
            ref=ref, by=by, told=told, actor=draft.actor or "", at=at, case_id=other_case, agreed=settled
        ),
    )
    drafting.say(
        draft,
        LookupConfirmed,
        "确认找到",
        ref=ref,
        by=by,
        told=told,
        agreed=agreed,
        other_case=other_case,
        found_after_minutes=max(0, int((at - lookup.opened_at).total_seconds() // 60)),
    )


def _agreed(draft: Draft, lookup: LookupRecord, told: LookupTold) -> None:
    """The counterpart is given to nobody else: now it may be handed over."""
    held = lookup.confirmation
    if held is not None and held.ref == told.other_lookup and not held.agreed:
        drafting.change(draft, confirmation=held.model_copy(update={"agreed": True}))


def _refused(draft: Draft, lookup: LookupRecord, told: LookupTold) -> None:
    """The counterpart had been given to another before: take the confirmation back, and strike the candidate."""
    held = lookup.confirmation
    if held is None or held.ref != told.other_lookup or lookup.status is not LookupStatus.CONFIRMED:
        return
    part(draft, held.ref, "对方已先有归属，或其查找已结束，继续查找")


def _parted(draft: Draft, lookup: LookupRecord, told: LookupTold) -> None:
    held = lookup.confirmation
    if held is not None and held.ref == told.other_lookup and lookup.status is LookupStatus.CONFIRMED:
        part(draft, held.ref, "对方撤回确认，继续查找")


def part(draft: Draft, ref: str, reason: str) -> None:
    """Take a confirmation back; the candidate is out, and the search goes on."""
    draft.update(lookup=drafting.current(draft).judged(ref, CandidateStatus.REJECTED))
    drafting.search_again(draft)
    drafting.say(draft, ConfirmationTakenBack, reason, ref=ref)
    drafting.ask(draft, "继续查找，再次查询各渠道", again=True)


def _handed_over(draft: Draft, lookup: LookupRecord, told: LookupTold) -> None:
    held = lookup.confirmation
    if lookup.status is not LookupStatus.CONFIRMED or held is None or held.ref != told.other_lookup:
        return
    drafting.change(draft, status=LookupStatus.HANDED_OVER, receipt=told.receipt, ended_at=draft.context.at)
    drafting.say(draft, LookupHandedOver, "已交接", receipt=told.receipt or "", recipient="", document="", ref=held.ref)


_TOLD = {
    Notice.CONFIRMED: _confirmed,
    Notice.AGREED: _agreed,
    Notice.REFUSED: _refused,
    Notice.PARTED: _parted,
    Notice.HANDED_OVER: _handed_over,
}
