"""``dispatcher case show``: one case now, and everything that has happened to it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.cli.case_words import Shown
from dispatcher.client import happened
from dispatcher.client.cases import Cases, Named
from dispatcher.client.reader import Reader
from dispatcher.client.trace import Step
from dispatcher.console.view import HIDDEN_REASON
from dispatcher.domain.calls import utc
from dispatcher.domain.cases import CaseRecord, OrderState
from dispatcher.domain.clocks import RunningClock
from dispatcher.domain.codes import CaseStatus
from dispatcher.domain.inbox import TimerKind
from dispatcher.domain.policy import Policy
from dispatcher.domain.timers import Timer, timers
from dispatcher.observe.logging import mask

#: What a case holds for the service alone.
_INNER = {"fingerprint", "held", "heard", "seen", "caller"}
_QUOTES = {"text", "place", "decision", "ask", "lookup"}


@click.command()
@click.argument("named", metavar="CASE")
@options.BOOTSTRAP
@options.JSON
def show(named: str, bootstrap: str | None, as_json: bool) -> None:
    """Show a case: how it stands, its orders and clocks with their reasons, what will fall due, and its ledger.

    Of a confidential case neither text nor reasons are shown. `dispatcher trace` shows the records behind the ledger.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    catalog = load_catalog(settings.home, policy_dir=settings.policy)

    async def work() -> tuple[Named, list[Step]]:
        async with Reader(settings.bootstrap) as reader:
            cases = Cases(reader)
            found = await cases.find(named)
            return found, await cases.history(found.case)

    found, history = options.run(work(), waiting="reading the case")
    shown = Shown(catalog.city, datetime.now(UTC))
    if as_json:
        options.line(_facts(found, history, shown, catalog.policy))
        return
    screen = options.out()
    options.pairs(screen, [*_head(found, shown), *_course(found.case, shown)])
    for order in found.case.orders:
        screen.print(_heading(order, shown))
        clocks = (order.acknowledge, order.first_answer) if order.open else ()
        options.pairs(screen, [_clock(clock) for clock in clocks if clock is not None])
    due = [
        (f"  {timer.kind}", f"{options.local(timer.due_at)}  {_subject(timer, found.case, shown)}")
        for timer in sorted(timers(found.case, catalog.policy))
    ]
    if due:
        screen.print("will fall due", style="dim")
        options.pairs(screen, due)
    options.table(_ledger(history, found.case, shown))


# -- now -----------------------------------------------------------------------------------------------------


def _head(found: Named, shown: Shown) -> Iterator[tuple[str, str | Text]]:
    case = found.case
    decision = case.decision
    yield (
        "case",
        Text.assemble((case.case_id, "cyan"), f"  {case.status}", f", {case.closed_as}" if case.closed_as else ""),
    )
    joined = f"  (call {found.joined} has joined this case)" if found.joined else ""
    yield "call", f"{case.call_id}{joined}"
    yield (
        "matter",
        Text.assemble(
            (case.outcome.value, options.OUTCOME_STYLE[case.outcome]),
            f"  {shown.matter(case.category)} ({case.category})  ",
            (case.urgency.value, options.URGENCY_STYLE[case.urgency]),
        ),
    )
    if decision is not None:
        why = HIDDEN_REASON if case.confidential else mask(decision.reason)
        yield "why", f"{why}  (rule {decision.rule}, confidence {decision.confidence:.2f})"
    yield "text", shown.text(case)
    place = case.place
    named = (shown.district(case.district), place.street, place.landmark, place.address, place.outside_city)
    parts = named[:1] if case.confidential else named
    yield "place", mask(" ".join(dict.fromkeys(part for part in parts if part)))
    yield "ask", case.ask or ""
    yield "confidential", "yes" if case.confidential else ""


def _course(case: CaseRecord, shown: Shown) -> Iterator[tuple[str, str | Text]]:
    """Who has it, who had it, and what stands beside it."""
    yield "lead", shown.full(case.lead)
    yield "assist", "、".join(shown.full(code) for code in case.assist)
    yield "level", str(case.level)
    first = f"; first receiver {shown.full(case.first_receiver)}" if case.returns and case.first_receiver else ""
    tried = "、".join(dict.fromkeys(shown.full(code) for code in case.tried))
    yield "returns", f"{case.returns}; has been with {tried}{first}" if case.returns else ""
    yield "arbitrated", "yes: it may not be returned again" if case.arbitrated else ""
    yield "repeats", str(case.repeats or "")
    yield "cards", shown.cards(case)
    if case.status is CaseStatus.REVIEW:
        yield "review", f"waits {shown.waited(case)}, {shown.claim(case)}"
        yield "top three", shown.top(case)
    for whistle in case.whistles:
        missing = "、".join(shown.unit(code) for code in whistle.missing) or "nobody"
        yield "whistle", f"until {options.local(whistle.until)}; missing: {missing}"
    if case.mediation is not None:
        standing = case.mediation
        yield "mediation", f"{standing.rung} by {shown.full(standing.unit)} until {options.local(standing.until)}"
    if case.care is not None:
        yield "care", f"next visit before {options.local(case.care.until)}"
    yield "transfer", f"to {case.transfer.platform}, without a receipt" if case.transfer is not None else ""
    yield "merged into", case.merged_into or ""
    yield "members", "  ".join(case.members)
    yield "related", "  ".join(case.related)
    if case.finish is not None:
        yield _clock(case.finish, indent="")


