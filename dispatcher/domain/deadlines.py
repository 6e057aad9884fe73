"""The clocks of a work order: when each ends and why then (domain rule 9.1)."""

from datetime import UTC, datetime, timedelta

from dispatcher.domain import calendar
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Clock, Role, Urgency
from dispatcher.domain.messages import Deadline
from dispatcher.domain.policy import DeadlinePolicy, HoursPolicy, Limit

_CLOCK_NAME = {Clock.ACKNOWLEDGE: "签收", Clock.FIRST_ANSWER: "首次答复", Clock.FINISH: "办结"}
_URGENCY_NAME = {Urgency.EMERGENCY: "紧急", Urgency.URGENT: "加急", Urgency.ROUTINE: "一般"}


def for_order(
    *, role: Role, category: str, urgency: Urgency, issued_at: datetime, policy: DeadlinePolicy, hours: HoursPolicy
) -> dict[Clock, Deadline]:
    """The clocks that start with an order. ``finish`` belongs to the case and is shown on the lead's order."""
    clocks = {
        Clock.ACKNOWLEDGE: policy.acknowledge[urgency],
        Clock.FIRST_ANSWER: policy.first_answer[urgency],
    }
    if role is Role.LEAD:
        query = urgency is Urgency.ROUTINE and category in policy.queries
        clocks[Clock.FINISH] = policy.finish_queries if query else policy.finish[urgency]
    return {
        clock: _deadline(clock, limit, urgency=urgency, start=issued_at, hours=hours) for clock, limit in clocks.items()
    }


def _deadline(clock: Clock, limit: Limit, *, urgency: Urgency, start: datetime, hours: HoursPolicy) -> Deadline:
    skipped = 0
    if limit.elapsed_minutes is not None:
        due = start + timedelta(minutes=limit.elapsed_minutes)
        length = f"{limit.elapsed_minutes}分钟"
        if limit.elapsed_minutes % 60 == 0:
            length = f"{limit.elapsed_minutes // 60}小时"
    elif limit.working_hours is not None:
        due, skipped = calendar.add_working_hours(start, limit.working_hours, hours=hours)
        length = f"{limit.working_hours}个工作小时"
    else:
        assert limit.working_days is not None  # the model checks that exactly one is set
        due, skipped = calendar.add_working_days(start, limit.working_days, hours=hours)
        length = f"{limit.working_days}个工作日"
    began = start.astimezone(CITY_TIME).strftime("%m-%d %H:%M")
    off = f"，跳过{skipped}个非工作日" if skipped else ""
    return Deadline(
        due_at=due.astimezone(UTC),
        why=f"{_URGENCY_NAME[urgency]}{_CLOCK_NAME[clock]}时限{length}，自{began}派单起算{off}",
    )
