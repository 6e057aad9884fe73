"""What a run leaves behind: ``report.html`` (self-contained), ``report.json`` and ``units.csv``."""

import csv
import io
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from dispatcher.domain.units import City
from dispatcher.simulate.charts import by_unit, over_days
from dispatcher.simulate.checks import INVARIANTS
from dispatcher.simulate.figures import CARDS, violations

_PAGES = Environment(
    loader=PackageLoader("dispatcher.simulate", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_CARD_COLOURS = ("#1e88e5", "#fbc02d", "#d32f2f")


def write(found: dict[str, Any], city: City, folder: Path) -> tuple[Path, ...]:
    """Write the three files into `folder`, which is made where it is missing; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"report.html": page(found, city), "report.json": as_json(found), "units.csv": as_csv(found)}
    for name, content in contents.items():
        (folder / name).write_bytes(content.encode())
    return tuple(folder / name for name in contents)


def as_json(found: dict[str, Any]) -> str:
    """The figures."""
    return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n"


def as_csv(found: dict[str, Any]) -> str:
    """One line a unit; times to acknowledge in minutes, to finish in hours. It begins with a mark by which Excel knows UTF-8."""
    target = io.StringIO()
    rows = [dict(_flat(unit)) for unit in found["units"]]
    writer = csv.DictWriter(target, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + target.getvalue()


def _flat(unit: dict[str, Any], prefix: str = "") -> Any:
    for name, value in unit.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}_")
        else:
            yield prefix + name, value


def page(found: dict[str, Any], city: City) -> str:
    """The page."""
    return _PAGES.get_template("simulate.html").render(
        f=found,
        cards=CARDS,
        invariants=INVARIANTS,
        broken=violations(found),
        matters=city.matters,
        districts=city.districts,
        charts=[(Markup(drawn), said) for drawn, said in _days(found)],
        unit_charts=[(Markup(drawn), said) for drawn, said in _units(found)],
    )


def _days(found: dict[str, Any]) -> Any:
    days = found["per_day"]
    labels = [day["date"][5:] for day in days]

    def series(*names: str) -> dict[str, list[float | None]]:
        return {name: [day[name] for day in days] for name in names}

    yield over_days("calls", labels, series("calls", "closed"), y_title="a day"), "Calls, and cases closed."
    yield (
        over_days("open", labels, series("open"), y_title="cases"),
        "Cases that have not ended, at the end of each day.",
    )
    cards = series(*(f"{card} cards" for card in CARDS))
    yield over_days("cards", labels, cards, y_title="a day", colours=_CARD_COLOURS), "Cards."
    yield over_days("returns", labels, series("returns", "reopened"), y_title="a day"), "Returns and reopenings."
    hours = [f"{hour:02d}:00" for hour in range(24)]
    yield over_days("hours", hours, {"calls": found["per_hour"]}, y_title="in all"), "Calls by the hour of the day."


def _units(found: dict[str, Any]) -> Any:
    units = sorted((unit for unit in found["units"] if unit["orders"]), key=lambda u: (-u["orders"], u["unit"]))
    names = [unit["name"] for unit in units]
    if not names:
        return

    def percent(share: float | None) -> float | None:
        return None if share is None else round(100 * share, 1)

    in_time = {
        "acknowledged": [percent(unit["acknowledge"]["in_time"]) for unit in units],
        "finished": [percent(unit["finish"]["in_time"]) for unit in units],
    }
    yield (
        by_unit("units-in-time", names, in_time, title="In time, percent"),
        "Orders acknowledged and cases finished in time.",
    )
    hours = {"median": [u["finish"]["median"] for u in units], "p90": [u["finish"]["p90"] for u in units]}
    yield (
        by_unit("units-finish", names, hours, title="Hours to finish"),
        "From the order to the lead's finish: median, and nine tenths.",
    )
    minutes = {"median": [u["acknowledge"]["median"] for u in units], "p90": [u["acknowledge"]["p90"] for u in units]}
    yield (
        by_unit("units-acknowledge", names, minutes, title="Minutes to acknowledge"),
        "From the order to 签收: median, and nine tenths.",
    )
    cards = {card: [unit["cards"][card] for unit in units] for card in CARDS}
    drawn = by_unit("units-cards", names, cards, title="Cards", stacked=True, colours=_CARD_COLOURS)
    yield drawn, "Cards, by the unit that led when they fell."
