"""The forms of a report: one self-contained page, CSV for spreadsheets, JSON. The same report gives the same bytes."""

import csv
import io
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.units import City
from dispatcher.reports.charts import charts
from dispatcher.reports.making import Made
from dispatcher.reports.tables import Table, shown

_PAGES: Final = Environment(
    loader=PackageLoader("dispatcher.reports", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
#: By this mark Excel knows UTF-8.
_MARK: Final = "\ufeff"
#: What a spreadsheet would take for a formula, at the beginning of a text.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def page(made: Made, city: City) -> str:
    """The page: no script, no address outside it, ready to be printed."""
    districts = [city.districts.get(code, code) for code in made.districts]
    as_of = made.as_of.astimezone(CITY_TIME) if made.as_of is not None else None
    return _PAGES.get_template("report.html").render(
        made=made,
        districts=districts,
        as_of=f"{as_of:%Y-%m-%d %H:%M:%S}" if as_of is not None else "",
        charts=charts(made),
        shown=shown,
    )


def data(made: Made) -> dict[str, Any]:
    """As JSON has it: shares between 0 and 1, null where there was nothing to share."""
    return {
        "report": made.report.value,
        "title": made.form.title,
        "from": made.period.first.isoformat(),
        "to": made.period.last.isoformat(),
        "districts": list(made.districts),
        "as_of": made.as_of.isoformat() if made.as_of is not None else None,
        "notes": list(made.notes),
        "tables": {table.code: table.data() for table in made.tables},
        "definitions": [
            {"code": one.code, "name": one.name, "meaning": one.meaning, "source": one.source}
            for one in made.definitions()
        ],
    }


def write_csv(made: Made, folder: Path) -> tuple[Path, ...]:
    """One file a table, and one for the definitions, into `folder`, which is made where it is missing; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {table.code: as_csv(table) for table in made.tables} | {"definitions": _definitions(made)}
    files = []
    for code, content in contents.items():
        files.append(folder / f"{made.report}-{made.period.first}-{made.period.last}-{code}.csv")
        files[-1].write_bytes(content.encode())
    return tuple(files)


def as_csv(table: Table) -> str:
    """Header in Chinese with the column's code in brackets; shares as numbers between 0 and 1."""
    rows: list[list[Any]] = [[f"{head.name}（{head.code}）" for head in table.heads()]]
    rows += [[row[column] for column in table.columns] for row in table.rows]
    if table.total is not None:
        rows.append(["合计", *(table.total[column] for column in table.columns[1:])])
    return _lines(rows)


def _definitions(made: Made) -> str:
    heads = ["指标（name）", "代码（code）", "含义（meaning）", "来源（source）"]
    rows: list[list[Any]] = [[one.name, one.code, one.meaning, one.source] for one in made.definitions()]
    rows += [["说明", "note", note, ""] for note in made.notes]
    return _lines([heads, *rows])


def _lines(rows: list[list[Any]]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows([_plain(value) for value in row] for row in rows)
    return _MARK + target.getvalue()


def _plain(value: Any) -> Any:
    """A text that a spreadsheet does not reckon with: a street's name comes from what somebody said."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
