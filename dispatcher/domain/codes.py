"""The closed lists of words that events, tables and screens share."""

from enum import StrEnum


class Outcome(StrEnum):
    """Whose matter a call is. ``review``: the system abstains and a person decides."""

    POLICE = "police"
    JOINT = "joint"
    NON_POLICE = "non_police"
    INVALID = "invalid"
    REVIEW = "review"


#: The outcomes that send police; what they say is never made to wait.
DANGER: tuple[Outcome, ...] = (Outcome.POLICE, Outcome.JOINT)

#: How grave an outcome is; a repeat call may raise its case along this order, never lower it.
GRAVITY: dict[Outcome, int] = {
    Outcome.INVALID: 0,
    Outcome.NON_POLICE: 1,
    Outcome.REVIEW: 2,
    Outcome.POLICE: 3,
    Outcome.JOINT: 4,
}


class Urgency(StrEnum):
    """How fast: ``emergency`` seconds count, ``urgent`` today, ``routine`` within the ordinary limits."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


URGENCY_RANK: dict[Urgency, int] = {Urgency.ROUTINE: 0, Urgency.URGENT: 1, Urgency.EMERGENCY: 2}


def in_doubt(outcome: Outcome, urgency: Urgency) -> Urgency:
    """How fast a person must look at a call that was thought to be that, but whose record is not to be trusted."""
    danger = outcome in (Outcome.POLICE, Outcome.JOINT) or urgency is Urgency.EMERGENCY
    return Urgency.EMERGENCY if danger else Urgency.URGENT


class Role(StrEnum):
    """A unit's part in a case: exactly one leads, others assist."""

    LEAD = "lead"
    ASSIST = "assist"


class Capacity(StrEnum):
    """Why a unit leads: it owns the matter, or it covers the owner off hours (domain rule 9.6)."""

    OWNER = "owner"
    FALLBACK = "fallback"


class CaseStatus(StrEnum):
    """Where a case stands. The side states of the closed loop join here as casework grows."""

    REVIEW = "review"  # 待人工研判
    DISPATCHED = "dispatched"  # 交办
    INVALID = "invalid"  # 无效, recorded and closed
    LINKED = "linked"  # the call belongs to another case; this entry only guards its call_id


class LinkKind(StrEnum):
    """Why a call joins an earlier case (domain rule 9.4)."""

    CONTINUATION = "continuation"  # the same call going on: attached, not counted
    REPEAT = "repeat"  # attached and counted for the unit that leads


class Clock(StrEnum):
    """The three clocks of rule 9.1."""

    ACKNOWLEDGE = "acknowledge"
    FIRST_ANSWER = "first_answer"
    FINISH = "finish"
