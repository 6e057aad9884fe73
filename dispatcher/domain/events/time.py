"""What time does to a case: deadlines that move, reminders and cards."""

from datetime import datetime

from dispatcher.domain.codes import Clock, Mark
from dispatcher.domain.events.base import CaseEvent
from dispatcher.domain.events.orders import OfOrder
from dispatcher.domain.messages import Deadline


class DeadlineMoved(CaseEvent):
    """A deadline moved: why, by whom, from when to when."""

    ce_type = "deadline.moved.v1"

    clock: Clock
    before: datetime
    deadline: Deadline


class DeadlinePaused(CaseEvent):
    ce_type = "deadline.paused.v1"

    clock: Clock


class DeadlineResumed(CaseEvent):
    ce_type = "deadline.resumed.v1"

    clock: Clock
    deadline: Deadline


class ReminderSent(CaseEvent):
    """逾期提醒, before the deadline."""

    ce_type = "reminder.sent.v1"

    clock: Clock
    order_id: str | None
    agency: str
    addressee: str
    due_at: datetime


class CardIssued(CaseEvent):
    """督办: a card stays with the unit that led when it fell (rule 9.3)."""

    ce_type = "card.issued.v1"

    card: Mark
    clock: Clock | None
    order_id: str | None
    agency: str
    addressee: str
    due_at: datetime


class AnswerOverdue(OfOrder):
    """No word for the citizen in time."""

    ce_type = "answer.overdue.v1"

    due_at: datetime


class ReviewWaiting(CaseEvent):
    """A reviewed call that nobody has taken: the duty leader is told."""

    ce_type = "review.waiting.v1"

    minutes: int
