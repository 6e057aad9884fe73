"""The three clocks of an order: the limits of rule 9.1 as numbers, and the words that explain them."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from domain_world import CHINA, CITY, NIGHT, OFFICE, POLICY, context, triaged_call

from dispatcher.domain.casework import decide
from dispatcher.domain.clocks import for_case
from dispatcher.domain.codes import Clock, Role, Urgency
from dispatcher.domain.messages import Deadline


def clocks(urgency: Urgency, *, category: str = "noise_business", at: datetime = OFFICE) -> dict[Clock, Deadline]:
    running = (for_case(clock, category=category, urgency=urgency, at=at, policy=POLICY) for clock in Clock)
    return {one.clock: one.deadline() for one in running}


@pytest.mark.parametrize("at", [OFFICE, NIGHT])
@pytest.mark.parametrize(
    ("urgency", "clock", "length"),
    [
        (Urgency.EMERGENCY, Clock.ACKNOWLEDGE, timedelta(minutes=5)),
        (Urgency.EMERGENCY, Clock.FIRST_ANSWER, timedelta(hours=2)),
        (Urgency.EMERGENCY, Clock.FINISH, timedelta(hours=24)),
        (Urgency.URGENT, Clock.ACKNOWLEDGE, timedelta(minutes=30)),
        (Urgency.URGENT, Clock.FIRST_ANSWER, timedelta(hours=24)),
        (Urgency.URGENT, Clock.FINISH, timedelta(days=3)),
    ],
)
def test_elapsed_limits_end_at_the_same_minute_day_and_night(
    urgency: Urgency, clock: Clock, length: timedelta, at: datetime
) -> None:
    assert clocks(urgency, at=at)[clock].due_at == at + length
    assert clocks(urgency, category="weather", at=at)[clock].due_at == at + length


@pytest.mark.parametrize(
    ("at", "clock", "due"),
    [
        (OFFICE, Clock.ACKNOWLEDGE, "2026-11-24T15:00"),  # 10-12 and 13-15
        (OFFICE, Clock.FIRST_ANSWER, "2026-11-25T17:00"),
        (OFFICE, Clock.FINISH, "2026-12-08T17:00"),
        (NIGHT, Clock.ACKNOWLEDGE, "2026-11-23T14:00"),
        (NIGHT, Clock.FIRST_ANSWER, "2026-11-23T17:00"),
        (NIGHT, Clock.FINISH, "2026-12-04T17:00"),
    ],
)
def test_routine_limits_are_working_time(at: datetime, clock: Clock, due: str) -> None:
    assert clocks(Urgency.ROUTINE, at=at)[clock].due_at == datetime.fromisoformat(due).replace(tzinfo=CHINA)


def test_queries_finish_in_five_working_days_and_all_else_in_ten() -> None:
    queries = {
        code
        for code in CITY.matters
        if clocks(Urgency.ROUTINE, category=code)[Clock.FINISH].due_at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    }
    assert queries == {"police_admin_query", "government_query", "information_query", "weather"}


def test_only_the_lead_is_shown_when_the_case_must_be_finished() -> None:
    work = decide(None, triaged_call("c-1", category="gas_leak", urgency=Urgency.EMERGENCY), context())
    shown = {order.role: set(order.deadlines) for order in work.orders}
    assert shown == {Role.LEAD: set(Clock), Role.ASSIST: {Clock.ACKNOWLEDGE, Clock.FIRST_ANSWER}}


@pytest.mark.parametrize(
    ("urgency", "at", "clock", "why"),
    [
        (Urgency.ROUTINE, NIGHT, Clock.ACKNOWLEDGE, "一般签收时限4个工作小时，自11-21 23:00派单起算，跳过2个非工作日"),
        (Urgency.ROUTINE, OFFICE, Clock.FINISH, "一般办结时限10个工作日，自11-24 10:00派单起算，跳过4个非工作日"),
        (Urgency.ROUTINE, OFFICE, Clock.FIRST_ANSWER, "一般首次答复时限1个工作日，自11-24 10:00派单起算"),
        (Urgency.EMERGENCY, NIGHT, Clock.ACKNOWLEDGE, "紧急签收时限5分钟，自11-21 23:00派单起算"),
        (Urgency.URGENT, NIGHT, Clock.FIRST_ANSWER, "加急首次答复时限24小时，自11-21 23:00派单起算"),
    ],
)
def test_the_words_name_limit_start_and_the_days_skipped(
    urgency: Urgency, at: datetime, clock: Clock, why: str
) -> None:
    assert clocks(urgency, at=at)[clock].why == why


def test_a_start_in_another_zone_gives_the_same_clocks_in_utc() -> None:
    for urgency, at in product(Urgency, (OFFICE, NIGHT)):
        here, there = clocks(urgency, at=at), clocks(urgency, at=at.astimezone(UTC))
        assert here == there
        assert all(deadline.due_at.tzinfo is UTC for deadline in here.values())
