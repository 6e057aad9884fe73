"""``dispatcher case act`` and ``case reply``: what people and units say to a case, and what came of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.cli.case_fields import choices, fields_of, given, missing
from dispatcher.cli.case_words import Shown
from dispatcher.client import acting, happened
from dispatcher.client.cases import Cases, Named
from dispatcher.client.names import find_code
from dispatcher.client.reader import Reader
from dispatcher.client.units import find_unit
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.errors import NotFound
from dispatcher.domain.inbox import AgencyReplied, Operation, OperatorDecided, ReplyAction
from dispatcher.domain.operations import OPERATIONS
from dispatcher.domain.replies import ACTIONS
from dispatcher.observe.logging import mask

if TYPE_CHECKING:
    from dispatcher.catalog import Catalog

#: What an action needs beside what the table `ACTIONS` says of its reason.
_REPLY_NEEDS: dict[ReplyAction, tuple[str, ...]] = {
    ReplyAction.PROGRESS: ("text",),
    ReplyAction.RETURN: ("proposed",),
    ReplyAction.MEDIATED: ("settled",),
}
_OF_PERSON = {
    "reason": "Why.",
    "category": "The matter: its code or its Chinese name.",
    "outcome": "Whose matter it is; default: what the category says.",
    "urgency": "How fast.",
    "district": "Where it is: code or Chinese name.",
    "unit": "A unit: its code, its Chinese name or an alias.",
    "units": "Several units: give it once for each.",
    "level": "The level that the case is raised to.",
    "platform": "The other platform: 12345, 119, 120, 122.",
    "other": "Another case, named as CASE is.",
    "accepted": "Whether the other platform takes the case.",
    "answered": "Whether the caller could be reached.",
    "satisfaction": "What the caller said.",
    "minutes": "How long the units of a whistle have.",
    "rung": "The rung of the mediation ladder.",
    "confidential": "Whether the case is confidential from now on.",
    "text": "What is written down: a note, what came of a call, the matter that is split off.",
}
_OF_UNIT = {
    "clerk": "Who speaks for the unit.",
    "text": "The answer for the citizen, or the reason.",
    "proposed": "With return: the unit whose matter it is.",
    "mode": "With finish: how it was handled.",
    "settled": "With mediated: whether the dispute is settled.",
}


def _needs_of_operations() -> str:
    rows = [f"  {name:<16}{' '.join(missing(rule.needs, {}))}".rstrip() for name, rule in OPERATIONS.items()]
    return "\b\nOPERATION, and what it needs:\n" + "\n".join(rows)


def _needs_of(action: ReplyAction) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(("text",) if ACTIONS[action].reason else ()), *_REPLY_NEEDS.get(action, ()))))


def _needs_of_actions() -> str:
    rows = [f"  {action:<16}{' '.join(missing(_needs_of(action), {}))}".rstrip() for action in ReplyAction]
    return "\b\nACTION, and what it needs:\n" + "\n".join(rows)


@click.command(epilog=_needs_of_operations())
@click.argument("named", metavar="CASE")
@click.argument("operation", type=click.Choice(choices(OperatorDecided, "operation")), metavar="OPERATION")
@click.option(
    "--role",
    type=click.Choice([role.value for role in ActorRole]),
    default="duty_leader",
    show_default=True,
    help="As whom.",
)
@click.option("--by", metavar="NAME", help="Who decides; default: your login name.")
@fields_of(OperatorDecided, without=("message_id", "case_id", "operation", "actor", "role"), told=_OF_PERSON)
@options.MESSAGE_ID
@options.TIMEOUT
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def act(
    context: click.Context,
    /,
    named: str,
    operation: str,
    role: str,
    by: str | None,
    message_id: str | None,
    timeout: float,
    bootstrap: str | None,
    as_json: bool,
    **fields: Any,
) -> None:
    """Decide something about a case as a person, and see what came of it.

    The decision goes to case-inbox and the service answers on the ledger. Status 3 when it refuses, 2 when it does not
    answer in time.

    \b
      dispatcher case act 1f0c3f0e claim --by W001
      dispatcher case act 1f0c3f0e decide --by W001 --category 夜间施工噪声 --reason 工地夜间施工
    """
    _demand(context, operation, OPERATIONS[Operation(operation)].needs, fields)
    settings = settings_module.load(bootstrap=bootstrap)
    catalog = _catalog(settings)
    codes = _codes(given(fields), catalog)

    async def make(cases: Cases, case: CaseRecord) -> OperatorDecided:
        if "other" in codes:
            codes["other"] = (await cases.find(codes["other"])).case.case_id
        return OperatorDecided.model_validate(
            {
                "message_id": message_id or str(uuid4()),
                "case_id": case.case_id,
                "operation": operation,
                "actor": by or options.login(),
                "role": role,
                **codes,
            }
        )

    _say(context, settings, catalog, named, make, timeout=timeout, as_json=as_json)


@click.command(epilog=_needs_of_actions())
@click.argument("named", metavar="CASE")
@click.argument("action", type=click.Choice(choices(AgencyReplied, "action")), metavar="ACTION")
@click.option("--agency", required=True, metavar="UNIT", help="The unit that speaks: code, Chinese name or an alias.")
@click.option("--order", "order_id", metavar="ID", help="The order meant; default: the unit's latest.")
@fields_of(AgencyReplied, without=("message_id", "case_id", "order_id", "agency", "action"), told=_OF_UNIT)
@options.MESSAGE_ID
@options.TIMEOUT
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def reply(
    context: click.Context,
    /,
    named: str,
    action: str,
    agency: str,
    order_id: str | None,
    message_id: str | None,
    timeout: float,
    bootstrap: str | None,
    as_json: bool,
    **fields: Any,
) -> None:
    """Speak for a unit about its order on a case, and see what came of it.

    The reply goes to case-inbox and the service answers on the ledger. Status 3 when it refuses, 2 when it does not answer
    in time.

    \b
      dispatcher case reply 1f0c3f0e acknowledge --agency 城管
      dispatcher case reply 1f0c3f0e return --agency 城管 --text 属小区内部设施 --proposed 房产
    """
    _demand(context, action, _needs_of(ReplyAction(action)), fields)
    settings = settings_module.load(bootstrap=bootstrap)
    catalog = _catalog(settings)
    unit = find_unit(agency, catalog.agencies.units)
    codes = _codes(given(fields), catalog)

    async def make(_cases: Cases, case: CaseRecord) -> AgencyReplied:
        return AgencyReplied.model_validate(
            {
                "message_id": message_id or str(uuid4()),
                "case_id": case.case_id,
                "order_id": order_id or _latest_order(case, unit.code, catalog),
                "agency": unit.code,
                "action": action,
                **codes,
            }
        )

    _say(context, settings, catalog, named, make, timeout=timeout, as_json=as_json)


# -- before it is sent ------------------------------------------------------------------------------------------


def _demand(context: click.Context, what: str, needs: tuple[str, ...], fields: Mapping[str, Any]) -> None:
    """Nothing is sent that the service would send back as incomplete."""
    lacking = missing(needs, fields)
    if lacking:
        raise click.UsageError(f"{what} needs {' and '.join(lacking)}", context)


def _catalog(settings: settings_module.Settings) -> "Catalog":
    from dispatcher.catalog import load_catalog  # reads the classifier's tables; not where a command only prints help

    return load_catalog(settings.home, policy_dir=settings.policy)


def _codes(fields: dict[str, Any], catalog: "Catalog") -> dict[str, Any]:
    """Codes for the names that a person wrote. Raises `NotFound` with near ones."""
    units, city = catalog.agencies.units, catalog.city
    matters = {code: matter.name for code, matter in city.matters.items()}
    lookups: dict[str, Callable[[Any], Any]] = {
        "category": lambda name: find_code(name, matters, what="category"),
        "district": lambda name: find_code(name, city.districts, what="district"),
        "unit": lambda name: find_unit(name, units).code,
        "proposed": lambda name: find_unit(name, units).code,
        "units": lambda names: [find_unit(name, units).code for name in names],
    }
    return {name: lookups[name](value) if name in lookups else value for name, value in fields.items()}


def _latest_order(case: CaseRecord, unit: str, catalog: "Catalog") -> str:
    held = [order.order_id for order in case.orders if order.agency == unit]
    if not held:
        holding = dict.fromkeys(f"{order.agency} ({catalog.city.unit_name(order.agency)})" for order in case.orders)
        raise NotFound(
            f"{unit} holds no order on case {case.case_id}",
            hint=f"Units that do: {', '.join(holding)}" if holding else "The case has no order yet",
        )
    return held[-1]


# -- sent, and answered ------------------------------------------------------------------------------------------


def _say(
    context: click.Context,
    settings: settings_module.Settings,
    catalog: "Catalog",
    named: str,
    make: Any,
    *,
    timeout: float,
    as_json: bool,
) -> None:
    """Find the case, say the message that `make` gives for it, and show what came of it."""

    async def work() -> tuple[Named, acting.Answer]:
        async with Reader(settings.bootstrap) as reader:
            cases = Cases(reader)
            found = await cases.find(named)
            message = await make(cases, found.case)
            async with acting.publisher(settings.bootstrap) as sender:
                return found, await acting.say(reader, sender, message, timeout=timeout)

    found, answer = options.run(work(), waiting="waiting for the answer")
    if as_json:
        options.line(_facts(answer, found.case))
    else:
        _show(answer, found, Shown(catalog.city, datetime.now(UTC)))
    if answer.refused is not None:
        context.exit(options.REFUSED)


def _facts(answer: acting.Answer, before: CaseRecord) -> dict[str, object]:
    topic, partition, offset = answer.place
    case = answer.case or before
    return {
        "case_id": case.case_id,
        "message_id": answer.message.message_id,
        "source": {"topic": topic, "partition": partition, "offset": offset},
        "seconds": round(answer.seconds, 3),
        "refused": {"code": answer.refused.code, "reason": answer.refused.reason} if answer.refused else None,
        "events": [event.type for event in answer.events],
        "status": case.status,
        "lead": case.lead,
        "assist": list(case.assist),
        "category": case.category,
        "outcome": case.outcome,
        "urgency": case.urgency,
    }


def _show(answer: acting.Answer, found: Named, shown: Shown) -> None:
    screen = options.out()
    before, after = found.case, answer.case
    joined = f"  (call {found.joined} has joined this case)" if found.joined else ""
    rows: list[tuple[str, str | Text]] = [("case", Text.assemble((before.case_id, "cyan"), joined))]
    if answer.refused is not None:
        rows.append(
            ("refused", Text(f"{answer.refused.code} {options.plain(answer.refused.reason).plain}", style="red"))
        )
    else:
        hidden = before.confidential or (after is not None and after.confidential)
        rows += [
            (
                event.type.removesuffix(".v1"),
                mask(happened.tell(event.type, event.value or {}, shown.city, hidden=hidden)),
            )
            for event in answer.events
        ]
    if after is not None:
        rows += _changes(before, after, shown)
    place = "/".join(map(str, answer.place))
    sent = f"{place} as {answer.message.message_id}, answered in {answer.seconds * 1000:.0f} ms"
    options.pairs(screen, [*rows, ("sent", sent)])


def _changes(before: CaseRecord, after: CaseRecord, shown: Shown) -> list[tuple[str, str | Text]]:
    """What is otherwise than before, and the deadline that ends next."""
    told: dict[str, Callable[[CaseRecord], str]] = {
        "status": lambda case: case.status.value,
        "matter": lambda case: f"{case.outcome} {shown.matter(case.category)} {case.urgency}",
        "district": lambda case: shown.district(case.district),
        "lead": lambda case: shown.full(case.lead),
        "assist": lambda case: "、".join(shown.full(code) for code in case.assist) or "nobody",
        "level": lambda case: case.level.value,
        "returns": lambda case: str(case.returns),
    }
    changed: list[tuple[str, str | Text]] = [
        (name, f"{tell(before)} → {tell(after)}") for name, tell in told.items() if tell(before) != tell(after)
    ]
    return [*changed, ("next", shown.next_deadline(after))]
