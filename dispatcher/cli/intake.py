"""``dispatcher intake``: the valve before the agents."""

import click
from rich.table import Table

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.client import intake as valve

_TOPIC = click.option("--topic", type=click.Choice(valve.STAGES), help="Only this topic.")
_PARTITION = click.option("--partition", type=click.IntRange(min=0), metavar="N", help="Only this partition.")


@click.group()
def intake() -> None:
    """Show, stop and resume the intake.

    More than 20% dead letters among 100 records stop a partition by themselves, rather than drain it into the dead
    letters. What comes meanwhile is kept on the topic, and a restart does not resume it: a person does, here.
    """


@intake.command()
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def status(context: click.Context, bootstrap: str | None, as_json: bool) -> None:
    """Show each partition's intake. Ends with status 1 while any is stopped."""
    settings = settings_module.load(bootstrap=bootstrap)
    found = options.run(valve.status(settings.bootstrap, group=settings.group))
    if as_json:
        for entry in found:
            options.line(
                {
                    "topic": entry.place.topic,
                    "partition": entry.place.partition,
                    "stopped": entry.stopped,
                    "reason": entry.reason,
                    "since": entry.since.isoformat() if entry.since else None,
                    "waiting": entry.waiting,
                }
            )
    else:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("partition", "intake", "waiting", "since", "reason"):
            table.add_column(column, no_wrap=column != "reason")
        for entry in found:
            table.add_row(
                f"{entry.place.topic}/{entry.place.partition}",
                "[bold red]stopped[/]" if entry.stopped else "[green]open[/]",
                f"{entry.waiting:,}",
                options.local(entry.since) if entry.since else "",
                options.plain(entry.reason),
            )
        options.table(table)
    if any(entry.stopped for entry in found):
        context.exit(1)


@intake.command()
@_TOPIC
@_PARTITION
@click.option("--reason", default="stopped by a person", show_default=True, help="Why; others will read it.")
@options.BOOTSTRAP
@options.JSON
def stop(topic: str | None, partition: int | None, reason: str, bootstrap: str | None, as_json: bool) -> None:
    """Stop the intake of calls (or of --topic). Calls stay on the topic until it is resumed."""
    _turn(topic or valve.STAGES[0], partition, stopped=True, reason=reason, bootstrap=bootstrap, as_json=as_json)


@intake.command()
@_TOPIC
@_PARTITION
@click.option("--reason", default="resumed by a person", show_default=True, help="Why; others will read it.")
@options.BOOTSTRAP
@options.JSON
def resume(topic: str | None, partition: int | None, reason: str, bootstrap: str | None, as_json: bool) -> None:
    """Resume the intake, everywhere or where named. Look at `dispatcher dlq list` before."""
    _turn(topic, partition, stopped=False, reason=reason, bootstrap=bootstrap, as_json=as_json)


def _turn(
    topic: str | None, partition: int | None, *, stopped: bool, reason: str, bootstrap: str | None, as_json: bool
) -> None:
    settings = settings_module.load(bootstrap=bootstrap)
    places = options.run(
        valve.turn(settings.bootstrap, topic=topic, partition=partition, stopped=stopped, reason=reason)
    )
    for place in places:
        if as_json:
            options.line({"topic": place.topic, "partition": place.partition, "stopped": stopped, "reason": reason})
        else:
            options.out().print(f"{place.topic}/{place.partition}: {'stopped' if stopped else 'open'}")
