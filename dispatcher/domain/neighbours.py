"""Different callers about one event: same place, same kind, close in time (domain section 1). A person decides whether to merge.

A case cannot see the others, so each opened case tells its *place* of itself: a small record on ``case-state`` under a key of its
own (``place:DISTRICT:KIND``), fed through ``case-inbox`` like everything else, so that it too is exactly once and can be
replayed. Pure: the moment is the call's.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import Outcome
from dispatcher.domain.entries import Context
from dispatcher.domain.inbox import NeighbourSeen
from dispatcher.domain.messages import Message, TriagedCall

PREFIX: Final = "place:"
"""Keys of ``case-state`` that begin so hold a `PlaceRecord` and no case."""

_GIST_CHARS: Final = 100
_REMEMBERED: Final = 20
"""More events of one kind in one district within the window than a person could compare."""


class Seen(Message):
    """A case as its place remembers it."""

    ce_type = "place.seen_case.v1"

    of_case: str
    caller: str | None = None
    at: datetime
    category: str
    street: str | None = None
    landmark: str | None = None
    gist: str


class PlaceSeen(Message):
    """``place.seen.v1`` on ``case-inbox``, keyed by the place: a case has been opened there. `case_id` is the place's key."""

    ce_type = "place.seen.v1"

    case_id: str
    seen: Seen


class PlaceRecord(Message):
    """What a place remembers: the cases of one kind in one district, of the last half hour or so."""

    ce_type = "place.state.v1"

    cases: tuple[Seen, ...] = ()


def announce(case: CaseRecord, call: TriagedCall, context: Context) -> PlaceSeen | None:
    """What an opened case tells its place; None where it has none, or is nothing to merge."""
    if call.place.district is None or case.outcome is Outcome.INVALID or not case.category or case.confidential:
        return None
    matter = context.policy.repeat.matter(case.category, None)
    seen = Seen(
        of_case=case.case_id,
        caller=call.caller,
        at=call.received_at,
        category=case.category,
        street=call.place.street,
        landmark=call.place.landmark,
        gist=call.text[:_GIST_CHARS],
    )
    return PlaceSeen(case_id=f"{PREFIX}{call.place.district}:{matter}", seen=seen)


def on_place_seen(
    known: PlaceRecord | None, message: PlaceSeen, context: Context
) -> tuple[PlaceRecord, NeighbourSeen | None]:
    """The place's record with the new case in it, and a word to that case where an earlier one looks like the same event."""
    new = message.seen
    policy = context.policy.casework
    window = timedelta(minutes=policy.merge_minutes)
    before = [one for one in (known.cases if known else ()) if abs(new.at - one.at) <= window]
    if any(one.of_case == new.of_case for one in before):
        return known or PlaceRecord(), None
    others = [one for one in before if one.caller is None or one.caller != new.caller]
    best = max(((*likeness(new, one), one) for one in others), key=lambda found: found[0], default=None)
    record = PlaceRecord(cases=(*before, new)[-_REMEMBERED:])
    if best is None or best[0] < policy.merge_score:
        return record, None
    score, reasons, other = best
    told = NeighbourSeen(
        message_id=f"near/{new.of_case}/{other.of_case}",
        case_id=new.of_case,
        other=other.of_case,
        score=score,
        reasons=reasons,
    )
    return record, told


def likeness(one: Seen, other: Seen) -> tuple[float, tuple[str, ...]]:
    """How much two cases of one kind and district look like one event, 0..1, and why, in Chinese."""
    score, reasons = 0.25, ["同区同类"]
    if one.category == other.category:
        score += 0.10
        reasons[0] = "同区同一类别"
    if one.landmark is not None and one.landmark == other.landmark:
        score += 0.35
        reasons.append(f"同在{one.landmark}")
    elif one.street is not None and one.street == other.street:
        score += 0.20
        reasons.append(f"同在{one.street}")
    minutes = abs((one.at - other.at).total_seconds()) / 60
    score += 0.10 * max(0.0, 1 - minutes / 30)
    reasons.append(f"相隔{minutes:.0f}分钟")
    words = _overlap(one.gist, other.gist)
    score += 0.30 * min(1.0, words / 0.4)
    if words >= 0.1:
        reasons.append(f"说法相近（{words:.0%}）")
    return round(min(1.0, score), 3), tuple(reasons)


def _overlap(one: str, other: str) -> float:
    """The share of character pairs of the shorter text that the other has too."""
    pairs, others = _pairs(one), _pairs(other)
    return len(pairs & others) / max(1, min(len(pairs), len(others)))


@lru_cache(maxsize=2048)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(a + b for a, b in pairwise(text) if a.isalnum() and b.isalnum())
