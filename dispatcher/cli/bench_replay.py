"""``dispatcher bench replay``: how fast a replay decides again, and what a bare reading of the same records takes."""

import asyncio
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from dispatcher import settings as settings_module
from dispatcher.catalog import load_catalog

_console = Console(stderr=True)


@click.command()
@click.option("--calls", type=click.IntRange(10, 1_000_000), default=20_000, show_default=True, help="Calls to make.")
@click.option("--report", type=click.Path(path_type=Path), default=Path("reports/bench-replay.json"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def replay(calls: int, report: Path, as_json: bool) -> None:
    """Calls of the authored corpus through two workers, then replayed by one and by two processes.

    Beside it a bare aiokafka consumer that only decodes the same records. Starts a broker of its own.
    """
    from dispatcher.bench import facts
    from dispatcher.bench import live as live_bench
    from dispatcher.bench import replay as replay_bench
    from dispatcher.broker import provision
    from dispatcher.cli.bench import _cluster, _flat

    settings = settings_module.load()
    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    figures: dict[str, Any] = {"machine": facts.machine()}
    with _cluster(None) as (address, _):
        asyncio.run(provision.create(address, catalog.all_topics))
        _console.print(f"{calls:,} calls through two workers …")
        with live_bench.workers(address, 2) as running:
            for worker in running:
                worker.wait_ready()
            figures |= asyncio.run(replay_bench.measured(address, calls=calls, group=settings.group))
        artefacts = replay_bench.artefacts(settings.home, settings.policy)
        for workers in (1, 2):
            _console.print(f"replay by {workers} …")
            name = f"replay_by_{workers}"
            figures[name] = replay_bench.replayed(address, artefacts, group=settings.group, workers=workers)
        _console.print("a bare aiokafka consumer on the same records …")
        figures["bare_aiokafka"] = asyncio.run(replay_bench.bare(address, figures["replay_by_2"]["calls"]))
    rate = figures["replay_by_2"]["calls_per_second"]
    figures["ratio_to_bare"] = round(rate / figures["bare_aiokafka"]["calls_per_second"], 3)
    cpu = figures["replay_by_2"]["cpu_us_per_call"]
    figures["cpu_ratio_to_bare"] = round(figures["bare_aiokafka"]["cpu_us_per_call"] / cpu, 3)
    figures["minutes_for_a_years_4_05_million_calls"] = round(4_050_000 / rate / 60, 1)
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = Table("figure", "value", title="dispatcher bench replay")
    for name, value in _flat(figures):
        table.add_row(name, str(value))
    Console().print(table)
    _console.print(f"written to {report}")
