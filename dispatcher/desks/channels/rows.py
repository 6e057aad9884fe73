"""The conditions over rows in memory, as `sql` has them over tables."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from dispatcher.desks.channels.conditions import How, Wanted
from dispatcher.desks.channels.mapping import moment, said

Row = Mapping[str, Any]


def chosen(
    rows: Iterable[Row], must: list[Wanted], prefer: list[Wanted], newest: str | None, most: int
) -> tuple[list[Row], int]:
    """The rows that fit, the most preferred first, then the newest; and how many there are beyond `most`."""
    fitting = [row for row in rows if all(fits(one, row) for one in must)]
    if newest is not None:
        fitting.sort(key=lambda row: said(row.get(newest)), reverse=True)
    fitting.sort(key=lambda row: -sum(points(one, row) for one in prefer))
    return fitting[:most], max(0, len(fitting) - most)


def fits(one: Wanted, row: Row) -> bool:
    """Whether the row fulfils a condition."""
    condition = one.condition
    cells = [row.get(column) for column in condition.columns]
    if condition.or_empty and any(said(cell) == "" for cell in cells):
        return True
    if condition.how is How.WINDOW:
        return any(_within(moment(cell), one) for cell in cells)
    if condition.how is How.RANGE:
        low, high = _number(cells[0]), _number(cells[-1])
        return low is not None and high is not None and low <= float(one.high) and high >= float(one.low)  # type: ignore[arg-type]
    return any(_like(said(cell), pieces, condition.how) for cell in cells for pieces in one.texts)


def points(one: Wanted, row: Row) -> int:
    """How much the row is preferred: a point, or one for each text that fits, times the weight."""
    condition = one.condition
    if not one.texts:
        return condition.weight * fits(one, row)
    cells = [said(row.get(column)) for column in condition.columns]
    return condition.weight * sum(any(_like(cell, pieces, condition.how) for cell in cells) for pieces in one.texts)


def _within(at: datetime | None, one: Wanted) -> bool:
    return (
        at is not None
        and isinstance(one.low, datetime)
        and isinstance(one.high, datetime)
        and one.low <= at <= one.high
    )


def _number(cell: Any) -> float | None:
    try:
        return float(said(cell))
    except ValueError:
        return None


def _like(cell: str, pieces: tuple[str, ...], how: How) -> bool:
    if how is How.EQUALS:
        return cell == pieces[0]
    if len(pieces) == 3 and not pieces[0] and not pieces[2]:
        return pieces[1].lower() in cell.lower()
    pattern = ".*".join(map(re.escape, pieces))
    return re.fullmatch(pattern, cell, re.IGNORECASE | re.DOTALL) is not None
