"""``dispatcher trace``: a call's or a case's whole way through the topics, and its story as a time line."""

from datetime import datetime
from pathlib import Path

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options, trace_page
from dispatcher.client.reader import Reader
from dispatcher.client.story import hidden, outline, tell
from dispatcher.client.timeline import timeline
from dispatcher.client.timeline_head import head, main_case
from dispatcher.client.timeline_words import Words
from dispatcher.client.trace import Step, Trace, states
from dispatcher.domain.calls import utc
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.errors import NotFound
from dispatcher.domain.units import City
from dispatcher.domain.visibility import Viewer
from dispatcher.stream import topics

#: Who may follow a case from the hall; units' people see theirs on their own screens.
_ROLES = (ActorRole.CALL_TAKER, ActorRole.DUTY_LEADER, ActorRole.AUDITOR, ActorRole.ADMINISTRATOR)


@click.command()
@click.argument("call_or_case_id")
@click.option(
    "--since", type=options.Moment(), metavar="TIME", help="Look at nothing older: a time, or an age such as 2h."
)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the time line as one page."
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in _ROLES]),
    default=ActorRole.ADMINISTRATOR.value,
    show_default=True,
    help="Who looks: of a confidential case only a duty leader and an auditor see texts and reasons.",
)
@options.BOOTSTRAP
@options.JSON
def trace(
    call_or_case_id: str, since: datetime | None, html: Path | None, role: str, bootstrap: str | None, as_json: bool
) -> None:
    """Follow a call or a case through all topics: where each record lies, when, and what happened; then its time line.

    A call that joined another case is followed there. Of the records the times are those of the broker, in the city's time,
    and the numbers are milliseconds since the first. The time line tells who did what, when, why, by which rule, model and
    policy, and what it caused: orders, notices, cards and lookups. Ends with status 2 when the id is nowhere.

    \b
      dispatcher trace 1f0c3f0e-0000-5000-8000-000000000001 --html case.html
      dispatcher trace 2026112118050001 --role auditor
    """
    if html is not None and not html.absolute().parent.is_dir():  # before anything is searched for
        raise click.UsageError(f"{html} cannot be written: its folder does not exist")
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    catalog = load_catalog(settings.home, policy_dir=settings.policy)

    async def work() -> tuple[list[Step], dict[str, CaseRecord]]:
        async with Reader(settings.bootstrap) as reader:
            found = await Trace(reader, call_or_case_id).run(
                since_ms=int(since.timestamp() * 1000) if since is not None else None
            )
            return found, await states(reader, found)

    steps, cases = options.run(work(), waiting="searching the topics")
    if not steps:
        raise NotFound(
            f"no record of the topics is about {call_or_case_id}",
            hint="Give a call_id as the console sent it, or a case_id; without --since older records count too",
        )
    first = min(step.record.timestamp_ms for step in steps)
    withheld = hidden(steps, cases, Viewer(ActorRole(role)), catalog.policy)
    words = Words(catalog.city, catalog.policy.desks)
    case_id = main_case(call_or_case_id, steps, cases)
    top = head(case_id, steps, cases.get(case_id), words, hidden=withheld)
    entries = timeline(steps, words, hidden=withheld)
    if as_json:
        for step in steps:
            options.line(_facts(step, first=first, city=catalog.city, withheld=withheld))
    else:
        _show(steps, first=first, city=catalog.city, withheld=withheld)
        trace_page.show(options.out(), top, entries)
    if html is not None:
        try:
            trace_page.write(html, top, entries)
        except OSError as error:
            raise click.UsageError(f"{html} cannot be written: {error.strerror}") from None
        options.err().print(f"written: {html}", style="dim")


def _facts(step: Step, *, first: int, city: City, withheld: bool) -> dict[str, object]:
    record = step.record
    key = (record.key or b"").decode("utf-8", "replace")
    value: object = step.value if step.value is not None else (record.value or b"").decode("utf-8", "replace")
    if withheld:
        value = outline(step.value) if step.value is not None else None
        key = "" if record.topic in (topics.CALLS, topics.DEAD_LETTERS) else key  # a caller's pseudonym
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": utc(record.timestamp_ms).isoformat(),
        "ms": record.timestamp_ms - first,
        "key": key,
        "type": step.type,
        "told": tell(step, city, hidden=withheld),
        "value": value,
    }


def _show(steps: list[Step], *, first: int, city: City, withheld: bool) -> None:
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
                options.plain(tell(step, city, hidden=withheld)),
            )
        )
