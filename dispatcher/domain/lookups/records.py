"""A lookup as its case in ``case-state`` holds it."""

from datetime import datetime

from pydantic import Field

from dispatcher.domain.lookups.codes import (
    CandidateStatus,
    ConfirmedBy,
    Desk,
    LookupStatus,
    Mode,
    RequestStatus,
    Side,
)
from dispatcher.domain.messages import Message


class Request(Message):
    """One question to one database. `until`: when it is sent (deferred) or given up (waiting)."""

    ce_type = "lookup_request.v1"

    request_id: str
    channel: str
    database: str
    number: int  # the how-manieth question to this database, from 0
    asked_at: datetime
    until: datetime
    status: RequestStatus
    found: bool = False
    used: str = ""  # digest of the facts that it carried: it is asked again at once only when they have changed


class Candidate(Message):
    """Somebody or something that may be it. `ref` names it in its database, or is the other lookup's id."""

    ce_type = "lookup_candidate.v1"

    ref: str
    database: str
    score: float
    text: str
    at: datetime
    status: CandidateStatus = CandidateStatus.OPEN
    weak: bool = False  # too weak to call a person for it
    reasons: tuple[str, ...] = ()
    case_id: str | None = None  # the other lookup's case, where the counterpart is a lookup too
    contact: str | None = None


class Sighting(Message):
    """Somebody saw the missing person: when, where, and how they were moving."""

    ce_type = "lookup_sighting.v1"

    at: datetime
    place: str
    district: str | None = None
    mode: Mode | None = None
    text: str = ""


class Confirmation(Message):
    """Which candidate it is, who says so and by what proof. `told` is what the claimant named, never what the finder saw."""

    ce_type = "lookup_confirmation.v1"

    ref: str
    by: ConfirmedBy
    told: str
    actor: str
    at: datetime
    case_id: str | None = None
    agreed: bool = False  # by the counterpart's own lookup, where there is one: until then nothing is handed over


class LookupRecord(Message):
    """`facts`: fact -> value, all texts (times in ISO 8601); `unknown`: facts that were asked for and nobody knows."""

    ce_type = "lookup_state.v1"

    lookup_id: str
    desk: Desk
    side: Side
    status: LookupStatus = LookupStatus.SEARCHING
    opened_at: datetime
    since: datetime  # when it was lost or last seen, as far as known; else when it was reported
    facts: dict[str, str] = Field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    round: int = 0  # of the schedule by which the channels are asked again
    step: int = 0  # of the escalation
    widened: int = 0  # how often the alert's radius has grown
    confirmation: Confirmation | None = None
    receipt: str | None = None
    found_at: datetime | None = None
    ended_at: datetime | None = None
    resumed_at: datetime | None = None  # taken up again: the schedule and the days until giving up count from here
    cause: str = ""  # why it was cancelled by the service itself

    def candidate(self, ref: str) -> Candidate | None:
        """The candidate of that name."""
        return next((one for one in self.candidates if one.ref == ref), None)

    def request(self, request_id: str) -> Request | None:
        """The question of that id."""
        return next((one for one in self.requests if one.request_id == request_id), None)

    def latest(self, database: str) -> Request | None:
        """The latest question to a database."""
        return next((one for one in reversed(self.requests) if one.database == database), None)

    def with_request(self, changed: Request) -> "LookupRecord":
        """With one of its questions changed."""
        requests = tuple(changed if one.request_id == changed.request_id else one for one in self.requests)
        return self.model_copy(update={"requests": requests})

    def judged(self, ref: str, status: CandidateStatus) -> "LookupRecord":
        """With what people now think of one candidate; as it is where there is none of that name."""
        known = self.candidate(ref)
        return self if known is None else self.with_candidate(known.model_copy(update={"status": status}))

    def with_candidate(self, changed: Candidate) -> "LookupRecord":
        """With one of its candidates changed, or one more."""
        if self.candidate(changed.ref) is None:
            return self.model_copy(update={"candidates": (*self.candidates, changed)})
        candidates = tuple(changed if one.ref == changed.ref else one for one in self.candidates)
        return self.model_copy(update={"candidates": candidates})
