"""The desks of a synthetic city: everybody is found as the shares say, every search ends, and the figures tell it."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dispatcher.catalog import Catalog, load_catalog
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.codes import Urgency
from dispatcher.domain.events.lookups import OfLookup
from dispatcher.domain.lookups.codes import OPEN, LookupStatus, Side
from dispatcher.domain.work import Work
from dispatcher.simulate.agenda import Agenda
from dispatcher.simulate.checks import breaches
from dispatcher.simulate.city import Setting, plan
from dispatcher.simulate.desk import WITHIN_A_DAY, Desk
from dispatcher.simulate.desk_figures import desks
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.run import run
from dispatcher.simulate.tally import Tally
from dispatcher.simulate.world import World

ROOT = Path(__file__).resolve().parents[2]
BEGINS = Setting(1, 1, 1).begins.astimezone(UTC)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT)


class Hall:
    """A city in which people call for the desks alone; units do nothing, and nobody needs them to."""

    def __init__(self, catalog: Catalog) -> None:
        self.tally = Tally(1, BEGINS)
        self.broken: list[str] = []
        self._catalog = catalog
        self.world = World(catalog.city, catalog.policy, on_work=self._see, on_ask=self._ask)
        self.agenda = Agenda(self.world, catalog.city, catalog.policy, Random(1), BEGINS)
        self.desk = Desk(self.agenda, Random(2))

    def _ask(self, asked: Any) -> None:
        self.desk.on_ask(asked)

    def _see(self, before: Any, _message: Any, work: Work, at: Any) -> None:
        self.broken += breaches(before, work, self._catalog.policy)
        self.tally.note(before, work, at)
        for event in work.events:
            if isinstance(event, OfLookup) and work.case is not None:
                self.desk.on_event(event, work.case, at)

    def call(self, number: int, category: str) -> None:
        at = BEGINS + timedelta(seconds=number)
        received = CallReceived(call_id=f"c-{number}", received_at=at.isoformat(), text=f"{number:06d}甲乙丙丁戊己庚")
        heard = Heard.of(category, None, Urgency.ROUTINE, ("heping",), None, self._catalog.city)
        self.world.call(received, heard, at=at)

    def play(self, days: int) -> None:
        last = BEGINS + timedelta(days=days)
        while True:
            moments = [one for one in (self.world.next_moment(), self.agenda.next_moment()) if one is not None]
            searching = any(case.lookup and case.lookup.status in OPEN for case in self.world.cases.values())
            if not moments or min(moments) > last or not searching:
                return
            if self.agenda.next_moment() == min(moments):
                self.agenda.act()
            else:
                self.world.advance(min(moments))


def test_the_missing_are_found_within_a_day_as_published_and_nobody_is_given_up_before_weeks(catalog: Catalog) -> None:
    hall = Hall(catalog)
    for number in range(400):
        hall.call(number, "missing_contact")
    hall.play(2)
    found = desks(hall.tally, catalog.policy)["desks"]["missing_person"]
    assert found["opened"] == 400
    assert found["found_within_24_hours_of_those_searched"] == pytest.approx(WITHIN_A_DAY, abs=0.02)
    assert found["median_minutes_to_find"] < 6 * 60
    assert found["not_found"] == 0
    assert hall.broken == []
    hall.play(60)
    statuses = {case.lookup.status for case in hall.world.cases.values() if case.lookup is not None}
    assert not statuses & OPEN, "in the end everybody is found, or people have said that they are not"


def test_lost_things_meet_found_ones_and_no_found_thing_is_given_twice(catalog: Catalog) -> None:
    hall = Hall(catalog)
    for number in range(300):
        hall.call(number, ("lost_item_taxi", "lost_item_other", "found_item")[number % 3])
    hall.play(60)
    found = desks(hall.tally, catalog.policy)
    assert found["lost_met_found"] > 5
    assert hall.broken == []
    assert hall.tally.refusals == {}
    held = [
        case.lookup.confirmation.ref
        for case in hall.world.cases.values()
        if case.lookup is not None and case.lookup.confirmation is not None and case.lookup.side is Side.LOST
        if case.lookup.confirmation.case_id is not None
    ]
    assert len(set(held)) == len(held) == found["lost_met_found"] - found["desks"]["lost_item"]["taken_back"]
    items = found["desks"]["lost_item"]
    assert items["opened"] == 200
    assert items["found"] + items["not_found"] + items["cancelled"] == items["opened"]
    assert items["found_without_owner_opened"] == 100
    ended = {case.lookup.status for case in hall.world.cases.values() if case.lookup is not None}
    assert ended == set(LookupStatus) - OPEN - {LookupStatus.CONFIRMED}


def test_each_channel_is_told_and_what_was_asked_is_accounted_for(catalog: Catalog) -> None:
    done = run(plan(Setting(2, 1_000, seed=5), catalog.city), catalog.city, catalog.policy)
    told = desks(done.tally, catalog.policy)
    assert [one["database"] for one in told["channels"]] == [one.code for one in catalog.policy.desks.databases]
    busy = [one for one in told["channels"] if one["asked"]]
    assert len(busy) == len(told["channels"])
    for one in busy:
        assert 0 < one["answered"] <= one["asked"]
        assert one["hit"] <= one["answered"]
        assert one["late"] <= one["answered"]
    assert any(one["put_off"] for one in busy)
    assert done.tally.events["lookup.opened.v1"] == sum(
        told["desks"][desk][what] for desk in told["desks"] for what in ("opened", "found_without_owner_opened")
    )
