"""``dispatcher worker``: one worker process, until SIGTERM or Ctrl-C."""

import asyncio
import logging as stdlib_logging
import socket
import time
from collections.abc import Mapping

import click

from dispatcher import settings as settings_module
from dispatcher.broker import provision
from dispatcher.catalog import load_catalog
from dispatcher.catalog.topics import Topic
from dispatcher.domain.errors import ClusterUnreachable, DispatcherError, SettingsError, TopicMismatch
from dispatcher.observe import logging
from dispatcher.supervise import parent


@click.command()
@click.option("--bootstrap", metavar="HOST:PORT", help="Kafka's address (default: KAFKA_BOOTSTRAP_SERVERS).")
@click.option(
    "--slot", metavar="NAME", help="Stable name of this process in the group; a restart under it resumes at once."
)
@click.option(
    "--metrics-port", type=click.IntRange(1, 65535), help="Serve /metrics, /ready and /live here, on loopback."
)
@click.option("--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), help="Default INFO.")
@click.option("--wait-broker", type=float, default=0.0, hidden=True, help="Seconds to wait for broker and topics.")
@click.option("--parent-pid", type=int, hidden=True, help="End as soon as this process, the starter, is gone.")
def worker(
    bootstrap: str | None,
    slot: str | None,
    metrics_port: int | None,
    log_level: str | None,
    wait_broker: float,
    parent_pid: int | None,
) -> None:
    """Triage calls and work on cases: one process of the group. Start as many as there are partitions, at most.

    Ends with status 70 when it no longer knows what the cluster has taken; start it again, nothing is lost.
    """
    if parent_pid is not None:
        parent.end_with(parent_pid)
    settings = settings_module.load(bootstrap=bootstrap, slot=slot, metrics_port=metrics_port, log_level=log_level)
    if settings.metrics_port is not None:
        _free(settings.metrics_port)
    logging.configure(level=settings.log_level)
    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    if not wait_broker:
        asyncio.run(check(settings.bootstrap, catalog.all_topics))
    from dispatcher.stream import app  # Faust is imported only where it runs

    built = app.build(settings, catalog=catalog)
    if wait_broker:  # a supervisor starts the broker at the same time, which takes as long as what is above
        asyncio.run(wait(settings.bootstrap, catalog.all_topics, seconds=wait_broker))
    faust_worker = built.Worker(
        loglevel=settings.log_level, redirect_stdouts=False, quiet=True, override_logging=False, console_port=0
    )
    faust_worker.execute_from_commandline()


def _free(port: int) -> None:
    """Say in one sentence, before anything starts, that somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingsError(
                f"port {port} for metrics cannot be used ({error.strerror})", hint="Choose another --metrics-port"
            ) from None


async def check(bootstrap: str, topics: Mapping[str, Topic]) -> None:
    """Raise `TopicMismatch` where a topic is missing, `ClusterUnreachable` where no broker answers."""
    missing = [d.topic for d in await provision.compare(bootstrap, topics) if d.what == "topic"]
    if missing:
        raise TopicMismatch(
            f"{len(missing)} topics are missing, {missing[0]} among them", hint="Run `dispatcher topics create`"
        )


async def wait(bootstrap: str, topics: Mapping[str, Topic], *, seconds: float) -> None:
    """Wait for broker and topics, which somebody starts at the same time; then raise what is still wrong."""
    client = stdlib_logging.getLogger("aiokafka")
    client.setLevel("CRITICAL")  # it would complain of each try
    deadline = time.monotonic() + seconds
    while True:
        try:
            admin = await provision.connect(bootstrap)
            try:
                missing = set(topics) - set(await admin.list_topics())
            finally:
                await admin.close()
            if not missing:
                break
            problem: DispatcherError = TopicMismatch("topics are missing", hint="Run `dispatcher topics create`")
        except ClusterUnreachable as error:
            problem = error
        if time.monotonic() > deadline:
            raise problem
        await asyncio.sleep(0.05)
    client.setLevel("WARNING")
