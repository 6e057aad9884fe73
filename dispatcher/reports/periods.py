"""Periods of reports: whole days of the city, Monday to Sunday, the halves of a month, a month. Pure: the day is an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from dispatcher.domain.calls import CITY_TIME


class Span(StrEnum):
    """How long the periods of a report are."""

    WEEK = "week"  # Monday to Sunday
    HALF_MONTH = "half-month"  # 1st to 15th, 16th to the month's end
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in the city; both ends count."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("the last day of a period lies before its first")

    @property
    def begins(self) -> datetime:
        """The first midnight, in UTC."""
        return _midnight(self.first)

    @property
    def ends(self) -> datetime:
        """The midnight after the last day, in UTC: the first moment that is not in the period."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> tuple[date, ...]:
        """Every day."""
        return tuple(self.first + timedelta(days=day) for day in range((self.last - self.first).days + 1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=CITY_TIME).astimezone(UTC)


def last_whole(span: Span, today: date) -> Period:
    """The last period that is over on `today`, a date in the city."""
    if span is Span.WEEK:
        monday = today - timedelta(days=today.weekday())
        return Period(monday - timedelta(days=7), monday - timedelta(days=1))
    first = today.replace(day=1)
    if span is Span.HALF_MONTH and today.day > 15:
        return Period(first, first.replace(day=15))
    last = first - timedelta(days=1)
    return Period(last.replace(day=16 if span is Span.HALF_MONTH else 1), last)
