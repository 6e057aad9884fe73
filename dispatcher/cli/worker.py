"""``dispatcher worker``: one worker process, until SIGTERM or Ctrl-C."""

import asyncio

import click

from dispatcher import settings as settings_module
from dispatcher.broker import provision
from dispatcher.catalog import load_catalog
from dispatcher.domain.errors import TopicMismatch
from dispatcher.observe import logging


@click.command()
@click.option("--bootstrap", metavar="HOST:PORT", help="Kafka's address (default: KAFKA_BOOTSTRAP_SERVERS).")
@click.option(
    "--slot", metavar="NAME", help="Stable name of this process in the group; a restart under it resumes at once."
)
@click.option(
    "--metrics-port", type=click.IntRange(1, 65535), help="Serve /metrics, /ready and /live here, on loopback."
)
@click.option("--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), help="Default INFO.")
def worker(bootstrap: str | None, slot: str | None, metrics_port: int | None, log_level: str | None) -> None:
    """Triage calls and work on cases: one process of the group. Start as many as there are partitions, at most.

    Ends with status 70 when it no longer knows what the cluster has taken; start it again, nothing is lost.
    """
    settings = settings_module.load(bootstrap=bootstrap, slot=slot, metrics_port=metrics_port, log_level=log_level)
    logging.configure(level=settings.log_level)
    catalog = load_catalog(settings.home)
    missing = [
        d.topic for d in asyncio.run(provision.compare(settings.bootstrap, catalog.all_topics)) if d.what == "topic"
    ]
    if missing:
        raise TopicMismatch(
            f"{len(missing)} topics are missing, {missing[0]} among them", hint="Run `dispatcher topics create`"
        )
    from dispatcher.stream import app  # Faust is imported only where it runs

    built = app.build(settings)
    faust_worker = built.Worker(
        loglevel=settings.log_level, redirect_stdouts=False, quiet=True, override_logging=False, console_port=0
    )
    faust_worker.execute_from_commandline()
