"""What is asked of the channels, and what channels, matcher, people and other lookups say to a lookup."""

from datetime import datetime

from pydantic import Field

from dispatcher.domain.codes import ActorRole
from dispatcher.domain.lookups.codes import Action, AnswerStatus, ConfirmedBy, Desk, Mode, Notice, Side
from dispatcher.domain.messages import Complete, Message

MOST_HITS = 20
"""Findings in one answer; a channel that floods is cut here, and the rest counted."""


class LookupAsked(Complete):
    """``lookup.asked.v1`` on ``lookups``: one question to one database. `request_id` is the same however often it is sent:
    whoever answers may treat it as an idempotency key. `until`: an answer that comes later still counts, but nobody waits.
    """

    ce_type = "lookup.asked.v1"

    request_id: str
    lookup_id: str
    case_id: str
    call_id: str
    desk: Desk
    side: Side
    channel: str
    database: str
    number: int
    asked_at: datetime
    until: datetime
    since: datetime
    facts: dict[str, str]
    text: str
    district: str | None = None
    confidential: bool = False


class Hit(Message):
    """One finding in a database. `score`: how much it looks like what is sought, 0..1; 1 where the database itself is sure
    (a wristband's code). `contact`: whom to call, never shown to a claimant."""

    ce_type = "lookup_hit.v1"

    ref: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=4_000)
    score: float = Field(ge=0.0, le=1.0)
    reasons: tuple[str, ...] = ()
    at: datetime | None = None
    place: str | None = None
    contact: str | None = None


class RawHit(Message):
    """One finding as a database of another owner tells it; the desk scores it. `sure`: the database knows that it is the one."""

    ce_type = "raw_hit.v1"

    ref: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=4_000)
    at: datetime | None = None
    place: str | None = None
    contact: str | None = None
    sure: bool = False


class DeskReply(Message):
    """``desk.reply.v1`` on ``desk-replies``: what a database that speaks Kafka itself answers to one question."""

    ce_type = "desk.reply.v1"

    request_id: str
    hits: tuple[RawHit, ...] = ()
    error: str | None = None


class LookupAnswered(Message):
    """``lookup.answered.v1``: a channel of the two desks has answered. `message_id` is the request's id: it counts once."""

    ce_type = "lookup.answered.v1"

    message_id: str
    case_id: str
    lookup_id: str
    channel: str
    database: str = ""
    found: bool
    status: AnswerStatus | None = None
    hits: tuple[Hit, ...] = Field((), max_length=MOST_HITS)
    more: int = 0  # findings beyond MOST_HITS
    seconds: float | None = None  # how long the database took
    tries: int = 1
    text: str = ""


class LookupMatched(Message):
    """``lookup.matched.v1``: the matcher holds another lookup for the counterpart of this one."""

    ce_type = "lookup.matched.v1"

    message_id: str
    case_id: str
    lookup_id: str
    other_lookup: str
    other_case: str
    score: float
    reasons: tuple[str, ...]
    text: str


class LookupActed(Message):
    """``lookup.acted.v1``: a person about a lookup. Which fields an action needs: `dispatcher.domain.lookups.acting`."""

    ce_type = "lookup.acted.v1"

    message_id: str
    case_id: str
    action: Action
    actor: str
    role: ActorRole
    reason: str = ""
    database: str | None = None
    found: bool | None = None
    text: str = ""
    facts: dict[str, str] = Field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    at: datetime | None = None
    place: str | None = None
    district: str | None = None
    mode: Mode | None = None
    candidate: str | None = None
    by: ConfirmedBy | None = None
    recipient: str | None = None
    document: str | None = None


class LookupTold(Message):
    """``lookup.told.v1``: one lookup tells its counterpart's case what became of both."""

    ce_type = "lookup.told.v1"

    message_id: str
    case_id: str
    notice: Notice
    other_case: str
    other_lookup: str
    actor: str
    role: ActorRole
    by: ConfirmedBy
    told: str = ""
    receipt: str | None = None
