"""Matching of lost against found reports: the ranking on authored reports, and the laws of the comparison."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.desks.authored import read_authored
from dispatcher.desks.fit import fit
from dispatcher.desks.likeness import SIGNS, Weights, signs, weights
from dispatcher.desks.measure import measure
from dispatcher.desks.pool import Pool
from dispatcher.desks.profile import Profile, profile

REPORTS = Path(__file__).with_name("reports")
NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
WORDS = st.sampled_from(
    [
        "黑",
        "红",
        "双肩包",
        "书包",
        "手机",
        "苹果",
        "拐杖",
        "2号线",
        "出租车",
        "昨晚八点",
        "中街",
        "里面",
        "一串",
        "钥匙",
        "没说",
        "裂了",
        "辽A",
        "12345",
    ]
)
TEXTS = st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=60)


def lost(text: str, name: str = "L1") -> Profile:
    return profile(name, text, at=NOW, found=False)


def found(text: str, name: str = "F1", at: datetime = NOW) -> Profile:
    return profile(name, text, at=at, found=True)


def sign(name: str, one: Profile, two: Profile) -> float:
    return signs(one, two, Pool([two]).rarity(one))[SIGNS.index(name)]


@pytest.mark.parametrize(("fitted_on", "asked"), [("a", "b"), ("b", "a")])
def test_weights_fitted_on_one_writers_reports_rank_anothers(fitted_on: str, asked: str) -> None:
    signs_weighed, constant = fit([read_authored(REPORTS, fitted_on)])
    figures = measure(read_authored(REPORTS, asked), Weights(constant=constant, signs=signs_weighed, candidate=0.5))
    assert figures.first >= 0.75
    assert figures.top_three >= 0.95


def test_the_shipped_weights_are_those_of_the_reports() -> None:
    fitted, constant = fit([read_authored(REPORTS, name) for name in "ab"])
    assert weights().signs == pytest.approx(fitted, abs=0.05)
    assert weights().constant == pytest.approx(constant, abs=0.1)


def test_no_sign_that_agrees_speaks_against_a_match() -> None:
    assert set(weights().signs) == set(SIGNS)
    assert all(weight >= 0 for weight in weights().signs.values())


@pytest.mark.parametrize(
    ("name", "one", "two", "value"),
    [
        ("kind", "书包落公交上了", "捡到一个双肩包", 1.0),
        ("kind", "苹果15掉地铁上了", "捡到一部电话机", 1.0),
        ("kind", "拐杖落在2号线上了", "捡到一副眼镜", -1.0),
        ("colour", "丢了个黑色的包", "捡到一个红色的包", -1.0),
        ("colour", "丢了个藏青色的包", "捡到一个黑色的包", 1.0),
        ("line", "包落在2号线上了", "地铁2号线捡包一个", 1.0),
        ("line", "包落在2号线上了", "地铁9号线捡包一个", -1.0),
        ("number", "出租车尾号6619落下个包", "车号辽A16619捡包", -0.3),
        ("count", "丢了两把钥匙", "捡到五把钥匙", -1.0),
        ("count", "冰鞋丢了，三十四码", "捡冰鞋一双，36码", -1.0),
        ("count", "冰鞋丢了，三十四码", "捡冰鞋，34码", 1.0),
        ("side", "左耳的助听器掉了", "捡到助听器，刻着R", -1.0),
        ("side", "右手的手套丢了", "捡一只手套，右手的", 1.0),
    ],
)
def test_a_sign_speaks(name: str, one: str, two: str, value: float) -> None:
    assert sign(name, lost(one), found(two)) == pytest.approx(value)


@pytest.mark.parametrize(
    "name", ["kind", "colour", "brand", "line", "system", "district", "number", "count", "side", "contents"]
)
@given(text=TEXTS)
def test_what_one_side_does_not_say_is_unknown(name: str, text: str) -> None:
    assert sign(name, lost(text), found("捡到了")) == 0.0
    assert sign(name, lost("丢了"), found(text)) == 0.0


def test_what_was_found_before_it_was_lost_is_not_it() -> None:
    here = lost("今天上午八点在2号线丢了个黑色双肩包")
    assert sign("time", here, found("2号线捡黑色双肩包", at=NOW - timedelta(days=3))) == -1.0
    assert sign("time", here, found("2号线捡黑色双肩包", at=NOW)) == 1.0


@given(texts=st.lists(TEXTS, max_size=8), asked=TEXTS)
def test_a_ranking_is_best_first_within_bounds_and_the_same_whatever_the_order(texts: list[str], asked: str) -> None:
    reports = [found(text, f"F{number}") for number, text in enumerate(texts)]
    ranked = Pool(reports).matches(lost(asked))
    assert len(ranked) <= 5
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert all(0.0 <= one.score <= 1.0 for one in ranked)
    assert len({one.found for one in ranked}) == len(ranked)
    assert Pool(reversed(reports)).matches(lost(asked)) == ranked


def test_the_owners_words_lead_to_the_thing_among_many() -> None:
    others = [
        found(f"公交捡到{colour}色{thing}一个", f"X{colour}{thing}")
        for colour in "黑白红蓝"
        for thing in ("双肩包", "手机", "雨伞")
    ]
    pool = Pool([*others, found("2号线捡黑书包，拉链上挂个小黄鸭", "it")])
    best = pool.matches(lost("我双肩包落在地铁2号线了，黑的，拉链有个鸭子挂件，小黄鸭"))[0]
    assert best.found == "it"
    assert any("小黄" in reason for reason in best.reasons)
