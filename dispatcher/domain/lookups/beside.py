"""When a lookup opens beside its case, and when the case takes it along: looked at after every message of a case.

It opens as soon as units have the matter, whoever leads it: with police on the way to look for an old man, the desk asks
hospitals and rescue station at the same time (rule 9.7).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ACTIVE, CaseStatus
from dispatcher.domain.entries import Context
from dispatcher.domain.events.leading import CaseRecategorised, ReviewDecided
from dispatcher.domain.events.lookups import FactsLearnt, LookupOpened, LookupResumed
from dispatcher.domain.lookups import drafting
from dispatcher.domain.lookups.codes import OPEN, Desk, LookupStatus, Side
from dispatcher.domain.lookups.facts import SYSTEM_OF, from_call, last_known
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.messages import AttachedCall, CallLinked, Message, TriagedCall
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City
from dispatcher.domain.work import Draft, Work

_MINE: Final = frozenset("我俺咱")
"""Begins the name of one of the caller's own: 我妈."""

_FIRST_EVENT: Final = 64
"""Indices of a lookup's events, after those that the case itself may have in one message."""

#: The case went another way, and takes its lookup along. DONE and CLOSED do not: a unit's finish finds nobody.
_TAKEN: Final = {
    CaseStatus.INVALID: "案件无效",
    CaseStatus.MERGED: "已并入另一案件，由其继续查找",
    CaseStatus.TRANSFERRED: "已转其他平台",
}


_RENAMED: Final = "案件已改类"


#: By their names in the taxonomy; asked at every message of a case.
_DESKS: Final[dict[str, Desk]] = {desk.value: desk for desk in Desk}


def desk_of(category: str, city: City, policy: Policy) -> Desk | None:
    """The desk that a matter opens a lookup at."""
    beside = policy.desks.beside.get(category)
    if beside is not None:
        return beside
    matter = city.matters.get(category)
    return _DESKS.get(matter.desk or "") if matter is not None else None


def settle(message: Message, work: Work, context: Context) -> Work:
    """`work`, and what it means for the lookup."""
    case = work.case
    if case is None or case.status is CaseStatus.LINKED:
        return work
    desk = desk_of(case.category, context.city, context.policy)
    if desk is None and case.lookup is None:
        return work
    draft = Draft(case, context, first_event=_FIRST_EVENT)
    lookup = case.lookup
    if lookup is None:
        if desk is not None and case.status in ACTIVE:
            _open(draft, desk, message)
    else:
        before = _renamed(work)
        if lookup.status in OPEN and (cause := _taken(case, desk, lookup, renamed=before is not None)):
            drafting.end(draft, LookupStatus.CANCELLED, cause, cause=cause, at=context.at)
        _go_on(draft, desk, message, work, before)
    if draft.case is case:
        return work
    added = draft.work()
    return replace(work, case=added.case, events=(*work.events, *added.events), asks=(*work.asks, *added.asks))


def _go_on(draft: Draft, desk: Desk | None, message: Message, work: Work, before: str | None) -> None:
    """`before`: the category until a person renamed the matter, where one has."""
    lookup, case = drafting.current(draft), draft.case
    if lookup.status is LookupStatus.CANCELLED and lookup.cause and case.status in ACTIVE:
        if desk is not None or lookup.cause != _RENAMED:
            _again(draft, desk or lookup.desk)
    elif lookup.status in OPEN and before is not None:
        _put_right(draft, before)
    elif lookup.status in OPEN and isinstance(message, AttachedCall) and _taken_in(work):
        _learn(draft, message.call)


def _renamed(work: Work) -> str | None:
    """The category until a person said that it is another; None where nobody has."""
    said = (one for one in work.events if isinstance(one, ReviewDecided | CaseRecategorised))
    return next((one.before_category for one in said), None)


def _taken_in(work: Work) -> bool:
    """Whether a call has joined the case now: not one that is held, void, or gone on to a case of its own."""
    return any(isinstance(one, CallLinked) for one in work.events)


def _taken(case: CaseRecord, desk: Desk | None, lookup: LookupRecord, *, renamed: bool) -> str | None:
    # A graver call may lend the case its category: who is missing is missing all the same. Only people rename a matter.
    if renamed and desk is not lookup.desk:
        return _RENAMED
    return taken_along(case)


def taken_along(case: CaseRecord) -> str | None:
    """Why the case as it stands has no search of its own; None where it may have one."""
    if (
        case.status is CaseStatus.CLOSED
        and case.closed_as is not None
        and case.closed_as.value in ("withdrawn", "merged")
    ):
        return "报警人撤销" if case.closed_as.value == "withdrawn" else _TAKEN[CaseStatus.MERGED]
    return _TAKEN.get(case.status)


