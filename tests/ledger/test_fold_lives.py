"""The fold without a database: after every message of any life the rows say what ``case-state`` says."""

from __future__ import annotations

import pytest
from casework_desk_life import DeskLife
from casework_life import WHOLE_LIVES, Life
from casework_world import Moment, WatchedWorld
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from ledger_agreement import agree

from dispatcher.bench.ledger_records import Topic
from dispatcher.ledger.book import Book
from dispatcher.ledger.entry import Entry, read
from dispatcher.ledger.fold import fold
from dispatcher.simulate.world import Event

SOME = settings(WHOLE_LIVES, max_examples=25)


class Folded:
    """Folds what a world tells, message by message, and holds the rows against its cases."""

    def __init__(self, world: WatchedWorld) -> None:
        self.book = Book()
        self.topic = Topic()
        self.world = world

    def see(self, moment: Moment) -> None:
        for event in moment.work.events:
            self.take(event)
        if moment.after is not None and not moment.work.forgotten:
            agree(moment.after, self.book)

    def take(self, event: Event) -> None:
        entry = read(self.topic.record(event))
        assert isinstance(entry, Entry)
        self.book.apply(fold(entry, self.book))


class FoldedLife(Life):
    def __init__(self) -> None:
        super().__init__()
        self.world._watch = Folded(self.world).see


class FoldedDeskLife(DeskLife):
    def __init__(self) -> None:
        super().__init__()
        self.world._watch = Folded(self.world).see


@pytest.mark.parametrize("life", [FoldedLife, FoldedDeskLife], ids=lambda life: life.__name__)
def test_rows_say_what_the_state_says(life: type[Life]) -> None:
    run_state_machine_as_test(life, settings=SOME)
