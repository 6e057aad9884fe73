"""The door: plain values, spans inside the text, nothing where nothing is, any string, linear time."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.extract import extract
from classifiers.extraction import MOST, TABLES
from classifiers.normalise import normalise
from classifiers.triage import DECIDING_TABLES

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)

# Pieces of every family: joined at random they meet in ways that nobody wrote down.
PIECES = [
    "昨晚", "八点", "多", "到", "两点", "之间", "8:30", "左右", "上礼拜三", "下午", "二十分钟", "前", "了", "十一月", "二十号", "2026-11-20", "天天",
    "七八", "年", "辽A", "12345", "尾号", "三个六", "车牌", "后三位是", "13800000000", "210100200001010000", "六千八", "三百", "块", "1.2万", "元", "押金",
    "地铁", "二号线", "216路", "K96", "G8037", "次", "CZ6301", "坐", "我妈", "老人", "七十八岁", "约七十", "走丢了", "没回来", "老年痴呆", "身高一米六", "穿", "红棉袄",
    "手机", "双肩包", "丢", "落", "里头有", "身份证", "黑色的", ",", "。", "\n", "0", "一", "十", "万", "\ud800", "A",
]  # fmt: skip

anything = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


def _spans(value: Any) -> Iterator[list[int]]:
    if isinstance(value, dict):
        if "span" in value:
            yield value["span"]
        for inner in value.values():
            yield from _spans(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _spans(inner)


@given(anything, st.none() | st.datetimes(timezones=st.just(UTC)))
@settings(max_examples=400, deadline=None)
def test_any_string_gives_plain_values_with_spans_inside_it(text: str, received_at: datetime | None) -> None:
    found = extract(text, received_at=received_at)
    json.dumps(found)
    for start, end in _spans(found):
        assert 0 <= start < end <= len(text)
    for family in found.values():
        assert 0 < len(family) <= MOST
        assert [one["span"] for one in family] == sorted(one["span"] for one in family)
        for one in family:
            assert one.get("text", text[slice(*one["span"])]) == text[slice(*one["span"])]


@given(anything)
@settings(max_examples=100, deadline=None)
def test_the_same_text_gives_the_same_answer(text: str) -> None:
    assert extract(text, received_at=NOW) == extract(text, received_at=NOW)


@given(
    st.lists(st.sampled_from(PIECES[:17]), max_size=12).map("".join),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - the strategy takes no zone here
)
@settings(max_examples=400, deadline=None)
def test_an_absolute_time_lies_within_the_relative_one(text: str, moment: datetime) -> None:
    now = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    with_clock = extract(text, received_at=now).get("times", [])
    without = extract(text).get("times", [])
    assert [one["span"] for one in with_clock] == [one["span"] for one in without]
    for absolute, relative in zip(with_clock, without, strict=True):
        if "start" not in absolute or "relative" not in relative:
            continue
        start, end = (datetime.fromisoformat(absolute[key]) for key in ("start", "end"))
        assert start <= end
        assert (start - now).total_seconds() / 60 >= relative["relative"]["from"]
        assert (end - now).total_seconds() / 60 <= relative["relative"]["to"]


@pytest.mark.parametrize(
    "unit",
    [
        "八点", "0", "1.", "2026-11-", "上礼拜三", "一", "1380000", "尾号", "辽A1", "六千八,", "K96 ", "手机丢", "丢", "里头有手机", "装手机", "我妈走丢了", "七十岁", "穿红", " ",
    ],
)  # fmt: skip
def test_a_megabyte_of_anything_is_read_once(unit: str) -> None:
    # Work that grew with the square of the length would take hours here.
    text = unit * (1_000_000 // len(unit.encode()))
    for family in extract(text, received_at=NOW).values():
        assert len(family) <= MOST


@pytest.mark.parametrize(
    "text",
    [
        "", "。。。", "楼道灯坏没人换", "我妈说让我问问", "村里没落了", "别丢人了", "水管掉漆", "孩子发烧", "手机信号不好", "有点冷", "快一点", "他是我爸", "急死我了", "十字路口堵了", "一路平安",
        "三路人马", "两块地", "一块儿去", "万一呢", "千万别来", "三千户停暖", "八百米", "百分之四", "第二次", "5G基站", "打10010", "转12345",
    ],
)  # fmt: skip
def test_nothing_is_found_where_nothing_is(text: str) -> None:
    assert extract(text) == {}


def test_a_whole_report() -> None:
    text = normalise(
        "我妈七十八了，有老年痴呆，昨晚八点多从北陵公园走丢的，身高一米六左右，穿红棉袄，"
        "包里有老年机，坐的216路，车牌辽A尾号三二，提供线索给三千块，电话13800138000。"
    ).text
    found = extract(text, received_at=NOW)
    person = found["persons"][0]
    assert (person["relation"], person["sex"], person["age"]["from"]) == ("mother", "female", 78)
    assert person["illness"] == ["dementia"]
    assert person["missing"] is True
    assert person["last_seen"]["place"]["text"] == "北陵公园"
    assert person["last_seen"]["time"]["text"] == "昨晚八点多"
    assert found["times"][0]["start"] == "2026-11-21T20:00+08:00"
    assert found["lines"][0]["line"] == "216"
    assert found["plates"][0]["tail"] == "32"
    assert found["amounts"][0]["yuan"] == 3000
    assert found["phones"][0]["masked"] == "138****8000"


def test_the_tables_are_part_of_an_answers_digest() -> None:
    assert set(TABLES) <= set(DECIDING_TABLES)
