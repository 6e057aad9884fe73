"""Every message that passes Kafka between the agents and out of the service: one frozen model per ``ce_type``.

Producing is strict (``extra="forbid"``); a consumer of another system should ignore fields that it does not know. A new
version of a message is a new ``ce_type`` suffix.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from dispatcher.domain.codes import ActorRole, Capacity, CaseStatus, Clock, LinkKind, Outcome, Role, Urgency


class Message(BaseModel):
    """Base of all messages: frozen, strict about its fields, encoded once as compact UTF-8 JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ce_type: ClassVar[str]

    def encode(self) -> bytes:
        """Compact UTF-8 JSON; fields in the order of the model, so that equal messages are equal bytes."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)


class SourceRecord(Message):
    """Where the record lies that a decision was made from."""

    ce_type = "source.record.v1"

    topic: str
    partition: int
    offset: int


class Place(Message):
    """What is known of the incident's place. ``districts`` in the order named: the first is the incident's own."""

    ce_type = "place.v1"

    district: str | None = None
    districts: tuple[str, ...] = ()
    street: str | None = None
    landmark: str | None = None
    address: str | None = None
    outside_city: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One of the three best categories, for the person who reviews."""

    category: str
    probability: float


@dataclass(frozen=True, slots=True)
class Cue:
    """A word of the call and how much it spoke for the answer (positive) or against it."""

    text: str
    weight: float


class Link(Message):
    """The earlier case of the same caller that a call joins (domain rule 9.4)."""

    ce_type = "link.v1"

    case_id: str
    kind: LinkKind
    minutes_since: int
    #: Offset (on the caller's partition of ``calls``) of the call before it on that case: it must be heard first.
    after: int = -1


class Decision(Message):
    """What triage decided of one call, and why. A pure function of the call, the caller's recent calls, model and policy."""

    ce_type = "decision.v1"

    outcome: Outcome
    category: str
    urgency: Urgency
    confidence: float
    rule: str
    reason: str
    suggestions: tuple[Suggestion, ...] = ()
    cues: tuple[Cue, ...] = ()
    extracted: dict[str, Any] = {}
    model: str
    policy: str


class TriagedCall(Message):
    """On ``case-inbox``: a call with its decision, on its way to the one writer of cases.

    ``caller`` is the pseudonym. ``case_id`` is the call's own case; where `link` is set, the call first meets its own
    case (which guards the call_id) and then travels on to the linked one.
    """

    ce_type = "triage.decided.v1"

    call_id: str
    case_id: str
    fingerprint: str
    received_at: datetime
    text: str
    channel: str
    caller: str | None = None
    console: str | None = None
    operator: str | None = None
    confidential: bool = False
    place: Place
    decision: Decision
    link: Link | None = None
    related_to: str | None = None
    unknown_fields: tuple[str, ...] = ()
    source: SourceRecord


class AttachedCall(Message):
    """On ``case-inbox``, keyed by the linked case: a call whose id is proven new and which now joins that case.

    `void`: the call will not come, its id was used before or it could not be handled; the case need not wait for it.
    """

    ce_type = "call.attached.v1"

    case_id: str
    call: TriagedCall
    void: bool = False


class UnreadableCall(Message):
    """On ``case-inbox``: a record of ``calls`` that could not be taken; a person must see it."""

    ce_type = "call.unreadable.v1"

    case_id: str
    call_id: str
    claimed_call_id: str | None = None
    text: str
    caller: str | None = None
    address: str | None = None
    confidential: bool = False
    error_code: str
    error: str
    decision: Decision
    place: Place
    source: SourceRecord


class Deadline(Message):
    """One running clock: when it ends and why then, in Chinese."""

    ce_type = "deadline.v1"

    due_at: datetime
    why: str


class Complete(Message):
    """A message that other systems read: every field is there, ``null`` where it has no value."""

    def encode(self) -> bytes:
        return self.__pydantic_serializer__.to_json(self)


class GridPlace(Message):
    """Where in the grid (区/街道/社区/责任区) a matter lies, and the group in which its workers hear of it."""

    ce_type = "grid_place.v1"

    code: str
    path: str
    group: str | None = None


