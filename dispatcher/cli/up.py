"""``dispatcher up``: everything with one command, until Ctrl-C."""

import asyncio
import os
import sys
from pathlib import Path

import click

from dispatcher import settings as settings_module

_DEFAULT_PORT = int(settings_module.Settings.model_fields["bootstrap"].default.rpartition(":")[2])


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder for all data (default: data).")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_DEFAULT_PORT,
    show_default=True,
    help="Port of the embedded Kafka; 0 takes a free one.",
)
@click.option(
    "--bootstrap",
    metavar="HOST:PORT",
    envvar="KAFKA_BOOTSTRAP_SERVERS",
    help="Use this Kafka and start none (also: KAFKA_BOOTSTRAP_SERVERS).",
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Worker processes.")
@click.option("--demo/--no-demo", default=True, show_default=True, help="Publish the story of a city's hour, once.")
@click.option(
    "--speed",
    type=click.FloatRange(0, min_open=True),
    default=40.0,
    show_default=True,
    help="How much faster than life the story is told.",
)
@click.option(
    "--metrics-port", type=click.IntRange(1, 65000), help="First worker's metrics port; the next ones follow."
)
@click.option("--ledger/--no-ledger", default=True, show_default=True, help="Keep the ledger in SQL, see `ledger`.")
@click.option(
    "--audit/--no-audit",
    default=None,
    help="Verify the ledger as it comes, and sign checkpoints, see `audit` (default: yes; on a Kafka of your own only with"
    " DISPATCHER_AUDIT_KEY).",
)
@click.option(
    "--sign-every",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between two checkpoints.",
)
@click.option("--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), help="Of the workers' logs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each thing that happens.")
@click.option("--story", type=click.Path(dir_okay=False, path_type=Path), hidden=True, help="Another story.")
@click.pass_context
def up(
    context: click.Context,
    data: Path | None,
    port: int,
    bootstrap: str | None,
    workers: int,
    demo: bool,
    speed: float,
    metrics_port: int | None,
    ledger: bool,
    audit: bool | None,
    sign_every: float,
    log_level: str | None,
    as_json: bool,
    story: Path | None,
) -> None:
    """Start everything: a Kafka of its own, the topics, workers, desks, ledger and audit, a story, the live board.

    Stays up for more calls; Ctrl-C ends all of it in good order, a second Ctrl-C at once. All data is kept in the data
    folder: the next start goes on from there. Without a terminal it prints one line for each decided call.
    """
    from dispatcher.cli.up_session import Options, Session  # what takes long to import comes after the options

    settings = settings_module.load(bootstrap=bootstrap, log_level=log_level)
    if audit is None:  # where others may sign, a key made up here would only be in the auditor's way
        audit = bootstrap is None or settings.audit_key is not None
    folder = (data or settings.home / "data").expanduser().absolute()
    options = Options(
        data=folder,
        port=None if bootstrap else port,
        workers=workers,
        demo=demo,
        speed=speed,
        metrics_port=metrics_port,
        ledger=ledger,
        sign_every=sign_every if audit else None,
        story=story,
        as_json=as_json,
        program=_program(),
    )
    session = Session(options, settings)
    status = asyncio.run(session.run())
    sys.stdout.flush()
    if session.abandoned:  # a thread that fetches or starts a broker is still at it, and would be waited for
        os._exit(status)
    context.exit(status)


def _program() -> str:
    """How this program is called from the folder that the user is in."""
    called = Path(sys.argv[0])
    if called.name != "dispatcher":
        return f"{Path(sys.executable).name} -m dispatcher"
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(called)
