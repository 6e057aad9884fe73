"""``dispatcher lookup show``: one lookup now, whom it asks and what came of it, and everything that has happened to it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.cli.case_words import quoted
from dispatcher.cli.lookup_words import CANDIDATES, CONFIRMED_BY, MODES, REQUESTS, WEAK, Shown, status
from dispatcher.client import happened
from dispatcher.client.cases import Cases
from dispatcher.client.lookup_facts import fact_name, said
from dispatcher.client.lookups import Held, Lookups, ranked
from dispatcher.client.reader import Reader
from dispatcher.client.trace import Step
from dispatcher.console.view import HIDDEN, LOOKUPS
from dispatcher.domain.calls import utc
from dispatcher.domain.events.lookups import LOOKUP_EVENTS
from dispatcher.domain.lookups.codes import OPEN, CandidateStatus, Desk, Side
from dispatcher.domain.lookups.reach import Reach, reach
from dispatcher.domain.lookups.records import Candidate
from dispatcher.observe.logging import mask

_KINDS = {event.ce_type for event in LOOKUP_EVENTS}


@click.command()
@click.argument("named", metavar="LOOKUP")
@click.option("--claimant", is_flag=True, help="Only what a claimant may hear; nothing that the finder said.")
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def show(context: click.Context, named: str, claimant: bool, bootstrap: str | None, as_json: bool) -> None:
    """Show a lookup: what is known and what to ask, each question to a database, candidates, where a person may be by now,
    what will fall due, and its ledger.

    The numbers of candidates are ranks: confirm and reject take them. Finders' words and private marks are for the desk
    alone: with a claimant on the line use --claimant. Of a confidential case nothing is shown that anybody said.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    catalog = load_catalog(settings.home, policy_dir=settings.policy)

    async def work() -> tuple[Held, list[Step]]:
        async with Reader(settings.bootstrap) as reader:
            case = (await Lookups(reader).find(named)).case
            assert case.lookup is not None  # `find` gives no other
            return Held(case, case.lookup), [] if claimant else await Cases(reader).history(case)

    held, history = options.run(work(), waiting="reading the lookup")
    shown = Shown(catalog.city, catalog.policy, datetime.now(UTC))
    if claimant:
        if held.lookup.side is Side.FOUND:
            raise click.UsageError(
                "this lookup is a finder's, and all of it is theirs; name the claimant's own", context
            )
        _tell_claimant(held, shown, as_json=as_json)
        return
    steps = [step for step in history if _of_lookup(step)]
    if as_json:
        options.line(_facts(held, steps, shown))
        return
    screen = options.out()
    options.pairs(screen, [*_head(held, shown), *_where(held, shown), *_ends(held)])
    parts: tuple[tuple[str, Iterator[tuple[str, str | Text]]], ...] = (
        ("requests", _requests(held, shown)),
        ("candidates", _candidates(held, shown)),
        ("sightings", _sightings(held, shown)),
        ("will fall due", _due(held, shown)),
    )
    for title, rows in parts:
        if found := list(rows):
            screen.print(title, style="dim")
            options.pairs(screen, found)
    options.table(_ledger(steps, hidden=held.case.confidential, shown=shown))


# -- to a claimant ---------------------------------------------------------------------------------------------------


def _heard(held: Held, shown: Shown) -> list[str]:
    """A sentence for each candidate that a person looks at; the weak ones are nothing to speak of yet."""
    if held.lookup.status not in OPEN:
        return []
    return [
        shown.for_claimant(one, held.lookup)
        for one in ranked(held.lookup)
        if not one.weak and one.status is CandidateStatus.OPEN
    ]


def _tell_claimant(held: Held, shown: Shown, *, as_json: bool) -> None:
    lookup = held.lookup
    heard = [] if held.case.confidential else list(dict.fromkeys(_heard(held, shown)))
    if as_json:
        facts = {"lookup_id": lookup.lookup_id, "case_id": held.case.case_id, "status": lookup.status}
        options.line(facts | {"question": shown.question(held), "candidates": heard})
        return
    rows = [("lookup", lookup.lookup_id), ("status", status(lookup.status)), ("ask", shown.question(held) or "")]
    if not heard and lookup.status in OPEN:
        heard = ["正在查找，尚无可告知的线索"]
    options.pairs(options.out(), [*rows, *(("say", one) for one in heard)])


