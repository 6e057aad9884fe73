"""When and where what happens (时空规律): matters by place and hour, by kind and hour, by weekday and hour. Hours are the city's."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Outcome
from dispatcher.reports.definitions import HOURS

WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_Hourly = Counter[tuple[Any, int]]


@dataclass(slots=True)
class Heat:
    """Counts of matters; the second of a key is the hour. `days`: city date -> matters."""

    places: _Hourly = field(default_factory=Counter)
    categories: _Hourly = field(default_factory=Counter)
    weekdays: _Hourly = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)


def heat(cases: Iterable[Any], place: Callable[[str, str | None], Any]) -> Heat:
    """Of cases opened in a period. `place`: of a case and its district."""
    found = Heat()
    for row in cases:
        if row.outcome == Outcome.INVALID.value or row.merged_into is not None:
            continue
        local = row.opened_at.astimezone(CITY_TIME)
        found.places[place(row.case_id, row.district), local.hour] += 1
        found.categories[row.category or "", local.hour] += 1
        found.weekdays[local.weekday(), local.hour] += 1
        found.days[local.date().isoformat()] += 1
    return found


def by_key(hourly: _Hourly) -> Counter[Any]:
    """The counts of all hours together."""
    found: Counter[Any] = Counter()
    for (key, _), count in hourly.items():
        found[key] += count
    return found


def hours_of(hourly: _Hourly, key: Any) -> dict[str, int]:
    """One row: the columns of `HOURS`, and their sum."""
    counts = {code: hourly[key, hour] for hour, code in enumerate(HOURS)}
    return {**counts, "matters": sum(counts.values())}


def hours_of_all(hourly: _Hourly) -> dict[str, int]:
    """The row below: all keys together."""
    counts: Counter[int] = Counter()
    for (_, hour), count in hourly.items():
        counts[hour] += count
    return {**{code: counts[hour] for hour, code in enumerate(HOURS)}, "matters": counts.total()}
