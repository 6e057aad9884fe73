"""Laws of matching: unknown is unknown, order and hash do not matter, removing undoes adding, both ways agree, small indexes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.bench import match as bench
from dispatcher.desks.likeness import SIGNS, compare, signs, weights
from dispatcher.desks.match_index import Index
from dispatcher.desks.match_rarity import RAREST, Rarity
from dispatcher.desks.pool import Pool
from dispatcher.desks.profile import Profile, profile

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
        "姓王",
        "李某",
        "左手",
        "两把",
        "贴纸",
        "小熊",
        "写着“平安”",
        "没套壳",
    ]
)
TEXTS = st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=60)
TIMELESS = tuple(name for name in SIGNS if name not in ("before", "just_before", "told_before", "soon", "days"))


def lost(text: str, name: str = "L1") -> Profile:
    return profile(name, text, at=NOW, found=False)


def found(text: str, name: str = "F1", at: datetime = NOW) -> Profile:
    return profile(name, text, at=at, found=True)


@settings(deadline=None)
@given(text=TEXTS)
def test_what_one_side_does_not_say_is_unknown(text: str) -> None:
    rarity = Rarity(Index())
    for one, two in ((lost(text), found("")), (lost(""), found(text))):
        values = dict(zip(SIGNS, signs(one, two, rarity), strict=True))
        assert {name: values[name] for name in TIMELESS if values[name]} == {}


@settings(deadline=None)
@given(one=TEXTS, two=TEXTS)
def test_signs_are_bounded_and_those_against_never_speak_for(one: str, two: str) -> None:
    for name, value in zip(SIGNS, signs(lost(one), found(two), Rarity(Index())), strict=True):
        assert -2.0 <= value <= 4.0
        if name.startswith("other_") or name in ("denied", "before", "just_before", "told_before"):
            assert value <= 0.0


@settings(deadline=None)
@given(texts=st.lists(TEXTS, max_size=8), asked=TEXTS)
def test_a_ranking_is_best_first_within_bounds_and_the_same_whatever_the_order(texts: list[str], asked: str) -> None:
    reports = [found(text, f"F{number}") for number, text in enumerate(texts)]
    ranked = Pool(reports).matches(lost(asked))
    assert len(ranked) <= 5
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert all(0.0 <= one.score <= 1.0 for one in ranked)
    assert len({one.other for one in ranked}) == len(ranked)
    assert Pool(reversed(reports)).matches(lost(asked)) == ranked


@settings(deadline=None)
@given(texts=st.lists(TEXTS, max_size=8), gone=st.sets(st.integers(0, 7)), asked=TEXTS)
def test_removing_undoes_adding(texts: list[str], gone: set[int], asked: str) -> None:
    reports = [found(text, f"F{number}") for number, text in enumerate(texts)]
    kept = [report for number, report in enumerate(reports) if number not in gone]
    pool = Pool(reports)
    for number in gone:
        pool.remove(f"F{number}")
    assert len(pool) == len(kept)
    assert pool.matches(lost(asked)) == Pool(kept).matches(lost(asked))


@settings(deadline=None)
@given(before=TEXTS, after=TEXTS, asked=TEXTS)
def test_the_same_id_again_replaces(before: str, after: str, asked: str) -> None:
    pool = Pool([found(before)])
    pool.add(found(after))
    assert len(pool) == 1
    assert pool.matches(lost(asked)) == Pool([found(after)]).matches(lost(asked))


@settings(deadline=None)
@given(one=TEXTS, two=TEXTS)
def test_both_ways_agree(one: str, two: str) -> None:
    mine, theirs = lost(one), found(two)
    rarity = Rarity(Index([mine]), Index([theirs]))
    assert compare(mine, theirs, rarity, weights()) == compare(theirs, mine, rarity, weights())
    forth = Pool([theirs]).matches(mine, rivals=Pool([mine]))
    back = Pool([mine]).matches(theirs, rivals=Pool([theirs]))
    assert [(match.score, match.reasons) for match in forth] == [(match.score, match.reasons) for match in back]
    assert [match.other for match in forth] == ["F1"] * len(forth)
    assert [match.other for match in back] == ["L1"] * len(back)


@settings(deadline=None)
@given(text=TEXTS, hours=st.integers(0, 100))
def test_a_report_is_held_as_it_was_told(text: str, hours: int) -> None:
    report = found(text, at=NOW + timedelta(hours=hours))
    assert Index([report]).profile(0) == report


def test_an_index_sweeps_out_what_is_gone() -> None:
    index = Index(found("捡到黑色双肩包", f"F{number}") for number in range(2_400))
    for number in range(2_390):
        index.remove(f"F{number}")
    assert len(index) == 10
    assert index.amount("colour", "black") == 10
    assert {index.profile(place).report_id for place in index.nearest([("colour", "black", 1.0)], 20)} == {
        f"F{number}" for number in range(2_390, 2_400)
    }


def test_of_a_common_word_the_newest_are_found() -> None:
    index = Index(found("捡到黑色双肩包", f"F{number:05d}") for number in range(5_000))
    near = index.nearest([("colour", "black", 1.0)], 3_000)
    assert index.amount("colour", "black") == 5_000
    assert 0 < len(near) <= 2_000
    assert all(index.profile(place).report_id >= "F03000" for place in near)


def test_the_rarest_words_weigh_the_same_in_every_pool() -> None:
    small, large = Index([found("捡到黑色双肩包")]), Index(found("捡到雨伞", f"F{number}") for number in range(1_000))
    assert Rarity(large).of("motif", "鸭") == RAREST
    assert 3.0 < Rarity(small).of("motif", "鸭") <= RAREST


def test_the_bench_finds_what_it_holds() -> None:
    figures = bench.run(60, 20, lambda _: None)
    assert figures["found"] == 60
    assert figures["held_again_first"] >= 0.9


@pytest.mark.parametrize("seed", ["0", "7"])
def test_the_hash_seed_does_not_matter(seed: str) -> None:
    said = (
        "from dispatcher.bench.match import texts; from dispatcher.desks.pool import Pool; from dispatcher.desks.profile import profile\n"
        "rows = list(texts(30, 1)); pool = Pool(profile(f'F{i}', f, at=at, found=True) for i, (_, f, at) in enumerate(rows))\n"
        "print([pool.matches(profile('L', l, at=at, found=False)) for l, _, at in rows])"
    )
    out = subprocess.run(
        [sys.executable, "-c", said],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    rows = list(bench.texts(30, 1))
    pool = Pool(profile(f"F{i}", told, at=at, found=True) for i, (_, told, at) in enumerate(rows))
    assert out.strip() == str([pool.matches(profile("L", told, at=at, found=False)) for told, _, at in rows])
