"""Charts of a report as SVG: lines and bars as elsewhere, and heat as squares, darker where more happened."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from dispatcher.reports.definitions import DEFINITIONS, HOURS
from dispatcher.reports.making import Made
from dispatcher.reports.tables import Row, Table
from dispatcher.simulate.charts import by_unit, over_days

_PAGES: Final = Environment(
    loader=PackageLoader("dispatcher.reports", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_CARDS: Final = ("blue", "yellow", "red")
_CARD_COLOURS: Final = ("#1e88e5", "#fbc02d", "#d32f2f")
#: So many rows in a chart; the tables have all.
_ROWS: Final = 40

Drawn = tuple[Markup, str]


def charts(made: Made) -> list[Drawn]:
    """Each chart and what it shows; none of a table without rows."""
    return [drawn for table in made.tables if table.rows for drawn in _OF.get(table.code, _none)(table)]


def _none(_table: Table) -> Iterator[Drawn]:
    return iter(())


# -- units and places ------------------------------------------------------------------------------------------


def _bars(table: Table) -> Iterator[Drawn]:
    rows = sorted((row for row in table.rows if row["orders"] or row["cases"]), key=lambda row: -row["orders"])[:_ROWS]
    names = [_name(row) for row in rows]
    if not names:
        return
    rates = ("acknowledged_rate", "finished_rate", "in_time_rate")
    series = {_title(code): [_percent(row[code]) for row in rows] for code in rates}
    yield Markup(by_unit(f"{table.code}-rates", names, series, title="%")), f"{table.title}: 签收与办结，百分比."
    other = ("repeat_rate", "satisfied_rate")
    series = {_title(code): [_percent(row[code]) for row in rows] for code in other}
    yield Markup(by_unit(f"{table.code}-citizens", names, series, title="%")), f"{table.title}: 重复与满意，百分比."
    cards = {_title(code): [float(row[code]) for row in rows] for code in _CARDS}
    drawn = by_unit(f"{table.code}-cards", names, cards, title="督办", stacked=True, colours=_CARD_COLOURS)
    yield Markup(drawn), f"{table.title}: 督办."


def _name(row: Row) -> str:
    """What a row of units or places is called: the finest that it tells."""
    if "unit_name" in row:
        return str(row["unit_name"])
    return "·".join(str(row[name]) for name in ("district_name", "street_name", "community_name") if name in row)


# -- time ------------------------------------------------------------------------------------------------------


def _days(table: Table) -> Iterator[Drawn]:
    labels = [str(row["date"])[5:] for row in table.rows]
    drawn = over_days("days", labels, {_title("matters"): [row["matters"] for row in table.rows]}, y_title="a day")
    yield Markup(drawn), f"{table.title}."


def _heat(table: Table) -> Iterator[Drawn]:
    rows = (
        sorted(table.rows, key=lambda row: -row["matters"])[:_ROWS] if table.code == "matters" else table.rows[:_ROWS]
    )
    names = [str(row["weekday"] if "weekday" in row else row.get("category_name") or _name(row)) for row in rows]
    counts = [[row[hour] for hour in HOURS] for row in rows]
    more = len(table.rows) - len(rows)
    drawn = _squares(names, counts)
    yield drawn, f"{table.title}{f' (the first {_ROWS}; {more} more in the table)' if more > 0 else ''}."


def _squares(names: Sequence[str], counts: Sequence[Sequence[int]]) -> Markup:
    most = max((count for row in counts for count in row), default=0)
    rows = [
        (name, [(count, round(count / most, 3) if most else 0) for count in row])
        for name, row in zip(names, counts, strict=True)
    ]
    return Markup(_PAGES.get_template("heat.svg").render(rows=rows))


# -- desks and model -------------------------------------------------------------------------------------------


def _databases(table: Table) -> Iterator[Drawn]:
    names = [str(row["database_name"]) for row in table.rows]
    rate = {_title("hit_rate"): [_percent(row["hit_rate"]) for row in table.rows]}
    yield Markup(by_unit("databases-hits", names, rate, title="%")), f"{table.title}: 命中率，百分比."
    seconds = {_title(code): [row[code] for row in table.rows] for code in ("mean_seconds", "median_seconds")}
    yield Markup(by_unit("databases-seconds", names, seconds, title="秒")), f"{table.title}: 用时."


def _models(table: Table) -> Iterator[Drawn]:
    names = [str(row["model"])[:12] or "—" for row in table.rows]
    outcomes = ("police", "joint", "non_police", "invalid", "review")
    series = {_title(code): [float(row[code]) for row in table.rows] for code in outcomes}
    yield Markup(by_unit("models-outcomes", names, series, title="来电", stacked=True)), f"{table.title}: 研判结果."


_OF: Final[dict[str, Any]] = {
    "places": _bars,
    "units": _bars,
    "days": _days,
    "heat": _heat,
    "matters": _heat,
    "weekdays": _heat,
    "databases": _databases,
    "models": _models,
}


def _title(code: str) -> str:
    return DEFINITIONS[code].name


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)
