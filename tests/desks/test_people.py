"""Matching of missing against found people: the ranking on authored reports, the laws of the comparison, an example a sign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.desks.people import Match, PeoplePool, PersonProfile, person_profile, shown
from dispatcher.desks.people_likeness import SIGNS, compare, match, people_weights
from dispatcher.desks.people_measure import main, measure_people, read_people

REPORTS = Path(__file__).with_name("people")
NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
WORDS = st.sampled_from(
    [
        "我妈", "七十多岁", "老太太", "男孩", "五岁", "一米六左右", "黑棉袄", "藏青羽绒服", "右手", "左眉", "有道疤", "没有疤", "瘸",
        "拄拐", "助听器", "山东口音", "姓王", "小名叫狗剩", "黄手环SY-2048", "SY-20", "铁西", "今天早上八点", "九八年", "寻亲", "光头",
        "一颗牙没有", "十个手指头", "抱个布娃娃", "没戴帽子", "结巴", "要去上班", "，", "。", "六个月", "红围裙", "纹身", "脸上光溜溜",
    ]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=14).map("".join) | st.text(max_size=60)


def missing(text: str, name: str = "M1", at: datetime = NOW) -> PersonProfile:
    return person_profile(name, text, at=at, found=False)


def found(text: str, name: str = "P1", at: datetime = NOW) -> PersonProfile:
    return person_profile(name, text, at=at, found=True)


def sign(name: str, one: str, two: str) -> float:
    return sum(each.value for each in compare(missing(one), found(two), people_weights()) if each.name == name)


@pytest.mark.parametrize(
    ("name", "first", "top_three", "silent", "seen"),
    [("p", 0.93, 0.97, 0.80, 0.90), ("r", 0.93, 0.97, 0.75, 0.90), ("s", 0.90, 0.97, 1.00, 0.85)],
)
def test_the_true_person_comes_first_and_who_is_not_there_is_not_shown(
    name: str, first: float, top_three: float, silent: float, seen: float
) -> None:
    figures = measure_people(read_people(REPORTS, name), people_weights())
    assert figures.first >= first
    assert figures.top_three >= top_three
    assert figures.silent >= silent
    assert figures.shown >= seen


def test_a_family_is_found_for_a_found_person_as_well() -> None:
    people = read_people(REPORTS, "p")
    families = {true: name for name, true in people.truth.items() if true is not None}
    pool = PeoplePool(people.missing)
    firsts = [
        pool.matches(one)[0].other == families[one.report_id] for one in people.found if one.report_id in families
    ]
    assert sum(firsts) >= 0.85 * len(firsts)


def test_the_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(REPORTS, ["s"]) == 0
    assert capsys.readouterr().out.startswith("s Figures(with_one=22, without=2, first=")


def test_every_sign_has_a_weight_and_none_that_agrees_speaks_against() -> None:
    assert set(people_weights().signs) == set(SIGNS)
    assert all(weight >= 0 for weight in people_weights().signs.values())


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        ("sex", "我爸七十了走丢了", "有个老大爷不知道家在哪"),
        ("sex", "我姥爷八十三，糊涂了", "老爷子找牛"),
        ("sex", "我姑父七十", "一个老头"),
        ("age", "我妈七十八，中午出去的", "瞅着六十七八的大娘"),
        ("age", "儿子十五，不见了", "男孩估计十七八"),
        ("age", "七个月的男孩不见了", "车里一个婴儿，八九个月"),
        ("age", "八九年丢的，那年四岁", "男的，三十九岁，来寻亲"),
        ("height", "他一米七五", "身高170左右"),
        ("worn", "藏青棉袄出门的", "穿黑棉袄的老人"),
        ("worn", "她戴红帽子", "帽子是红的，红帽子"),
        ("slots", "他耳朵背", "得喊才听得着，耳聋"),
        ("slots", "胖，二百来斤", "是个胖子"),
        ("marks", "右手腕有个圆的烫疤", "右手手腕上一块疤"),
        ("marks", "下巴有颗痣", "下巴上一个黑点"),
        ("marks", "左胳膊上刺个字", "左臂有个刺青"),
        ("wristband", "手环号SY-2048", "黄圈上是SY-20，后两位糊了"),
        ("wristband", "手环尾号84，前头SY20", "SY-2084"),
        ("wristband", "SY-3117", "手环SY什么31，后头看不清"),
        ("names", "小名叫石头", "他说叫石头"),
        ("surname", "我姑姓汪", "自己说姓王"),
        ("sounds", "小名狗剩", "问叫啥听着像“够甚”"),
        ("origin", "从山东潍坊来的", "一口山东口音"),
        ("concepts", "抱个布娃娃出去的", "怀里的小被一掀是个布的"),
        ("concepts", "老说要去上班", "问我打没打铃，说班长要扣钱"),
        ("concepts", "人家孩子自闭", "男孩，孤独症的样子"),
        ("words", "手里一个鼻烟壶", "别着鼻烟壶"),
        ("letters", "揣着个锉", "手里有锉一把"),
        ("days", "今天早上八点走的", "老人一名"),
        ("place", "铁西兴工街走的", "铁西保工街一位老人"),
    ],
)  # fmt: skip
def test_a_sign_speaks_for(name: str, one: str, two: str) -> None:
    assert sign(name, one, two) > 0.0


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        ("sex", "我爸七十了走丢了", "有个老太太不知道家在哪"),
        ("age", "我妈七十八，中午出去的", "四十来岁的妇女"),
        ("age", "闺女九岁", "女孩三岁"),
        ("height", "他一米八五", "个子一米六"),
        ("worn", "穿白羽绒服", "红羽绒服"),
        ("slots", "缺一颗门牙", "一口小白牙齐齐的，一个不少"),
        ("slots", "右手小拇指没了", "十个手指头都在"),
        ("slots", "说话结巴", "嘴皮子利索"),
        ("slots", "今天早上八点走的", "到救助站登记寻亲"),
        ("marks", "左手背有疤", "右手背有疤"),
        ("unmarked", "胳膊上刺个忍字", "胳膊撸起来看过，没有纹身"),
        ("unmarked", "脑门上三道疤", "额头光溜的"),
        ("wristband", "SY-2048", "SY-2084"),
        ("wristband", "SY-2048", "手环SY-31，后面看不清"),
        ("surname", "姓李", "说姓赵"),
        ("origin", "我们四川绵阳的", "一口河南话"),
        ("denied", "戴着助听器", "没戴助听器"),
        ("time", "今天早上八点还在家", "昨天送来的"),
        ("place", "今天下午五点五十五在苏家屯不见的", "在康平一位老人"),
    ],
)  # fmt: skip
def test_a_sign_speaks_against(name: str, one: str, two: str) -> None:
    at = NOW - timedelta(days=1) if name == "time" else NOW
    signs = compare(missing(one), found(two, at=at), people_weights())
    assert sum(each.value for each in signs if each.name == name) < 0.0


def test_a_baby_s_sex_is_easily_taken_for_the_other() -> None:
    assert -0.5 < sign("sex", "七个月的男孩", "一个女婴") < 0.0
    assert sign("sex", "我弟三十四", "一名女子，三十多岁") == -1.0


def test_a_family_may_report_late_but_nobody_is_found_before_last_seen() -> None:
    here = missing("我爸今天早上六点出去的")
    early = [each.name for each in compare(here, found("老人", at=NOW - timedelta(hours=1)), people_weights())]
    assert "time" not in early
    assert compare(here, found("老人", at=NOW - timedelta(days=2)), people_weights())[-1].name == "time"


def test_a_brother_s_tooth_is_not_the_child_s() -> None:
    assert sign("slots", "我报小的，牙是全的，他哥前天掉了颗上门牙", "一张嘴缺一颗门牙") < 0.0


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_what_one_side_does_not_say_is_unknown(text: str) -> None:
    always = {"time", "days"}  # when somebody was found is always said
    for one, two in ((missing(text), found("")), (missing(""), found(text))):
        assert all(each.value >= 0.0 for each in compare(one, two, people_weights()) if each.name not in always)


@settings(max_examples=60, deadline=None)
@given(one=TEXTS, two=TEXTS)
def test_both_ways_agree(one: str, two: str) -> None:
    left, right = missing(one), found(two)
    there, back = match(left, right, people_weights()), match(right, left, people_weights())
    assert (there.score, there.reasons) == (back.score, back.reasons)
    assert 0.0 <= there.score <= 1.0


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(TEXTS, max_size=8), asked=TEXTS)
def test_a_ranking_is_best_first_and_the_same_whatever_the_order(texts: list[str], asked: str) -> None:
    reports = [found(text, f"P{number}") for number, text in enumerate(texts)]
    ranked = PeoplePool(reports).matches(missing(asked))
    assert len(ranked) == min(5, len(reports))
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert PeoplePool(reversed(reports)).matches(missing(asked)) == ranked


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=6), added=TEXTS, asked=TEXTS)
def test_removing_undoes_adding(texts: list[str], added: str, asked: str) -> None:
    reports = [found(text, f"P{number}") for number, text in enumerate(texts)]
    pool = PeoplePool(reports)
    before = pool.matches(missing(asked))
    pool.add(found(added, "more"))
    assert len(pool) == len(reports) + 1
    pool.remove("more")
    pool.remove("never there")
    assert pool.matches(missing(asked)) == before
    for report in reports:
        pool.remove(report.report_id)
    assert len(pool) == 0
    assert pool.matches(missing(asked)) == []


def test_a_report_that_says_more_takes_the_place_of_the_old() -> None:
    pool = PeoplePool([found("老人", "P1"), found("老太太抱个布娃娃", "P1")])
    assert len(pool) == 1
    assert [one.other for one in pool.matches(missing("我妈抱着布娃娃走的"))] == ["P1"]


def test_only_the_other_side_is_asked() -> None:
    pool = PeoplePool([missing("我妈七十", "M2"), found("老太太七十", "P1")])
    assert [one.other for one in pool.matches(missing("我妈七十"))] == ["P1"]
    assert [one.other for one in pool.matches(found("老太太七十", "P9"))] == ["M2"]
    assert match(missing("我妈"), missing("我妈", "M2"), people_weights()) == Match("M2", 0.0, ())


def test_among_many_the_rarest_words_lead_to_the_person() -> None:
    garments = ("棉袄", "羽绒服", "大衣", "夹克")
    others = [
        found(f"{place}有个老人穿{colour}{garment}，{number}十多岁，说不清家在哪", f"X{place}{colour}{garment}{number}")
        for place in ("中街", "铁西", "皇姑", "浑南", "和平")
        for colour in "黑灰蓝红"
        for garment in garments
        for number in "五六七八九"
    ]
    pool = PeoplePool([*others, found("老大爷，拿张旧挂历裁的粮票要买苞米面，右手缺两根手指", "it")])
    assert len(pool) > 300
    best = pool.matches(missing("我爸七十多，拿着粮票说去领苞米面，右手少两根手指，灰棉袄"))[0]
    assert best.other == "it"
    assert shown(best)
    assert any("粮票" in reason for reason in best.reasons)


def test_reasons_against_are_told_too() -> None:
    reasons = match(
        missing("我爸七十多，姓汪，右手小拇指没了，抱个收音机"),
        found("大爷七十多岁，姓王，抱个收音机，十个手指头都在"),
        people_weights(),
    ).reasons
    assert any(reason.startswith("特征不符：手指") for reason in reasons)
    assert any("收音机" in reason for reason in reasons)


@given(text=st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_has_a_profile(text: str) -> None:
    one = missing(text)
    assert one.since <= one.until
    assert one == missing(text)
