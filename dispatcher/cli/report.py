"""``dispatcher report``: the periodic reports (研判) from the ledger in SQL, on the screen, as a page, CSV or JSON."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import click
from pydantic import SecretStr
from rich.table import Table as Grid
from rich.text import Text
from sqlalchemy.engine import URL

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.errors import SettingsError
from dispatcher.ledger.database import url_of
from dispatcher.ledger.store import Store
from dispatcher.reports import making, writing
from dispatcher.reports.definitions import Kind
from dispatcher.reports.periods import Period, last_whole
from dispatcher.reports.tables import Table, shown

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("kind", type=click.Choice([one.value for one in making.Report]))
@click.option(
    "--url",
    metavar="URL",
    help="sqlite:///PATH, postgresql://USER@HOST/DATABASE, or a path (default: DISPATCHER_LEDGER_URL, else ledger.db in the"
    " data folder).",
)
@click.option("--from", "first", type=_DAY, metavar="DATE", help="The first day, in the city; with --to.")
@click.option("--to", "last", type=_DAY, metavar="DATE", help="The last day, which counts; with --from.")
@click.option(
    "--district",
    "districts",
    multiple=True,
    metavar="DISTRICT",
    help="Code or Chinese name; may be given several times.",
)
@click.option("--csv", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write one CSV a table here.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained page here.")
@options.JSON
def report(
    kind: str,
    url: str | None,
    first: datetime | None,
    last: datetime | None,
    districts: tuple[str, ...],
    folder: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """A periodic report (研判) from the ledger's tables, as far as `dispatcher ledger run` has brought them.

    \b
      weekly-community     places, units and hours of a week, by community
      half-monthly-street  the same of half a month, by street
      monthly-district     the same of a month, by district
      units                each unit: received, in time, returned, repeats, satisfaction, cards
      desks                the two desks and their databases
      model                outcomes, diversion, reviews and corrections, by model
      heat                 matters by place, kind, weekday and hour

    Without --from and --to it is of the last whole period, in city time. What each figure means stands under it.

    \b
      dispatcher report weekly-community --html week.html
      dispatcher report units --from 2026-10-01 --to 2026-10-31 --csv reports --json
    """
    from dispatcher.catalog import load_catalog

    settings = settings_module.load()
    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    which = making.Report(kind)
    period = _period(which, first, last)
    codes = tuple(dict.fromkeys(_district(said, catalog.city.districts) for said in districts))
    with Store(_at(settings, url), make=False) as store, store.snapshot() as connection:
        made = making.make(connection, which, period, catalog.city, catalog.policy, codes)
    files = list(writing.write_csv(made, folder)) if folder is not None else []
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_bytes(writing.page(made, catalog.city).encode())
        files.append(html)
    if as_json:
        options.line(writing.data(made))
    else:
        _show(made)
    if files:
        options.err().print(Text(f"written: {', '.join(map(str, files))}", style="dim"))


# -- within ----------------------------------------------------------------------------------------------------


def _at(settings: settings_module.Settings, url: str | None) -> URL:
    configured = settings.ledger_url
    plain = configured.get_secret_value() if isinstance(configured, SecretStr) else None  # it may hold a password
    return url_of(url or plain or str(settings.datadir / "ledger.db"))


def _period(which: making.Report, first: datetime | None, last: datetime | None) -> Period:
    if first is None and last is None:
        return last_whole(making.FORMS[which].span, _today())
    if first is None or last is None:
        raise click.UsageError("--from and --to belong together.")
    if last < first:
        raise click.UsageError("--to lies before --from.")
    return Period(first.date(), last.date())


def _today() -> date:
    return datetime.now(CITY_TIME).date()


def _district(said: str, districts: Mapping[str, str]) -> str:
    found = next((code for code, name in districts.items() if said in (code, name)), None)
    if found is None:
        raise SettingsError(f"there is no district {said!r}", hint=f"There are {', '.join(districts)}")
    return found


def _show(made: making.Made) -> None:
    screen = options.out()
    options.pairs(
        screen,
        [
            ("report", made.form.title),
            ("period", f"{made.period.first} to {made.period.last}, city time"),
            ("districts", ", ".join(made.districts)),
            ("ledger", f"as of {options.local(made.as_of)}" if made.as_of is not None else "empty"),
            *(("note", note) for note in made.notes),
        ],
    )
    for one in made.tables:
        screen.print()
        screen.print(Text(one.title, style="bold"))
        if one.rows:
            options.table(_grid(one))
        else:
            screen.print(Text("nothing in this period", style="dim"))
    screen.print()
    options.pairs(screen, [(one.code, f"{one.name}: {one.meaning} ({one.source})") for one in made.definitions()])


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="dim")
    for head in table.heads():
        grid.add_column(head.name, justify="left" if head.kind is Kind.TEXT else "right", overflow="fold")
    for row in table.rows:
        grid.add_row(*(options.plain(shown(row[head.code], head.kind)) for head in table.heads()))
    if table.total is not None:
        cells = [shown(table.total[head.code], head.kind) for head in table.heads()]
        grid.add_row("合计", *(options.plain(cell) for cell in cells[1:]), style="bold")
    return grid
