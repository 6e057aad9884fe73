"""A case as ``case-state`` holds it: what the next message on it must know, and no more."""

from datetime import datetime

from dispatcher.domain.clocks import RunningClock
from dispatcher.domain.codes import (
    OPEN_ORDERS,
    Capacity,
    CaseStatus,
    ClosedAs,
    Level,
    Mark,
    OrderStatus,
    Outcome,
    Role,
    Urgency,
)
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.messages import AttachedCall, Decision, Message, Place, SourceRecord


class OrderState(Message):
    """One unit's order on the case. Its finish clock is the case's own."""

    ce_type = "order.state.v1"

    order_id: str
    agency: str
    role: Role
    capacity: Capacity = Capacity.OWNER
    covers_for: str | None = None
    issued_at: datetime
    status: OrderStatus = OrderStatus.ISSUED
    acknowledge: RunningClock | None = None
    first_answer: RunningClock | None = None

    @property
    def open(self) -> bool:
        """Whether the unit still has to do something about it."""
        return self.status in OPEN_ORDERS

    def over(self, status: OrderStatus) -> "OrderState":
        """The order at an end: none of its clocks runs any more."""
        return self.model_copy(update={"status": status, "acknowledge": None, "first_answer": None})


class Claim(Message):
    """Who is looking at a reviewed call, and until when nobody else may."""

    ce_type = "claim.v1"

    by: str
    until: datetime


class Whistle(Message):
    """A whistle (吹哨): the units that must report in, and by when. `missing` grows shorter as they do."""

    ce_type = "whistle.v1"

    whistle_id: str
    missing: tuple[str, ...]
    until: datetime

    def without(self, unit: str) -> "Whistle":
        """The whistle after `unit` has reported in."""
        return self.model_copy(update={"missing": tuple(code for code in self.missing if code != unit)})


class Mediation(Message):
    """Where a dispute stands on the ladder; `until` is when it climbs by itself."""

    ce_type = "mediation.v1"

    rung: str
    unit: str
    until: datetime


class Care(Message):
    """A person on the care list: the next visit must end before `until`. `round` counts the visits due so far."""

    ce_type = "care.v1"

    who: str
    until: datetime
    round: int = 0


class Transfer(Message):
    """A one-key transfer whose receiver has not answered yet, or has taken the call."""

    ce_type = "transfer.v1"

    platform: str
    from_status: CaseStatus
    order_id: str


class CaseRecord(Message):
    """One entry of ``case-state``, keyed by case_id. A guard (status ``linked``) has only its first five fields set."""

    ce_type = "case.state.v1"

    case_id: str
    call_id: str
    fingerprint: str
    status: CaseStatus
    linked_to: str | None = None
    outcome: Outcome = Outcome.REVIEW
    category: str = ""
    urgency: Urgency = Urgency.ROUTINE
    lead: str | None = None
    assist: tuple[str, ...] = ()
    district: str | None = None
    round: int = 0
    confidential: bool = False
    repeats: int = 0
    opened_at: datetime | None = None
    last_call_at: datetime | None = None
    heard: int = -1  # offset on ``calls`` of the latest call that has been taken in
    held: tuple[AttachedCall, ...] = ()  # calls that have overtaken one before them

    text: str = ""
    place: Place = Place()
    caller: str | None = None
    decision: Decision | None = None
    source: SourceRecord | None = None  # the record on ``calls`` that opened the case
    ask: str | None = None

    orders: tuple[OrderState, ...] = ()
    finish: RunningClock | None = None
    first_order_at: datetime | None = None
    first_receiver: str | None = None  # rule 9.5: the owner that the first lead order was for
    tried: tuple[str, ...] = ()  # units that have led since the count began, in order
    returns: int = 0
    arbitrated: bool = False  # after an arbiter's decision nobody may return the case
    level: Level = Level.DISTRICT

    review_since: datetime | None = None
    review_reminded: bool = False
    claim: Claim | None = None
    whistles: tuple[Whistle, ...] = ()
    mediation: Mediation | None = None
    care: Care | None = None
    transfer: Transfer | None = None
    lookup: LookupRecord | None = None  # of a desk, beside the units' work
    merged_into: str | None = None
    before_merge: CaseStatus | None = None
    members: tuple[str, ...] = ()  # cases merged into this one
    related: tuple[str, ...] = ()
    finished_at: datetime | None = None
    unanswered: int = 0
    closed_as: ClosedAs | None = None
    ended_at: datetime | None = None  # since when nothing more is due; it is archived some weeks later
    reopened: bool = False
    cards: tuple[tuple[Mark, str], ...] = ()  # card and the unit that led when it fell
    seen: tuple[str, ...] = ()  # ids of the latest messages, so that one counts once

    def encode(self) -> bytes:
        """Without what stands at its default: most of a case's fields do, and there are many cases."""
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)

    @property
    def lead_order(self) -> OrderState | None:
        """The order of the unit that leads: the latest one not withdrawn or returned; None where nobody leads any more."""
        over = (OrderStatus.WITHDRAWN, OrderStatus.RETURNED)
        held = (o for o in reversed(self.orders) if o.role is Role.LEAD and o.agency == self.lead)
        return next((order for order in held if order.status not in over), None)

    def order(self, order_id: str) -> OrderState | None:
        """The order of that id."""
        return next((order for order in self.orders if order.order_id == order_id), None)

    def with_order(self, changed: OrderState) -> "CaseRecord":
        """The case with one of its orders changed."""
        orders = tuple(changed if order.order_id == changed.order_id else order for order in self.orders)
        return self.model_copy(update={"orders": orders})
