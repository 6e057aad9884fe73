"""Times as callers say them; the call comes on Sunday, 2026-11-22, at 15:00 in the city."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from classifiers.extract import extract

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found", "start", "end", "certainty"),
    [
        ("昨晚八点多丢的", "昨晚八点多", "11-21T20:00", "11-21T20:59", "about"),
        ("刚才那人", "刚才", "11-22T14:30", "11-22T15:00", "vague"),
        ("上礼拜三下午去的", "上礼拜三下午", "11-11T12:00", "11-11T17:59", "vague"),
        ("上周三晚上八点", "上周三晚上八点", "11-11T20:00", "11-11T20:00", "exact"),
        ("周三晚上", "周三晚上", "11-18T18:00", "11-18T23:59", "vague"),
        ("周日晚上", "周日晚上", "11-15T18:00", "11-15T23:59", "vague"),
        ("二十分钟前", "二十分钟前", "11-22T14:38", "11-22T14:42", "about"),
        ("二十多分钟前", "二十多分钟前", "11-22T14:30", "11-22T14:40", "about"),
        ("半小时前", "半小时前", "11-22T14:20", "11-22T14:40", "about"),
        ("两个半小时前", "两个半小时前", "11-22T12:15", "11-22T12:45", "about"),
        ("这都俩多小时了", "俩多小时了", "11-22T12:00", "11-22T13:00", "about"),
        ("一刻钟前", "一刻钟前", "11-22T14:42", "11-22T14:48", "about"),
        ("几分钟前", "几分钟前", "11-22T14:51", "11-22T14:58", "vague"),
        ("三天了", "三天了", "11-19T03:00", "11-20T03:00", "about"),
        ("两小时后取", "两小时后", "11-22T16:48", "11-22T17:12", "about"),
        ("前天夜里", "前天夜里", "11-20T21:00", "11-21T05:59", "vague"),
        ("8:30左右", "8:30左右", "11-22T08:15", "11-22T08:45", "about"),
        ("一点到两点之间", "一点到两点之间", "11-22T13:00", "11-22T14:00", "exact"),
        ("大概20:30上的车", "20:30", "11-21T20:15", "11-21T20:45", "about"),
        ("快十一点了", "十一点", "11-22T10:40", "11-22T11:00", "about"),
        ("七八点钟", "七八点钟", "11-22T07:00", "11-22T08:59", "about"),
        ("今晨七时许", "今晨七时许", "11-22T06:45", "11-22T07:15", "about"),
        ("十九时二十分", "十九时二十分", "11-21T19:20", "11-21T19:20", "exact"),
        ("昨晚一点", "昨晚一点", "11-22T01:00", "11-22T01:00", "exact"),
        ("昨天凌晨三点", "昨天凌晨三点", "11-21T03:00", "11-21T03:00", "exact"),
        ("昨晚凌晨两点", "昨晚凌晨两点", "11-22T02:00", "11-22T02:00", "exact"),
        ("昨儿后半夜", "昨儿后半夜", "11-22T00:00", "11-22T05:59", "vague"),
        ("今早六点半", "今早六点半", "11-22T06:30", "11-22T06:30", "exact"),
        ("早八点出的门", "早八点", "11-22T08:00", "11-22T08:00", "exact"),
        ("中午十二点", "中午十二点", "11-22T12:00", "11-22T12:00", "exact"),
        ("下午三点二十上车", "下午三点二十", "11-21T15:20", "11-21T15:20", "exact"),
        ("下午两点一刻", "下午两点一刻", "11-22T14:15", "11-22T14:15", "exact"),
        ("十点来钟", "十点来钟", "11-22T09:45", "11-22T10:15", "about"),
        ("后半夜", "后半夜", "11-22T00:00", "11-22T05:59", "vague"),
        ("十一月二十号晚上八点", "十一月二十号晚上八点", "11-20T20:00", "11-20T20:00", "exact"),
        ("11月20日丢的", "11月20日", "11-20T00:00", "11-20T23:59", "vague"),
        ("二十号晚上丢的", "二十号晚上", "11-20T18:00", "11-20T23:59", "vague"),
        ("2026-11-20 08:30到的", "2026-11-20 08:30", "11-20T08:30", "11-20T08:30", "exact"),
        ("上周丢的", "上周", "11-09T00:00", "11-15T23:59", "vague"),
        ("上个月交的", "上个月", "10-01T00:00", "10-31T23:59", "vague"),
        ("明早去", "明早", "11-23T05:00", "11-23T09:59", "vague"),
        ("大前天", "大前天", "11-19T00:00", "11-19T23:59", "vague"),
        ("前两天", "前两天", "11-19T15:00", "11-21T15:00", "vague"),
    ],
)  # fmt: skip
def test_interval(text: str, found: str, start: str, end: str, certainty: str) -> None:
    (one,) = extract(text, received_at=NOW)["times"]
    assert (one["text"], one["start"][5:16], one["end"][5:16], one["certainty"]) == (found, start, end, certainty)
    assert one["start"].endswith("+08:00")
    assert one["start"].startswith("2026-")


@pytest.mark.parametrize(
    ("text", "relative"),
    [
        ("二十分钟前", {"from": -22, "to": -18}),
        ("刚才", {"from": -30, "to": 0}),
        ("昨晚八点多", {"from": -1679, "to": -181, "day": -1, "clock": ["20:00", "20:59"]}),
        ("昨晚一点", {"from": -2819, "to": 0, "day": -1, "clock": ["25:00", "25:00"]}),
        ("8:30", {"from": -720, "to": 0, "clock": ["08:30", "08:30"]}),
        ("20:30", {"from": -1440, "to": 0, "clock": ["20:30", "20:30"]}),
        ("明早八点", {"from": 481, "to": 1920, "day": 1, "clock": ["08:00", "08:00"]}),
    ],
)
def test_without_the_calls_time_offsets_in_minutes(text: str, relative: dict[str, Any]) -> None:
    (one,) = extract(text)["times"]
    assert one["relative"] == relative
    assert "start" not in one


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("八七年去的沈阳", "1987-01-01"),
        ("一九四八年离的家", "1948-01-01"),
        ("两千零三年", "2003-01-01"),
        ("2019年3月5日", "2019-03-05"),
    ],
)
def test_a_year_stands_for_itself(text: str, start: str) -> None:
    assert extract(text)["times"][0]["start"].startswith(start)


@pytest.mark.parametrize(
    "text",
    [
        "快一点啊", "三点建议", "有点疼", "三点五公里", "两点一线", "零下二十三点五度", "比分3:2", "小时候", "一周二次", "怀孕三个月了", "百分之四点五", "第三点", "他三十一了", "早点铺", "晚上好", "四个点没回", "周一到周五",
        "几点了", "七八年级", "两天", "等了半小时", "八十年代", "九五年生人", "有一点不舒服", "差一点", "当时", "那时候",
    ],
)  # fmt: skip
def test_no_time(text: str) -> None:
    assert "times" not in extract(text)


@pytest.mark.parametrize("text", ["天天七点就吵", "每晚八点开场", "每天早上六点", "早七点到晚九点", "每天晚上"])
def test_a_habit_has_no_interval(text: str) -> None:
    (one,) = extract(text, received_at=NOW)["times"]
    assert one["repeats"] is True
    assert "start" not in one


def test_the_night_before_is_told_after_midnight() -> None:
    just_past_midnight = datetime(2026, 11, 22, 0, 30, tzinfo=timezone(timedelta(hours=8)))
    assert extract("昨晚十一点", received_at=just_past_midnight)["times"][0]["start"] == "2026-11-21T23:00+08:00"
    assert extract("半夜", received_at=just_past_midnight)["times"][0]["start"] == "2026-11-21T22:00+08:00"
    assert extract("昨晚三点", received_at=just_past_midnight)["times"][0]["start"] == "2026-11-21T03:00+08:00"


def test_a_date_is_last_years_in_january() -> None:
    january = datetime(2027, 1, 3, 4, 0, tzinfo=UTC)
    assert extract("十二月三十号晚上八点", received_at=january)["times"][0]["start"] == "2026-12-30T20:00+08:00"


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("zone", [UTC, None])
def test_the_ends_of_the_calendar_do_not_raise(year: int, zone: timezone | None) -> None:
    moment = datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, 23, 59, tzinfo=zone)
    for text in ("昨晚八点", "明早", "一百年前", "上周三", "去年", "二月三十号", "31号晚上", "十二月"):
        extract(text, received_at=moment)
