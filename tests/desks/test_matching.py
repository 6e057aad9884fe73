"""Matching of lost against found reports: what the signs see, the decision, and the ranking on authored reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dispatcher.desks.authored import read_authored
from dispatcher.desks.fit import Studied, fit, study
from dispatcher.desks.likeness import SIGNS, signs, weights
from dispatcher.desks.match_index import Index
from dispatcher.desks.match_rarity import Rarity
from dispatcher.desks.measure import measure
from dispatcher.desks.pool import Pool
from dispatcher.desks.profile import Profile, profile

REPORTS = Path(__file__).with_name("reports")
NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
WRITERS = "abcdet"


def lost(text: str, name: str = "L1", at: datetime = NOW) -> Profile:
    return profile(name, text, at=at, found=False)


def found(text: str, name: str = "F1", at: datetime = NOW) -> Profile:
    return profile(name, text, at=at, found=True)


def sign(name: str, one: Profile, two: Profile) -> float:
    return signs(one, two, Rarity(Index([two])))[SIGNS.index(name)]


@pytest.fixture(scope="module")
def studied() -> dict[str, Studied]:
    return {name: study(read_authored(REPORTS, name)) for name in WRITERS}


@pytest.mark.parametrize(
    ("asked", "first", "silent", "shown"), [("c", 0.90, 0.70, 0.55), ("d", 0.84, 0.70, 0.55), ("t", 0.76, 0.45, 0.60)]
)
def test_weights_fitted_on_other_writers_reports_rank_anothers(
    studied: dict[str, Studied], asked: str, first: float, silent: float, shown: float
) -> None:
    known = fit([one for name, one in studied.items() if name != asked])
    figures = measure(read_authored(REPORTS, asked), known)
    assert figures.first >= first
    assert figures.top_three >= 0.95
    assert figures.silent >= silent
    assert figures.shown >= shown


def test_the_shipped_weights_are_those_of_the_reports(studied: dict[str, Studied]) -> None:
    fitted = fit([studied[name] for name in WRITERS])
    assert weights().signs == pytest.approx(fitted.signs, abs=0.1)
    assert weights().shown == pytest.approx(fitted.shown, abs=0.3)
    assert weights().constant == pytest.approx(fitted.constant, abs=0.2)


def test_no_sign_that_agrees_speaks_against_a_match() -> None:
    assert set(weights().signs) == set(SIGNS)
    assert all(weight >= 0 for weight in weights().signs.values())


@pytest.mark.parametrize(
    ("name", "one", "two", "value"),
    [
        ("kind", "书包落公交上了", "捡到一个双肩包", 1.0),
        ("kind", "苹果15掉地铁上了", "捡到一部电话机", 1.0),
        ("other_kind", "拐杖落在2号线上了", "捡到一副眼镜", -1.0),
        ("other_colour", "丢了个黑色的包", "捡到一个红色的包", -1.0),
        ("colour", "丢了个藏青色的包", "捡到一个黑色的包", 1.0),
        ("other_painted", "拍子把上缠黄胶带", "拍子一副，缠蓝胶带", -1.0),
        ("other_brand", "丢了个耐克的包", "捡到一个包，阿迪达斯的", -1.0),
        ("other_motif", "钥匙上挂个小熊", "钥匙一串，挂着小兔子", -1.0),
        ("other_material", "丢了个皮的手套", "捡帆布手套一双", -1.0),
        ("other_shape", "墨镜丢了，圆框的", "捡墨镜，方框的", -1.0),
        ("other_state", "手机丢了，裂屏", "捡到手机，屏幕完好", -1.0),
        ("other_state", "手机没套壳", "捡到手机，套着硅胶套", -1.0),
        ("denied", "平板丢了，没笔", "捡平板，带钢笔", -1.0),
        ("denied", "包丢了，挂个小熊", "捡包，无小熊", -1.0),
        ("line", "包落在2号线上了", "地铁2号线捡包一个", 1.0),
        ("other_line", "包落在2号线上了", "地铁9号线捡包一个", -1.0),
        ("line", "包落在二百三十七路上了", "237车队捡包一个", 1.0),
        ("end", "包落在2号线上了，青年大街上的", "蒲田路站清客，捡包", 1.0),
        ("toward", "在启工街上车，坐到张士", "十三号街站捡包", 1.0),
        ("other_way", "在启工街上车，坐到张士", "双马站捡包", -1.0),
        ("plate", "出租车尾号6619落下个包", "车号辽A16619捡包", 1.1),
        ("other_plate", "出租车尾号6619落下个包", "车号辽A12345捡包", -1.0),
        ("other_count", "丢了两把钥匙", "捡到五把钥匙", -1.0),
        ("other_count", "冰鞋丢了，三十四码", "捡冰鞋一双，36码", -1.0),
        ("count", "冰鞋丢了，三十四码", "捡冰鞋，34码", 1.0),
        ("other_count", "四分之三的小提琴丢了", "捡小提琴，1/2的", -1.0),
        ("other_side", "左耳的助听器掉了", "捡到助听器，刻着R", -1.0),
        ("side", "右手的手套丢了", "捡一只手套，右手的", 1.0),
        ("side", "手套丢一只，就剩左手的了", "捡一只手套，右手的", 1.0),
        ("other_surname", "身份证丢了，我姓王", "捡身份证一张，李某", -1.0),
        ("surname", "身份证丢了，我姓王", "捡身份证一张，王某", 1.0),
        ("other_system", "包落出租车上了", "地铁站捡包", -1.0),
    ],
)
def test_a_sign_speaks(name: str, one: str, two: str, value: float) -> None:
    assert sign(name, lost(one), found(two)) == pytest.approx(value)


def test_what_was_found_before_it_was_lost_is_not_it() -> None:
    here = lost("今天上午八点在2号线丢了个黑色双肩包", at=NOW + timedelta(hours=4))
    assert sign("before", here, found("2号线捡黑色双肩包", at=NOW - timedelta(days=3))) == -1.0
    assert sign("before", here, found("2号线捡黑色双肩包", at=NOW + timedelta(hours=3))) == 0.0


def test_the_owners_words_lead_to_the_thing_among_many_and_it_is_shown() -> None:
    others = [
        found(f"公交捡到{colour}色{thing}一个", f"X{colour}{thing}")
        for colour in "黑白红蓝"
        for thing in ("双肩包", "手机", "雨伞")
    ]
    pool = Pool([*others, found("2号线捡黑书包，拉链上挂个小黄鸭", "it")])
    best = pool.matches(lost("我双肩包落在地铁2号线了，黑的，拉链有个鸭子挂件，小黄鸭"))[0]
    assert best.other == "it"
    assert best.score >= weights().candidate
    assert any("鸭" in reason for reason in best.reasons)


@pytest.mark.parametrize(
    "text",
    [
        "黑色双肩包，挂着小黄鸭，里面有会计书，2号线",
        "在万象城三楼卫生间，一个棕色钱包，里面有两张银行卡和一张小女孩的照片",
        "红色助听器，左耳的，贴着奥特曼，青年公园滑梯",
    ],
)
def test_equal_words_on_both_sides_are_shown(text: str) -> None:
    assert Pool([found(text)]).matches(lost(text))[0].score >= weights().candidate


def test_what_speaks_against_is_told() -> None:
    ranked = Pool([found("捡身份证一张，李某，还有红色钱包")]).matches(lost("黑色钱包丢了，里面有身份证，我姓王"))
    assert any("不符" in reason for reason in ranked[0].reasons)
    assert "姓氏不符：王/李" in ranked[0].reasons


def test_a_thing_that_fits_another_report_better_is_less_likely_this_ones() -> None:
    mine = lost("黑色双肩包落在2号线了", "mine")
    other = lost("黑色双肩包落在2号线了，拉链上挂个小黄鸭，里面有会计书", "other")
    pool = Pool([found("2号线捡黑色双肩包，挂小黄鸭，内有会计书", "F")])
    alone = pool.matches(mine, rivals=Pool([mine]))[0]
    beside = pool.matches(mine, rivals=Pool([mine, other]))[0]
    assert beside.score < alone.score


def test_reports_that_nobody_who_worked_on_it_has_read_are_ranked_as_well() -> None:
    found = [measure(read_authored(REPORTS, name), weights()) for name in "uv"]
    lost, alone = sum(one.with_one for one in found), sum(one.without for one in found)
    assert sum(one.first * one.with_one for one in found) / lost >= 0.80
    assert sum(one.top_three * one.with_one for one in found) / lost >= 0.95
    assert sum(one.silent * one.without for one in found) / alone >= 0.75