# -- now -------------------------------------------------------------------------------------------------------------


def _head(held: Held, shown: Shown) -> Iterator[tuple[str, str | Text]]:
    lookup, case = held.lookup, held.case
    name, style = LOOKUPS[lookup.status]
    yield "lookup", Text.assemble((lookup.lookup_id, "cyan"), f"  {shown.kind(lookup)}  ", (name, style))
    yield "case", f"{case.case_id}  {case.status}  {case.category}  call {case.call_id}"
    yield (
        "runs",
        f"{shown.running(lookup)}, opened {options.local(lookup.opened_at)}, since {options.local(lookup.since)}",
    )
    yield "text", HIDDEN if case.confidential else quoted(case.text)
    yield "facts", HIDDEN if case.confidential else shown.facts(lookup.facts)
    yield "not known", "、".join(fact_name(fact) for fact in lookup.unknown)
    for number, question in enumerate(shown.questions(held)):
        yield ("ask" if number == 0 else "then"), question
    yield "channels", shown.channels(lookup)
    yield "cause", lookup.cause


def _reach(held: Held, shown: Shown) -> Reach | None:
    """Where a missing person may be by now."""
    one = held.lookup
    if one.desk is not Desk.MISSING_PERSON or one.side is not Side.LOST or one.status not in OPEN:
        return None
    return reach(one, shown.now, shown.policy.desks)


def _where(held: Held, shown: Shown) -> Iterator[tuple[str, str | Text]]:
    area, lookup = _reach(held, shown), held.lookup
    if area is None:
        return
    centre = HIDDEN if held.case.confidential else quoted(area.centre or "最后地点不详")
    districts = "、".join(shown.district(code) for code in area.districts) or "—"
    yield (
        "may be",
        f"{centre} 周围 {area.km:g} 公里（{MODES[area.mode]}，{area.hours:g} 小时），协查 {area.alert_km:g} 公里",
    )
    yield "districts", districts
    steps = shown.policy.desks.escalation
    told = "、".join(f"{one.to}（{one.after_minutes}分钟）" for one in steps[: lookup.step])
    yield "escalated", f"{told or '尚未上报'}；下一级 {steps[lookup.step].to if lookup.step < len(steps) else '—'}"


def _ends(held: Held) -> Iterator[tuple[str, str | Text]]:
    lookup = held.lookup
    confirmed = lookup.confirmation
    if confirmed is not None:
        told = HIDDEN if held.case.confidential else quoted(confirmed.told)
        by = f"{CONFIRMED_BY[confirmed.by]}确认（{confirmed.actor}）"
        yield "confirmed", f"{options.local(confirmed.at)}  {confirmed.ref}  {by}  “{told}”"
    yield "receipt", lookup.receipt or ""
    yield "ended", options.local(lookup.ended_at) if lookup.ended_at is not None else ""


def _requests(held: Held, shown: Shown) -> Iterator[tuple[str, str | Text]]:
    for one in held.lookup.requests:
        found = "，有记录" if one.found else ""
        name = f"  {shown.channel(one.channel)}/{shown.database(one.database)} #{one.number}"
        until = f"  until {shown.when(one.until)}" if one.status.value in ("waiting", "deferred") else ""
        yield f"  {one.database}", f"{name.strip()}  {REQUESTS[one.status]}{found}  {shown.when(one.asked_at)}{until}"


def _candidates(held: Held, shown: Shown) -> Iterator[tuple[str, str | Text]]:
    for number, one in enumerate(ranked(held.lookup), 1):
        yield f"  {number}", _candidate(one, shown, hidden=held.case.confidential)


