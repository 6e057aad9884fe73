"""What happens to a lookup of the two desks; told in the ledger of its case."""

from datetime import datetime

from dispatcher.domain.events.base import CaseEvent
from dispatcher.domain.lookups.codes import AnswerStatus, ConfirmedBy, Desk, LookupStatus, Side
from dispatcher.domain.lookups.messages import Hit
from dispatcher.domain.lookups.reach import Reach
from dispatcher.domain.lookups.records import Candidate, Request, Sighting


class OfLookup(CaseEvent):
    """What every such event carries; `question`: what to ask the caller next."""

    ce_type = "of_lookup.v1"

    lookup_id: str
    desk: Desk
    side: Side
    lookup_status: LookupStatus
    question: str | None = None


class LookupOpened(OfLookup):
    ce_type = "lookup.opened.v1"

    facts: dict[str, str]
    since: datetime


class LookupRequested(OfLookup):
    """Questions on their way to channels, or put off until these work. `round`: of the schedule."""

    ce_type = "lookup.requested.v1"

    requests: tuple[Request, ...]
    round: int


class LookupRecorded(CaseEvent):
    """A channel has answered. `dropped`: findings too unlike to be kept, or beyond the most that an answer may hold."""

    ce_type = "lookup.recorded.v1"

    lookup_id: str
    channel: str
    found: bool
    text: str
    request_id: str | None = None
    database: str | None = None
    answer: AnswerStatus | None = None
    hits: tuple[Hit, ...] = ()
    dropped: int = 0
    late: bool = False
    seconds: float | None = None
    tries: int = 1


class LookupSilent(OfLookup):
    """A channel has not answered in time, not even that it is down."""

    ce_type = "lookup.silent.v1"

    request_id: str
    channel: str
    database: str


class CandidateFound(OfLookup):
    """Somebody or something that may be it: a person looks. `weak`: kept without calling anybody."""

    ce_type = "lookup.candidate.v1"

    candidate: Candidate


class CandidateRejected(OfLookup):
    ce_type = "candidate.rejected.v1"

    ref: str


class FactsLearnt(OfLookup):
    """The caller said more; `unknown`: nobody knows it."""

    ce_type = "lookup.facts.v1"

    facts: dict[str, str]
    unknown: tuple[str, ...]


class PersonSighted(OfLookup):
    ce_type = "lookup.sighted.v1"

    sighting: Sighting
    reach: Reach


class LookupConfirmed(OfLookup):
    """It is the one. `agreed`: what the claimant named that the finder's words bear out."""

    ce_type = "lookup.confirmed.v1"

    ref: str
    by: ConfirmedBy
    told: str
    agreed: tuple[str, ...] = ()
    other_case: str | None = None
    found_after_minutes: int


class ConfirmationTakenBack(OfLookup):
    """It has been given to another, or the other side took it back."""

    ce_type = "lookup.parted.v1"

    ref: str


class LookupHandedOver(OfLookup):
    """The receipt of handing over; names and documents are masked."""

    ce_type = "lookup.handed_over.v1"

    receipt: str
    recipient: str
    document: str
    ref: str


class LookupEnded(OfLookup):
    """Not found, or cancelled. `by_service`: because the case went another way."""

    ce_type = "lookup.ended.v1"

    by_service: bool = False


class LookupResumed(OfLookup):
    ce_type = "lookup.resumed.v1"


class LookupEscalated(OfLookup):
    """Somebody higher is told. `risks`: what made it sooner."""

    ce_type = "lookup.escalated.v1"

    addressee: str
    step: int
    minutes: int
    risks: tuple[str, ...]


class AlertWidened(OfLookup):
    ce_type = "lookup.widened.v1"

    reach: Reach


LOOKUP_EVENTS: tuple[type[CaseEvent], ...] = (
    LookupOpened,
    LookupRequested,
    LookupRecorded,
    LookupSilent,
    CandidateFound,
    CandidateRejected,
    FactsLearnt,
    PersonSighted,
    LookupConfirmed,
    ConfirmationTakenBack,
    LookupHandedOver,
    LookupEnded,
    LookupResumed,
    LookupEscalated,
    AlertWidened,
)
