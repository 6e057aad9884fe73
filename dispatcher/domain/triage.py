"""Triage: one call, the caller's recent calls, the model and the rules -> one decision and the next caller history.

Pure: no clock, no I/O; the classifier is an argument. What happens with which record is in `dispatcher.stream.agents`.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from dispatcher.domain import ids
from dispatcher.domain.calls import CallReceived, Salvage
from dispatcher.domain.codes import LinkKind, Outcome, Urgency, in_doubt
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.messages import (
    Cue,
    Decision,
    Link,
    Message,
    Place,
    SourceRecord,
    Suggestion,
    TriagedCall,
    UnreadableCall,
)
from dispatcher.domain.policy import Policy, RepeatPolicy
from dispatcher.domain.units import City


class PlaceFound(Protocol):
    """Where the text says that the matter is."""

    @property
    def districts(self) -> tuple[str, ...]: ...
    @property
    def district(self) -> str | None: ...
    @property
    def street(self) -> str | None: ...
    @property
    def landmark(self) -> str | None: ...
    @property
    def outside_city(self) -> str | None: ...


class Answer(Protocol):
    """A classifier's answer for one text; `classifiers.Triage` is one."""

    @property
    def outcome(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def urgency(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def suggestions(self) -> Sequence[tuple[str, float]]: ...
    @property
    def rule(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def cues(self) -> Sequence[tuple[str, float]]: ...
    @property
    def place(self) -> PlaceFound: ...
    @property
    def extracted(self) -> dict[str, Any]: ...
    @property
    def model(self) -> str: ...


Classify = Callable[[str, str | None, datetime | None], Answer]
"""Text, the caller's address and the time of the call in; an answer out. Pure."""


class RecentCall(Message):
    """What is remembered of a call, to know the next one of the same caller."""

    ce_type = "recent_call.v1"

    call_id: str
    case_id: str
    fingerprint: str
    matter: str
    category: str
    outcome: Outcome
    received_at: datetime
    offset: int = -1  # on ``calls``


class CallerHistory(Message):
    """``caller-state``: a caller's recent calls, oldest first."""

    ce_type = "caller.history.v1"

    calls: tuple[RecentCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Triaged:
    """What triage makes of a call; `call` is None where the same call had been taken before."""

    call: TriagedCall | None
    history: CallerHistory


def call_fingerprint(call: CallReceived) -> str:
    """Digest of everything that makes two deliveries of one call_id the same call."""
    return ids.fingerprint(
        call.text, call.caller, call.address, call.received_at.timestamp(), call.source, call.confidential
    )


def triage(
    call: CallReceived,
    *,
    caller: str | None,
    history: CallerHistory,
    source: SourceRecord,
    classify: Classify,
    city: City,
    policy: Policy,
) -> Triaged:
    """Decide one call. Raises `BadRecord` D310 where its call_id had been used for another call."""
    digest = call_fingerprint(call)
    for known in history.calls:
        if known.call_id == call.call_id:
            if known.fingerprint == digest:
                return Triaged(None, history)
            raise BadRecord(
                f"call_id {call.call_id} was used before for a call with other content",
                code="D310",
                hint="A console must give each call an id of its own",
            )

    answer = classify(call.text, call.address, call.received_at)
    decision = _decision(answer, policy)
    matter = policy.repeat.matter(decision.category, city.matters[decision.category].desk)
    decision = _silent_again(decision, call, history, policy.repeat)
    earlier = _same_matter(decision, matter, call.received_at, history, policy.repeat)
    own_case = ids.case_id(call.call_id)
    latest = history.calls[-1] if history.calls else None
    triaged = TriagedCall(
        call_id=call.call_id,
        case_id=own_case,
        fingerprint=digest,
        received_at=call.received_at,
        text=call.text,
        channel=call.source,
        caller=caller,
        console=call.console,
        operator=call.operator,
        confidential=call.confidential,
        place=_place(answer.place, call.address),
        decision=decision,
        link=earlier,
        related_to=latest.case_id if latest is not None and earlier is None else None,
        unknown_fields=call.unknown_fields,
        source=source,
    )
    remembered = RecentCall(
        call_id=call.call_id,
        case_id=earlier.case_id if earlier else own_case,
        fingerprint=digest,
        matter=matter,
        category=decision.category,
        outcome=decision.outcome,
        received_at=call.received_at,
        offset=source.offset,
    )
    return Triaged(triaged, remember(history, remembered, policy.repeat))


def unreadable(
    found: Salvage,
    *,
    error: BadRecord,
    caller: str | None,
    source: SourceRecord,
    classify: Classify,
    policy: Policy,
) -> UnreadableCall:
    """The case for a record that may have been a call: always `review`, urgent, and at once where it smells of danger.

    This is the last resort, so the classifier is not trusted here: it is not asked about a record on which the worker
    died (D312), and where it raises the case goes to a person without its advice.
    """
    decision = Decision(
        outcome=Outcome.REVIEW,
        category="",
        urgency=Urgency.URGENT,
        confidence=0.0,
        rule="intake.unreadable",
        reason=f"来电记录无法正常读取（{error.code}），可能是一次报警，须人工查看",
        model="",
        policy=policy.sha256,
    )
    place = Place(address=found.address)
    if error.code != "D312":
        with suppress(Exception):
            answer = classify(found.text, found.address, None)
            advice = _decision(answer, policy)
            decision = advice.model_copy(
                update={
                    "outcome": Outcome.REVIEW,
                    "urgency": in_doubt(advice.outcome, advice.urgency),
                    "rule": decision.rule,
                    "reason": decision.reason,
                }
            )
            place = _place(answer.place, found.address)
    return UnreadableCall(
        case_id=ids.salvage_case_id(source.topic, source.partition, source.offset),
        call_id=ids.salvage_call_id(source.topic, source.partition, source.offset),
        claimed_call_id=found.claimed_call_id,
        text=found.text,
        caller=caller,
        address=found.address,
        confidential=found.confidential,
        error_code=error.code,
        error=error.message,
        decision=decision,
        place=place,
        source=source,
    )


def _decision(answer: Answer, policy: Policy) -> Decision:
    return Decision(
        outcome=Outcome(answer.outcome),
        category=answer.category,
        urgency=Urgency(answer.urgency),
        confidence=round(answer.confidence, 4),
        rule=answer.rule,
        reason=answer.reason,
        suggestions=tuple(Suggestion(category=c, probability=round(p, 4)) for c, p in answer.suggestions),
        cues=tuple(Cue(text=t, weight=round(w, 3)) for t, w in answer.cues),
        extracted=answer.extracted,
        model=answer.model,
        policy=policy.sha256,
    )


def _place(found: PlaceFound, address: str | None) -> Place:
    return Place(
        district=found.district,
        districts=found.districts if len(found.districts) > 1 else (),
        street=found.street,
        landmark=found.landmark,
        address=address,
        outside_city=found.outside_city,
    )


def _silent_again(decision: Decision, call: CallReceived, history: CallerHistory, policy: RepeatPolicy) -> Decision:
    """Rule 9.14: a silent caller who calls again within the hour is looked at by a person, urgently."""
    if decision.category != policy.silent or decision.outcome not in (Outcome.INVALID, Outcome.REVIEW):
        return decision
    window = timedelta(minutes=policy.silent_again_minutes)
    # Either order of arrival: the call that comes second is the one of which it is known that there are two.
    if not any(c.category == policy.silent and abs(call.received_at - c.received_at) <= window for c in history.calls):
        return decision
    return decision.model_copy(
        update={
            "outcome": Outcome.REVIEW,
            "urgency": Urgency.URGENT,
            "rule": "repeat.silent_again",
            "reason": f"同一号码{policy.silent_again_minutes}分钟内再次无声来电，须人工研判",
        }
    )


def _same_matter(
    decision: Decision, matter: str, received_at: datetime, history: CallerHistory, policy: RepeatPolicy
) -> Link | None:
    """Rule 9.4. An abstained or invalid call never joins a case by itself: a person sees it first, or nobody needs to.

    Measured from the caller's last call on the case, whatever that call was about. Calls may overtake each other, so the
    last call is the one nearest in time, before or after.
    """
    if decision.outcome in (Outcome.REVIEW, Outcome.INVALID) or decision.category in policy.never_repeat:
        return None
    same = {
        known.case_id
        for known in history.calls
        if known.outcome is not Outcome.INVALID
        and policy.same_matter(
            now=decision.category, now_matter=matter, before=known.category, before_matter=known.matter
        )
    }
    last = min(
        (known for known in reversed(history.calls) if known.case_id in same),
        key=lambda known: abs(received_at - known.received_at),
        default=None,
    )
    if last is None:
        return None
    gap = abs(received_at - last.received_at)
    minutes = int(gap.total_seconds() // 60)
    after = max(known.offset for known in history.calls if known.case_id == last.case_id)
    if gap < timedelta(minutes=policy.same_call_minutes):
        return Link(case_id=last.case_id, kind=LinkKind.CONTINUATION, minutes_since=minutes, after=after)
    on_case = {known.category for known in history.calls if known.case_id == last.case_id}
    dispute = not on_case.union((decision.category,)).isdisjoint(policy.disputes)
    window = timedelta(hours=policy.dispute_hours) if dispute else timedelta(minutes=policy.repeat_minutes)
    if gap > window:
        return None
    return Link(case_id=last.case_id, kind=LinkKind.REPEAT, minutes_since=minutes, after=after)


def remember(history: CallerHistory, call: RecentCall, policy: RepeatPolicy) -> CallerHistory:
    """The caller's history with one more call: what no repeat can be measured from any more leaves it (rule 9.4)."""
    horizon = call.received_at - timedelta(hours=policy.dispute_hours)
    kept = [c for c in history.calls if c.received_at >= horizon]
    return CallerHistory(calls=(*kept, call)[-policy.remembered_calls :])
