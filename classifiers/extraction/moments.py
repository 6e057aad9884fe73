"""From a time as said to an interval: absolute where the call's arrival is known, else in minutes from the call.

Everything is counted in minutes of city time (+08:00). What is said without a day is taken to lie in the past, as
late as possible: callers speak of what has happened.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

CITY: Final = timezone(timedelta(hours=8))
DAY: Final = 1440


@dataclass(frozen=True, slots=True)
class FromNow:
    """`low`..`high` minutes from the call; negative is before it."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class OnDays:
    """Minutes `start`..`end` of a day (above 1440: of the night after it).

    day: days from the call's day; None: not said. weekday and week: Monday is 0; week -1 is last week, 0 this one,
    None the latest such day. twelve: the clock may also mean twelve hours later.
    """

    start: int
    end: int
    day: int | None = None
    weekday: int | None = None
    week: int | None = None
    twelve: bool = False


@dataclass(frozen=True, slots=True)
class OnDates:
    """Calendar days `first`..`last`, with minutes of the first and the last day; month 0 and year 0: not said."""

    year: int
    month: int
    day: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """A whole week, month or year, `back` of them before this one (-1: last)."""

    unit: str
    back: int


When = FromNow | OnDays | OnDates | Span


def absolute(when: When, received_at: datetime) -> tuple[datetime, datetime] | None:
    """The interval in city time, both ends included, to the minute; None where the calendar has no such day."""
    try:
        if received_at.tzinfo is None:
            received_at = received_at.replace(tzinfo=CITY)
        now = received_at.astimezone(CITY).replace(second=0, microsecond=0)
        found = _absolute(when, now)
        if found is None:
            return None
        start, end = found
        # What has begun and is told as past does not go on after the call.
        return (start, now) if start <= now < end and not isinstance(when, FromNow) else (start, end)
    except (OverflowError, ValueError):
        return None


def _absolute(when: When, now: datetime) -> tuple[datetime, datetime] | None:
    if isinstance(when, FromNow):
        return now + timedelta(minutes=when.low), now + timedelta(minutes=when.high)
    midnight = now.replace(hour=0, minute=0)
    if isinstance(when, OnDays):
        day = _day(when, midnight.weekday())
        if day is None:
            return _latest(when, now)
        start = midnight + timedelta(days=day, minutes=when.start)
        if start > now and day == 0 and when.weekday is not None and when.week is None:
            day, start = -7, start - timedelta(days=7)  # the latest such day that has come so far
        if start > now and day < 0:
            day, start = (
                day - 1,
                start - timedelta(days=1),
            )  # "last night at three", said before three: the night before
        return start, midnight + timedelta(days=day, minutes=when.end)
    if isinstance(when, OnDates):
        return _on_date(when, now)
    return _span(when, now.date())


def _day(when: OnDays, today: int) -> int | None:
    if when.weekday is None:
        return when.day
    if when.week is not None:
        return when.weekday - today + 7 * when.week
    return -((today - when.weekday) % 7)


def _latest(when: OnDays, now: datetime) -> tuple[datetime, datetime]:
    """The latest of today's, yesterday's and (where half a day is open) the other half's, that has begun."""
    midnight = now.replace(hour=0, minute=0)
    shifts = (0, 720) if when.twelve else (0,)
    starts = [midnight + timedelta(days=day, minutes=when.start + shift) for day in (0, -1, -2) for shift in shifts]
    start = max(one for one in starts if one <= now)
    return start, start + timedelta(minutes=when.end - when.start)


def _on_date(when: OnDates, now: datetime) -> tuple[datetime, datetime] | None:
    year = when.year or now.year
    if not when.month and not when.day:
        return datetime(year, 1, 1, tzinfo=CITY), datetime(year, 12, 31, 23, 59, tzinfo=CITY)
    first = datetime(year, when.month, when.day or 1, tzinfo=CITY) if when.month else _day_of_month(when.day, now)
    # 12月31日 said in January is last year's; a day of the coming weeks may be meant as such.
    if not when.year and first - now > timedelta(days=60):
        first = first.replace(year=year - 1)
    if when.day:
        return first + timedelta(minutes=when.start), first + timedelta(minutes=when.end)
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(minutes=1)


def _day_of_month(day: int, now: datetime) -> datetime:
    """The latest `day` of a month that has begun."""
    month = now.replace(day=1, hour=0, minute=0)
    if day > now.day:
        month = (month - timedelta(days=1)).replace(day=1)
    return month.replace(day=day)


def _span(when: Span, today: date) -> tuple[datetime, datetime]:
    if when.unit == "week":
        first = today - timedelta(days=today.weekday()) + timedelta(weeks=when.back)
        after = first + timedelta(weeks=1)
    elif when.unit == "month":
        months = today.year * 12 + today.month - 1 + when.back
        first = date(months // 12, months % 12 + 1, 1)
        after = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    else:
        first = date(today.year + when.back, 1, 1)
        after = date(first.year + 1, 1, 1)
    start = datetime(first.year, first.month, first.day, tzinfo=CITY)
    return start, datetime(after.year, after.month, after.day, tzinfo=CITY) - timedelta(minutes=1)


_LENGTH: Final = {"week": 7 * DAY, "month": 31 * DAY, "year": 366 * DAY}


def relative(when: When) -> dict[str, Any] | None:
    """{from, to} in minutes from the call, wide enough for any hour of the call; for a clock also {day?, clock}.

    None for dates: they stand for themselves, or need the year.
    """
    if isinstance(when, FromNow):
        return {"from": when.low, "to": when.high}
    if isinstance(when, OnDates):
        return None
    if isinstance(when, Span):
        length = _LENGTH[when.unit]
        return {
            "from": (when.back - 1) * length,
            "to": (when.back + 1) * length if when.back > 0 else min(0, (when.back + 1) * length),
        }
    clock = {"clock": [_clock(when.start), _clock(when.end)]}
    if when.weekday is not None:
        week = when.week
        low, high = (-7, 0) if week is None else (when.weekday - 6 + 7 * week, when.weekday + 7 * week)
        return {"from": low * DAY + when.start - DAY + 1, "to": _past(high * DAY + when.end, high <= 0), **clock}
    if when.day is None:
        # The latest such minute before the call; it may still be going on.
        return {"from": -(DAY // 2 if when.twelve else DAY), "to": 0, **clock}
    night = DAY if when.day < 0 and when.start >= DAY else 0  # see _absolute
    return {
        "from": when.day * DAY + when.start - DAY + 1 - night,
        "to": _past(when.day * DAY + when.end, when.day < 0),
        "day": when.day,
        **clock,
    }


def _past(minutes: int, past: bool) -> int:
    return min(minutes, 0) if past else minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
