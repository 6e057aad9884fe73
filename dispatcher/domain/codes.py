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
    """Where a case stands: the seven steps of the closed loop (rule 9.15) and their side states.

    排查 is what intake finds before there is a case; 受理 and 登记 are `review` or the opening itself.
    """

    REVIEW = "review"  # 待人工研判: a person decides
    DISPATCHED = "dispatched"  # 交办: the lead's order is out
    ACKNOWLEDGED = "acknowledged"  # 签收
    IN_PROGRESS = "in_progress"  # 承办
    CONFERENCE = "conference"  # 会商: an arbiter decides whose it is; the first receiver does what cannot wait
    DONE = "done"  # 办结: every order is done
    REOPENED = "reopened"  # 重办
    CLOSED = "closed"  # 销号
    TRANSFERRED = "transferred"  # handed to another platform with the caller on the line
    MERGED = "merged"  # goes on as part of another case
    INVALID = "invalid"  # 无效, recorded and closed
    ARCHIVED = "archived"  # 归档, over for months; this entry only guards its call_id
    LINKED = "linked"  # the call belongs to another case; this entry only guards its call_id


#: A unit is at work, or should be.
ACTIVE: frozenset[CaseStatus] = frozenset(
    (
        CaseStatus.DISPATCHED,
        CaseStatus.ACKNOWLEDGED,
        CaseStatus.IN_PROGRESS,
        CaseStatus.CONFERENCE,
        CaseStatus.REOPENED,
    )
)
#: An entry that only guards a call_id, so that the call counts once.
GUARDS: frozenset[CaseStatus] = frozenset((CaseStatus.ARCHIVED, CaseStatus.LINKED))
#: Nothing more is due on such a case; a person may still reopen it, until it is archived.
TERMINAL: frozenset[CaseStatus] = frozenset(
    (
        CaseStatus.CLOSED,
        CaseStatus.TRANSFERRED,
        CaseStatus.MERGED,
        CaseStatus.INVALID,
        CaseStatus.ARCHIVED,
        CaseStatus.LINKED,
    )
)


class OrderStatus(StrEnum):
    """Where one unit's order stands."""

    ISSUED = "issued"  # 已派
    ACKNOWLEDGED = "acknowledged"  # 已签收
    IN_PROGRESS = "in_progress"  # 办理中
    DONE = "done"  # 已办结
    RETURNED = "returned"  # 已退单
    WITHDRAWN = "withdrawn"  # 已撤: another unit has the matter, or another order of this unit's


#: The unit still has to do something about the order.
OPEN_ORDERS: frozenset[OrderStatus] = frozenset((OrderStatus.ISSUED, OrderStatus.ACKNOWLEDGED, OrderStatus.IN_PROGRESS))


class Mark(StrEnum):
    """What falls due on a clock (rule 9.3): a reminder before the deadline, then cards with rising addressees."""

    REMINDER = "reminder"  # 逾期提醒
    BLUE = "blue"  # 蓝牌
    YELLOW = "yellow"  # 黄牌
    RED = "red"  # 红牌


class Level(StrEnum):
    """Management levels, from the lowest up (rule 9.9): who is asked, and where a case goes when it is raised a level."""

    COMMUNITY = "community"  # 社区
    STREET = "street"  # 街道
    DISTRICT = "district"  # 区
    CITY = "city"  # 市


class Satisfaction(StrEnum):
    """The five answers at a revisit (rule 9.10)."""

    VERY_SATISFIED = "very_satisfied"  # 非常满意
    SATISFIED = "satisfied"  # 满意
    FAIR = "fair"  # 基本满意
    DISSATISFIED = "dissatisfied"  # 不满意
    VERY_DISSATISFIED = "very_dissatisfied"  # 非常不满意


DISSATISFIED: frozenset[Satisfaction] = frozenset((Satisfaction.DISSATISFIED, Satisfaction.VERY_DISSATISFIED))


class ActorRole(StrEnum):
    """Who acts (domain section 7). `SYSTEM` is the service itself, when time has passed."""

    CALL_TAKER = "call_taker"  # 接线员
    DUTY_LEADER = "duty_leader"  # 值班长
    UNIT_CLERK = "unit_clerk"  # 联动单位经办人
    GRID_WORKER = "grid_worker"  # 网格员
    MEDIATOR = "mediator"  # 调解员
    DESK_OFFICER = "desk_officer"  # 专席人员
    AUDITOR = "auditor"  # 审计员
    ADMINISTRATOR = "administrator"  # 管理员
    SYSTEM = "system"


class ClosedAs(StrEnum):
    """Why a case was closed (销号)."""

    SATISFIED = "satisfied"  # the revisit went well
    DISSATISFIED = "dissatisfied"  # given too late to reopen
    UNREACHED = "unreached"  # 未能回访
    NOT_REVISITED = "not_revisited"  # nobody called back in time
    WITHDRAWN = "withdrawn"  # the caller took it back
    MERGED = "merged"


class LinkKind(StrEnum):
    """Why a call joins an earlier case (domain rule 9.4)."""

    CONTINUATION = "continuation"  # the same call going on: attached, not counted
    REPEAT = "repeat"  # attached and counted for the unit that leads


class Clock(StrEnum):
    """The three clocks of rule 9.1."""

    ACKNOWLEDGE = "acknowledge"
    FIRST_ANSWER = "first_answer"
    FINISH = "finish"
