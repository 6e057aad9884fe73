"""Stories: what callers, units and people do at given times, and what a city expects of the service.

`docs/stories.md` describes the format. A story runs through the service's own pure functions with a simulated clock;
`run` gives what differs from what was expected, in words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dispatcher.catalog import Catalog
from dispatcher.catalog.files import read_model
from dispatcher.domain.calls import CITY_TIME, CallReceived
from dispatcher.domain.codes import ActorRole, Level, Outcome, Satisfaction, Urgency
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.inbox import AgencyReplied, Mode, Operation, OperatorDecided, ReplyAction
from dispatcher.domain.policy import Policy
from dispatcher.domain.triage import Classify
from dispatcher.simulate.expect import Expectation, differences
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.moments import moment
from dispatcher.simulate.world import Event, World


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Call(_Strict):
    """A call. With `category` the decision is given; without it the city's classifier decides by the text."""

    id: str
    text: str = "一句话"
    caller: str | None = None
    category: str | None = None
    outcome: Outcome | None = None
    urgency: Urgency = Urgency.ROUTINE
    districts: tuple[str, ...] = ()
    outside_city: str | None = None
    address: str | None = None
    confidential: bool = False
    at: str | None = Field(None, description="when the call was made, if other than the step's time")


class Reply(_Strict):
    """A unit about its order: the latest that it holds, or the one named by `order` (0 is its first)."""

    case: str | None = None
    unit: str
    action: ReplyAction
    text: str = ""
    proposed: str | None = None
    mode: Mode | None = None
    settled: bool | None = None
    order: int | None = None
    order_of: str | None = Field(None, description="speak about this unit's order instead: a forgery")
    id: str | None = Field(None, description="the message's id, to say the same thing twice")


class Person(_Strict):
    """A person's decision. `other` names another call of the story, whose case is meant."""

    case: str | None = None
    operation: Operation
    by: str = "W001"
    role: ActorRole = ActorRole.DUTY_LEADER
    reason: str = ""
    category: str | None = None
    outcome: Outcome | None = None
    urgency: Urgency | None = None
    district: str | None = None
    unit: str | None = None
    units: tuple[str, ...] = ()
    level: Level | None = None
    platform: str | None = None
    other: str | None = None
    accepted: bool | None = None
    answered: bool | None = None
    satisfaction: Satisfaction | None = None
    minutes: int | None = None
    rung: str | None = None
    confidential: bool | None = None
    text: str = ""
    id: str | None = None


class Step(_Strict):
    """At a time: one call, reply or decision at the most, then what is expected to be so."""

    at: str = "+0m"
    call: Call | None = None
    reply: Reply | None = None
    person: Person | None = None
    expect: Expectation | tuple[Expectation, ...] = ()


class Story(_Strict):
    """`rule`: the rules of the domain that it is about, with their source; `policy`: a city's own numbers for it."""

    name: str
    rule: tuple[str, ...]
    about: str = ""
    start: str
    policy: dict[str, dict[str, Any]] = {}
    steps: tuple[Step, ...] = Field(min_length=1)


class Stories(_Strict):
    """A file of stories."""

    stories: tuple[Story, ...] = Field(min_length=1)


def read_stories(path: Path) -> tuple[Story, ...]:
    """The stories of a file. Raises CatalogError naming file, key path and what to do."""
    stories: Stories = read_model(path, Stories)
    return stories.stories


@dataclass(frozen=True, slots=True)
class Difference:
    """What was otherwise than expected, at which step of the story (counted from 1)."""

    step: int
    at: datetime
    what: str

    def __str__(self) -> str:
        return f"step {self.step} ({self.at.astimezone(CITY_TIME):%Y-%m-%d %H:%M}): {self.what}"


