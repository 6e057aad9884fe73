"""The recorded inbox, read again from nothing, gives the same cases and the same bytes; read twice it changes nothing."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from casework_desk_life import DeskLife
from casework_life import WHOLE_LIVES, Life
from casework_world import CATALOG, POLICY, ROOT, Recorded, WatchedWorld, context
from hypothesis.stateful import run_state_machine_as_test

from dispatcher.domain import casework
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.events import MessageRejected
from dispatcher.domain.inbox import DeadlineElapsed
from dispatcher.domain.messages import AttachedCall, Message
from dispatcher.domain.neighbours import PREFIX, PlaceRecord, PlaceSeen, on_place_seen
from dispatcher.domain.policy import Policy
from dispatcher.simulate.story import Story, Telling, read_stories, with_changes

STORIES = [
    (f"{path.stem}: {story.name}", story)
    for path in sorted((ROOT / "tests" / "stories").glob("*.yaml"))
    for story in read_stories(path)
]
EACH = [pytest.param(story, id=name) for name, story in STORIES]


@dataclass
class Read:
    """What a reader of ``case-inbox`` has come to: states as ``case-state`` holds them, and all that it wrote and sent."""

    policy: Policy = POLICY
    states: dict[str, bytes] = field(default_factory=dict)
    written: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    def take(self, offset: int, record: Recorded) -> tuple[Message, ...]:
        """The events of one record. State is read from its bytes and kept as bytes, as a worker does."""
        message = record.kind.model_validate_json(record.value)
        case_id: str = message.case_id  # type: ignore[attr-defined]
        known = self.states.get(case_id)
        here = context(offset, record.at, self.policy)
        if isinstance(message, PlaceSeen):
            place = PlaceRecord.model_validate_json(known) if known is not None else None
            changed, told = on_place_seen(place, message, here)
            self.states[case_id] = changed.encode()
            self.sent += [told.encode()] if told is not None else []
            return ()
        work = casework.decide(CaseRecord.model_validate_json(known) if known is not None else None, message, here)
        if work.case is not None:
            self.states[case_id] = work.case.encode()
        if work.forgotten:
            del self.states[case_id]
        self.written += [one.encode() for one in (*work.events, *work.orders, *work.notices, *work.asks)]
        onward = (*((work.forward,) if work.forward is not None else ()), *work.passed, *work.sends)
        self.sent += [one.encode() for one in onward]
        return tuple(work.events)


def lived(story: Story) -> WatchedWorld:
    """The story as it went."""
    telling = Telling(story, CATALOG)
    telling.world = world = WatchedWorld(with_changes(CATALOG.policy, story.policy))
    list(telling.run())
    return world


def read(inbox: list[Recorded], policy: Policy) -> Read:
    reader = Read(policy)
    for offset, record in enumerate(inbox):
        reader.take(offset, record)
    return reader


def check_replay(world: WatchedWorld) -> None:
    """States, everything written, and everything sent on to other cases, all in bytes."""
    again = read(world.inbox, world.policy)
    cases = {key: value for key, value in again.states.items() if not key.startswith(PREFIX)}
    assert cases == {case_id: case.encode() for case_id, case in world.cases.items()}
    assert again.written == [message.encode() for message in world.written]
    assert not Counter(again.sent) - Counter(record.value for record in world.inbox)


def check_each_twice(world: WatchedWorld) -> None:
    """Each record is read twice in a row: states are as if once, and the second time only refusals are told.

    But for calls on their way from their own case to the one they join: their own case is what makes a call count once, and
    it sends each on once, in the transaction that takes it.
    """
    reader = Read(world.policy)
    for offset, record in enumerate(world.inbox):
        reader.take(2 * offset, record)
        if record.kind is AttachedCall:
            continue
        before = dict(reader.states)
        for event in reader.take(2 * offset + 1, record):
            assert isinstance(event, MessageRejected), (record.kind.ce_type, event)
        assert reader.states == before, record.kind.ce_type


@pytest.mark.parametrize("story", EACH)
def test_a_story_read_again_is_the_same_in_every_byte(story: Story) -> None:
    world = lived(story)
    assert world.written
    check_replay(world)


@pytest.mark.parametrize("story", EACH)
def test_a_story_of_which_each_record_comes_twice_is_the_same(story: Story) -> None:
    check_each_twice(lived(story))


def test_a_deadline_that_comes_twice_falls_once() -> None:
    """Over all stories together, since not each has one."""
    fallen = 0
    for _, story in STORIES:
        world = lived(story)
        reader = Read(world.policy)
        for offset, record in enumerate(world.inbox):
            reader.take(2 * offset, record)
            if record.kind is DeadlineElapsed:
                assert reader.take(2 * offset + 1, record) == ()
                fallen += 1
    assert fallen > 100


class EchoingWorld(WatchedWorld):
    """Whoever says something says it twice, with all that follows from it, before anybody else speaks."""

    def say(self, message: Message, *, at: datetime) -> None:
        super().say(message, at=at)
        self.advance(at)
        cases, told = dict(self.cases), len(self.written)
        super().say(message, at=at)
        assert all(isinstance(event, MessageRejected) for event in self.written[told:]), message.ce_type
        assert self.cases == cases, message.ce_type


@pytest.mark.parametrize("story", EACH)
def test_a_story_in_which_everything_is_said_twice_ends_the_same(story: Story) -> None:
    telling = Telling(story, CATALOG)
    telling.world = echoing = EchoingWorld(with_changes(CATALOG.policy, story.policy))
    list(telling.run())
    assert _ends(echoing) == _ends(lived(story))


def _ends(world: WatchedWorld) -> list[tuple[object, ...]]:
    """How each case stands at the end; not by case_id, since a case without a call of its own is named by its record."""
    told = [(case.call_id, case.status, case.lead, case.repeats, case.cards) for case in world.cases.values()]
    return sorted(told, key=repr)


class ReadAgain(DeskLife):
    def teardown(self) -> None:
        check_replay(self.world)


class EachTwice(DeskLife):
    def teardown(self) -> None:
        check_each_twice(self.world)


@pytest.mark.parametrize("life", [ReadAgain, EachTwice], ids=lambda life: life.__name__)
def test_lives(life: type[Life]) -> None:
    run_state_machine_as_test(life, settings=WHOLE_LIVES)


def test_a_record_left_out_shows() -> None:
    """The comparison can fail: without its first record a story is another."""
    world = lived(STORIES[0][1])
    del world.inbox[0]
    with pytest.raises(AssertionError):
        check_replay(world)
