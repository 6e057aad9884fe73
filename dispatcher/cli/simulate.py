"""``dispatcher simulate``: a synthetic city's weeks through the service's own functions, with a simulated clock."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import long_work, options


@click.command()
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="Days on which calls come in.")
@click.option(
    "--calls-per-day",
    type=click.IntRange(1, 1_000_000),
    default=11_080,
    show_default=True,
    help="On average; exact in all.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2026-04-01",
    show_default=True,
    help="The first day; holidays are those of the calendar.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=lambda: min(2, os.cpu_count() or 1),
    show_default="2",
    help="Districts played at a time; changes nothing but the time that it takes.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports/simulate"),
    show_default=True,
    help="Where report.html, report.json and units.csv go.",
)
@options.JSON
@click.pass_context
def simulate(
    context: click.Context,
    days: int,
    calls_per_day: int,
    seed: int,
    start: datetime,
    processes: int,
    out: Path,
    as_json: bool,
) -> None:
    """A synthetic city: callers who call again, units that are late, give back or do nothing, people who decide.

    Nothing is published and no broker is needed. What each call is about is given, not classified; all the rest is decided
    by the functions that the workers run. After the last call the city runs on until nothing is under way any more.

    Status 1 where an invariant was broken, 130 after a Ctrl-C, which still reports what there is.

    \b
      dispatcher simulate --days 30 --calls-per-day 11080 --seed 1
      dispatcher simulate --days 2 --calls-per-day 300 --json | jq .cards
    """
    from dispatcher.catalog import load_catalog
    from dispatcher.simulate import report
    from dispatcher.simulate.city import Setting, plan
    from dispatcher.simulate.figures import figures, violations
    from dispatcher.simulate.run import run

    catalog = load_catalog(settings_module.load().home)
    planned = plan(Setting(days, calls_per_day, seed, start.date()), catalog.city)
    with long_work.interruptible() as interrupted, long_work.bar("calls", days * calls_per_day) as bar:
        done = run(planned, catalog.city, catalog.policy, processes=processes, stop=interrupted.is_set, told=bar.told)
    found = figures(done, catalog.city, catalog.policy)
    files = report.write(found, catalog.city, out)
    if as_json:
        options.line(found)
    else:
        _show(found)
    screen = options.err()
    if not done.complete:
        screen.print(Text("interrupted: the figures are of what had been played until then", style="yellow"))
    screen.print(Text(f"written: {', '.join(str(file) for file in files)}", style="dim"))
    if not done.complete:
        context.exit(130)
    if violations(found):
        screen.print(
            Text("an invariant was broken: this is a mistake of the program, see the report", style="bold red")
        )
        context.exit(1)


def _show(found: dict[str, Any]) -> None:
    cases, cards = found["cases"], found["cards"]

    def share(value: float | None) -> str:
        return "none" if value is None else f"{value:.1%}"

    def times(of: dict[str, Any], unit: str) -> str:
        return f"{share(of['in_time'])} in time, median {of['median']} {unit}, p90 {of['p90']} {unit} ({of['count']:,})"

    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"

    options.pairs(
        options.out(),
        [
            ("calls", f"{found['calls']:,}: {listed(found['by_outcome'])}"),
            ("cases", f"{cases['opened']:,}"),
            ("last day", listed(cases["at_the_end_of_the_last_day"])),
            ("settled", listed(cases["when_all_had_settled"])),
            (
                "closed rate",
                f"{share(cases['closed_rate'])}; at the end of the last day"
                f" {share(cases['closed_rate_at_the_end_of_the_last_day'])}",
            ),
            ("closed as", listed(cases["closed_as"])),
            ("acknowledged", times(found["acknowledge"], "min")),
            ("finished", times(found["finish"], "h")),
            ("cards", f"{listed(cards)}; reminders {found['reminders']:,}"),
            ("returns", f"{found['returns']:,}, conferences {found['conferences']:,}"),
            ("reopenings", f"{found['reopenings']:,}"),
            ("merges", f"{found['merged']:,} of {found['merges_suggested']:,} suggested"),
            ("repeats", f"{found['repeats']:,} ({share(found['repeat_rate'])}), going on {found['continuations']:,}"),
            ("satisfied", f"{share(found['satisfied'])}: {listed(found['satisfaction'])}"),
            ("refused", listed(found["refusals"])),
            ("messages", f"{found['messages']:,}"),
            ("violations", listed({name: count for name, count in found["violations"].items() if count}) or "none"),
        ],
    )
