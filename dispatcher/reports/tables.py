"""Tables of plain values, as every form of a report shows them: page, CSV, JSON, screen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dispatcher.reports.definitions import DEFINITIONS, Definition, Kind

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns that are codes of definitions. `total`: one row more for the sum of all, None where it means nothing."""

    code: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row | None = None

    def heads(self) -> list[Definition]:
        """What its columns are."""
        return [DEFINITIONS[column] for column in self.columns]

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {
            "title": self.title,
            "columns": list(self.columns),
            "rows": [dict(r) for r in self.rows],
        }
        return found if self.total is None else found | {"total": dict(self.total)}


def table(code: str, title: str, columns: Iterable[str], rows: Iterable[Row], total: Row | None = None) -> Table:
    """A table of these rows; values of other columns are left out."""
    names = tuple(columns)
    kept = tuple({name: row[name] for name in names} for row in rows)
    return Table(code, title, names, kept, None if total is None else {name: total.get(name) for name in names})


def shown(value: Any, kind: Kind) -> str:
    """A value for a person's eyes."""
    if value is None:
        return ""
    if kind is Kind.SHARE:
        return f"{value:.1%}"
    if kind is Kind.COUNT:
        return f"{value:,}"
    return str(value)
