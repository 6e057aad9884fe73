"""Any sequence of messages keeps the laws: lives of a few cases that hypothesis makes up, all laws watching each.

All laws are watched over the same lives, so that each sees many. For one that is broken hypothesis then looks for the
shortest life that breaks it.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import casework_lookup_laws  # noqa: F401  (its laws are among LAWS)
import pytest
from casework_desk_life import DeskLife
from casework_laws import LAWS, Law
from casework_life import LIVES, WHOLE_LIVES, Life, bring_to_an_end
from casework_world import Moment
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from dispatcher.domain.codes import TERMINAL, ActorRole, CaseStatus
from dispatcher.domain.events.lookups import (
    LOOKUP_EVENTS,
    ConfirmationTakenBack,
    LookupConfirmed,
    LookupEnded,
    LookupRecorded,
)
from dispatcher.domain.inbox import ReplyAction
from dispatcher.domain.lookups.codes import AnswerStatus, LookupStatus
from dispatcher.domain.lookups.messages import LookupAsked
from dispatcher.domain.messages import Message


class Broken:
    """What was found in all lives together: law -> the first moment that broke it, in words; and what was seen at all."""

    def __init__(self) -> None:
        self.laws: dict[str, str] = {}
        self.statuses: Counter[CaseStatus | None] = Counter()
        self.events: Counter[str] = Counter()
        self.lookups: Counter[LookupStatus | None] = Counter()

    def watch(self, now: Moment) -> None:
        lookup = now.after.lookup if now.after is not None else None
        self.lookups[lookup.status if lookup is not None else None] += 1
        self.statuses[now.after.status if now.after is not None else None] += 1
        self.events.update(now.kinds)
        for law in LAWS:
            try:
                law(now)
            except AssertionError as error:
                self.laws.setdefault(
                    law.__name__, f"{error}\n{now.message!r}\nbefore {now.before!r}\nafter {now.after!r}"
                )

    def take(self, message: Message, error: Exception) -> None:
        self.laws.setdefault("nothing_raises", f"{error!r}\n{message!r}")


@pytest.fixture(scope="module")
def broken() -> Broken:
    found = Broken()
    watched = {"law": staticmethod(found.watch), "on_error": staticmethod(found.take)}
    for life in (Life, DeskLife):
        run_state_machine_as_test(type("AllLaws", (life,), watched), settings=LIVES)
    return found


def shortest(law: Law, on_error: Callable[[Message, Exception], None] | None) -> None:
    """Fails with the shortest life that breaks the law, where one is found again."""
    alone = {"law": staticmethod(law), "on_error": staticmethod(on_error) if on_error else None}
    few = settings(LIVES, max_examples=100)
    for life in (Life, DeskLife):
        run_state_machine_as_test(type("OneLaw", (life,), alone), settings=few)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Law, broken: Broken) -> None:
    if law.__name__ in broken.laws:
        shortest(law, lambda _message, _error: None)
        pytest.fail(broken.laws[law.__name__])


def test_nothing_that_is_said_raises(broken: Broken) -> None:
    """Unknown ids, other units' orders, any role, empty, huge and strange texts and numbers."""
    if "nothing_raises" in broken.laws:
        shortest(lambda _: None, None)
        pytest.fail(broken.laws["nothing_raises"])


def test_the_lives_are_lives(broken: Broken) -> None:
    """A law is only as good as the lives that it sees: every status and nearly every event occurs in them."""
    assert set(broken.statuses) - {None} == set(CaseStatus)
    assert set(broken.lookups) - {None} == set(LookupStatus)
    of_lookups = {event.ce_type.removesuffix(".v1") for event in LOOKUP_EVENTS}
    assert of_lookups <= set(broken.events)
    assert len(broken.events) >= 45 + len(of_lookups)


class EventsAreUnique(DeskLife):
    """In the whole ledger."""

    def teardown(self) -> None:
        made = Counter(event.event_id for event in self.world.events)
        assert max(made.values(), default=1) == 1


class TimeGoesOn(DeskLife):
    """The ledger of a case tells things in the order in which they happened."""

    def teardown(self) -> None:
        for case_id in self.world.cases:
            times = [event.at for event in self.world.events if event.case_id == case_id]
            assert times == sorted(times)


class EveryCaseEnds(DeskLife):
    """When all units answer, people decide and revisits are made, every case ends."""

    def teardown(self) -> None:
        self.now += timedelta(minutes=1)
        bring_to_an_end(self.world, self.now)
        open_ = {case.status for case in self.world.cases.values()} - TERMINAL
        assert not open_


class SilenceEndsToo(DeskLife):
    """When units finish but nobody calls back, a case closes by itself; a case that is over stays over."""

    def teardown(self) -> None:
        for case in list(self.world.cases.values()):
            for order in case.orders:
                if order.open:
                    self.world.unit_says(case.case_id, ReplyAction.FINISH, at=self.now, unit=order.agency)
        over = {case.case_id for case in self.world.cases.values() if case.status in TERMINAL | {CaseStatus.DONE}}
        self.world.advance(self.now + timedelta(days=12))
        left = [self.world.cases[case_id] for case_id in over if case_id in self.world.cases]
        assert {case.status for case in left} <= TERMINAL


class EveryQuestionIsAskedOnce(DeskLife):
    """Under one id, whatever was answered, put off, given up or begun again; and each answer of a channel counts once."""

    def teardown(self) -> None:
        asked = Counter(one.request_id for one in self.world.written if isinstance(one, LookupAsked))
        assert max(asked.values(), default=1) == 1
        counted = Counter(
            (one.lookup_id, one.request_id)
            for one in self.world.written
            if isinstance(one, LookupRecorded) and one.role is ActorRole.DESK_OFFICER and one.actor == one.channel
            if one.answer is not AnswerStatus.UNAVAILABLE
        )
        assert max(counted.values(), default=1) == 1


class NothingIsFoundTwice(DeskLife):
    """Whoever holds a counterpart is held by it, and by it alone; nothing is told as found that is found already."""

    def teardown(self) -> None:
        held = {
            case.lookup.lookup_id: case.lookup.confirmation
            for case in self.world.cases.values()
            if case.lookup is not None and case.lookup.confirmation is not None
        }
        of_lookups = {mine: one.ref for mine, one in held.items() if one.case_id is not None}
        assert max(Counter(of_lookups.values()).values(), default=1) == 1
        for mine, theirs in of_lookups.items():
            assert of_lookups.get(theirs, mine) == mine
        standing: set[str] = set()
        for event in self.world.events:
            if isinstance(event, LookupConfirmed):
                assert event.lookup_id not in standing
                standing.add(event.lookup_id)
            elif isinstance(event, ConfirmationTakenBack | LookupEnded):
                standing.discard(event.lookup_id)


@pytest.mark.parametrize(
    "life",
    [EventsAreUnique, TimeGoesOn, EveryCaseEnds, SilenceEndsToo, EveryQuestionIsAskedOnce, NothingIsFoundTwice],
    ids=lambda life: life.__name__,
)
def test_lives(life: type[Life]) -> None:
    run_state_machine_as_test(life, settings=WHOLE_LIVES)
