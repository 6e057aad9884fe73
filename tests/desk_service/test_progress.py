"""What may be committed while questions are answered out of order."""

from __future__ import annotations

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.desk_service.progress import Progress

ONE, TWO = TopicPartition("lookups", 0), TopicPartition("lookups", 1)


def test_nothing_is_committed_past_a_question_that_has_no_answer() -> None:
    progress = Progress()
    for offset in (5, 6, 7):
        progress.begin(ONE, offset)
    progress.done(ONE, 7)
    assert progress.due() == {ONE: 5}
    progress.committed({ONE: 5})
    progress.done(ONE, 5)
    assert progress.due() == {ONE: 6}
    progress.done(ONE, 6)
    assert progress.due() == {ONE: 8}
    progress.committed({ONE: 8})
    assert progress.due() == {}


def test_a_place_given_away_is_forgotten() -> None:
    progress = Progress()
    progress.begin(ONE, 1)
    progress.begin(TWO, 1)
    progress.drop({ONE})
    progress.done(ONE, 1)
    assert progress.due() == {TWO: 1}
    assert progress.in_hand == 1


@given(st.data())
def test_whatever_the_order_each_offset_is_covered_exactly_when_all_before_it_are_done(data: st.DataObject) -> None:
    progress = Progress()
    begun = data.draw(st.lists(st.integers(0, 30), unique=True, min_size=1).map(sorted))
    for offset in begun:
        progress.begin(ONE, offset)
    left = set(begun)
    for offset in data.draw(st.permutations(begun)):
        progress.done(ONE, offset)
        left.discard(offset)
        floor = progress.due()[ONE] if progress.due() else None
        wanted = min(left) if left else begun[-1] + 1
        assert floor in (wanted, None)
        if floor is not None:
            progress.committed({ONE: floor})
    assert progress.in_hand == 0
