"""``dispatcher call``: one call in, its decision and its orders out."""

from datetime import UTC, datetime

import click
import orjson
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.client.ask import Line, Reply
from dispatcher.client.publisher import fresh_call_id
from dispatcher.domain.calls import CITY_TIME, CallReceived, read_call
from dispatcher.domain.codes import Role
from dispatcher.domain.messages import CallLinked, CaseOpened, WorkOrder
from dispatcher.domain.units import City


@click.command()
@click.argument("text")
@click.option("--caller", metavar="NUMBER", help="The caller's number; the same number again is a repeat call.")
@click.option("--address", metavar="PLACE", help="Where the line or the console says that the caller is.")
@click.option("--source", default="110", show_default=True, help="The channel: 110, 12345, petition, grid, web, ...")
@click.option("--confidential", is_flag=True, help="Mark the call as confidential.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=15.0, show_default=True, help="Seconds to wait.")
@options.BOOTSTRAP
@options.JSON
def call(
    text: str,
    caller: str | None,
    address: str | None,
    source: str,
    confidential: bool,
    timeout: float,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Publish one call, wait, and show what was decided, why, and who got a work order.

    \b
      dispatcher call "楼道灯坏半个月没人换" --address 沈河区北站街道
      dispatcher call "有人打架" --caller 13800000001

    The call is a real one to the service: it opens a case or joins one. Ends with status 2 when no answer comes in time.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import (
        load_catalog,
    )  # pays for the classifier's tables; not where a command only prints help

    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    now = datetime.now(UTC)
    fields = {
        "call_id": fresh_call_id(now),
        "received_at": now.astimezone(CITY_TIME).isoformat(timespec="seconds"),
        "text": text,
        "caller": caller,
        "address": address,
        "source": source,
        "confidential": confidential or None,
    }
    value = orjson.dumps({name: given for name, given in fields.items() if given is not None})
    made = read_call(value, appended_at=now, policy=catalog.policy.intake)

    reply = options.run(_ask(settings, made, value, now, timeout), waiting="waiting for the decision")
    if as_json:
        options.line(_facts(reply))
    else:
        _show(reply, catalog.city)


async def _ask(
    settings: settings_module.Settings, made: CallReceived, value: bytes, now: datetime, timeout: float
) -> Reply:
    async with Line(settings.bootstrap, pseudonym_key=settings.pseudonym_key.get_secret_value()) as service:
        return await service.ask(made, value, at=now, timeout=timeout)


def _facts(reply: Reply) -> dict[str, object]:
    events = {"triaged": reply.triaged, "opened": reply.opened, "linked": reply.linked, "raised": reply.raised}
    topic, partition, offset = reply.source
    return {
        "call_id": reply.call_id,
        "case_id": reply.decided.case_id if reply.decided else None,
        "seconds": round(reply.seconds, 3),
        "source": {"topic": topic, "partition": partition, "offset": offset},
        **{name: event.model_dump(mode="json") if event else None for name, event in events.items()},
        "orders": [order.model_dump(mode="json") for order in reply.orders],
    }


def _show(reply: Reply, city: City) -> None:
    screen = options.out()
    decided = reply.decided
    assert decided is not None
    options.pairs(screen, [*_decision(decided, city), ("top three", _top(reply, city)), *_becomes(reply)])
    for order in sorted(reply.orders, key=lambda order: order.role is not Role.LEAD):  # who leads comes first
        screen.print(_heading(order, city))
        options.pairs(screen, [(f"  {c}", f"{options.local(d.due_at)}  {d.why}") for c, d in order.deadlines.items()])
    if not reply.orders:
        screen.print(
            "no work order" if reply.linked is None else "no new work order: the case has its units", style="dim"
        )


def _decision(decided: CaseOpened | CallLinked, city: City) -> list[tuple[str, str | Text]]:
    sorted_as = Text.assemble(
        (decided.outcome.value, options.OUTCOME_STYLE[decided.outcome]),
        f"  {category(decided.category, city)}  ",
        (decided.urgency.value, options.URGENCY_STYLE[decided.urgency]),
        f"  confidence {decided.confidence:.2f}",
    )
    place = decided.place
    districts = place.districts or ((place.district,) if place.district else ())
    named = (
        *(city.districts.get(d, d) for d in districts),
        place.street,
        place.landmark,
        place.outside_city,
        place.address,
    )
    return [
        ("decision", sorted_as),
        ("why", decided.reason),
        ("rule", f"{decided.rule}  (model {decided.model[:12]}, policy {decided.policy[:12]})"),
        ("place", " ".join(dict.fromkeys(part for part in named if part)) or "not named"),
    ]


def _becomes(reply: Reply) -> list[tuple[str, str | Text]]:
    rows: list[tuple[str, str | Text]] = []
    if reply.opened is not None:
        opened = reply.opened
        rows += [
            ("case", f"{opened.case_id}  opened, {opened.status}"),
            ("routing", opened.routing),
            ("related", f"{opened.related_to}  the caller's case before this" if opened.related_to else ""),
            ("ask", opened.ask or ""),
            ("dead letter", opened.dead_letter or ""),
        ]
    if reply.linked is not None:
        told = f"{reply.linked.kind} of a call {reply.linked.minutes_since} min before, {reply.linked.repeats} repeats"
        rows.append(("case", f"{reply.linked.case_id}  linked: {told}"))
    if reply.raised is not None:
        before = f"{reply.raised.before_outcome}/{reply.raised.before_urgency}"
        rows.append(("raised", f"from {before}; {reply.raised.routing}"))
    place = "/".join(map(str, reply.source))
    return [*rows, ("call", f"{reply.call_id}  on {place}, answered in {reply.seconds * 1000:.0f} ms")]


def _top(reply: Reply, city: City) -> str:
    found = reply.triaged.suggestions if reply.triaged is not None else ()
    return "  ".join(f"{category(s.category, city)} {s.probability:.0%}" for s in found)


def _heading(order: WorkOrder, city: City) -> Text:
    covers = f", covers for {city.unit_name(order.covers_for)}" if order.covers_for else ""
    unit = f"{city.unit_name(order.agency)} ({order.agency})"
    return Text.assemble(("work order", "dim"), "  ", (unit, "bold"), f"  {order.role}{covers}")


def category(code: str, city: City) -> str:
    """A category for a person: its Chinese name and its code."""
    matter = city.matters.get(code)
    return f"{matter.name} ({code})" if matter else code
