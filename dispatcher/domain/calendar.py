"""Office hours and working days of the city. Pure: the moment is an argument.

Holidays and make-up days come from the package ``chinesecalendar``, whose horizon is the State Council's latest
announcement; beyond it Monday to Friday counts as working and `horizon` tells so.
"""

from datetime import date, datetime, time, timedelta
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
    local = start.astimezone(CITY_TIME)
    left = timedelta(hours=amount)
    day, skipped = local.date(), 0
    while True:
        if is_workday(day, hours=hours):
            for begins, ends in (
                (hours.morning_start, hours.morning_end),
                (hours.afternoon_start, hours.afternoon_end),
            ):
                opens, closes = max(local, _at(day, begins)), _at(day, ends)
                if opens < closes:
                    if opens + left <= closes:
                        return opens + left, skipped
                    left -= closes - opens
        else:
            skipped += 1
        day += timedelta(days=1)


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
