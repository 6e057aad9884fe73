"""What saves time and changes nothing: a search that is begun only where it can succeed finds what the plain one finds."""

import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.corpus import TRAIN, read_split
from classifiers.extraction import amounts, clocks, persons, phones, plates, times
from classifiers.normalise import normalise
from classifiers.scanner import Scanner, pairs_of
from classifiers.scope import clause_bounds

NAMES = ("和平", "和平路", "刀", "平路口", "路", "青年大街", "年大")
WINDOW = 14
ENDS = ",，.。;；!！?？:：、\n…"

#: Every third authored call, and pieces that meet as nobody wrote them.
CALLS = [normalise(row.text).text for row in read_split(TRAIN)[::3]]
PIECES = [
    "昨晚", "八点", "半", "到", "两点", "之间", "8:30", "下午", "二十分钟", "前", "了", "的", "十一月", "20号", "2026-11-20", "七八", "年", "上", "几", "好几", "三百", "块",
    "1.2万", "13800000000", "E12345678", "A", "辽A", "12345", "尾号", "后三位是", "前两位是", "末尾是", "我妈", "我今年", "他都七十", "她", "老人", "我", "岁", ",", "。",
]  # fmt: skip
pieces = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def leftmost_longest(names: Iterable[str], text: str) -> list[tuple[int, str]]:
    found, at = [], 0
    while at < len(text):
        name = max((name for name in names if text.startswith(name, at)), key=len, default="")
        if name:
            found.append((at, name))
        at += len(name) or 1
    return found


@given(st.text(alphabet="和平路口刀青年大街x", max_size=40))
def test_a_scanner_finds_the_leftmost_longest_names(text: str) -> None:
    for names in (NAMES, [name for name in NAMES if len(name) > 1]):
        hits = Scanner(names).find(text)
        assert hits == Scanner(names).find(text, pairs_of(text))
        assert [(hit.start, hit.name) for hit in hits] == leftmost_longest(names, text)


@given(st.text(alphabet="着火了,。\n…、", max_size=60), st.data())
def test_a_clause_ends_at_its_marks_or_the_window(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = clause_bounds(text, start, end)
    before, after = text[first:start], text[end:last]
    assert not set(ENDS) & set(before + after)
    assert len(before) == WINDOW or first == 0 or text[first - 1] in ENDS
    assert len(after) == WINDOW or last == len(text) or text[last] in ENDS
    assert max(len(before), len(after)) <= WINDOW


SCREENED = {"amounts": amounts.load().sum, "people": persons.load().people, "numbers": phones._RUN}


def without_screen(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """The pattern without the characters that it begins with, which stand first of all."""
    assert pattern.pattern.startswith("(?=[")
    return re.compile(pattern.pattern[pattern.pattern.index("])") + 2 :])


@pytest.mark.parametrize("name", SCREENED)
def test_no_match_is_lost_by_the_characters_that_one_begins_with(name: str) -> None:
    bare = without_screen(SCREENED[name])
    found = 0
    for text in (*CALLS, "".join(PIECES), "".join(reversed(PIECES))):
        said = [match.span() for match in bare.finditer(text)]
        assert [match.span() for match in SCREENED[name].finditer(text)] == said
        found += len(said)
    assert found > 2


def everywhere(text: str) -> list[tuple[int, int]]:
    patterns = clocks.load()
    begun = re.compile(f"(?={patterns.first.pattern}){patterns.said.pattern}")
    return [match.span() for match in begun.finditer(text) if match.group()]


def test_no_time_is_lost_by_the_characters_that_one_begins_with() -> None:
    for text in CALLS:
        assert [match.span() for match in times._said(text, clocks.load())] == everywhere(text)


@given(pieces)
def test_no_time_is_lost_in_any_text(text: str) -> None:
    assert [match.span() for match in times._said(text, clocks.load())] == everywhere(text)


@given(pieces)
def test_a_plate_is_asked_for_wherever_one_can_be(text: str) -> None:
    assert plates._FULL.search(text) is None or plates._LETTERED.search(text)
    assert plates._TAIL.search(text) is None or plates._ENDING.search(text)
    assert plates._HEAD.search(text) is None or plates._LETTERED.search(text) or "前" in text


@pytest.mark.parametrize("text", ["撞我的是辽A12345", "车牌尾号三个六", "出租车前两位是辽A", "车牌辽B某号"])
def test_a_plate_of_each_form_is_found(text: str) -> None:
    assert plates.find(text, limit=1)
