"""``dispatcher lookup``: the two 24-hour desks from a terminal. Here the list; each other command stands in a module of its own."""

from datetime import UTC, datetime

import click
from rich.table import Table
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import lookup_act, options
from dispatcher.cli.lookup_match import match
from dispatcher.cli.lookup_show import show
from dispatcher.cli.lookup_stats import stats
from dispatcher.cli.lookup_words import Shown, status
from dispatcher.client.lookup_facts import PRIVATE
from dispatcher.client.lookups import Held, Listed, Lookups, best, progress
from dispatcher.client.reader import Reader
from dispatcher.console.view import LOOKUPS
from dispatcher.domain.lookups.codes import OPEN, Desk, LookupStatus, Side

#: Of an id the table shows so much: enough to name the lookup to another command.
_ID = 8


@click.group()
def lookup() -> None:
    """The desks for lost items and missing persons: list and show lookups, work on them, match, and count.

    LOOKUP is a lookup_id or the case_id of its case, six or more first characters of either, or the call_id of one of the
    case's calls. What people say goes to the topic case-inbox, as from any other console; these commands change nothing by
    themselves.
    """


@lookup.command("list")
@click.option("--desk", type=click.Choice([desk.value for desk in Desk]), help="Only this desk.")
@click.option("--side", type=click.Choice([side.value for side in Side]), help="What is missed, or what was found.")
@click.option(
    "--status",
    "statuses",
    type=click.Choice([one.value for one in LookupStatus]),
    multiple=True,
    help="Lookups that stand so; default: those that are searched for.",
)
@click.option("--mine-to-ask", is_flag=True, help="Only those with a question to the caller.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="So many at most.")
@options.BOOTSTRAP
@options.JSON
def list_(
    desk: str | None,
    side: str | None,
    statuses: tuple[str, ...],
    mine_to_ask: bool,
    limit: int | None,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """List running lookups, newest first: what is sought, how far the channels are, what to ask, what falls due.

    `channels` are those that have answered of those that were asked. A confidential case shows nothing of what was said.

    \b
      dispatcher lookup list --desk missing_person
      dispatcher lookup list --status candidate
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    shown = Shown(catalog.city, catalog.policy, datetime.now(UTC))
    wanted = {LookupStatus(one) for one in statuses} or OPEN

    async def work() -> Listed:
        async with Reader(settings.bootstrap) as reader:
            return await Lookups(reader).all(
                lambda one: one.status in wanted and desk in (None, one.desk) and side in (None, one.side)
            )

    listed = options.run(work(), waiting="reading case-state")
    found = [held for held in listed.lookups if not mine_to_ask or shown.question(held) is not None]
    rows = found[:limit]
    if as_json:
        for held in rows:
            options.line(_facts(held, shown))
    elif rows:
        options.table(_table(rows, shown))
    if listed.unreadable:
        options.err().print(
            f"{listed.unreadable} lookups of another version of the service are left out", style="yellow"
        )
    if not as_json:
        options.err().print(f"{len(rows)} of {len(found)} lookups", style="dim")


lookup.add_command(match)
lookup.add_command(show)
lookup.add_command(stats)
for _command in lookup_act.COMMANDS:
    lookup.add_command(_command)


def _facts(held: Held, shown: Shown) -> dict[str, object]:
    one, case = held.lookup, held.case
    channels, candidate = progress(one), best(one)
    due = next(iter(shown.due(one)), None)
    return {
        "lookup_id": one.lookup_id,
        "case_id": case.case_id,
        "call_id": case.call_id,
        "category": case.category,
        "desk": one.desk,
        "side": one.side,
        "status": one.status,
        "opened_at": one.opened_at,
        "since": one.since,
        "minutes": int(((one.ended_at or shown.now) - one.opened_at).total_seconds() // 60),
        "sought": None if case.confidential else shown.sought(held),
        "facts": None
        if case.confidential
        else {fact: shown.fact(fact, value) for fact, value in one.facts.items() if fact not in PRIVATE},
        "channels": {"asked": channels.asked, "answered": channels.answered, "silent": list(channels.silent)},
        "candidates": len(one.candidates),
        "best": {
            "ref": candidate.ref,
            "database": candidate.database,
            "score": candidate.score,
            "weak": candidate.weak,
            "status": candidate.status,
        }
        if candidate is not None
        else None,
        "question": shown.question(held),
        "next_due": {"kind": due.kind, "due_at": due.due_at} if due is not None else None,
        "confidential": case.confidential,
    }


def _table(rows: list[Held], shown: Shown) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("lookup", "case", "desk", "status", "runs", "sought", "channels", "best", "ask", "next"):
        table.add_column(column, no_wrap=column not in ("sought", "channels", "ask", "next"))
    for held in rows:
        one = held.lookup
        table.add_row(
            Text(one.lookup_id[:_ID], style="cyan"),
            held.case.case_id[:_ID],
            shown.kind(one),
            Text(status(one.status), style=LOOKUPS[one.status][1]),
            shown.running(one),
            options.plain(shown.sought(held)),
            shown.channels(one),
            shown.best(one),
            shown.question(held) or "—",
            shown.next_due(one),
        )
    return table