class Telling:
    """One story while it runs."""

    def __init__(self, story: Story, catalog: Catalog, classify: Classify | None = None) -> None:
        self.story = story
        self.events: list[Event] = []
        self.notices: list[Any] = []
        self._classify = classify
        self._city = catalog.city
        self.world = World(
            catalog.city,
            with_changes(catalog.policy, story.policy),
            on_event=self.events.append,
            on_notice=self.notices.append,
        )
        self.cases: dict[str, str] = {}  # the story's name of a call -> case_id
        self._last: str | None = None
        self._said = 0

    def run(self) -> Iterator[Difference]:
        """Play all steps; yields what differs."""
        now = moment(self.story.start, None)
        for number, step in enumerate(self.story.steps, start=1):
            now = moment(step.at, now)
            seen = len(self.events)
            self.world.advance(now)
            self._play(step, now)
            wanted = step.expect if isinstance(step.expect, tuple) else (step.expect,)
            for one in wanted:
                case_id = self._case_id(one.case)
                fresh = [event for event in self.events[seen:] if event.case_id == case_id]
                everything = [event for event in self.events if event.case_id == case_id]
                case = self.world.cases.get(case_id)
                for what in differences(one, case, fresh, everything, self.cases, now):
                    yield Difference(number, now, what)

    def _play(self, step: Step, now: datetime) -> None:
        if step.call is not None:
            self._call(step.call, now)
        if step.reply is not None:
            self._reply(step.reply, now)
        if step.person is not None:
            self._person(step.person, now)

    def _call(self, call: Call, now: datetime) -> None:
        made = now if call.at is None else moment(call.at, now)
        received = CallReceived(
            call_id=call.id,
            received_at=made.isoformat(),
            text=call.text,
            caller=call.caller,
            address=call.address,
            confidential=call.confidential,
        )
        classify = self._classify
        if call.category is not None and call.category not in self._city.matters:
            raise CatalogError(f"call {call.id}: no category {call.category}", hint="See classifiers/taxonomy.yaml")
        if call.category is not None:
            classify = Heard.of(
                call.category, call.outcome, call.urgency, call.districts, call.outside_city, self._city
            )
        if classify is None:
            raise CatalogError(f"call {call.id} names no category", hint="Add one, or run it with a classifier")
        case_id = self.world.call(received, classify, at=now)
        if case_id is not None:
            self.cases[call.id] = case_id
            self._last = call.id

    def _case_id(self, name: str | None) -> str:
        name = name or self._last
        if name is None:
            raise CatalogError("no call has been made yet", hint="Begin the story with a call")
        return self.cases.get(name, name)

    def _message_id(self, given: str | None) -> str:
        self._said += 1
        return given or f"m-{self._said}"

    def _reply(self, reply: Reply, now: datetime) -> None:
        case_id = self._case_id(reply.case)
        case = self.world.cases.get(case_id)
        held = [o for o in case.orders if o.agency == (reply.order_of or reply.unit)] if case else []
        if reply.order is not None:
            held = held[reply.order : reply.order + 1]
        order_id = held[-1].order_id if held else "none"
        message = AgencyReplied(
            message_id=self._message_id(reply.id),
            case_id=case_id,
            order_id=order_id,
            agency=reply.unit,
            action=reply.action,
            text=reply.text,
            proposed=reply.proposed,
            mode=reply.mode,
            settled=reply.settled,
        )
        self.world.say(message, at=now)

    def _person(self, person: Person, now: datetime) -> None:
        fields = person.model_dump(exclude={"case", "by", "id", "other"})
        message = OperatorDecided(
            message_id=self._message_id(person.id),
            case_id=self._case_id(person.case),
            actor=person.by,
            other=self.cases.get(person.other, person.other) if person.other else None,
            **fields,
        )
        self.world.say(message, at=now)


def with_changes(policy: Policy, changes: Mapping[str, Mapping[str, Any]]) -> Policy:
    """The policy with a story's own numbers in it: file -> key -> value. Raises CatalogError where one of them is none."""
    whole = policy.model_dump()
    for name, fields in changes.items():
        if not isinstance(whole.get(name), dict):
            raise CatalogError(f"policy.{name}: no such policy file", hint=f"Use one of {', '.join(sorted(whole))}")
        whole[name] = {**whole[name], **fields}
    try:
        return Policy.model_validate(whole)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise CatalogError(f"policy.{where}: {first['msg']}", hint="See the comments of that policy file") from None


def tell(story: Story, catalog: Catalog, classify: Classify | None = None) -> list[Difference]:
    """Everything that differs from what the story expects; empty when all is as expected. Raises CatalogError where the
    story itself makes no sense."""
    try:
        return list(Telling(story, catalog, classify).run())
    except CatalogError as error:
        raise CatalogError(f"story “{story.name}”: {error.message}", hint=error.hint) from None
