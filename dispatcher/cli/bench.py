"""``dispatcher bench``: figures of this machine, with what they were measured on."""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dispatcher import settings as settings_module
from dispatcher.catalog import Catalog, load_catalog
from dispatcher.cli.bench_audit import audit as bench_audit
from dispatcher.cli.bench_ledger import bench_ledger
from dispatcher.cli.bench_replay import replay as bench_replay

_console = Console(stderr=True)


@click.group()
def bench() -> None:
    """Measure throughput and latency, each beside a rival in the same run.

    Starts a broker and workers of its own in a temporary folder, so that nothing else is touched. A machine that does
    other work at the same time gives lower figures: the report names the load it found.
    """


bench.add_command(bench_ledger)
bench.add_command(bench_audit)
bench.add_command(bench_replay)


@bench.command()
@click.option("--rate", type=click.FloatRange(min=0.1), default=50.0, show_default=True, help="Calls per second.")
@click.option("--seconds", type=click.IntRange(2, 3600), default=30, show_default=True, help="Length of each run.")
@click.option(
    "--max", "highest", is_flag=True, help="Also the highest sustained rate, and the bare aiokafka loop beside it."
)
@click.option("--workers", type=click.IntRange(1, 16), default=2, show_default=True, help="Worker processes.")
@click.option("--bootstrap", metavar="HOST:PORT", help="Use this cluster's topics instead of a broker of its own.")
@click.option("--report", type=click.Path(path_type=Path), default=Path("reports/bench-live.json"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def live(
    rate: float, seconds: int, highest: bool, workers: int, bootstrap: str | None, report: Path, as_json: bool
) -> None:
    """Calls in, work orders out: latency at --rate, then with --max the highest rate, memory, idle CPU and recovery."""
    from dispatcher.bench import facts

    figures: dict[str, Any] = {"machine": facts.machine(), "seconds": seconds, "workers": workers}
    with _cluster(bootstrap) as (address, broker):
        asyncio.run(
            _measure(address, figures, rate=rate, seconds=seconds, highest=highest, workers=workers, broker=broker)
        )
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = Table("figure", "value", title="dispatcher bench live")
    for name, value in _flat(figures):
        table.add_row(name, str(value))
    Console().print(table)
    _console.print(f"written to {report}")


@bench.command()
@click.option("--cases", type=click.IntRange(1, 1_000_000), default=100_000, show_default=True, help="Open cases.")
@click.option("--workers", type=click.IntRange(1, 4), default=2, show_default=True, help="Worker processes.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def state(cases: int, workers: int, as_json: bool) -> None:
    """Many open cases: the workers' memory, and the seconds from their start until they serve them all."""
    from dispatcher.bench import facts

    settings = settings_module.load()
    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    figures: dict[str, Any] = {"machine": facts.machine(), "cases": cases, "workers": workers}
    with _cluster(None) as (address, _):
        asyncio.run(_state(address, catalog, figures, cases=0, workers=workers))
        asyncio.run(_state(address, catalog, figures, cases=cases, workers=workers))
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = Table("figure", "value", title="dispatcher bench state")
    for name, value in _flat(figures):
        table.add_row(name, str(value))
    Console().print(table)


@bench.command()
@click.option(
    "--stores", type=click.IntRange(10, 1_000_000), default=100_000, show_default=True, help="Reports a side."
)
@click.option(
    "--questions", type=click.IntRange(10, 100_000), default=2_000, show_default=True, help="New reports asked."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def match(stores: int, questions: int, as_json: bool) -> None:
    """Many found things and as many lost ones held at once: the time that a new report takes, and the memory."""
    from dispatcher.bench import facts
    from dispatcher.bench import match as match_bench

    figures: dict[str, Any] = {"machine": facts.machine()}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console, transient=True, disable=not _console.is_terminal) as progress:
        task = progress.add_task("pairs of reports read", total=stores)
        figures |= match_bench.run(stores, questions, lambda read: progress.advance(task, read))
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = Table("figure", "value", title="dispatcher bench match")
    for name, value in _flat(figures):
        table.add_row(name, str(value))
    Console().print(table)


async def _state(bootstrap: str, catalog: Catalog, figures: dict[str, Any], *, cases: int, workers: int) -> None:
    """Start workers on `cases` cases, wait until they serve them, and weigh them."""
    from dispatcher.bench import facts
    from dispatcher.bench import live as live_bench
    from dispatcher.bench import state as state_bench
    from dispatcher.broker import provision

    await provision.create(bootstrap, catalog.all_topics)
    if cases:
        figures["state_mb"] = round(await state_bench.publish(bootstrap, catalog, cases) / 1e6, 1)
    with live_bench.workers(bootstrap, workers) as running:
        begin = time.monotonic()
        for worker in running:
            await asyncio.to_thread(worker.wait_ready, 300)
        name = "full" if cases else "empty"
        figures[f"{name}_ready_seconds"] = round(time.monotonic() - begin, 2)
        figures[f"{name}_memory_mb"] = [facts.memory_mb(worker.process.pid) for worker in running]


async def _measure(
    bootstrap: str,
    figures: dict[str, Any],
    *,
    rate: float,
    seconds: int,
    highest: bool,
    workers: int,
    broker: dict[str, list[int]],
) -> None:
    from dispatcher.bench import bare, facts
    from dispatcher.bench import live as live_bench
    from dispatcher.broker import provision
    from dispatcher.catalog.topics import Topic

    settings = settings_module.load()
    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    rival = {bare.OUTPUT: catalog.all_topics["work-orders"]}
    await provision.create(bootstrap, {**catalog.all_topics, **{k: Topic.model_validate(v) for k, v in rival.items()}})
    with live_bench.workers(bootstrap, workers) as running:
        figures["worker_ready_seconds"] = [round(await asyncio.to_thread(w.wait_ready), 2) for w in running]
        first = running[0]
        pids = {"workers": [w.process.pid for w in running], "reader": [os.getpid()], **broker}
        await asyncio.sleep(3)
        figures["worker_idle_cpu_percent"] = await asyncio.to_thread(facts.cpu_percent, first.process.pid, 5)
        _console.print(f"latency at {rate:g} calls/s …")
        await live_bench.under_load(bootstrap, rate=min(rate, 20), seconds=3, pids=pids, say=_console.print)  # warm up
        figures["latency"] = await live_bench.under_load(
            bootstrap, rate=rate, seconds=seconds, pids=pids, say=_console.print
        )
        if highest:
            _console.print("highest sustained rate …")
            figures["throughput"] = await live_bench.under_load(
                bootstrap, rate=0, seconds=seconds, pids=pids, say=_console.print
            )
            figures["worker_memory_mb"] = [facts.memory_mb(w.process.pid) for w in running]
            _console.print("a worker is killed …")
            figures["served_again_seconds"] = await _recovery(bootstrap, first)
    if highest:
        _console.print("the bare aiokafka loop on the same records …")
        rival_rate = await bare.passes_on(bootstrap, records=figures["throughput"]["published"])
        figures["bare_aiokafka_per_second"] = round(rival_rate, 1)
        figures["ratio_to_bare"] = round(figures["throughput"]["calls_per_second"] / rival_rate, 3)


async def _recovery(bootstrap: str, worker: Any) -> float:
    """Seconds from kill -9 of a worker, restarted at once as a supervisor would, to the next decision."""
    from dispatcher.bench import live as live_bench

    worker.kill()
    begin = time.monotonic()
    worker.restart()
    seen, ready = live_bench.Seen(), asyncio.Event()
    watcher = asyncio.create_task(live_bench.watch(bootstrap, seen, ready=ready))
    await ready.wait()
    from dispatcher.bench import load

    await load.run(bootstrap, 40, 1)
    while len(seen.decided) < 40 and time.monotonic() - begin < 60:
        await asyncio.sleep(0.02)
    watcher.cancel()
    return round(seen.last - begin, 2)


@contextmanager
def _cluster(bootstrap: str | None) -> Iterator[tuple[str, dict[str, list[int]]]]:
    if bootstrap is not None:
        yield bootstrap, {}
        return
    from dispatcher.broker.embedded import EmbeddedBroker

    with tempfile.TemporaryDirectory(prefix="dispatcher-bench-") as folder, EmbeddedBroker(folder, port=0) as broker:
        status = broker.status()
        yield status.bootstrap, {"broker": [status.pid] if status.pid else []}


def _flat(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