class WorkOrder(Complete):
    """``work_order.issued.v1`` on ``work-orders`` and ``agency.<code>``: what one unit is asked to do."""

    ce_type = "work_order.issued.v1"

    order_id: str
    case_id: str
    call_id: str
    agency: str
    role: Role
    capacity: Capacity = Capacity.OWNER
    covers_for: str | None = None
    #: The order of an earlier round that this one takes the place of: the same unit, the case has grown.
    replaces: str | None = None
    category: str
    urgency: Urgency
    text: str
    place: Place
    issued_at: datetime
    deadlines: dict[Clock, Deadline]
    reason: str
    ask: str | None = None
    out_of_area: bool = False
    confidential: bool = False
    #: The desk within the unit: ``inspection``, or a lookup desk (``lost_item``, ``missing_person``).
    desk: str | None = None
    #: For the grid workers of a district's order, where the place is known so exactly.
    grid: GridPlace | None = None


class OrderBrief(Message):
    """An order as the ledger names it: enough to rebuild it together with its case."""

    ce_type = "order_brief.v1"

    order_id: str
    agency: str
    role: Role
    capacity: Capacity
    covers_for: str | None = None
    deadlines: dict[Clock, Deadline]


class LedgerEvent(Complete):
    """What every event on ``case-events`` carries. ``source`` is the record on ``calls`` behind it."""

    ce_type = "ledger.v1"

    event_id: str
    at: datetime
    call_id: str
    case_id: str
    outcome: Outcome
    category: str
    lead: str | None
    assist: tuple[str, ...]
    district: str | None
    urgency: Urgency
    confidence: float
    reason: str
    rule: str
    model: str
    policy: str
    source: SourceRecord


class CallTriaged(LedgerEvent):
    """Exactly one per call_id: how the call was sorted, with the evidence."""

    ce_type = "call.triaged.v1"

    received_at: datetime
    channel: str
    fingerprint: str
    suggestions: tuple[Suggestion, ...] = ()
    cues: tuple[Cue, ...] = ()
    extracted: dict[str, Any] = {}
    unknown_fields: tuple[str, ...] = ()


class CaseOpened(LedgerEvent):
    """A new case: its status, its orders, and what a person must know to work on it."""

    ce_type = "case.opened.v1"

    status: CaseStatus
    text: str
    place: Place
    caller: str | None = None
    console: str | None = None
    operator: str | None = None
    confidential: bool = False
    related_to: str | None = None
    orders: tuple[OrderBrief, ...] = ()
    ask: str | None = None
    routing: str
    dead_letter: str | None = None


class CallLinked(LedgerEvent):
    """A repeat or continuing call that joined this case, in place of an opening."""

    ce_type = "call.linked.v1"

    kind: LinkKind
    counted_for: str | None = None
    minutes_since: int
    repeats: int
    text: str
    place: Place
    confidential: bool = False


class CaseRaised(LedgerEvent):
    """A later call showed more danger: outcome, urgency or units grew; the fields tell the case as it is now.

    Every unit on the case gets a new order, listed here, which takes the place of its former one: exactly one leads.
    """

    ce_type = "case.raised.v1"

    before_outcome: Outcome
    before_urgency: Urgency
    orders: tuple[OrderBrief, ...] = ()
    routing: str


class AlertRaised(Complete):
    """Something that the duty leader must know now: a call_id used twice, an intake that was stopped."""

    ce_type = "alert.raised.v1"

    event_id: str
    at: datetime
    case_id: str
    alert: str
    reason: str
    call_id: str | None = None
    source: SourceRecord


class CaseErased(Complete):
    """``case.erased.v1``: from here on nobody can read what was sealed in this case before. Its reason is never sealed."""

    ce_type = "case.erased.v1"

    event_id: str
    at: datetime
    case_id: str
    call_id: str | None
    actor: str
    role: ActorRole
    reason: str
    rule: str
    keys: tuple[str, ...]
    policy: str
    source: SourceRecord


#: Every message that appears on a topic by itself, by ``ce_type`` and topic family.
LEDGER_TYPES: tuple[type[LedgerEvent] | type[AlertRaised] | type[CaseErased], ...] = (
    CallTriaged,
    CaseOpened,
    CallLinked,
    CaseRaised,
    AlertRaised,
    CaseErased,
)
INBOX_TYPES: tuple[type[Message], ...] = (TriagedCall, AttachedCall, UnreadableCall)
