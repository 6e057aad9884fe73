"""Changing a lookup inside a draft of its case, and the steps that several handlers share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from dispatcher.domain.events.lookups import (
    CandidateFound,
    LookupEnded,
    LookupRequested,
    OfLookup,
)
from dispatcher.domain.lookups import asking
from dispatcher.domain.lookups.codes import OPEN, CandidateStatus, LookupStatus, RequestStatus
from dispatcher.domain.lookups.records import Candidate, LookupRecord
from dispatcher.domain.work import Draft

Event = TypeVar("Event", bound=OfLookup)


def current(draft: Draft) -> LookupRecord:
    """The lookup of a case that is known to have one."""
    lookup = draft.case.lookup
    if lookup is None:
        raise ValueError(f"case {draft.case.case_id} has no lookup")
    return lookup


def change(draft: Draft, **fields: Any) -> LookupRecord:
    """Change fields of the lookup."""
    changed = current(draft).model_copy(update=fields)
    draft.update(lookup=changed)
    return changed


def say(draft: Draft, event: type[Event], reason: str, *, rule: str = "4", **fields: Any) -> None:
    """Tell the lookup as it is now."""
    lookup = current(draft)
    draft.say(
        event,
        reason,
        rule=rule,
        lookup_id=lookup.lookup_id,
        desk=lookup.desk,
        side=lookup.side,
        lookup_status=lookup.status,
        question=asking.next_question(lookup, draft.case.category, draft.context.policy.desks),
        **fields,
    )


def ask(draft: Draft, reason: str, *, again: bool = False, machines_only: bool = False) -> bool:
    """Put the questions that are due, all at once; nothing where none is. Returns whether there were any."""
    lookup, context = current(draft), draft.context
    if lookup.status not in OPEN:
        return False
    new = asking.due(lookup, context.at, context.policy, again=again, machines_only=machines_only)
    if not new:
        return False
    changed = asking.with_requests(lookup, new, context.policy.desks)
    draft.update(lookup=changed)
    send(draft, changed, [one.request_id for one in new if one.status is RequestStatus.WAITING])
    say(draft, LookupRequested, reason, requests=tuple(new), round=changed.round)
    return True


def send(draft: Draft, lookup: LookupRecord, request_ids: Sequence[str]) -> None:
    """Let questions go out on ``lookups``."""
    case = draft.case
    about = asking.Opened(case.case_id, case.call_id, case.text, case.district, case.confidential)
    draft.asks += [
        asking.question_to(lookup, one, about) for one in lookup.requests if one.request_id in set(request_ids)
    ]


def propose(draft: Draft, new: Sequence[Candidate]) -> int:
    """Take candidates in: the strong call a person, the weak are kept, the rest is dropped. Returns how many were dropped.

    One that is known already changes only where its score has grown; a rejected one stays rejected.
    """
    policy = draft.context.policy.desks
    dropped = 0
    for one in new:
        known = current(draft).candidate(one.ref)
        if one.score < policy.silent_below:
            dropped += 1
            continue
        linked = one.case_id
        if known is not None:
            # Whoever says it again, the other lookup must hear what becomes of it, once it is known to be one.
            linked = known.case_id or one.case_id
            if known.status is not CandidateStatus.OPEN or (known.score >= one.score and linked == known.case_id):
                continue
        score = max(one.score, known.score) if known is not None else one.score
        weak = score < policy.candidate_from
        candidate = one.model_copy(update={"score": score, "weak": weak, "case_id": linked})
        draft.update(lookup=current(draft).with_candidate(candidate))
        if not weak and current(draft).status is LookupStatus.SEARCHING:
            change(draft, status=LookupStatus.CANDIDATE)
        why = "、".join(one.reasons) or "渠道查到"
        say(draft, CandidateFound, f"{'可能性较低' if weak else '疑似'}：{why}", candidate=candidate)
    _trim(draft)
    return dropped


def _trim(draft: Draft) -> None:
    """Of many candidates the unlikeliest that nobody has looked at leave the state; the ledger has told of them."""
    candidates = current(draft).candidates
    most = draft.context.policy.desks.keep_candidates
    if len(candidates) <= most:
        return
    looked_at = [one for one in candidates if one.status is not CandidateStatus.OPEN]
    open_ones = sorted((one for one in candidates if one.status is CandidateStatus.OPEN), key=lambda one: -one.score)
    kept = {one.ref for one in (*looked_at, *open_ones[: max(0, most - len(looked_at))])}
    change(draft, candidates=tuple(one for one in candidates if one.ref in kept))


def settle_status(draft: Draft) -> None:
    """After a rejection: a candidate only where one is left that calls a person."""
    lookup = current(draft)
    if lookup.status not in OPEN:
        return
    strong = any(one.status is CandidateStatus.OPEN and not one.weak for one in lookup.candidates)
    change(draft, status=LookupStatus.CANDIDATE if strong else LookupStatus.SEARCHING)


def search_again(draft: Draft, **fields: Any) -> None:
    """Let an open search stand in place of whatever stood: with its schedule from the start, and nothing confirmed."""
    fields = {"status": LookupStatus.SEARCHING, "round": 0, "resumed_at": draft.context.at} | fields
    change(draft, ended_at=None, cause="", confirmation=None, found_at=None, **fields)
    settle_status(draft)


def end(draft: Draft, status: LookupStatus, reason: str, *, cause: str = "", at: datetime) -> None:
    """No more questions, no more candidates."""
    change(draft, status=status, ended_at=at, cause=cause)
    say(draft, LookupEnded, reason, by_service=bool(cause))
