"""``dispatcher trace``: a call's or a case's whole way through the topics."""

from datetime import datetime

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.client.reader import Reader
from dispatcher.client.story import tell
from dispatcher.client.trace import Step, Trace
from dispatcher.domain.calls import utc
from dispatcher.domain.errors import NotFound
from dispatcher.domain.units import City


@click.command()
@click.argument("call_or_case_id")
@click.option(
    "--since", type=options.Moment(), metavar="TIME", help="Look at nothing older: a time, or an age such as 2h."
)
@options.BOOTSTRAP
@options.JSON
def trace(call_or_case_id: str, since: datetime | None, bootstrap: str | None, as_json: bool) -> None:
    """Follow a call or a case through all topics: where each record lies, when, and what happened.

    A call that joined another case is followed there. Times are those on the records, in the city's time; the numbers
    are milliseconds since the first. Ends with status 2 when the id is nowhere.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    city = load_catalog(settings.home, policy_dir=settings.policy).city

    async def work() -> list[Step]:
        async with Reader(settings.bootstrap) as reader:
            return await Trace(reader, call_or_case_id).run(
                since_ms=int(since.timestamp() * 1000) if since is not None else None
            )

    steps = options.run(work(), waiting="searching the topics")
    if not steps:
        raise NotFound(
            f"no record of the topics is about {call_or_case_id}",
            hint="Give a call_id as the console sent it, or a case_id; without --since older records count too",
        )
    first = min(step.record.timestamp_ms for step in steps)
    for step in steps:
        if as_json:
            options.line(_facts(step, first=first, city=city))
    if not as_json:
        _show(steps, first=first, city=city)


def _facts(step: Step, *, first: int, city: City) -> dict[str, object]:
    record = step.record
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": utc(record.timestamp_ms).isoformat(),
        "ms": record.timestamp_ms - first,
        "key": (record.key or b"").decode("utf-8", "replace"),
        "type": step.type,
        "told": tell(step, city),
        "value": step.value if step.value is not None else (record.value or b"").decode("utf-8", "replace"),
    }


def _show(steps: list[Step], *, first: int, city: City) -> None:
    screen = options.out()
    places = [f"{s.record.topic}/{s.record.partition}/{s.record.offset}" for s in steps]
    wide = max(map(len, places))
    kinds = max(len(step.type) for step in steps)
    screen.print(options.local(utc(first)), style="bold")
    for step, place in zip(steps, places, strict=True):
        late = step.record.timestamp_ms - first
        screen.print(
            Text.assemble(
                (f"{late:>8,} ms  ", "dim"),
                (f"{place:<{wide}}  ", "cyan"),
                (f"{step.type:<{kinds}}  ", "red" if step.type == "dead letter" else "dim"),
                options.plain(tell(step, city)),
            )
        )