def _candidate(one: Candidate, shown: Shown, *, hidden: bool) -> Text:
    """The finder's words among it: the desk must see them, and nobody else."""
    weak = f"，{WEAK}" if one.weak else ""
    head = f"{one.score:.0%}{weak}  {CANDIDATES[one.status]}  {shown.database(one.database)}  {one.ref}  {shown.when(one.at)}"
    if hidden:
        return options.plain(f"{head}  {HIDDEN}")
    contact = f"  联系:{one.contact}" if one.contact else ""
    return options.plain(mask(f"{head}  {'；'.join(one.reasons)}  “{one.text}”{contact}"))


def _sightings(held: Held, shown: Shown) -> Iterator[tuple[str, str | Text]]:
    for one in held.lookup.sightings:
        mode = f"  {MODES[one.mode]}" if one.mode is not None else ""
        said = HIDDEN if held.case.confidential else quoted(f"{one.place}  {one.text}")
        yield f"  {shown.when(one.at)}", f"{shown.district(one.district)}  {said}{mode}".strip()


def _due(held: Held, shown: Shown) -> Iterator[tuple[str, str | Text]]:
    for timer in shown.due(held.lookup):
        yield f"  {shown.when(timer.due_at)}", shown.timer(timer, held.lookup)


# -- then ------------------------------------------------------------------------------------------------------------


def _of_lookup(step: Step) -> bool:
    refused = step.type == "message.rejected.v1"
    return step.type in _KINDS or (refused and str((step.value or {}).get("message_type")).startswith("lookup."))


def _ledger(steps: list[Step], *, hidden: bool, shown: Shown) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("when", "who", "what"):
        table.add_column(column, no_wrap=column != "what")
    for step in steps:
        value = step.value or {}
        who = " ".join(str(value[name]) for name in ("actor", "role") if value.get(name))
        told = happened.tell(
            step.type, {name: each for name, each in value.items() if name != "actor"}, shown.city, hidden=hidden
        )
        style = "red" if step.type == "message.rejected.v1" else ""
        table.add_row(
            Text(_at(step), style="dim"), options.plain(who), Text(options.plain(mask(told)).plain, style=style)
        )
    return table


def _at(step: Step) -> str:
    try:
        return options.local(datetime.fromisoformat(str((step.value or {}).get("at"))))
    except ValueError:
        return options.local(utc(step.record.timestamp_ms))


def _facts(held: Held, steps: list[Step], shown: Shown) -> dict[str, Any]:
    case, lookup, hidden = held.case, held.lookup, held.case.confidential
    area = _reach(held, shown)
    record = lookup.model_dump(mode="json", exclude={"requests": {"__all__": {"used"}}})
    if hidden:
        record |= {
            "facts": None,
            "candidates": [
                one.model_dump(mode="json", exclude={"text", "reasons", "contact"}) for one in lookup.candidates
            ],
            "sightings": [one.model_dump(mode="json", exclude={"text", "place"}) for one in lookup.sightings],
            "confirmation": lookup.confirmation.model_dump(mode="json", exclude={"told"})
            if lookup.confirmation is not None
            else None,
        }
    else:
        record["facts"] |= {fact: said(fact, value) for fact, value in lookup.facts.items() if fact == "name"}
    return {
        "case": {
            "case_id": case.case_id,
            "call_id": case.call_id,
            "status": case.status,
            "category": case.category,
            "confidential": hidden,
            "text": None if hidden else quoted(case.text),
        },
        "lookup": record,
        "ranks": [one.ref for one in ranked(lookup)],
        "question": shown.question(held),
        "questions": shown.questions(held),
        "reach": area.model_dump(mode="json", exclude={"centre"} if hidden else set()) if area is not None else None,
        "timers": [
            {"kind": one.kind, "subject": one.subject, "due_at": one.due_at.isoformat()} for one in shown.due(lookup)
        ],
        "ledger": [_fact(step, shown, hidden=hidden) for step in steps],
    }


def _fact(step: Step, shown: Shown, *, hidden: bool) -> dict[str, object]:
    value = step.value or {}
    return {
        "at": value.get("at"),
        "type": step.type,
        "actor": value.get("actor"),
        "role": value.get("role"),
        "status": value.get("lookup_status"),
        "reason": None if hidden else mask(str(value.get("reason") or "")),
        "told": mask(happened.tell(step.type, value, shown.city, hidden=hidden)),
    }
