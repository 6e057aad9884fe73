"""``dispatcher lookup stats``: what the desks have found and how soon, and how each database answers, from the ledger."""

from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.cli.lookup_words import Shown, lasting
from dispatcher.client.lookup_stats import KINDS, Tally
from dispatcher.client.reader import Raw, Reader
from dispatcher.client.trace import step
from dispatcher.console.view import DESKS
from dispatcher.domain.lookups.codes import Side
from dispatcher.stream import topics

_TYPES = frozenset(kind.encode() for kind in KINDS)


@click.command()
@click.option(
    "--since", type=options.Moment(), metavar="TIME", help="What began then or later, such as 7d; default: all."
)
@options.BOOTSTRAP
@options.JSON
def stats(since: datetime | None, bootstrap: str | None, as_json: bool) -> None:
    """Count what the desks were asked for, what was found and returned, and how the databases answer.

    A search counts by its opening, a question by its asking. The share found within 24 h is of the searches that were not
    called off and are found or a day old; times to find run from the opening. A hit is an answer with a finding likely enough
    to be kept. A pair of a lost and a found report counts
    once as found and once as returned.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    now = datetime.now(UTC)

    async def work() -> tuple[dict[str, Any], int]:
        tally, unreadable = Tally(catalog.policy.desks.silent_below), 0
        async with Reader(settings.bootstrap) as reader:
            places = reader.partitions(topics.CASE_EVENTS)
            ends = await reader.ends(places)
            if since is None:
                starts = await reader.begins(places)
            else:
                starts = await reader.at_time(places, int(since.timestamp() * 1000))
            async for record in reader.read(starts, ends, keep=_counts):
                event = step(record)
                try:
                    tally.take(event.type, event.value or {})
                except (LookupError, TypeError, ValueError):  # of another version of the service
                    unreadable += 1
        return tally.figures(now), unreadable

    figures, unreadable = options.run(work(), waiting="reading the ledger")
    if as_json:
        options.line({"since": since, "until": now, **figures})
    else:
        shown = Shown(catalog.city, catalog.policy, now)
        options.table(_desks(figures["desks"]))
        if figures["databases"]:
            options.out().print()
            options.table(_databases(figures["databases"], shown))
    if unreadable:
        options.err().print(f"{unreadable} events of another version of the service are left out", style="yellow")


def _counts(raw: Raw) -> bool:
    return any(name == "ce_type" and value in _TYPES for name, value in raw.headers)


def _percent(part: float | None) -> str:
    return f"{part:.1%}" if part is not None else "—"


def _seconds(value: float | None) -> str:
    return f"{value:.1f}" if value is not None else "—"


def _desks(desks: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("desk")
    columns = (
        "opened",
        "running",
        "found",
        "in 24 h",
        "median",
        "returned",
        "not found",
        "cancelled",
        "offered",
        "matched",
    )
    for column in columns:
        table.add_column(column, justify="right")
    for one in desks:
        table.add_row(
            DESKS[one["desk"], Side.LOST],
            str(one["opened"]),
            str(one["searching"] + one["candidate"]),
            str(one["found"]),
            _percent(one["share_within_24h"]),
            _minutes(one["median_minutes"]),
            *(str(one[name]) for name in ("returned", "not_found", "cancelled", "offered", "offered_matched")),
        )
    return table


def _minutes(value: float | None) -> str:
    return "—" if value is None else lasting(value)


def _databases(databases: list[dict[str, Any]], shown: Shown) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("database")
    for column in ("asked", "answered", "unavailable", "silent", "hit rate", "median s", "p95 s"):
        table.add_column(column, justify="right")
    for one in databases:
        table.add_row(
            shown.database(one["database"]),
            *(str(one[name]) for name in ("asked", "answered", "unavailable", "silent")),
            _percent(one["hit_rate"]),
            _seconds(one["median_seconds"]),
            _seconds(one["p95_seconds"]),
        )
    return table
