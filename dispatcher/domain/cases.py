"""A case as ``case-state`` holds it: what the next message on it must know, and no more."""

from datetime import datetime

from dispatcher.domain.codes import CaseStatus, Outcome, Urgency
from dispatcher.domain.messages import AttachedCall, Message


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
