"""Running clocks: how long, until when and why; pausing, moving, extending; and what falls due on them.

A clock knows its own limit, so that its marks (rule 9.3) follow from it: a reminder at 80% of the limit, cards at 100, 150
and 200%. A working-time limit counts working minutes only. Pure: the moment is an argument.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Final

from dispatcher.domain import calendar
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Clock, Mark, Urgency
from dispatcher.domain.messages import Deadline, Message
from dispatcher.domain.policy import DeadlinePolicy, HoursPolicy, Limit, Policy

CLOCK_NAMES: Final = {Clock.ACKNOWLEDGE: "签收", Clock.FIRST_ANSWER: "首次答复", Clock.FINISH: "办结"}
URGENCY_NAMES: Final = {Urgency.EMERGENCY: "紧急", Urgency.URGENT: "加急", Urgency.ROUTINE: "一般"}


class RunningClock(Message):
    """One clock. minutes: the length of its limit, in working minutes where `working`; fired: what has fallen due."""

    ce_type = "clock.v1"

    clock: Clock
    started_at: datetime
    due_at: datetime
    why: str
    working: bool
    minutes: float
    extensions: int = 0
    paused_at: datetime | None = None
    paused_for: str | None = None
    fired: tuple[Mark, ...] = ()

    def deadline(self) -> Deadline:
        """As an order and the ledger show it."""
        return Deadline(due_at=self.due_at, why=self.why)


def limit_of(clock: Clock, *, category: str, urgency: Urgency, policy: DeadlinePolicy) -> Limit:
    """The limit of rule 9.1."""
    if clock is Clock.ACKNOWLEDGE:
        return policy.acknowledge[urgency]
    if clock is Clock.FIRST_ANSWER:
        return policy.first_answer[urgency]
    if urgency is Urgency.ROUTINE and category in policy.queries:
        return policy.finish_queries
    return policy.finish[urgency]


def share_of(limit: Limit, share: float) -> Limit:
    """A part of a limit; working days and hours are rounded up (rule 9.1: half of an odd number of days)."""
    if limit.elapsed_minutes is not None:
        return Limit(elapsed_minutes=max(1, math.ceil(limit.elapsed_minutes * share)))
    if limit.working_hours is not None:
        return Limit(working_hours=max(1, math.ceil(limit.working_hours * share)))
    assert limit.working_days is not None  # the model checks that exactly one is set
    return Limit(working_days=max(1, math.ceil(limit.working_days * share)))


def start(clock: Clock, limit: Limit, *, at: datetime, what: str, hours: HoursPolicy) -> RunningClock:
    """A clock that starts `at`; `what` begins its why-text ("一般办结")."""
    skipped = 0
    minutes: float
    if limit.elapsed_minutes is not None:
        due, minutes = at + timedelta(minutes=limit.elapsed_minutes), limit.elapsed_minutes
        length = f"{limit.elapsed_minutes}分钟"
        if limit.elapsed_minutes % 60 == 0:
            length = f"{limit.elapsed_minutes // 60}小时"
    elif limit.working_hours is not None:
        due, skipped = calendar.add_working_hours(at, limit.working_hours, hours=hours)
        minutes = 60 * limit.working_hours
        length = f"{limit.working_hours}个工作小时"
    else:
        assert limit.working_days is not None
        due, skipped = calendar.add_working_days(at, limit.working_days, hours=hours)
        # What is left of today, and whole days after it.
        minutes = calendar.minutes_left_today(at, hours=hours) + limit.working_days * calendar.daily_minutes(hours)
        length = f"{limit.working_days}个工作日"
    working = limit.elapsed_minutes is None
    local = at.astimezone(CITY_TIME)
    began = f"{local.month:02}-{local.day:02} {local.hour:02}:{local.minute:02}"
    off = f"，跳过{skipped}个非工作日" if skipped else ""
    return RunningClock(
        clock=clock,
        started_at=at,
        due_at=due.astimezone(UTC),
        why=f"{what}时限{length}，自{began}派单起算{off}",
        working=working,
        minutes=minutes,
    )


def for_case(clock: Clock, *, category: str, urgency: Urgency, at: datetime, policy: Policy) -> RunningClock:
    """The clock of rule 9.1 for a matter."""
    limit = limit_of(clock, category=category, urgency=urgency, policy=policy.deadlines)
    return start(clock, limit, at=at, what=f"{URGENCY_NAMES[urgency]}{CLOCK_NAMES[clock]}", hours=policy.hours)


def leave_at_least(running: RunningClock, share: float, *, limit: Limit, at: datetime, policy: Policy) -> RunningClock:
    """The clock, moved later where it would leave less than `share` of `limit` from `at` on (rule 9.2)."""
    least = start(running.clock, share_of(limit, share), at=at, what="", hours=policy.hours)
    if running.paused_at is not None:
        running = resume(running, at=at, policy=policy)
    if least.due_at <= running.due_at:
        return running
    why = f"{running.why}；承办单位变更，保留不少于原时限的{share:.0%}"
    return moved(running, due_at=least.due_at, why=why)


def moved(running: RunningClock, *, due_at: datetime, why: str) -> RunningClock:
    """The clock with another end. Marks that have fallen stay fallen: each comes at most once per clock."""
    return running.model_copy(update={"due_at": due_at, "why": why})


def extend(running: RunningClock, share: float, *, limit: Limit, policy: Policy, why: str) -> RunningClock:
    """The clock, longer by a share of its normal limit, counted from its present end."""
    more = share_of(limit, share)
    if more.working_days is not None:
        due, _ = calendar.add_working_days(running.due_at, more.working_days, hours=policy.hours)
    elif more.working_hours is not None:
        due, _ = calendar.add_working_hours(running.due_at, more.working_hours, hours=policy.hours)
    else:
        due = running.due_at + timedelta(minutes=more.elapsed_minutes or 0)
    gained = (due - running.due_at).total_seconds() / 60
    if running.working:
        gained = calendar.working_minutes(running.due_at, due, hours=policy.hours)
    longer = running.model_copy(update={"extensions": running.extensions + 1, "minutes": running.minutes + gained})
    return moved(longer, due_at=due.astimezone(UTC), why=f"{running.why}；延期：{why}")


def pause(running: RunningClock, *, at: datetime, why: str) -> RunningClock:
    """Nothing falls due while a clock is paused."""
    return running.model_copy(update={"paused_at": at, "paused_for": why})


def resume(running: RunningClock, *, at: datetime, policy: Policy) -> RunningClock:
    """The clock goes on with what was left of it."""
    since = running.paused_at
    if since is None:
        return running
    if running.working:
        lost = calendar.working_minutes(since, at, hours=policy.hours)
        due, _ = calendar.add_working_minutes(running.due_at, lost, hours=policy.hours)
    else:
        due = running.due_at + (at - since)
    why = f"{running.why}；暂停{since.astimezone(CITY_TIME):%m-%d %H:%M}至{at.astimezone(CITY_TIME):%m-%d %H:%M}（{running.paused_for}）"
    going = running.model_copy(update={"paused_at": None, "paused_for": None})
    return moved(going, due_at=due.astimezone(UTC), why=why)


def next_mark(running: RunningClock, *, policy: Policy) -> tuple[Mark, datetime] | None:
    """What falls due next on the clock, and when; None while it is paused or when all has fallen."""
    if running.paused_at is not None:
        return None
    for mark in Mark:
        if mark not in running.fired:
            return mark, moment(running, policy.casework.cards[mark].at, policy=policy)
    return None


def moment(running: RunningClock, share: float, *, policy: Policy) -> datetime:
    """When `share` of the limit has passed, counted from the clock's end, so that it moves with it."""
    minutes = running.minutes * (share - 1.0)
    if not running.working:
        return running.due_at + timedelta(minutes=minutes)
    if minutes == 0:
        return running.due_at
    if minutes < 0:
        return calendar.subtract_working_minutes(running.due_at, -minutes, hours=policy.hours).astimezone(UTC)
    return calendar.add_working_minutes(running.due_at, minutes, hours=policy.hours)[0].astimezone(UTC)


def fire(running: RunningClock, mark: Mark) -> RunningClock:
    """The clock after `mark` has fallen."""
    return running.model_copy(update={"fired": (*running.fired, mark)})
