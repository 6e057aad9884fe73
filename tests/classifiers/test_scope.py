"""A word of danger that is denied, asked about, past, supposed or a figure of speech tells of no danger."""

import pytest

from classifiers.normalise import normalise
from classifiers.scope import Scope, scope_of


def _scope(text: str, word: str) -> Scope:
    clean = normalise(text).text
    start = clean.index(word)
    return scope_of(clean, start, start + len(word))


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("俩人吵吵半天，没打起来", "打起来", Scope.NEGATED),
        ("没有着火，就是有点糊味", "着火", Scope.NEGATED),
        ("不是抢劫，是我自己掉的", "抢劫", Scope.NEGATED),
        ("就骂了几句，谁也没动手", "动手", Scope.NEGATED),
        ("没看见冒烟", "冒烟", Scope.NEGATED),
        ("诈骗怎么举报", "诈骗", Scope.ASKED),
        ("想问一下打架一般怎么判", "打架", Scope.ASKED),
        ("警：有没有着火？报：就是停电了", "着火", Scope.ASKED),
        ("我前年被抢劫过一回", "抢劫", Scope.PAST),
        ("十年前这楼着火烧过", "着火", Scope.PAST),
        ("纸壳子堆满楼道，万一着火往哪跑", "着火", Scope.CONDITION),
        ("要是打起来可咋整", "打起来", Scope.CONDITION),
        ("收费跟抢劫似的", "抢劫", Scope.FIGURE),
        ("这价简直抢劫", "抢劫", Scope.FIGURE),
        ("店名叫“着火”烧烤", "着火", Scope.QUOTED),
    ],
)
def test_scope_is_seen(text: str, word: str, expected: Scope) -> None:
    assert _scope(text, word) & expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("俩人打起来了", "打起来"),
        ("他忍不住动手打人", "打人"),
        ("二话不说上来就打人", "打人"),
        ("没说两句就打起来了", "打起来"),
        ("楼下着火了快来", "着火"),
        ("不知道谁家着火了", "着火"),
        ("再不给钱我就砍人", "砍人"),
        ("去年打过一回，现在又打起来了", "打起来"),
    ],
)
def test_a_real_danger_stays_plain(text: str, word: str) -> None:
    clean = normalise(text).text
    start = clean.rindex(word)
    ignored = Scope.NEGATED | Scope.ASKED | Scope.PAST | Scope.CONDITION | Scope.FIGURE
    assert not scope_of(clean, start, start + len(word)) & ignored
