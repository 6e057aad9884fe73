"""What people decide about a case as a whole."""

from datetime import datetime

from dispatcher.domain.codes import Outcome
from dispatcher.domain.events.base import CaseEvent
from dispatcher.domain.events.leading import Relead
from dispatcher.domain.events.orders import OfOrder
from dispatcher.domain.messages import OrderBrief, SourceRecord


class ReviewClaimed(CaseEvent):
    ce_type = "review.claimed.v1"

    until: datetime


class ReviewReleased(CaseEvent):
    """Free for others again. `expired`: the claim ran out."""

    ce_type = "review.released.v1"

    expired: bool


class LabelRecorded(CaseEvent):
    """A person's answer as a label for the next model. `text_source`: the call's record on ``calls``; no text here."""

    ce_type = "label.recorded.v1"

    text_source: SourceRecord | None
    origin: str
    before_category: str
    before_outcome: Outcome
    model: str


class CaseTransferred(CaseEvent):
    ce_type = "case.transferred.v1"

    platform: str
    orders: tuple[OrderBrief, ...] = ()


class TransferAnswered(CaseEvent):
    ce_type = "transfer.answered.v1"

    platform: str
    accepted: bool


class ThreeWayHeld(CaseEvent):
    """Caller, 110 and another platform spoke together (12号); `text` is what came of it."""

    ce_type = "three_way.held.v1"

    platform: str
    text: str


class CaseMerged(CaseEvent):
    ce_type = "case.merged.v1"

    into: str


class MemberJoined(CaseEvent):
    ce_type = "member.joined.v1"

    member: str


class CaseUnmerged(CaseEvent):
    """Its own again, with its own deadlines as they stood (rule 9.2)."""

    ce_type = "case.unmerged.v1"

    from_case: str


class MemberLeft(CaseEvent):
    ce_type = "member.left.v1"

    member: str


class CaseRelated(CaseEvent):
    ce_type = "case.related.v1"

    other: str


class CaseSplit(CaseEvent):
    ce_type = "case.split.v1"

    other: str
    text: str


class SplitOpened(Relead):
    """A case that was part of another."""

    ce_type = "split.opened.v1"

    parent: str
    text: str


class MergeSuggested(CaseEvent):
    ce_type = "merge.suggested.v1"

    other: str
    score: float
    reasons: tuple[str, ...]


class ConfidentialitySet(CaseEvent):
    ce_type = "confidential.set.v1"

    confidential: bool


class UnitUrged(OfOrder):
    """催办."""

    ce_type = "unit.urged.v1"


class NoteAdded(CaseEvent):
    ce_type = "note.added.v1"

    text: str


class MessageRejected(CaseEvent):
    """A message that changed nothing, and why (codes: `dispatcher.domain.refusals`)."""

    ce_type = "message.rejected.v1"

    code: str
    message_type: str
    message_id: str | None
