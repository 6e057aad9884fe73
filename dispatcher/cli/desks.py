"""``dispatcher desks``: the process of the two 24-hour desks, until SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import structlog

from dispatcher import settings as settings_module
from dispatcher.catalog import Catalog, load_catalog
from dispatcher.observe import logging
from dispatcher.supervise import parent

if TYPE_CHECKING:
    from dispatcher.settings import Settings

log = structlog.get_logger(__name__)

EXIT_FATAL = 70


@click.command()
@click.option("--bootstrap", metavar="HOST:PORT", help="Kafka's address (default: KAFKA_BOOTSTRAP_SERVERS).")
@click.option(
    "--channels",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="How each database is reached (default: DISPATCHER_CHANNELS, else the sample city's).",
)
@click.option(
    "--sample",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the sample city's databases; made there where they are missing.",
)
@click.option(
    "--metrics-port", type=click.IntRange(1, 65535), help="Serve /metrics, /ready and /live here, on loopback."
)
@click.option("--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), help="Default INFO.")
@click.option("--wait-broker", type=float, default=0.0, hidden=True, help="Seconds to wait for broker and topics.")
@click.option("--parent-pid", type=int, hidden=True, help="End as soon as this process, the starter, is gone.")
def desks(
    bootstrap: str | None,
    channels: Path | None,
    sample: Path | None,
    metrics_port: int | None,
    log_level: str | None,
    wait_broker: float,
    parent_pid: int | None,
) -> None:
    """Ask the channels of the two desks, bring back their answers, and match lost with found.

    One process serves a city; a second one takes over when the first is gone, and side by side they do no harm. Ends with
    status 70 when Kafka fails; start it again, nothing is lost.
    """
    if parent_pid is not None:
        parent.end_with(parent_pid)
    settings = settings_module.load(
        bootstrap=bootstrap, metrics_port=metrics_port, log_level=log_level, channels=channels
    )
    logging.configure(level=settings.log_level)
    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    folder = sample or settings.datadir / "sample-city"
    asyncio.run(_run(settings, catalog, folder, wait_broker=wait_broker))


async def _run(settings: "Settings", catalog: Catalog, folder: Path, *, wait_broker: float) -> None:
    from dispatcher.cli.worker import check, wait
    from dispatcher.desk_service import connecting
    from dispatcher.desk_service.service import Service
    from dispatcher.observe.health import Health, serve

    async with contextlib.AsyncExitStack() as stack:
        channels = await connecting.connect(settings, catalog, folder, stack)
        service = Service(settings, catalog, channels.channels)
        if settings.metrics_port is not None:
            serve(settings.metrics_port, Health([service]))
        if wait_broker:
            await wait(settings.bootstrap, catalog.all_topics, seconds=wait_broker)
        else:
            await check(settings.bootstrap, catalog.all_topics)
        tasks = [asyncio.create_task(service.run(), name="desks")]
        tasks += [asyncio.create_task(work, name="sample") for work in channels.beside]
        await _until_stopped(tasks)


async def _until_stopped(tasks: list[asyncio.Task[None]]) -> None:
    """Until a signal, or until one of `tasks` fails: then the process ends, and whoever started it starts it again."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {waiting}:
        if (error := task.exception()) is not None:
            log.critical("desks.fatal", reason=str(_first(error)), exc_info=error)
            sys.stderr.flush()
            os._exit(EXIT_FATAL)
    for task in (*tasks, waiting):
        task.cancel()
    await asyncio.gather(*tasks, waiting, return_exceptions=True)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
