"""``dispatcher audit erase``: nobody can read any more what was said in a case, and the ledger stays whole."""

import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.catalog import load_catalog
from dispatcher.cli import options
from dispatcher.client import erasing
from dispatcher.client.acting import Answer
from dispatcher.client.erasing import Meant
from dispatcher.client.reader import Reader
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.inbox import EraseAsked
from dispatcher.stream import topics

REFUSED = 3
"""The status of a case that the service does not erase from."""


@click.command()
@click.argument("named", metavar="CASE")
@click.option(
    "--reason", required=True, help="Why: whose request, under which file number. It stays readable for ever."
)
@click.option("--by", metavar="NAME", help="Who decides; default: your login name.")
@click.option(
    "--role",
    type=click.Choice([ActorRole.AUDITOR.value, ActorRole.ADMINISTRATOR.value]),
    default=ActorRole.AUDITOR.value,
    show_default=True,
    help="As whom.",
)
@click.option("--even-open", is_flag=True, help="Also while units work on the case: they lose its text.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.MESSAGE_ID
@options.TIMEOUT
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def erase(
    context: click.Context,
    named: str,
    reason: str,
    by: str | None,
    role: str,
    even_open: bool,
    yes: bool,
    message_id: str | None,
    timeout: float,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Erase a person from CASE: destroy the keys of all that was said in it. This cannot be undone.

    The ledger keeps what happened, when and under which rule; `audit verify` finds it whole as before. Status 3 when the service
    refuses, for the case is still open; 2 when it does not answer in time.

    \b
      dispatcher audit erase 1f0c3f0e --reason "本人申请，登记号2026-118" --by A002
    """
    settings = settings_module.load(bootstrap=bootstrap)
    catalog = load_catalog(settings.home, policy_dir=settings.policy)

    async def look() -> Meant:
        async with Reader(settings.bootstrap) as reader:
            return await erasing.find(reader, named)

    meant = options.run(look(), waiting="looking for the case")
    if not yes and sys.stdin.isatty():
        click.confirm(f"Erase the person from case {meant.case_id} for ever?", abort=True, err=True)

    async def work() -> Answer:
        asked = EraseAsked(
            message_id=message_id or str(uuid4()),
            case_id=meant.case_id,
            keys=meant.keys,
            actor=by or options.login(),
            role=ActorRole(role),
            reason=reason,
            even_open=even_open,
        )
        async with Reader(settings.bootstrap) as reader:
            return await erasing.erase(reader, asked, timeout=timeout)

    answer = options.run(work(), waiting="erasing")
    days = catalog.all_topics[topics.CASE_INBOX].retention_days or 0
    until = erasing.held_until(meant.case, timedelta(days=days), now=datetime.now(UTC))
    _tell(meant, answer, until, days=catalog.all_topics[topics.CASE_KEYS].erased_within_days or 0, as_json=as_json)
    if answer.refused is not None:
        context.exit(REFUSED)


def _tell(meant: Meant, answer: Answer, until: datetime, *, days: int, as_json: bool) -> None:
    refused = answer.refused
    if as_json:
        told: dict[str, object] = {"case_id": meant.case_id, "erased": refused is None}
        if refused is None:
            told |= {"keys": list(meant.keys), "key_gone_within_days": days, "topics_hold_until": until}
        else:
            told |= {"code": refused.code, "reason": refused.reason}
        options.line(told)
        return
    screen = options.out()
    if refused is not None:
        rows: list[tuple[str, str | Text]] = [("refused", Text(f"{refused.code} {refused.reason}", style="bold red"))]
        if meant.case is not None and refused.code == "D602":
            rows.append(("to do", "close the case first, or give --even-open"))
        options.pairs(screen, rows)
        return
    rows = [
        ("erased", Text(meant.case_id, style="green")),
        ("keys", f"{len(meant.keys)} destroyed; off the brokers' disks within {days} day{'s' * (days != 1)}"),
        ("ledger", "keeps what happened; nobody can read what was said"),
        (
            "elsewhere",
            f"calls, case-inbox and orders keep their records until {options.local(until)[:10]} at the latest",
        ),
    ]
    if others := _others(meant.case):
        rows.append(("other cases", f"{', '.join(others)}: each is erased by itself"))
    options.pairs(screen, rows)


def _others(case: CaseRecord | None) -> list[str]:
    """Cases that may hold words of the same person: merged, related, or found to be the other side of a search."""
    if case is None:
        return []
    found = case.lookup.candidates if case.lookup is not None else ()
    return list(dict.fromkeys((*case.members, *case.related, *(one.case_id for one in found if one.case_id))))
