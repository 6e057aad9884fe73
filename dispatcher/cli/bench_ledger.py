"""``dispatcher bench ledger``: how fast the ledger goes into SQL."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from dispatcher import settings as settings_module
from dispatcher.cli import options


@click.command("ledger")
@click.option("--events", type=click.IntRange(1_000, 5_000_000), default=100_000, show_default=True, help="Events.")
@click.option("--url", metavar="URL", help="A database with nothing in it (default: SQLite and PostgreSQL of its own).")
@options.JSON
def bench_ledger(events: int, url: str | None, as_json: bool) -> None:
    """A simulated city's events into SQL, from memory and from Kafka, beside a bare consumer that only decodes them.

    Starts a broker of its own in a temporary folder. The simulation takes about a second for two thousand events; a million need 4 GB
    there. What comes from memory is measured on the first hundred thousand.
    """
    from dispatcher.bench import facts
    from dispatcher.bench import ledger as bench
    from dispatcher.bench.ledger_records import city_records
    from dispatcher.broker import EmbeddedBroker, provision
    from dispatcher.catalog import load_catalog
    from dispatcher.stream import topics

    settings, screen = settings_module.load(), options.err()
    catalog = load_catalog(settings.home)
    figures: dict[str, Any] = {"machine": facts.machine()}
    wanted = {topics.CASE_EVENTS: catalog.all_topics[topics.CASE_EVENTS]}
    with tempfile.TemporaryDirectory(prefix="dispatcher-bench-") as name:
        folder = Path(name)
        with bench.databases(folder, url) as urls, EmbeddedBroker(folder / "kafka", port=0) as broker:

            async def work() -> dict[str, Any]:
                await provision.create(broker.bootstrap, wanted)
                screen.print(f"{events:,} events are simulated and published …")
                return await bench.measure(broker.bootstrap, city_records(catalog, events), urls, screen.print)

            figures |= asyncio.run(work())
    if as_json:
        options.line(figures)
        return
    table = Table("figure", "value", title="dispatcher bench ledger")
    for named, value in _flat(figures):
        table.add_row(named, str(value))
    options.table(table)


def _flat(figures: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in figures.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return found
