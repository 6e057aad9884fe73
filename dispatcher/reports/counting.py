"""Counting the closed loop: the same measures for a unit and for a place. Pure: rows in, numbers out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from dispatcher.client.lookup_stats import share
from dispatcher.domain.codes import DISSATISFIED, TERMINAL, Mark, Role

_DISSATISFIED: Final = {answer.value for answer in DISSATISFIED}
_OVER: Final = {status.value for status in TERMINAL}
#: The columns of a table of measures.
MEASURES: Final = (
    *("cases", "orders", "lead_orders", "acknowledge_due", "acknowledged_in_time", "acknowledged_rate"),
    *("finish_due", "finished", "finished_rate", "finished_in_time", "in_time_rate", "returned", "bounced"),
    *("repeats", "repeat_rate", "answers", "satisfied", "satisfied_rate", "blue", "yellow", "red"),
)
_CARDS: Final = (Mark.BLUE.value, Mark.YELLOW.value, Mark.RED.value)


@dataclass(slots=True)
class Measures:
    """One unit's or place's numbers; what each is, the definitions say."""

    cases: int = 0
    orders: int = 0
    lead_orders: int = 0
    acknowledge_due: int = 0
    acknowledged_in_time: int = 0
    finish_due: int = 0
    finished: int = 0
    finished_in_time: int = 0
    returned: int = 0
    bounced: set[str] = field(default_factory=set)
    repeats: int = 0
    answers: int = 0
    satisfied: int = 0
    blue: int = 0
    yellow: int = 0
    red: int = 0

    def row(self) -> dict[str, Any]:
        """Counts and shares, in the order of `MEASURES`."""
        shares = {
            "acknowledged_rate": share(self.acknowledged_in_time, self.acknowledge_due),
            "finished_rate": share(self.finished, self.finish_due),
            "in_time_rate": share(self.finished_in_time, self.finish_due),
            "repeat_rate": share(self.repeats, self.repeats + self.cases),
            "satisfied_rate": share(self.satisfied, self.answers),
            "bounced": len(self.bounced),
        }
        return {name: shares[name] if name in shares else getattr(self, name) for name in MEASURES}

    # -- counting --------------------------------------------------------------------------------------

    def case(self, row: Any) -> None:
        """A case that was opened."""
        self.cases += row.first_lead is not None

    def order(self, row: Any, as_of: datetime) -> None:
        """An order that was issued."""
        self.orders += 1
        acknowledged = row.acknowledged_at is not None
        if row.acknowledge_due is not None and (acknowledged or _missed(row, row.acknowledge_due, as_of)):
            self.acknowledge_due += 1
            self.acknowledged_in_time += row.acknowledged_in_time is True
        if row.role != Role.LEAD.value:
            return
        self.lead_orders += 1
        if row.finish_due is None:
            return
        if row.finished_at is not None:
            kept = row.finished_in_time
            self.finish_due += 1
            self.finished += 1
            self.finished_in_time += row.finished_at <= row.finish_due if kept is None else kept
        elif row.finish_paused_at is None and _missed(row, row.finish_due, as_of):
            self.finish_due += 1

    def give_back(self, row: Any) -> None:
        """An order that was returned."""
        self.returned += 1
        if (row.returned or 0) > 1:
            self.bounced.add(row.case_id)

    def repeat(self, _row: Any) -> None:
        """A call that repeats a case."""
        self.repeats += 1

    def revisit(self, row: Any) -> None:
        """An answer at a revisit."""
        self.answers += 1
        self.satisfied += row.satisfaction not in _DISSATISFIED

    def card(self, row: Any) -> None:
        """A card."""
        if row.card in _CARDS:
            setattr(self, row.card, getattr(self, row.card) + 1)


def _missed(row: Any, due: datetime, as_of: datetime) -> bool:
    """Whether a limit passed while the unit still had the order, and nothing had ended it."""
    ended: list[datetime] = [moment for moment in (row.returned_at, row.withdrawn_at) if moment is not None]
    if ended:
        return min(ended) > due
    return due < as_of and row.case_status not in _OVER


# -- all of a period -------------------------------------------------------------------------------------------

Key = TypeVar("Key")


class Rows(Protocol):
    """What is counted: see `dispatcher.reports.reading.Range`."""

    def cases(self) -> Iterable[Any]: ...
    def orders(self) -> Iterable[Any]: ...
    def returns(self) -> Iterable[Any]: ...
    def cards(self) -> Iterable[Any]: ...
    def revisits(self) -> Iterable[Any]: ...
    def repeats(self) -> Iterable[Any]: ...


@dataclass(slots=True)
class Groups:
    """Measures by whatever a row is of, for all groupings at once: each row is read one time."""

    whole: Measures = field(default_factory=Measures)
    units: dict[str, Measures] = field(default_factory=dict)
    places: dict[Any, Measures] = field(default_factory=dict)


def count(rows: Rows, place: Callable[[str, str | None], Any], as_of: datetime) -> Groups:
    """All measures of a period. `place`: of a case and its district; `as_of`: up to when limits have passed."""
    groups = Groups()

    def of(row: Any, unit: str | None) -> tuple[Measures, ...]:
        there = _of(groups.places, place(row.case_id, row.district))
        return (groups.whole, there) if unit is None else (groups.whole, there, _of(groups.units, unit))

    for row in rows.cases():
        for one in of(row, row.first_lead):
            one.case(row)
    for row in rows.orders():
        for one in of(row, row.unit):
            one.order(row, as_of)
    for row in rows.returns():
        for one in of(row, row.unit):
            one.give_back(row)
    for row in rows.repeats():
        for one in of(row, row.unit):
            one.repeat(row)
    for row in rows.revisits():
        for one in of(row, row.unit):
            one.revisit(row)
    for row in rows.cards():
        for one in of(row, row.unit):
            one.card(row)
    return groups


def _of(groups: dict[Key, Measures], key: Key) -> Measures:
    found = groups.get(key)
    if found is None:
        found = groups[key] = Measures()
    return found
