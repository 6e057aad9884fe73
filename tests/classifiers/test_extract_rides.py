"""What a caller says of a ride, and the numbers and names that a desk can look up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.extraction import extract, rides
from classifiers.normalise import normalise


def facts(text: str) -> dict[str, str]:
    return {one["fact"]: one["value"] for one in rides.find(normalise(text).text, limit=16)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("下午三点从太原街上车到三好街下的车", {"boarded": "太原街", "alighted": "三好街"}),
        ("我在医大一院门口打的车", {"boarded": "医大一院"}),
        (
            "二号线中街站落了根拐杖，往全运路方向，第三节车厢",
            {"station": "中街", "direction": "全运路", "carriage": "3"},
        ),
        ("坐2号线从北陵公园站上的，到市图书馆站下来的", {"station": "北陵公园", "alighted": "市图书馆站"}),
        ("发票号12345678，滴滴的车", {"invoice": "12345678"}),
        ("手上有黄手环，编号SY-2048", {"wristband": "SY-2048"}),
        ("手环上写着SY-20？8", {"wristband": "SY-20?8"}),
        ("我妈丢了，七十九，叫王桂兰，四点半出的门", {"name": "王桂兰"}),
        ("名叫李伟，四十多岁", {"name": "李伟"}),
        # what is no station, no place and no person
        ("地铁站里丢了", {}),
        ("去救助站问问，地铁站也找了", {}),
        ("棕色的泰迪，叫豆包。", {}),
        ("叫张师傅来一趟", {}),
        ("在那下的车", {}),
        ("楼道灯坏了半个月没人换", {}),
    ],
)
def test_a_ride_is_read(text: str, found: dict[str, str]) -> None:
    assert facts(text) == found


@given(st.text(alphabet="从到在第节车厢站上下的号线票环叫王李0123456789SY-，。", max_size=60))
def test_spans_lie_in_the_text_in_order_and_hold_what_is_said(text: str) -> None:
    clean = normalise(text).text
    found = rides.find(clean, limit=4)
    assert len(found) <= 4
    assert [one["span"] for one in found] == sorted(one["span"] for one in found)
    for one in found:
        start, end = one["span"]
        assert clean[start:end] == one["text"]
        assert one["value"]


def test_it_is_part_of_what_a_call_gives() -> None:
    assert extract("手上有黄手环,编号SY-2048")["rides"][0]["value"] == "SY-2048"
    assert "rides" not in extract("楼道灯坏了")
