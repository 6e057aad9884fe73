"""What people do about a lookup: which action, while it stands how, by whom, and what must be said with it.

The table `ACTIONS` is the whole of it. A machine proposes and a person confirms: nothing else ends a search as found.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import GUARDS, ActorRole
from dispatcher.domain.desk_policy import By
from dispatcher.domain.entries import Context
from dispatcher.domain.events.lookups import (
    CandidateRejected,
    FactsLearnt,
    LookupHandedOver,
    LookupResumed,
    PersonSighted,
)
from dispatcher.domain.ids import receipt_id
from dispatcher.domain.lookups import answers, beside, drafting, proof
from dispatcher.domain.lookups.codes import (
    OPEN,
    OVER,
    Action,
    AnswerStatus,
    CandidateStatus,
    ConfirmedBy,
    Desk,
    LookupStatus,
    Mode,
    Notice,
    RequestStatus,
    Side,
)
from dispatcher.domain.lookups.facts import FACTS, LONGEST, last_known
from dispatcher.domain.lookups.messages import Hit, LookupActed, LookupAnswered, LookupTold
from dispatcher.domain.lookups.reach import reach
from dispatcher.domain.lookups.records import LookupRecord, Sighting
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.work import Draft, Work, no_case, rejected

Act = Callable[[Draft, LookupRecord, LookupActed], None]

_DESK = frozenset((ActorRole.DESK_OFFICER, ActorRole.DUTY_LEADER, ActorRole.ADMINISTRATOR))
_HEARS = _DESK | {ActorRole.CALL_TAKER, ActorRole.GRID_WORKER, ActorRole.UNIT_CLERK}
_CONFIRMED = frozenset((LookupStatus.CONFIRMED,))
_UNTOLD = frozenset(LookupStatus) - OVER
_SIDE = "side"
"""A fact that is none: it puts right whether somebody misses or somebody has found."""
_CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ActionRule:
    """`needs`: fields of the message that must be set."""

    act: Act
    statuses: frozenset[LookupStatus]
    roles: frozenset[ActorRole]
    needs: tuple[str, ...] = ()


def on_lookup_acted(case: CaseRecord | None, acted: LookupActed, context: Context) -> Work:
    """A person about a lookup."""
    if case is None:
        return no_case(acted.case_id, hint="`dispatcher lookup list` shows them")
    draft = Draft(case, context, actor=acted.actor, role=acted.role)
    try:
        lookup = _check(case, acted)
        ACTIONS[acted.action].act(draft, lookup, acted)
    except Refusal as refusal:
        return rejected(case, acted, refusal, context, actor=acted.actor, role=acted.role)
    return draft.work(message_id=acted.message_id)


def _check(case: CaseRecord, acted: LookupActed) -> LookupRecord:
    rule = ACTIONS[acted.action]
    if acted.message_id in case.seen:
        raise Refusal(Code.DUPLICATE, "同一操作已处理过")
    if acted.role not in rule.roles:
        raise Refusal(Code.ROLE, f"{acted.role}无权{acted.action}")
    if case.status in GUARDS:
        raise Refusal(Code.STATUS, f"来电已并入案件{case.linked_to}" if case.linked_to else "案件已归档")
    if case.lookup is None:
        raise Refusal(Code.STATUS, "该案件没有查找")
    if case.lookup.status not in rule.statuses:
        raise Refusal(Code.STATUS, f"查找现为{case.lookup.status}，不能{acted.action}")
    missing = [name for name in rule.needs if getattr(acted, name) in (None, "", {}, ())]
    if missing:
        raise Refusal(Code.MISSING, f"缺少：{'、'.join(missing)}")
    return case.lookup


def _answer(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    """A person has looked: video, a telephone call to a driver, a register on paper."""
    database = draft.context.policy.desks.database(acted.database or "")
    if database is None:
        raise Refusal(Code.UNKNOWN, f"没有这一渠道：{acted.database}")
    # A machine's own answer is still to come, whatever a person has found there meanwhile.
    request = lookup.latest(database.code) if database.by is By.PERSON else None
    if request is not None:
        done = request.model_copy(update={"status": RequestStatus.ANSWERED, "found": bool(acted.found)})
        draft.update(lookup=lookup.with_request(done))
    hits: tuple[Hit, ...] = ()
    if acted.found:
        ref = acted.candidate or f"{database.code}/{acted.message_id}"
        hits = (Hit(ref=ref[:200], text=acted.text[:4_000], score=1.0, reasons=("人工查到",), at=acted.at),)
    late = request is not None and request.status in (RequestStatus.UNAVAILABLE, RequestStatus.SILENT)
    answers.record(
        draft,
        LookupAnswered(
            message_id=request.request_id if request is not None else acted.message_id,
            case_id=acted.case_id,
            lookup_id=lookup.lookup_id,
            channel=database.channel,
            database=database.code,
            found=bool(acted.found),
            status=AnswerStatus.FOUND if acted.found else AnswerStatus.NOTHING,
            hits=hits,
            seconds=(draft.context.at - request.asked_at).total_seconds() if request is not None else None,
            text=acted.text,
        ),
        late=late,
    )


def _facts(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    """The caller's answers; "nobody knows" is one too, and the next question comes."""
    if not acted.facts and not acted.unknown:
        raise Refusal(Code.MISSING, "缺少：facts")
    strange = [fact for fact in (*acted.facts, *acted.unknown) if fact not in FACTS and fact != _SIDE]
    if strange:
        raise Refusal(Code.UNKNOWN, f"没有这一项：{'、'.join(strange)}")
    if "mode" in acted.facts and acted.facts["mode"] not in set(Mode):
        raise Refusal(Code.UNKNOWN, f"没有这一交通方式：{acted.facts['mode']}")
    said = {fact: value[:LONGEST] for fact, value in acted.facts.items() if fact != _SIDE and value.strip()}
    side = acted.facts.get(_SIDE, lookup.side)
    if side not in set(Side):
        raise Refusal(Code.UNKNOWN, f"不是 lost 或 found：{side}")
    unknown = tuple(dict.fromkeys((*lookup.unknown, *acted.unknown)))
    drafting.change(
        draft,
        facts=lookup.facts | said,
        unknown=tuple(fact for fact in unknown if fact not in said),
        side=Side(side),
        since=last_known(said, draft.context.at) if "time" in said else lookup.since,
    )
    drafting.say(draft, FactsLearnt, acted.reason or "补充情况", facts=said, unknown=acted.unknown)
    drafting.ask(draft, "情况有补充，再查")


