"""``dispatcher case``: cases from a terminal. Here the list; each other command stands in a module of its own."""

from datetime import UTC, datetime

import click
from rich.table import Table
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.cli.case_act import act, reply
from dispatcher.cli.case_show import show
from dispatcher.cli.case_story import story
from dispatcher.cli.case_words import Shown, quoted
from dispatcher.client.cases import Cases, Listed, deadlines
from dispatcher.client.cases import overdue as is_overdue
from dispatcher.client.names import find_code
from dispatcher.client.reader import Reader
from dispatcher.client.units import find_unit
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import TERMINAL, URGENCY_RANK, CaseStatus
from dispatcher.domain.units import City

_OPEN = frozenset(CaseStatus) - TERMINAL
_STATUSES = [status.value for status in CaseStatus if status is not CaseStatus.LINKED]
#: Of a case_id the table shows so much: enough to name the case to another command.
_ID = 8


@click.group()
def case() -> None:
    """List, show and work on cases, and run stories of them.

    CASE is a case_id, its first six characters or more, or the call_id of one of its calls. What people and units say goes
    to the topic case-inbox, as from any other console; these commands change nothing by themselves.
    """


case.add_command(show)
case.add_command(act)
case.add_command(reply)
case.add_command(story)


@case.command("list")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(_STATUSES),
    multiple=True,
    help="Cases that stand so; default: all open ones.",
)
@click.option("--lead", metavar="UNIT", help="Only cases that this unit leads: its code, its Chinese name or an alias.")
@click.option("--category", metavar="NAME", help="Only this matter: its code or its Chinese name.")
@click.option("--district", metavar="NAME", help="Only this district: its code or its Chinese name.")
@click.option("--review", is_flag=True, help="The queue of calls that wait for a person, with suggestions and claims.")
@click.option("--overdue", is_flag=True, help="Only cases with a deadline that has passed.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="So many at most.")
@options.BOOTSTRAP
@options.JSON
def list_(
    statuses: tuple[str, ...],
    lead: str | None,
    category: str | None,
    district: str | None,
    review: bool,
    overdue: bool,
    limit: int | None,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """List open cases, newest first: what they are, who leads, and which deadline ends next.

    With --review the gravest come first, and among them who has waited longest. A confidential case shows no text.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    city = catalog.city
    unit = find_unit(lead, catalog.agencies.units).code if lead is not None else None
    matter = _matter(category, city) if category is not None else None
    place = find_code(district, city.districts, what="district") if district is not None else None
    now = datetime.now(UTC)

    async def work() -> Listed:
        async with Reader(settings.bootstrap) as reader:
            return await Cases(reader).all(
                {CaseStatus(status) for status in statuses} or ({CaseStatus.REVIEW} if review else _OPEN)
            )

    listed = options.run(work(), waiting="reading case-state")
    found = [
        case
        for case in listed.cases
        if (unit is None or case.lead == unit)
        and (matter is None or case.category == matter)
        and (place is None or case.district == place)
        and (not review or case.status is CaseStatus.REVIEW)
        and (not overdue or is_overdue(case, now))
    ]
    if review:
        found.sort(key=lambda case: (-URGENCY_RANK[case.urgency], case.review_since or now, case.case_id))
    shown = found[:limit]
    if as_json:
        for each in shown:
            options.line(_facts(each, now))
    elif review:
        _queue(shown, Shown(city, now))
    elif shown:
        options.table(_table(shown, Shown(city, now)))
    if listed.unreadable:
        options.err().print(f"{listed.unreadable} cases of another version of the service are left out", style="yellow")
    if not as_json:
        options.err().print(f"{len(shown)} of {len(found)} cases", style="dim")


def _matter(named: str, city: City) -> str:
    return find_code(named, {code: matter.name for code, matter in city.matters.items()}, what="category")


def _facts(case: CaseRecord, now: datetime) -> dict[str, object]:
    due = next(iter(deadlines(case)), None)
    decision = case.decision
    return {
        "case_id": case.case_id,
        "call_id": case.call_id,
        "status": case.status,
        "outcome": case.outcome,
        "category": case.category,
        "urgency": case.urgency,
        "lead": case.lead,
        "assist": list(case.assist),
        "district": case.district,
        "opened_at": case.opened_at,
        "deadline": {"clock": due.clock, "unit": due.unit, "due_at": due.due_at, "overdue": due.due_at <= now}
        if due is not None
        else None,
        "cards": [list(card) for card in case.cards],
        "returns": case.returns,
        "repeats": case.repeats,
        "confidential": case.confidential,
        "text": None if case.confidential else quoted(case.text),
        "review": {
            "since": case.review_since,
            "suggestions": [{"category": s.category, "probability": s.probability} for s in decision.suggestions]
            if decision is not None
            else [],
            "claimed_by": case.claim.by if case.claim is not None else None,
            "claimed_until": case.claim.until if case.claim is not None else None,
            "ask": case.ask,
        }
        if case.status is CaseStatus.REVIEW
        else None,
    }


def _table(cases: list[CaseRecord], shown: Shown) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("id", "status", "category", "urgency", "lead", "assist", "next deadline", "cards"):
        table.add_column(column, no_wrap=column not in ("assist", "cards"))
    for column in ("returns", "repeats"):
        table.add_column(column, justify="right")
    for case in cases:
        table.add_row(
            Text(case.case_id[:_ID], style="cyan"),
            case.status.value,
            shown.matter(case.category),
            Text(case.urgency.value, style=options.URGENCY_STYLE[case.urgency]),
            shown.unit(case.lead),
            "、".join(shown.unit(code) for code in case.assist),
            shown.next_deadline(case),
            shown.cards(case),
            str(case.returns or ""),
            str(case.repeats or ""),
        )
    return table


def _queue(cases: list[CaseRecord], shown: Shown) -> None:
    """Each call that waits, on lines of its own: what was said decides, and a table would cut it."""
    screen = options.out()
    for case in cases:
        screen.print(
            Text.assemble(
                (case.case_id[:_ID], "cyan"),
                "  ",
                (case.urgency.value, options.URGENCY_STYLE[case.urgency]),
                f"  waits {shown.waited(case)}  ",
                (shown.claim(case), "yellow" if case.claim is not None else "dim"),
                (f"  {shown.district(case.district)}" if case.district else ""),
            )
        )
        options.pairs(
            screen, [("  text", shown.text(case)), ("  top three", shown.top(case)), ("  ask", case.ask or "")]
        )
