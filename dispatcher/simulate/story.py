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
from dispatcher.simulate.expect_lookup import Seen, lookup_differences
from dispatcher.simulate.moments import moment
from dispatcher.simulate.story_calls import Call, FoundCall, given
from dispatcher.simulate.story_desks import Answer, DeskAct, Desks, acted, when
from dispatcher.simulate.world import Event, World


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    """At a time: finders' calls, then one call, reply, decision, answer or act of a desk at the most, then what is expected."""

    at: str = "+0m"
    call: Call | None = None
    reply: Reply | None = None
    person: Person | None = None
    found: tuple[FoundCall, ...] = ()
    answer: Answer | None = None
    desk: DeskAct | None = None
    expect: Expectation | tuple[Expectation, ...] = ()


class Story(_Strict):
    """`rule`: the rules of the domain that it is about, with their source; `policy`: a city's own numbers for it."""

    name: str
    rule: tuple[str, ...]
    about: str = ""
    start: str
    policy: dict[str, dict[str, Any]] = {}
    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def needs_classifier(self) -> bool:
        """Whether some call names no category."""
        return any(step.call is not None and step.call.category is None for step in self.steps)


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
        self._policy = with_changes(catalog.policy, story.policy)
        self._desks = Desks(self._policy.desks)
        self.world = World(catalog.city, self._policy, on_event=self.events.append, on_notice=self.notices.append)
        self.cases: dict[str, str] = {}  # the story's name of a call -> case_id
        self._last: str | None = None
        self._said = 0
        self._now: datetime | None = None

    def run(self) -> Iterator[Difference]:
        """Play all steps; yields what differs."""
        self.world.listen(self._desks.asked.append)
        before = moment(self.story.start, None)
        for number, step in enumerate(self.story.steps, start=1):
            now = moment(step.at, before)
            seen, asked = len(self.events), len(self._desks.asked)
            for one in sorted(self._found(step, before, now), key=lambda found: found[0]):
                self._pass(one[0])
                self._call(one[1], one[0])
            self._pass(now)
            self._play(step, now)
            self._match(now)
            self._pass(now)  # what was due when a call came is due at once
            before = now
            for wanted in step.expect if isinstance(step.expect, tuple) else (step.expect,):
                for what in self._compare(wanted, seen, asked, now):
                    yield Difference(number, now, what)

    def _compare(self, wanted: Expectation, seen: int, asked: int, now: datetime) -> Iterator[str]:
        case_id = self._case_id(wanted.case)
        fresh = [event for event in self.events[seen:] if event.case_id == case_id]
        everything = [event for event in self.events if event.case_id == case_id]
        case = self.world.cases.get(case_id)
        yield from differences(wanted, case, fresh, everything, self.cases, now)
        if case is not None and "lookup" in wanted.model_fields_set:
            put = [question for question in self._desks.asked[asked:] if question.case_id == case_id]
            here = Seen(case, fresh, everything, put, self.cases, self._policy.desks, now)
            yield from lookup_differences(wanted.lookup, here)

    def _pass(self, to: datetime) -> None:
        """Time passes; the matcher looks whenever something has fallen due."""
        while (due := self.world.next_moment()) is not None and due <= to:
            self.world.advance(due)
            self._match(due)
        self.world.advance(to)
        self._now = to

    def _match(self, at: datetime) -> None:
        """The matcher follows the cases, and what it says is a message like any other, until nothing more comes of it."""
        while said := self._desks.look(self.world.cases):
            for message in said:
                self.world.say(message, at=max(at, self._now) if self._now is not None else at)

    def _found(self, step: Step, before: datetime, now: datetime) -> Iterator[tuple[datetime, Call]]:
        for one in step.found:
            at = now if one.at is None else when(one.at, now if one.at.startswith("-") else before)
            if at > now or (self._now is not None and at < self._now):
                raise CatalogError(f"call {one.id} is not between its step and the step before", hint="Correct its at")
            yield at, one.call()

    def _play(self, step: Step, now: datetime) -> None:
        if step.call is not None:
            self._last = self._call(step.call, now) or self._last
        if step.reply is not None:
            self._reply(step.reply, now)
        if step.person is not None:
            self._person(step.person, now)
        if step.answer is not None:
            self.world.say(self._desks.answered(step.answer, self._case_id(step.answer.case), now), at=now)
        if step.desk is not None:
            message_id, case_id = self._message_id(step.desk.id), self._case_id(step.desk.case)
            self.world.say(acted(step.desk, message_id, case_id, self.cases, now), at=now)

    def _call(self, call: Call, now: datetime) -> str | None:
        """The call's name, None where it had been taken before."""
        received = CallReceived(
            call_id=call.id,
            received_at=(now if call.at is None else when(call.at, now)).isoformat(),
            text=call.text,
            caller=call.caller,
            address=call.address,
            confidential=call.confidential,
        )
        classify = self._classify
        if call.category is not None:
            classify = given(call, call.category, self._city, self._policy)
        if classify is None:
            raise CatalogError(f"call {call.id} names no category", hint="Add one, or run it with a classifier")
        case_id = self.world.call(received, classify, at=now)
        self._match(now)
        if case_id is None:
            return None
        self.cases[call.id] = case_id
        return call.id

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