def _sighting(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    """Somebody saw the missing person: the search has a new middle, and who looks by place is asked anew."""
    if lookup.desk is not Desk.MISSING_PERSON or lookup.side is not Side.LOST:
        raise Refusal(Code.SENSELESS, "只有走失人员的查找才有目击线索")
    policy, city, now = draft.context.policy.desks, draft.context.city, draft.context.at
    seen = acted.at or now
    if seen.tzinfo is None or seen > now + _CLOCKS_DIFFER:
        raise Refusal(Code.EARLY, "目击时间晚于现在")
    if "time" in lookup.facts and seen < lookup.since:  # else nobody has said when the person was last seen
        raise Refusal(Code.STALE, "目击时间早于最后一次见到")
    if acted.district is not None and acted.district not in city.districts:
        raise Refusal(Code.UNKNOWN, f"没有这个区：{acted.district}")
    one = Sighting(
        at=min(seen.astimezone(UTC), now),
        place=(acted.place or "")[:LONGEST],
        district=acted.district,
        mode=acted.mode,
        text=acted.text,
    )
    sightings = tuple(sorted((*lookup.sightings, one), key=lambda sighting: sighting.at))
    latest = sightings[-1]
    facts = lookup.facts | {"last_place": latest.place}
    changed = drafting.change(draft, sightings=sightings, facts=facts)
    drafting.say(draft, PersonSighted, f"目击：{one.place}", sighting=one, reach=reach(changed, now, policy))
    drafting.ask(draft, "有目击线索，按新地点再查")


def _reject(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    candidate = lookup.candidate(acted.candidate or "")
    if candidate is None:
        raise Refusal(Code.UNKNOWN, "没有这一线索")
    if candidate.status is not CandidateStatus.OPEN:
        raise Refusal(Code.STALE, f"该线索已是{candidate.status}")
    draft.update(lookup=lookup.judged(candidate.ref, CandidateStatus.REJECTED))
    drafting.settle_status(draft)
    drafting.say(draft, CandidateRejected, acted.reason, ref=candidate.ref)


def _confirm(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    """A thing is its owner's when its private marks were named, or by a document; a person is the one missed when the family
    or an officer on the spot says so."""
    by = acted.by
    allowed = {
        Desk.LOST_ITEM: (ConfirmedBy.OWNER, ConfirmedBy.OFFICER),
        Desk.MISSING_PERSON: (ConfirmedBy.FAMILY, ConfirmedBy.OFFICER),
    }[lookup.desk]
    if by is None or by not in allowed:
        raise Refusal(Code.ROLE, f"须由{'、'.join(allowed)}确认")
    candidate = lookup.candidate(acted.candidate) if acted.candidate else None
    agreed: tuple[str, ...] = ()
    if acted.candidate and candidate is None:
        raise Refusal(Code.UNKNOWN, "没有这一线索")
    if candidate is None and lookup.desk is Desk.LOST_ITEM:
        raise Refusal(Code.MISSING, "缺少：candidate")
    if candidate is not None:
        if candidate.status is not CandidateStatus.OPEN:
            raise Refusal(Code.STALE, f"该线索已是{candidate.status}")
        if lookup.desk is Desk.LOST_ITEM:
            finder = candidate.text if lookup.side is Side.LOST else _found_words(draft, lookup)
            policy = draft.context.policy.desks
            agreed = proof.agreed(acted.text, finder, lookup, policy.no_mark, policy.public_words)
            if not agreed and not acted.document:
                raise Refusal(Code.MISSING, "所说特征与拾得记录没有相符之处；请再问记号、内有物品，或查验证件")
        draft.update(lookup=lookup.judged(candidate.ref, CandidateStatus.CONFIRMED))
    ref = candidate.ref if candidate is not None else "self"
    other = candidate.case_id if candidate is not None else None
    answers.confirm(draft, ref, by=by, told=acted.text, other_case=other, settled=other is None, agreed=agreed)
    if other is not None:
        _tell(draft, lookup, acted, Notice.CONFIRMED, to=other, by=by, told=acted.text)


def _found_words(draft: Draft, lookup: LookupRecord) -> str:
    """What the finder said, where the found thing has the lookup: the claimant's own report would bear itself out."""
    return "，".join((draft.case.text, *(lookup.facts.get(fact, "") for fact in ("mark", "contents"))))


def _handover(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    """The receipt: who took it, by which document, both masked before they are written down."""
    held = lookup.confirmation
    if held is None:
        raise Refusal(Code.STATUS, "尚未确认")
    if not held.agreed:  # it may have been confirmed for another at the same moment
        raise Refusal(Code.STATUS, "对方登记尚未核对，请稍候再办交接")
    receipt = receipt_id(lookup.lookup_id, held.ref)
    drafting.change(draft, status=LookupStatus.HANDED_OVER, receipt=receipt, ended_at=draft.context.at)
    drafting.say(
        draft,
        LookupHandedOver,
        acted.reason or "已当面交接",
        receipt=receipt,
        recipient=proof.masked_name(acted.recipient or ""),
        document=proof.masked_document(acted.document or ""),
        ref=held.ref,
    )
    if held.case_id is not None:
        _tell(draft, lookup, acted, Notice.HANDED_OVER, to=held.case_id, by=held.by, receipt=receipt)


def _not_found(draft: Draft, _lookup: LookupRecord, acted: LookupActed) -> None:
    drafting.end(draft, LookupStatus.NOT_FOUND, acted.reason, at=draft.context.at)


def _cancel(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    _leave(draft, lookup, acted)
    held = lookup.confirmation
    if held is not None:  # out, as it is at the other side
        draft.update(lookup=lookup.judged(held.ref, CandidateStatus.REJECTED))
    drafting.change(draft, confirmation=None, found_at=None)
    drafting.end(draft, LookupStatus.CANCELLED, acted.reason, at=draft.context.at)


def _resume(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    """Search again: after an end, or because what was confirmed was not it after all."""
    held = lookup.confirmation
    if gone := beside.taken_along(draft.case):
        raise Refusal(Code.STATUS, f"{gone}，请先恢复案件")
    _leave(draft, lookup, acted)
    if held is not None:
        answers.part(draft, held.ref, acted.reason)
        return
    drafting.search_again(draft)
    drafting.say(draft, LookupResumed, acted.reason)
    drafting.ask(draft, "恢复查找，再次查询各渠道", again=True)


def _leave(draft: Draft, lookup: LookupRecord, acted: LookupActed) -> None:
    """Let the counterpart of a confirmation that is taken back know."""
    held = lookup.confirmation
    if held is not None and held.case_id is not None:
        _tell(draft, lookup, acted, Notice.PARTED, to=held.case_id, by=held.by)


def _tell(
    draft: Draft,
    lookup: LookupRecord,
    acted: LookupActed,
    notice: Notice,
    *,
    to: str,
    by: ConfirmedBy,
    told: str = "",
    receipt: str | None = None,
) -> None:
    """A word to the counterpart's case."""
    draft.sends.append(
        LookupTold(
            message_id=f"{draft.place()}/{notice}",
            case_id=to,
            notice=notice,
            other_case=acted.case_id,
            other_lookup=lookup.lookup_id,
            actor=acted.actor,
            role=acted.role,
            by=by,
            told=told,
            receipt=receipt,
        )
    )


_AGAIN = frozenset((LookupStatus.CONFIRMED, LookupStatus.NOT_FOUND, LookupStatus.CANCELLED))

#: action -> when, by whom, with what
ACTIONS: dict[Action, ActionRule] = {
    Action.ANSWER: ActionRule(_answer, frozenset(LookupStatus), _DESK, ("database", "found")),
    Action.FACTS: ActionRule(_facts, OPEN, _HEARS),
    Action.SIGHTING: ActionRule(_sighting, OPEN, _HEARS, ("place",)),
    Action.REJECT: ActionRule(_reject, OPEN, _DESK, ("candidate", "reason")),
    Action.CONFIRM: ActionRule(_confirm, OPEN, _DESK, ("by", "text")),
    Action.HANDOVER: ActionRule(_handover, _CONFIRMED, _DESK, ("recipient", "document")),
    Action.NOT_FOUND: ActionRule(_not_found, OPEN, _DESK, ("reason",)),
    Action.CANCEL: ActionRule(_cancel, _UNTOLD, _DESK, ("reason",)),
    Action.RESUME: ActionRule(_resume, _AGAIN, _DESK, ("reason",)),
}
