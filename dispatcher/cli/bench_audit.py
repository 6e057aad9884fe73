"""``dispatcher bench audit``: how fast the ledger is verified on this machine."""

import asyncio
import tempfile
import time
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from dispatcher import settings as settings_module
from dispatcher.catalog import load_catalog
from dispatcher.cli import options


@click.command()
@click.option(
    "--events", type=click.IntRange(1000, 50_000_000), default=200_000, show_default=True, help="Length of the ledger."
)
@options.JSON
def audit(events: int, as_json: bool) -> None:
    """`audit verify` with one and two processes, beside a bare aiokafka consumer on the same records.

    cpu_us is processor time per event, in microseconds, of the reading process.
    """
    from dispatcher.bench import audit as audit_bench
    from dispatcher.bench import facts
    from dispatcher.broker import provision
    from dispatcher.broker.embedded import EmbeddedBroker
    from dispatcher.stream import topics

    catalog = load_catalog(settings_module.load().home)
    needed = (topics.CALLS, topics.CALLER_STATE, topics.CASE_INBOX, topics.CASE_STATE, topics.CASE_EVENTS)
    partitions = catalog.all_topics[topics.CASE_EVENTS].partitions
    events -= events % partitions
    screen = Console(stderr=True)
    figures: dict[str, Any] = {"machine": facts.machine(), "events": events}
    with tempfile.TemporaryDirectory(prefix="dispatcher-bench-") as folder, EmbeddedBroker(folder, port=0) as broker:

        async def measure() -> None:
            await provision.create(broker.bootstrap, {name: catalog.all_topics[name] for name in needed})
            await audit_bench.write(broker.bootstrap, catalog, events, screen.print)
            await audit_bench.bare(broker.bootstrap, partitions)  # so that all find the same pages in memory
            spent = time.process_time()
            bare = events / await audit_bench.bare(broker.bootstrap, partitions)
            figures["bare_consumer_per_second"] = round(bare)
            figures["bare_consumer_cpu_us"] = round((time.process_time() - spent) / events * 1e6, 1)
            for workers, name in ((1, "one_worker"), (2, "two_workers")):
                screen.print(f"verifying, {name.replace('_', ' ')} …")
                spent = time.process_time()
                rate = events / await audit_bench.verified(broker.bootstrap, workers=workers, events=events)
                figures[f"{name}_per_second"] = round(rate)
                figures[f"{name}_to_bare"] = round(rate / bare, 2)
                if workers == 1:  # what it costs a core, however busy the machine is with other things
                    figures[f"{name}_cpu_us"] = round((time.process_time() - spent) / events * 1e6, 1)

        asyncio.run(measure())
    if as_json:
        options.line(figures)
        return
    table = Table("figure", "value", title="dispatcher bench audit")
    for figure, value in figures.items():
        table.add_row(figure, f"{value:,}" if isinstance(value, int) else str(value))
    options.table(table)
