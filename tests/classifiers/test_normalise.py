"""One spelling for any string, in bounded time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.normalise import MAX_CHARS, normalise


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("樓上漏水，沒人管", "楼上漏水,没人管"),
        ("ＫＴＶ　吵死了", "KTV吵死了"),
        ("我 在 铁 西", "我在铁西"),
        ("help me please", "help me please"),
        ("救\u200b命\x00", "救命"),
        ("\ud800孤\udfff", "孤"),
        ("啊啊啊啊啊啊啊啊啊", "啊啊啊啊"),
        ("第一行\r\n第二行", "第一行第二行"),
        ("", ""),
    ],
)
def test_spelling(raw: str, clean: str) -> None:
    assert normalise(raw).text == clean


def test_a_long_text_keeps_beginning_and_end() -> None:
    long = "着火了" + "水" + "一二三四五六七八" * 5000 + "快来"
    found = normalise(long)
    assert found.truncated
    assert found.text.startswith("着火了")
    assert found.text.endswith("快来")
    assert len(found.text) <= MAX_CHARS


def test_one_character_that_stands_for_many_cannot_blow_up() -> None:
    assert len(normalise("\ufdfa" * MAX_CHARS).text) <= MAX_CHARS


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once
