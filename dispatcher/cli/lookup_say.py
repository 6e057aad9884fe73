"""Saying something to a lookup: what all commands of `dispatcher.cli.lookup_act` have in common, and how an answer is shown."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.cli.lookup_words import Shown, status
from dispatcher.client import acting, happened
from dispatcher.client.lookups import Held, Lookups, candidate_ref
from dispatcher.client.names import find_code
from dispatcher.client.reader import Reader
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.lookups.codes import Action
from dispatcher.domain.lookups.messages import LookupActed
from dispatcher.observe.logging import mask

if TYPE_CHECKING:
    from dispatcher.catalog import Catalog

_DESK = ActorRole.DESK_OFFICER


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says it about which lookup, and how the answer is wanted."""

    named: str
    role: str
    actor: str
    message_id: str
    timeout: float
    bootstrap: str | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it. `before` and `after`: the lookup then and now, the same where the message was refused."""

    before: Held
    after: Held
    answer: acting.Answer
    shown: Shown

    def event(self, kind: str) -> dict[str, Any] | None:
        """The event of that ce_type which the message caused."""
        return next((one.value for one in self.answer.events if one.type == kind), None)


def speaks(*by: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator that gives a command the argument LOOKUP and the options of speaking, and hands it a `Speaker`.

    `by`: the option for who speaks, where ``--by`` means somebody else.
    """

    def add(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def speaking(
            *,
            named: str,
            role: str,
            actor: str | None,
            message_id: str | None,
            timeout: float,
            bootstrap: str | None,
            as_json: bool,
            **fields: Any,
        ) -> None:
            speaker = Speaker(
                named, role, actor or options.login(), message_id or str(uuid4()), timeout, bootstrap, as_json
            )
            command(speaker, **fields)

        wrapped: Callable[..., None] = speaking
        for option in (options.JSON, options.BOOTSTRAP, options.TIMEOUT, options.MESSAGE_ID):
            wrapped = option(wrapped)
        wrapped = click.option(
            *(by or ("--by",)), "actor", metavar="NAME", help="Who speaks; default: your login name."
        )(wrapped)
        wrapped = _ROLE(wrapped)
        return click.argument("named", metavar="LOOKUP")(wrapped)

    return add


_ROLE = click.option(
    "--role",
    type=click.Choice([role.value for role in ActorRole]),
    default=_DESK.value,
    show_default=True,
    help="As whom.",
)


def say(speaker: Speaker, action: Action, **fields: Any) -> Done:
    """Publish the message and wait for what the service makes of it. A candidate may be named by its rank, a database and a
    district by their Chinese names. Raises `NotFound`, `NoAnswer`."""
    settings = settings_module.load(bootstrap=speaker.bootstrap)
    from dispatcher.catalog import load_catalog  # reads the classifier's tables; not where a command only prints help

    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    given = _codes({name: value for name, value in fields.items() if value is not None}, catalog)

    async def work() -> Done:
        async with Reader(settings.bootstrap) as reader:
            before = _held((await Lookups(reader).find(speaker.named)).case)
            if action is not Action.ANSWER and "candidate" in given:
                given["candidate"] = candidate_ref(before.lookup, given["candidate"])
            message = LookupActed(
                message_id=speaker.message_id,
                case_id=before.case.case_id,
                action=action,
                actor=speaker.actor,
                role=ActorRole(speaker.role),
                **given,
            )
            async with acting.publisher(settings.bootstrap) as sender:
                answer = await acting.say(reader, sender, message, timeout=speaker.timeout)
            after = _held(answer.case) if answer.case is not None else before
            return Done(before, after, answer, Shown(catalog.city, catalog.policy, datetime.now(UTC)))

    return options.run(work(), waiting="waiting for the answer")


def _held(case: CaseRecord) -> Held:
    assert case.lookup is not None  # a case never loses its lookup
    return Held(case, case.lookup)


def _codes(fields: dict[str, Any], catalog: "Catalog") -> dict[str, Any]:
    databases = {one.code: one.name for one in catalog.policy.desks.databases}
    names: dict[str, Callable[[str], str]] = {
        "database": lambda name: find_code(name, databases, what="database"),
        "district": lambda name: find_code(name, catalog.city.districts, what="district"),
    }
    return {name: names[name](value) if name in names else value for name, value in fields.items()}


# -- what came of it -------------------------------------------------------------------------------------------------


def tell(speaker: Speaker, done: Done, *, more: Mapping[str, object] | None = None) -> None:
    """Show what came of it, and end the command with status 3 where it was refused. `more`: what JSON has beside."""
    if speaker.as_json:
        options.line(_facts(done) | dict(more or {}))
    else:
        _show(done)
    if done.answer.refused is not None:
        click.get_current_context().exit(options.REFUSED)


def _facts(done: Done) -> dict[str, object]:
    answer, lookup = done.answer, done.after.lookup
    topic, partition, offset = answer.place
    return {
        "lookup_id": lookup.lookup_id,
        "case_id": done.after.case.case_id,
        "message_id": answer.message.message_id,
        "source": {"topic": topic, "partition": partition, "offset": offset},
        "seconds": round(answer.seconds, 3),
        "refused": {"code": answer.refused.code, "reason": answer.refused.reason} if answer.refused else None,
        "events": [event.type for event in answer.events],
        "desk": lookup.desk,
        "side": lookup.side,
        "before": done.before.lookup.status,
        "status": lookup.status,
        "question": done.shown.question(done.after),
        "receipt": lookup.receipt,
    }


def _show(done: Done) -> None:
    answer, before, after, shown = done.answer, done.before.lookup, done.after.lookup, done.shown
    rows: list[tuple[str, str | Text]] = [
        ("lookup", Text.assemble((before.lookup_id, "cyan"), f"  {shown.kind(after)} {done.before.case.case_id[:8]}"))
    ]
    if answer.refused is not None:
        rows.append(
            ("refused", Text(f"{answer.refused.code} {options.plain(answer.refused.reason).plain}", style="red"))
        )
    else:
        hidden = done.before.case.confidential or done.after.case.confidential
        rows += [
            (
                event.type.removesuffix(".v1"),
                mask(happened.tell(event.type, event.value or {}, shown.city, hidden=hidden)),
            )
            for event in answer.events
        ]
        if before.status is not after.status:
            rows.append(("status", f"{status(before.status)} → {status(after.status)}"))
        rows.append(("ask", shown.question(done.after) or ""))
        rows.append(("next", shown.next_due(after)))
    place = "/".join(map(str, answer.place))
    rows.append(("sent", f"{place} as {answer.message.message_id}, answered in {answer.seconds * 1000:.0f} ms"))
    options.pairs(options.out(), rows)
