"""Office hours, working hours and working days against a slow count of single minutes and days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from domain_world import CHINA, POLICY
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dispatcher.domain import calendar
from dispatcher.domain.policy import HoursPolicy

HOURS = POLICY.hours
MINUTE = timedelta(minutes=1)

#: What the State Council announced for 2026: days off that are no weekend, and weekend days that are worked.
OFF_2026 = (
    "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 10-01 10-02 10-05 10-06 10-07"
)
WORKED_2026 = "01-04 02-14 02-28 05-09 09-20 10-10"


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=CHINA)


def test_the_year_2026_day_by_day() -> None:
    off, worked = OFF_2026.split(), WORKED_2026.split()
    day = date(2026, 1, 1)
    while day.year == 2026:
        name = day.strftime("%m-%d")
        expected = name in worked or (day.weekday() < 5 and name not in off)
        assert calendar.is_workday(day, hours=HOURS) is expected, name
        day += timedelta(days=1)


def test_beyond_the_announced_years_weekdays_count_as_working() -> None:
    beyond = calendar.horizon() + timedelta(days=1)
    week = [beyond + timedelta(days=n) for n in range(7)]
    assert [calendar.is_workday(day, hours=HOURS) for day in week] == [day.weekday() < 5 for day in week]
    assert calendar.is_workday(date(1999, 10, 1), hours=HOURS)


def test_what_a_city_adds_goes_before_the_calendar() -> None:
    added = HOURS.model_copy(update={"extra_holidays": (date(2026, 11, 24),), "extra_workdays": (date(2026, 11, 22),)})
    assert not calendar.is_workday(date(2026, 11, 24), hours=added)
    assert calendar.is_workday(date(2026, 11, 22), hours=added)
    assert calendar.is_workday(date(2026, 11, 24), hours=HOURS)


@pytest.mark.parametrize(
    ("moment", "at_work"),
    [
        ("11-24 08:59", False), ("11-24 09:00", True), ("11-24 12:30", True), ("11-24 16:59", True),
        ("11-24 17:00", False), ("11-21 10:00", False), ("10-05 10:00", False), ("10-10 10:00", True),
    ],
)  # fmt: skip
def test_office_hours(moment: str, at_work: bool) -> None:
    assert calendar.in_office_hours(china(moment), hours=HOURS) is at_work
    assert calendar.in_office_hours(china(moment).astimezone(UTC), hours=HOURS) is at_work


@pytest.mark.parametrize(
    ("start", "hours", "end", "skipped"),
    [
        ("11-24 09:00", 3, "11-24 12:00", 0),
        ("11-24 09:00", 4, "11-24 14:00", 0),  # the noon hour stops the clock
        ("11-24 12:30", 4, "11-24 17:00", 0),
        ("11-24 16:00", 4, "11-25 12:00", 0),
        ("11-24 17:00", 4, "11-25 14:00", 0),
        ("11-24 07:00", 4, "11-24 14:00", 0),
        ("11-20 16:30", 4, "11-23 13:30", 2),  # a weekend between
        ("11-21 23:00", 4, "11-23 14:00", 2),
        ("09-30 16:00", 4, "10-08 12:00", 7),  # National Day
        ("10-09 16:00", 4, "10-10 12:00", 0),  # a Saturday that is worked
        ("02-13 16:00", 9, "02-24 10:00", 9),  # Saturday the 14th is worked, then Spring Festival
    ],
)
def test_working_hours(start: str, hours: int, end: str, skipped: int) -> None:
    assert calendar.add_working_hours(china(start), hours, hours=HOURS) == (china(end), skipped)


@pytest.mark.parametrize(
    ("start", "days", "end", "skipped"),
    [
        ("11-24 10:00", 1, "11-25 17:00", 0),
        ("11-24 23:59", 1, "11-25 17:00", 0),
        ("11-20 10:00", 1, "11-23 17:00", 2),
        ("11-21 10:00", 1, "11-23 17:00", 1),
        ("11-20 10:00", 10, "12-04 17:00", 4),
        ("09-30 10:00", 1, "10-08 17:00", 7),
        ("09-30 10:00", 5, "10-13 17:00", 8),  # 8, 9, Saturday 10, 12, 13 October
    ],
)
def test_working_days(start: str, days: int, end: str, skipped: int) -> None:
    assert calendar.add_working_days(china(start), days, hours=HOURS) == (china(end), skipped)


def minute_counts(moment: datetime, hours: HoursPolicy) -> bool:
    """Whether the minute that begins at `moment` is worked."""
    clock = moment.astimezone(CHINA).time()
    worked = hours.morning_start <= clock < hours.morning_end or hours.afternoon_start <= clock < hours.afternoon_end
    return worked and calendar.is_workday(moment.astimezone(CHINA).date(), hours=hours)


def slow_working_hours(start: datetime, amount: int, hours: HoursPolicy) -> datetime:
    moment, left = start, amount * 60
    while left:
        left -= minute_counts(moment, hours)
        moment += MINUTE
    return moment


MOMENTS = st.integers(0, 353 * 24 * 60).map(lambda minutes: china("01-01 00:00") + minutes * MINUTE)


@given(MOMENTS, st.integers(1, 20))
@example(china("09-30 16:59"), 8)
@example(china("02-13 17:00"), 20)
@settings(max_examples=60)
def test_working_hours_agree_with_a_count_of_minutes(start: datetime, amount: int) -> None:
    due, _ = calendar.add_working_hours(start, amount, hours=HOURS)
    assert due == slow_working_hours(start, amount, HOURS)


@given(MOMENTS, st.integers(1, 8), st.timedeltas(timedelta(0), timedelta(hours=3)))
@settings(max_examples=60)
def test_more_hours_or_a_later_start_never_end_earlier(start: datetime, amount: int, later: timedelta) -> None:
    due, _ = calendar.add_working_hours(start, amount, hours=HOURS)
    assert calendar.add_working_hours(start, amount + 1, hours=HOURS)[0] > due
    assert calendar.add_working_hours(start + later, amount, hours=HOURS)[0] >= due


@given(MOMENTS, st.integers(1, 15))
def test_working_days_agree_with_a_count_of_days(start: datetime, amount: int) -> None:
    due, skipped = calendar.add_working_days(start, amount, hours=HOURS)
    days = [start.date() + timedelta(days=n) for n in range(1, 60)]
    between = [day for day in days if day <= due.date()]
    worked = [day for day in between if calendar.is_workday(day, hours=HOURS)]
    assert (len(worked), worked[-1]) == (amount, due.date())
    assert skipped == len(between) - len(worked)
    assert due.astimezone(CHINA).time() == time(17)


@given(MOMENTS)
def test_the_zone_of_the_argument_does_not_matter(moment: datetime) -> None:
    assert calendar.add_working_hours(moment, 4, hours=HOURS) == calendar.add_working_hours(
        moment.astimezone(UTC), 4, hours=HOURS
    )


MOMENTS = st.integers(0, 430_000).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@given(
    start=MOMENTS,
    minutes=st.integers(1, 6000),
)
def test_adding_and_subtracting_working_minutes_undo_each_other(start: datetime, minutes: int) -> None:
    end, _ = calendar.add_working_minutes(start, minutes, hours=POLICY.hours)
    assert calendar.working_minutes(start, end, hours=POLICY.hours) == pytest.approx(minutes)
    back = calendar.subtract_working_minutes(end, minutes, hours=POLICY.hours)
    assert calendar.working_minutes(back, end, hours=POLICY.hours) == pytest.approx(minutes)


@given(start=MOMENTS, days=st.integers(1, 20))
def test_a_limit_in_days_counts_what_is_left_of_today_and_whole_days(start: datetime, days: int) -> None:
    end, _ = calendar.add_working_days(start, days, hours=POLICY.hours)
    counted = calendar.minutes_left_today(start, hours=POLICY.hours) + days * calendar.daily_minutes(POLICY.hours)
    assert calendar.working_minutes(start, end, hours=POLICY.hours) == pytest.approx(counted)
