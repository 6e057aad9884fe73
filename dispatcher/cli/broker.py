"""`dispatcher broker`: the embedded Kafka by itself, for a look or for tools of your own."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from dispatcher.broker import BrokerStatus, EmbeddedBroker

DATA = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data/kafka"),
    show_default=True,
    help="The broker's folder.",
)
PORT = click.option(
    "--port", type=click.IntRange(0, 65535), default=19092, show_default=True, help="Its port; 0 takes a free one."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group()
def broker() -> None:
    """The embedded Kafka broker: a real one, on this machine only."""


@broker.command()
@DATA
@PORT
@JSON
def start(data: Path, port: int, as_json: bool) -> None:
    """Start the broker, or find it running. It goes on when this command ends."""
    console = Console(stderr=True)
    status = EmbeddedBroker(data, port=port).start(say=lambda line: console.print(line, highlight=False))
    _show(status, as_json=as_json)
    if status.attached and port and status.port != port:
        console.print(f"It ran already, on port {status.port}; --port {port} has no effect.", highlight=False)


@broker.command()
@DATA
@PORT
@JSON
def stop(data: Path, port: int, as_json: bool) -> None:
    """Stop the broker and wait for its end. Nothing is lost."""
    embedded = EmbeddedBroker(data, port=port)
    ran = embedded.stop()
    if as_json:
        click.echo(json.dumps(embedded.status().as_json() | {"ran": ran}))
    else:
        click.echo("Stopped." if ran else "It did not run.")


@broker.command()
@DATA
@PORT
@JSON
@click.pass_context
def status(context: click.Context, data: Path, port: int, as_json: bool) -> None:
    """Show what the broker does. Ends with code 3 if it is not ready."""
    found = EmbeddedBroker(data, port=port).status()
    _show(found, as_json=as_json)
    if not found.ready:
        context.exit(3)


def _show(status: BrokerStatus, *, as_json: bool) -> None:
    facts = status.as_json()
    if as_json:
        click.echo(json.dumps(facts))
        return
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value is not None and name != "attached":
            table.add_row(name.replace("_", " "), str(value))
    Console(highlight=False, soft_wrap=True).print(table)
