"""Different callers about one event: suggested to a person, never merged by itself."""

from datetime import timedelta

import pytest
from domain_world import CITY, OFFICE, POLICY, call, context
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.domain.calls import CallReceived
from dispatcher.domain.codes import Urgency
from dispatcher.domain.events import MergeSuggested
from dispatcher.domain.neighbours import PREFIX, PlaceRecord, PlaceSeen, Seen, likeness, on_place_seen
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.world import Event, World


class Line:
    """Calls into a world; `suggested` are the merges that it proposes."""

    def __init__(self) -> None:
        self.suggested: list[MergeSuggested] = []
        self.world = World(CITY, POLICY, on_event=self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, MergeSuggested):
            self.suggested.append(event)

    def ring(
        self,
        number: int,
        text: str,
        *,
        minute: int = 0,
        category: str = "fire",
        district: str = "tiexi",
        caller: int | None = None,
    ) -> str:
        at = OFFICE + timedelta(minutes=minute)
        received: CallReceived = call(f"c-{number}", at, text, caller=f"1380000{caller or number:04d}")
        answer = Heard.of(category, None, Urgency.EMERGENCY, (district,), None, CITY)
        case_id = self.world.call(received, answer, at=at)
        assert case_id is not None
        return case_id


def test_a_second_caller_about_the_same_fire_is_suggested_for_a_merge() -> None:
    line = Line()
    first = line.ring(1, "重工街云峰路口那栋楼三楼窗户往外冒火")
    second = line.ring(2, "云峰路口三楼窗户冒火了，好多人看", minute=4)
    (suggestion,) = line.suggested
    assert (suggestion.case_id, suggestion.other) == (second, first)
    assert suggestion.score >= POLICY.casework.merge_score
    assert "相隔4分钟" in suggestion.reasons
    assert line.world.cases[first].status == line.world.cases[second].status == "dispatched"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"minute": 31}, "云峰路口三楼窗户冒火了，好多人看"),
        ({"district": "heping"}, "云峰路口三楼窗户冒火了，好多人看"),
        ({"category": "traffic_accident"}, "云峰路口三楼窗户冒火了，好多人看"),
        ({}, "食堂后厨油锅着起来了"),
    ],
)
def test_another_time_place_kind_or_event_is_not(change: dict[str, object], text: str) -> None:
    line = Line()
    line.ring(1, "重工街云峰路口那栋楼三楼窗户往外冒火")
    line.ring(2, text, **({"minute": 4} | change))  # type: ignore[arg-type]
    assert line.suggested == []


def test_the_same_caller_is_a_repeat_and_no_neighbour() -> None:
    line = Line()
    first = line.ring(1, "重工街云峰路口那栋楼三楼窗户往外冒火", caller=7)
    assert line.ring(2, "云峰路口三楼窗户还在冒火", minute=10, caller=7) == first
    assert line.suggested == []


def test_a_place_remembers_a_bounded_number_of_cases() -> None:
    record: PlaceRecord | None = None
    for number in range(100):
        seen = Seen(of_case=f"case-{number}", at=OFFICE, category="fire", gist=f"第{number}件")
        record, _ = on_place_seen(record, PlaceSeen(case_id=f"{PREFIX}tiexi:fire", seen=seen), context())
    assert record is not None
    assert len(record.cases) <= 20


def test_the_same_case_told_twice_changes_nothing() -> None:
    message = PlaceSeen(case_id=f"{PREFIX}tiexi:fire", seen=Seen(of_case="a", at=OFFICE, category="fire", gist="冒火"))
    record, _ = on_place_seen(None, message, context())
    assert on_place_seen(record, message, context()) == (record, None)


texts = st.text(max_size=60)


@given(one=texts, other=texts, minutes=st.integers(-30, 30), same=st.booleans())
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str, minutes: int, same: bool) -> None:
    a = Seen(of_case="a", at=OFFICE, category="fire", gist=one)
    b = Seen(of_case="b", at=OFFICE + timedelta(minutes=minutes), category="fire" if same else "gas_leak", gist=other)
    assert 0.0 <= likeness(a, b)[0] <= 1.0
    assert likeness(a, b)[0] == likeness(b, a)[0]