def _open(draft: Draft, desk: Desk, message: Message) -> None:
    case, at = draft.case, draft.context.at
    facts = _facts(case, desk, _extracted(case, message))
    if case.district is not None and desk is Desk.MISSING_PERSON:
        facts["district"] = case.district
    since = last_known(facts, at)
    draft.update(
        lookup=LookupRecord(
            lookup_id=ids.lookup_id(case.case_id),
            desk=desk,
            side=_side(case, _words(case, message), desk, draft.context.policy, _extracted(case, message)),
            opened_at=at,
            since=since,
            facts=facts,
        )
    )
    drafting.say(draft, LookupOpened, "专席开始查找", facts=facts, since=since)
    drafting.ask(draft, "按已知情况并行查询各渠道")


def _words(case: CaseRecord, message: Message) -> str:
    """What was said about the matter: by a later call, where that one has made a matter of a desk of it."""
    return message.call.text if isinstance(message, AttachedCall) else case.text


def _side(case: CaseRecord, words: str, desk: Desk, policy: Policy, extracted: Mapping[str, Any]) -> Side:
    if case.category in policy.desks.found:
        return Side.FOUND
    if desk is Desk.MISSING_PERSON and any(cue in words for cue in policy.desks.found_cues):
        # 我妈走丢了，她一出门就找不着家: who misses one of the family has not found a stranger.
        own = any(one.get("missing") and str(one.get("text", ""))[:1] in _MINE for one in extracted.get("persons", ()))
        return Side.LOST if own else Side.FOUND
    told = {one.get("event") for one in extracted.get("items", ())} if desk is Desk.LOST_ITEM else set()
    if "found" in told and "lost" not in told:  # whatever way of travel the category names
        return Side.FOUND
    return Side.LOST


def _extracted(case: CaseRecord, message: Message) -> Mapping[str, Any]:
    """From the call itself; where a person has decided it since, from what the case kept."""
    call = message.call if isinstance(message, AttachedCall) else message
    if isinstance(call, TriagedCall):
        return call.decision.extracted
    return case.decision.extracted if case.decision is not None else {}


def _facts(case: CaseRecord, desk: Desk, extracted: Mapping[str, Any]) -> dict[str, str]:
    return from_call(extracted, case.place, case.category, desk)


def _again(draft: Draft, desk: Desk) -> None:
    """The case is alive again (unmerged, reopened, put right): its lookup goes on. At the other desk it begins anew: what
    looked like a telephone is no candidate for a person."""
    lookup = drafting.current(draft)
    anew: dict[str, Any] = {}
    if desk is not lookup.desk:
        side = _side(draft.case, draft.case.text, desk, draft.context.policy, {})
        anew = {"desk": desk, "side": side, "candidates": (), "sightings": (), "step": 0, "widened": 0}
        facts = _facts(draft.case, desk, {}) | lookup.facts
        if desk is Desk.MISSING_PERSON and draft.case.district is not None:
            facts["district"] = draft.case.district
        anew["facts"] = facts
    drafting.search_again(draft, **anew)
    drafting.say(draft, LookupResumed, "案件恢复办理，继续查找")
    drafting.ask(draft, "恢复查找，再次查询各渠道", again=True)


def _put_right(draft: Draft, before: str) -> None:
    """A person has renamed the matter within its desk: another way of travel, or found instead of lost."""
    lookup, found = drafting.current(draft), draft.context.policy.desks.found
    category = draft.case.category
    side = lookup.side
    if (category in found) is not (before in found):
        side = Side.FOUND if category in found else Side.LOST
    system = SYSTEM_OF.get(category)
    new = {"system": system} if system is not None and system != lookup.facts.get("system") else {}
    if side is lookup.side and not new:
        return
    drafting.change(draft, side=side, facts=lookup.facts | new)
    drafting.say(draft, FactsLearnt, "案件改类", facts=new, unknown=())
    drafting.ask(draft, "案件改类，再查")


def _learn(draft: Draft, call: TriagedCall) -> None:
    """A later call says what the first did not. What is known stays: only a person puts it right."""
    lookup = drafting.current(draft)
    said = from_call(call.decision.extracted, call.place, draft.case.category, lookup.desk)
    new = {fact: value for fact, value in said.items() if fact not in lookup.facts}
    if not new:
        return
    unknown = tuple(fact for fact in lookup.unknown if fact not in new)
    drafting.change(draft, facts=lookup.facts | new, unknown=unknown)
    drafting.say(draft, FactsLearnt, "再次来电补充", facts=new, unknown=())
    drafting.ask(draft, "情况有补充，再查")
