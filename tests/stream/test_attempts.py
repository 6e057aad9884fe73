"""Finding the record that kills the process, the fuse, and the state: pure rules, driven through many deaths."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from stream_cluster import CATALOG

from dispatcher.domain.policy import IntakePolicy
from dispatcher.stream.attempts import DEATHS, InHand
from dispatcher.stream.fuse import Fuse
from dispatcher.stream.records import InputRecord
from dispatcher.stream.state import State


def record(offset: int, *, partition: int = 0, at: int = 1_700_000_000_000) -> InputRecord:
    return InputRecord("calls", partition, offset, at, None, b"{}", ())


def life(path: Path, floor: int, end: int, deadly: set[int], batch: int) -> tuple[int, list[int], bool]:
    """One process that begins at `floor`: (committed offset, records set aside, died)."""
    hand = InHand(path)
    aside: list[int] = []
    while floor < end:
        taken = [record(offset) for offset in range(floor, min(end, floor + batch))]
        fresh = []
        for one in taken:
            died = hand.died_on(one)
            hand.take(one)
            if died >= DEATHS:
                fresh.append(one.offset)
            elif one.offset in deadly:
                return floor, aside, True
            hand.put_down()
        floor = taken[-1].offset + 1
        aside += fresh
        for one in taken:
            hand.settled(one)
    return floor, aside, False


@settings(deadline=None, max_examples=30)  # each life writes files
@given(st.sets(st.integers(0, 60), max_size=5), st.integers(1, 50))
def test_exactly_the_deadly_records_are_set_aside_after_three_deaths_each(deadly: set[int], batch: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, floor, aside, deaths = Path(folder) / "in-hand", 0, [], 0
        while True:
            floor, more, died = life(path, floor, 64, deadly, batch)
            aside += more
            if not died:
                break
            deaths += 1
            assert deaths <= DEATHS * len(deadly), "a record killed the process again and again"
        assert (floor, sorted(aside), deaths) == (64, sorted(deadly), DEATHS * len(deadly))
        assert not InHand(path).deaths, "what is settled is forgotten"


def test_a_death_between_records_accuses_nobody(tmp_path: Path) -> None:
    for _ in range(5):
        hand = InHand(tmp_path / "in-hand")
        assert not hand.deaths
        hand.take(record(7))
        hand.put_down()


def test_a_record_is_not_taken_for_another_at_its_place_in_another_cluster(tmp_path: Path) -> None:
    for _ in range(DEATHS):
        InHand(tmp_path / "in-hand").take(record(7))
    hand = InHand(tmp_path / "in-hand")
    assert hand.died_on(record(7)) == DEATHS
    assert hand.died_on(record(7, at=1_800_000_000_000)) == 0
    assert hand.died_on(record(7, partition=1)) == 0


def test_a_torn_count_begins_anew(tmp_path: Path) -> None:
    InHand(tmp_path / "in-hand").take(record(7))
    (tmp_path / "in-hand.deaths.json").write_text('{"calls/0')
    assert InHand(tmp_path / "in-hand").died_on(record(7)) == 1


POLICY = CATALOG.policy.intake


@given(st.lists(st.booleans(), max_size=400))
def test_the_fuse_blows_by_the_bad_record_that_makes_the_window_too_bad(records: list[bool]) -> None:
    fuse = Fuse(POLICY)
    limit = POLICY.fuse_max_share * POLICY.fuse_window_records
    for n, bad in enumerate(records):
        window = records[max(0, n + 1 - POLICY.fuse_window_records) : n + 1]
        expected = bad and len(window) == POLICY.fuse_window_records and sum(window) > limit
        assert fuse.saw(bad=bad) == expected


def test_a_fuse_that_was_reset_judges_only_what_comes_after() -> None:
    fuse = Fuse(IntakePolicy.model_validate(POLICY.model_dump()))
    blown = [fuse.saw(bad=True) for _ in range(POLICY.fuse_window_records)]
    assert blown == [False] * (POLICY.fuse_window_records - 1) + [True]
    fuse.reset()
    assert not any(fuse.saw(bad=True) for _ in range(POLICY.fuse_window_records - 1))


@given(st.lists(st.dictionaries(st.binary(max_size=3), st.none() | st.binary(max_size=3))))
def test_state_is_the_last_value_of_each_key(changes: list[dict[bytes, bytes | None]]) -> None:
    state = State()
    last: dict[bytes, bytes | None] = {}
    for change in changes:
        state.apply(change)
        last |= change
    wanted = {key: value for key, value in last.items() if value is not None}
    assert {key: state.get(key) for key in last if state.get(key) is not None} == wanted
    assert state.entries() == wanted
    assert len(state) == len(wanted)
