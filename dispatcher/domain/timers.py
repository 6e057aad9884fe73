"""What falls due on a case, and when: derived from its state, so that a clock that has stopped can never strike.

The clock of the stream (`dispatcher.stream.clock`) sends each as a message when its time has come; casework asks this
module again whether it still holds.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from dispatcher.domain import calendar, clocks
from dispatcher.domain.cases import CaseRecord, OrderState
from dispatcher.domain.codes import GUARDS, TERMINAL, Capacity, CaseStatus, Mark, OrderStatus, Role
from dispatcher.domain.inbox import TimerKind
from dispatcher.domain.lookups import clocks as lookup_clocks
from dispatcher.domain.lookups.codes import OPEN
from dispatcher.domain.policy import Policy


class Timer(NamedTuple):
    """`subject` tells timers of one kind apart: an order and a mark, a unit, a rung."""

    due_at: datetime
    kind: TimerKind
    subject: str


def timers(case: CaseRecord, policy: Policy) -> Iterator[Timer]:
    """All that will fall due if nothing happens before."""
    if case.lookup is not None:
        for due_at, kind, subject in lookup_clocks.timers(case.lookup, policy.desks):
            yield Timer(due_at, kind, subject)
    if case.care is not None and case.status is not CaseStatus.LINKED:
        yield Timer(case.care.until, TimerKind.CARE, str(case.care.round))
    if case.status in TERMINAL:
        searched = case.lookup is not None and case.lookup.status in OPEN
        if case.ended_at is not None and case.status is not CaseStatus.MERGED and case.care is None and not searched:
            guard = case.status in GUARDS
            days = policy.casework.forget_days if guard else policy.casework.archive_days
            yield Timer(case.ended_at + timedelta(days=days), TimerKind.FORGET if guard else TimerKind.ARCHIVE, "")
        return
    if case.status is CaseStatus.DONE:
        if case.finished_at is not None:
            yield Timer(case.finished_at + timedelta(days=policy.casework.reopen_days), TimerKind.CLOSING, "")
        return
    if case.status is CaseStatus.REVIEW:
        yield from _of_review(case, policy)
    for order in case.orders:
        if order.open:
            yield from _of_order(order, policy)
    if case.finish is not None and (due := clocks.next_mark(case.finish, policy=policy)) is not None:
        yield Timer(due[1], TimerKind.FINISH, due[0])
    for whistle in case.whistles:
        yield Timer(whistle.until, TimerKind.WHISTLE, whistle.whistle_id)
    if case.mediation is not None:
        yield Timer(case.mediation.until, TimerKind.RUNG, case.mediation.rung)


def _of_review(case: CaseRecord, policy: Policy) -> Iterator[Timer]:
    if case.claim is not None:
        yield Timer(case.claim.until, TimerKind.LEASE, case.claim.by)
    elif not case.review_reminded and case.review_since is not None:
        waited = timedelta(minutes=policy.casework.review_reminder_minutes)
        yield Timer(case.review_since + waited, TimerKind.REVIEW, "")


def _of_order(order: OrderState, policy: Policy) -> Iterator[Timer]:
    if order.status is OrderStatus.ISSUED and order.acknowledge is not None:
        due = clocks.next_mark(order.acknowledge, policy=policy)
        if due is not None:
            yield Timer(due[1], TimerKind.ACKNOWLEDGE, f"{order.order_id}:{due[0]}")
    unanswered = order.status is not OrderStatus.IN_PROGRESS and order.first_answer is not None
    if unanswered and order.first_answer is not None and Mark.BLUE not in order.first_answer.fired:
        yield Timer(order.first_answer.due_at, TimerKind.FIRST_ANSWER, order.order_id)
    if order.role is Role.LEAD and order.capacity is Capacity.FALLBACK and order.covers_for is not None:
        opening = calendar.next_office_opening(order.issued_at, hours=policy.hours)
        yield Timer(opening, TimerKind.HANDOVER, order.order_id)


def next_due(case: CaseRecord, policy: Policy) -> Timer | None:
    """The first of them."""
    return min(timers(case, policy), default=None)