def _clock(clock: RunningClock, *, indent: str = "  ") -> tuple[str, str]:
    marks = f"  [{', '.join(clock.fired)}]" if clock.fired else ""
    paused = f"  paused since {options.local(clock.paused_at)}" if clock.paused_at is not None else ""
    return f"{indent}{clock.clock}", f"{options.local(clock.due_at)}  {clock.why}{marks}{paused}"


def _subject(timer: Timer, case: CaseRecord, shown: Shown) -> str:
    """What of its kind a timer means, without ids: an order is told by its unit, a whistle is not told at all."""
    parts = timer.subject.split(":")
    order = case.order(parts[0])
    if order is not None:
        return "  ".join((shown.unit(order.agency), *parts[1:]))
    return "" if timer.kind is TimerKind.WHISTLE else timer.subject


def _heading(order: OrderState, shown: Shown) -> Text:
    covers = f", covers for {shown.unit(order.covers_for)}" if order.covers_for else ""
    style = "bold" if order.open else "dim"
    return Text.assemble(
        ("order", "dim"),
        "  ",
        (shown.full(order.agency), style),
        f"  {order.role}  {order.status}{covers}  ",
        (f"{options.local(order.issued_at)}  {order.order_id}", "dim"),
    )


# -- then ----------------------------------------------------------------------------------------------------


def _ledger(history: list[Step], case: CaseRecord, shown: Shown) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("when", "who", "what", "rule"):
        table.add_column(column, no_wrap=column != "what")
    for step in history:
        value = step.value or {}
        told = mask(happened.tell(step.type, _without_actor(value), shown.city, hidden=case.confidential))
        refused = step.type == "message.rejected.v1"
        table.add_row(
            Text(_at(step), style="dim"),
            options.plain(_who(value)),
            Text(options.plain(told).plain, style="red" if refused else ""),
            options.plain(str(value.get("rule") or "")),
        )
    return table


def _at(step: Step) -> str:
    """The moment that the event names: the broker's, at which it was decided."""
    try:
        return options.local(datetime.fromisoformat(str((step.value or {}).get("at"))))
    except ValueError:
        return options.local(utc(step.record.timestamp_ms))


def _who(value: dict[str, Any]) -> str:
    role = str(value.get("role") or "system")
    return f"{value['actor']} {role}" if value.get("actor") else role


def _without_actor(value: dict[str, Any]) -> dict[str, Any]:
    """The one who acted has a column."""
    return {name: told for name, told in value.items() if name != "actor"}


def _facts(found: Named, history: list[Step], shown: Shown, policy: Policy) -> dict[str, object]:
    case = found.case
    hidden = case.confidential
    left_out: dict[str, Any] = dict.fromkeys(_INNER | (_QUOTES if hidden else set()), True)
    facts = case.model_dump(mode="json", exclude={"decision": {"extracted": True}} | left_out)
    if not hidden:
        facts["text"] = mask(case.text)
    return {
        "case": facts | ({"text": None} if hidden else {}),
        "joined_by": found.joined,
        "timers": [
            {"kind": timer.kind, "subject": timer.subject, "due_at": timer.due_at.isoformat()}
            for timer in sorted(timers(case, policy))
        ],
        "ledger": [_fact(step, shown, hidden=hidden) for step in history],
    }


def _fact(step: Step, shown: Shown, *, hidden: bool) -> dict[str, object]:
    value = step.value or {}
    return {
        "at": value.get("at"),
        "type": step.type,
        "event_id": value.get("event_id"),
        "actor": value.get("actor"),
        "role": value.get("role"),
        "status": value.get("status"),
        "reason": None if hidden else mask(str(value.get("reason") or "")),
        "rule": value.get("rule"),
        "told": mask(happened.tell(step.type, value, shown.city, hidden=hidden)),
        "source": value.get("source"),
    }
