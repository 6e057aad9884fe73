"""Office hours and working days of the city. Pure: the moment is an argument.

Holidays and make-up days come from the package ``chinesecalendar``, whose horizon is the State Council's latest
announcement; beyond it Monday to Friday counts as working and `horizon` tells so.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache

import chinese_calendar

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.policy import HoursPolicy


@cache
def horizon() -> date:
    """The last day of the last year that the holiday package knows."""
    return date(max(day.year for day in chinese_calendar.holidays), 12, 31)


@lru_cache(maxsize=4096)
def _announced_workday(day: date) -> bool:
    if day > horizon():
        return day.weekday() < 5
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # before the package's first year
        return day.weekday() < 5


def is_workday(day: date, *, hours: HoursPolicy) -> bool:
    """Whether offices work on `day` (a date in the city)."""
    if day in hours.extra_workdays:
        return True
    if day in hours.extra_holidays:
        return False
    return _announced_workday(day)


def in_office_hours(moment: datetime, *, hours: HoursPolicy) -> bool:
    """Whether an L3 unit is at work at `moment`; the noon break is no off-hours (rule 9.1)."""
    local = moment.astimezone(CITY_TIME)
    return is_workday(local.date(), hours=hours) and hours.morning_start <= local.time() < hours.afternoon_end


def add_working_hours(start: datetime, amount: int, *, hours: HoursPolicy) -> tuple[datetime, int]:
    """`amount` working hours after `start`, and how many non-working days were skipped on the way."""
    return add_working_minutes(start, amount * 60, hours=hours)


def add_working_minutes(start: datetime, amount: float, *, hours: HoursPolicy) -> tuple[datetime, int]:
    """`amount` working minutes after `start`, and how many non-working days were skipped on the way."""
    local = start.astimezone(CITY_TIME)
    left = timedelta(minutes=amount)
    day, skipped = local.date(), 0
    while True:
        if is_workday(day, hours=hours):
            for begins, ends in _sessions(day, hours):
                opens = max(local, begins)
                if opens < ends:
                    if opens + left <= ends:
                        return opens + left, skipped
                    left -= ends - opens
        else:
            skipped += 1
        day += timedelta(days=1)


def subtract_working_minutes(end: datetime, amount: float, *, hours: HoursPolicy) -> datetime:
    """The moment from which `amount` working minutes lead to `end`."""
    local = end.astimezone(CITY_TIME)
    left = timedelta(minutes=amount)
    day = local.date()
    while True:
        if is_workday(day, hours=hours):
            for begins, ends in reversed(_sessions(day, hours)):
                closes = min(local, ends)
                if begins < closes:
                    if closes - left >= begins:
                        return closes - left
                    left -= closes - begins
        day -= timedelta(days=1)


def working_minutes(start: datetime, end: datetime, *, hours: HoursPolicy) -> float:
    """Working minutes between two moments; 0 where `end` is not later."""
    first, last = start.astimezone(CITY_TIME), end.astimezone(CITY_TIME)
    total = timedelta()
    day = first.date()
    while day <= last.date():
        if is_workday(day, hours=hours):
            for begins, ends in _sessions(day, hours):
                opens, closes = max(first, begins), min(last, ends)
                if opens < closes:
                    total += closes - opens
        day += timedelta(days=1)
    return total.total_seconds() / 60


def minutes_left_today(moment: datetime, *, hours: HoursPolicy) -> float:
    """Working minutes from `moment` to the end of its day in the city."""
    local = moment.astimezone(CITY_TIME)
    day = local.date()
    if not is_workday(day, hours=hours) or local.time() >= hours.afternoon_end:
        return 0.0
    left = timedelta()
    for begins, ends in _sessions(day, hours):
        left += max(timedelta(), ends - max(local, begins))
    return left.total_seconds() / 60


def daily_minutes(hours: HoursPolicy) -> float:
    """Working minutes of a whole working day."""
    return _daily_minutes(hours.morning_start, hours.morning_end, hours.afternoon_start, hours.afternoon_end)


@lru_cache(maxsize=64)
def _daily_minutes(*clock: time) -> float:
    day = date(2026, 1, 5)
    opens, closes, opens_again, closes_again = (_at(day, one) for one in clock)
    return ((closes - opens).total_seconds() + (closes_again - opens_again).total_seconds()) / 60


def next_office_opening(moment: datetime, *, hours: HoursPolicy) -> datetime:
    """When offices next begin to work, strictly after `moment`: the next time that an L3 unit takes its matters."""
    local = moment.astimezone(CITY_TIME)
    day = local.date()
    while not (is_workday(day, hours=hours) and _at(day, hours.morning_start) > local):
        day += timedelta(days=1)
    return _at(day, hours.morning_start).astimezone(UTC)


def _sessions(day: date, hours: HoursPolicy) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
    return (
        (_at(day, hours.morning_start), _at(day, hours.morning_end)),
        (_at(day, hours.afternoon_start), _at(day, hours.afternoon_end)),
    )


def add_working_days(start: datetime, amount: int, *, hours: HoursPolicy) -> tuple[datetime, int]:
    """The office's closing hour on the `amount`-th working day after the day of `start`, and the days skipped."""
    day, skipped = start.astimezone(CITY_TIME).date(), 0
    while amount:
        day += timedelta(days=1)
        if is_workday(day, hours=hours):
            amount -= 1
        else:
            skipped += 1
    return _at(day, hours.afternoon_end), skipped


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=CITY_TIME)
