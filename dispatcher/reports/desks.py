"""The two 24-hour desks: what was searched for and found, and how each database answered. Pure: rows in, rows out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from dispatcher.client.lookup_stats import SOON, median, share
from dispatcher.domain.lookups.codes import AnswerStatus, Desk, LookupStatus, Side
from dispatcher.ledger.fold_lookups import SILENT

DESK_COLUMNS: Final = (
    *(
        "desk",
        "desk_name",
        "opened",
        "called_off",
        "found",
        "found_rate",
        "searched_a_day",
        "found_in_a_day",
        "day_rate",
    ),
    *("median_minutes", "handed_over", "not_found", "found_side", "given_back"),
)
DATABASE_COLUMNS: Final = (
    *("database", "database_name", "replies", "hits", "hit_rate", "late", "unavailable", "silent", "mean_seconds"),
    "median_seconds",
)
_A_DAY: Final = 24 * 60
_NAMES: Final = {Desk.LOST_ITEM: "遗失物品专席", Desk.MISSING_PERSON: "人员走失专席"}


@dataclass(slots=True)
class _Desk:
    opened: int = 0
    called_off: int = 0
    found: int = 0
    searched_a_day: int = 0
    found_in_a_day: int = 0
    handed_over: int = 0
    not_found: int = 0
    found_side: int = 0
    given_back: int = 0
    minutes: list[int] = field(default_factory=list)

    def take(self, row: Any, as_of: datetime) -> None:
        if row.side == Side.FOUND.value:
            self.found_side += 1
            self.given_back += row.handed_over_at is not None
            return
        self.opened += 1
        self.handed_over += row.handed_over_at is not None
        self.not_found += row.status == LookupStatus.NOT_FOUND.value
        if row.status == LookupStatus.CANCELLED.value or row.ended_by_service:
            self.called_off += 1
            return
        minutes = row.found_after_minutes if row.found_at is not None else None
        self.found += row.found_at is not None
        self.searched_a_day += row.found_at is not None or as_of - row.opened_at >= SOON
        if minutes is not None:
            self.minutes.append(minutes)
            self.found_in_a_day += minutes <= _A_DAY

    def row(self, desk: Desk) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in DESK_COLUMNS if hasattr(self, name)}
        return {
            **plain,
            "desk": desk.value,
            "desk_name": _NAMES[desk],
            "found_rate": share(self.found, self.opened - self.called_off),
            "day_rate": share(self.found_in_a_day, self.searched_a_day),
            "median_minutes": median(self.minutes),
        }


def desks(lookups: Iterable[Any], as_of: datetime) -> list[dict[str, Any]]:
    """One row a desk. `as_of`: up to when a search may have been found."""
    found = {desk.value: _Desk() for desk in Desk}
    for row in lookups:
        if row.desk in found:
            found[row.desk].take(row, as_of)
    return [found[desk.value].row(desk) for desk in Desk]


@dataclass(slots=True)
class _Database:
    replies: int = 0
    hits: int = 0
    late: int = 0
    unavailable: int = 0
    silent: int = 0
    seconds: list[float] = field(default_factory=list)

    def take(self, row: Any) -> None:
        if row.status == SILENT:
            self.silent += 1
        elif row.status == AnswerStatus.UNAVAILABLE.value:
            self.unavailable += 1
        else:
            self.replies += 1
            self.hits += row.found is True
            self.late += row.late is True
            if row.seconds is not None:
                self.seconds.append(row.seconds)

    def row(self, code: str, name: str) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in DATABASE_COLUMNS if hasattr(self, name)}
        middle = median(self.seconds)
        return {
            **plain,
            "database": code,
            "database_name": name,
            "hit_rate": share(self.hits, self.replies),
            "mean_seconds": round(sum(self.seconds) / len(self.seconds), 1) if self.seconds else None,
            "median_seconds": None if middle is None else round(middle, 1),
        }


def databases(answers: Iterable[Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a database: those that the policy `names`, in its order, then whatever else has answered."""
    found: dict[str, _Database] = {code: _Database() for code in names}
    for row in answers:
        found.setdefault(row.database or row.channel or "", _Database()).take(row)
    others = sorted(found.keys() - names.keys())
    return [found[code].row(code, names.get(code, code)) for code in (*names, *others)]
