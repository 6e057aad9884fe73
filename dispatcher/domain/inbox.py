"""What people, units and time say to a case: the messages on ``case-inbox`` beside the calls themselves."""

from datetime import datetime
from enum import StrEnum

from dispatcher.domain.codes import ActorRole, Level, Outcome, Satisfaction, Urgency
from dispatcher.domain.lookups.codes import Desk
from dispatcher.domain.lookups.messages import LookupActed, LookupAnswered, LookupMatched, LookupTold
from dispatcher.domain.messages import Message, Place, SourceRecord


class ReplyAction(StrEnum):
    """What a unit says of its order."""

    ACKNOWLEDGE = "acknowledge"  # 签收
    PROGRESS = "progress"  # a text for the citizen: the first answer
    FINISH = "finish"  # 办结
    RETURN = "return"  # 退单, with a reason and a proposed owner
    PAUSE = "pause"  # the finish clock stops, with a reason
    RESUME = "resume"
    EXTEND = "extend"  # 延期, before the deadline, with a reason
    REPORT_IN = "report_in"  # 报到, to a whistle
    MEDIATED = "mediated"  # a rung's result: settled, or it climbs
    VISITED = "visited"  # a care visit was made


class Mode(StrEnum):
    """How a matter was handled (S2)."""

    ON_THE_SPOT = "on_the_spot"  # 现场办
    ONLINE = "online"  # 线上办
    CONFERENCE = "conference"  # 提请会办
    LEVEL_RAISED = "level_raised"  # 提级办理


class AgencyReplied(Message):
    """``agency.replied.v1``: a unit about its own order. `message_id` is the unit's own and counts once."""

    ce_type = "agency.replied.v1"

    message_id: str
    case_id: str
    order_id: str
    agency: str
    action: ReplyAction
    clerk: str | None = None
    text: str = ""
    proposed: str | None = None
    mode: Mode | None = None
    settled: bool | None = None


class Operation(StrEnum):
    """What a person may decide about a case."""

    CLAIM = "claim"  # take a reviewed call, for a while
    RELEASE = "release"
    DECIDE = "decide"  # the answer to a reviewed call
    PLACE = "place"  # where it is: the answer to the open question
    RECATEGORISE = "recategorise"  # 改类
    ARBITRATE = "arbitrate"  # the conference's decision
    RAISE_LEVEL = "raise_level"  # 提级办理
    ADD_ASSIST = "add_assist"  # 会签
    DROP_ASSIST = "drop_assist"
    TRANSFER = "transfer"  # one key, the caller stays on the line
    TRANSFER_ANSWER = "transfer_answer"
    THREE_WAY = "three_way"  # a three-way call was held
    MERGE = "merge"
    UNMERGE = "unmerge"
    LINK = "link"
    SPLIT = "split"
    REOPEN = "reopen"  # 重办
    WITHDRAW = "withdraw"  # 撤销
    WHISTLE = "whistle"  # 吹哨
    MEDIATE = "mediate"
    CARE = "care"  # put on the care list
    CARE_END = "care_end"
    REVISIT = "revisit"  # 回访
    CLOSE = "close"  # 销号
    CONFIDENTIAL = "confidential"
    URGE = "urge"  # 催办
    NOTE = "note"


class OperatorDecided(Message):
    """``operator.decided.v1``: a person's decision. Which fields an operation needs: `dispatcher.domain.operations`."""

    ce_type = "operator.decided.v1"

    message_id: str
    case_id: str
    operation: Operation
    actor: str
    role: ActorRole
    reason: str = ""
    category: str | None = None
    outcome: Outcome | None = None
    urgency: Urgency | None = None
    district: str | None = None
    unit: str | None = None
    units: tuple[str, ...] = ()
    level: Level | None = None
    platform: str | None = None
    other: str | None = None
    accepted: bool | None = None
    answered: bool | None = None
    satisfaction: Satisfaction | None = None
    minutes: int | None = None
    rung: str | None = None
    confidential: bool | None = None
    text: str = ""


class TimerKind(StrEnum):
    """What may fall due on a case."""

    ACKNOWLEDGE = "acknowledge"
    FIRST_ANSWER = "first_answer"
    FINISH = "finish"
    LEASE = "lease"
    REVIEW = "review"
    HANDOVER = "handover"
    WHISTLE = "whistle"
    RUNG = "rung"
    CARE = "care"
    CLOSING = "closing"
    ARCHIVE = "archive"
    FORGET = "forget"
    LOOKUP_REQUEST = "lookup_request"
    LOOKUP_TURN = "lookup_turn"
    LOOKUP_ESCALATE = "lookup_escalate"
    LOOKUP_WIDEN = "lookup_widen"
    LOOKUP_GIVE_UP = "lookup_give_up"


class DeadlineElapsed(Message):
    """``deadline.elapsed.v1``: something has fallen due. `due_at` and `subject` say which time of it is meant, so that a
    message about a clock that has moved on changes nothing."""

    ce_type = "deadline.elapsed.v1"

    case_id: str
    kind: TimerKind
    subject: str
    due_at: datetime


class CaseNotice(Message):
    """``case.notice.v1``: one case tells another what a person decided about both (merge, unmerge, link). `search`: at a merge, the desk
    whose search for a person the other case must have under way, for this one's ends."""

    ce_type = "case.notice.v1"

    message_id: str
    case_id: str
    operation: Operation
    other: str
    actor: str
    role: ActorRole
    reason: str = ""
    search: Desk | None = None


class SplitOff(Message):
    """``case.split_off.v1``: a matter that a person took out of another case, on its way to a case of its own."""

    ce_type = "case.split_off.v1"

    message_id: str
    case_id: str
    parent: str
    call_id: str
    text: str
    category: str
    outcome: Outcome
    urgency: Urgency
    place: Place
    caller: str | None = None
    actor: str
    role: ActorRole
    reason: str
    confidential: bool = False
    source: SourceRecord


class NeighbourSeen(Message):
    """``case.neighbour_seen.v1``: another caller's case looks like the same event; a person may merge the two."""

    ce_type = "case.neighbour_seen.v1"

    message_id: str
    case_id: str
    other: str
    score: float
    reasons: tuple[str, ...]


class EraseAsked(Message):
    """``erase.asked.v1``: a person is to be erased from a case. `keys`: ids of its keys on ``case-keys``, for a case that has been
    forgotten no longer knows them. `even_open`: although units may still be at work on it."""

    ce_type = "erase.asked.v1"

    message_id: str
    case_id: str
    keys: tuple[str, ...]
    actor: str
    role: ActorRole
    reason: str
    even_open: bool = False


INBOX_OTHERS: tuple[type[Message], ...] = (
    AgencyReplied,
    OperatorDecided,
    DeadlineElapsed,
    LookupAnswered,
    LookupMatched,
    LookupActed,
    LookupTold,
    CaseNotice,
    SplitOff,
    NeighbourSeen,
    EraseAsked,
)
"""Every message on ``case-inbox`` that is no call."""
