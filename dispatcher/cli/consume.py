"""``dispatcher consume``: what one unit's system reads."""

from dataclasses import dataclass
from datetime import datetime

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.client.reader import Reader
from dispatcher.client.units import find_unit
from dispatcher.domain.messages import WorkOrder
from dispatcher.domain.units import City
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord


@dataclass(slots=True)
class _Seen:
    orders: int = 0


@click.command()
@click.option("--agency", required=True, metavar="CODE", help="The unit: its code, its Chinese name or an alias.")
@click.option("--from-beginning", is_flag=True, help="All orders that the topic still holds.")
@click.option(
    "--since", type=options.Moment(), metavar="TIME", help="Orders from this time on: a time, or an age such as 2h."
)
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many of the latest, otherwise."
)
@click.option("--follow", "-f", is_flag=True, help="Go on with the orders to come, until Ctrl-C.")
@options.BOOTSTRAP
@options.JSON
def consume(
    agency: str,
    from_beginning: bool,
    since: datetime | None,
    limit: int,
    follow: bool,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Show a unit's work orders as its own system reads them from its topic, agency.CODE.

    Without --from-beginning or --since it shows the latest; without --follow it ends with what has come until now.
    Reading moves nobody's place: the unit's own system still gets every order. --json prints each record's value.

    \b
      dispatcher consume --agency housing --follow
      dispatcher consume --agency 城管 --since 2h --json
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    unit = find_unit(agency, catalog.agencies.units)
    seen = _Seen()

    def show(record: InputRecord) -> None:
        seen.orders += 1
        if as_json:
            click.echo((record.value or b"null").decode("utf-8", "replace"))
        else:
            _show(record, catalog.city)

    async def work() -> None:
        async with Reader(settings.bootstrap) as reader:
            places = reader.partitions(topics.agency(unit.code))
            ends = await reader.ends(places)
            if from_beginning or since is not None:
                starts = await (
                    reader.begins(places) if since is None else reader.at_time(places, int(since.timestamp() * 1000))
                )
                async for record in reader.read(starts, ends):
                    show(record)
            else:
                for record in await reader.tail(places, limit, ends=ends):
                    show(record)
            if follow:
                async for records in reader.follow(ends):
                    for record in records:
                        show(record)

    options.run(work(), interrupted=lambda: f"{seen.orders} orders of {unit.name} ({unit.code})")
    if not as_json:
        options.err().print(f"{seen.orders} orders of {unit.name} ({unit.code})", style="dim")


def _show(record: InputRecord, city: City) -> None:
    screen = options.out()
    try:
        order = WorkOrder.model_validate_json(record.value or b"")
    except ValueError as error:  # another program wrote to the unit's topic
        screen.print(options.plain(f"{record.topic}/{record.partition}/{record.offset} is no work order: {error}"))
        return
    matter = city.matters.get(order.category)
    parts = (
        city.districts.get(order.place.district or ""),
        order.place.street,
        order.place.landmark,
        order.place.address,
    )
    heading = Text.assemble(
        (options.local(order.issued_at), "bold"),
        f"  {order.role}  ",
        (order.urgency.value, options.URGENCY_STYLE[order.urgency]),
        f"  {matter.name if matter else order.category}  ",
        options.plain(" ".join(dict.fromkeys(part for part in parts if part))),
    )
    screen.print(heading)
    screen.print(Text("  ").append_text(options.plain(order.text)))
    due = "  ".join(f"{clock} by {options.local(deadline.due_at)}" for clock, deadline in order.deadlines.items())
    covers = f"; covers for {city.unit_name(order.covers_for)}" if order.covers_for else ""
    screen.print(f"  order {order.order_id}  case {order.case_id}{covers}", style="dim")
    screen.print(f"  {due}", style="dim")
