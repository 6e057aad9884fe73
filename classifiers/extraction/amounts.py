"""Sums of money in yuan: 三百块, 六千八, 1.2万元, 十来万, 八块五. A number that counts anything else is left alone."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from classifiers.extraction.numbers import DIGITS, SPOKEN, value, whole
from classifiers.extraction.words import either
from classifiers.tables import HERE, Strict, read_table

WAKES: Final = frozenset("块元万千百毛0123456789")

_HEDGE: Final = re.compile(r"(?:大约|约|大概|差不多|将近|快|近|好像|少说|足有|估计|得有|总共约)$")
_BOUNDARY: Final = frozenset(',。;!?、:.!?()"“” \n…')
_ALONE_LEAST: Final = 100
_SCALE: Final = {"百": 100, "千": 1_000, "万": 10_000}
_NOT_SUMS: Final = frozenset(
    {"110", "119", "120", "122", "12345", "114", "10086", "10010", "10000", "12306", "12315", "96110", "12123"}
)
_BACK: Final = 8


class AmountTable(Strict):
    version: str
    money: tuple[str, ...]
    follows: tuple[str, ...]
    pieces: tuple[str, ...]
    foreign: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Patterns:
    sum: re.Pattern[str]
    money: re.Pattern[str]
    follows: re.Pattern[str]
    pieces: re.Pattern[str]
    foreign: re.Pattern[str]


@lru_cache(maxsize=1)
def load() -> _Patterns:
    """The compiled table. Raises TableError when it cannot be used."""
    table = read_table(HERE / "extraction" / "amounts.yaml", AmountTable)
    return _Patterns(
        # A number as said, 多/来/余 within it (三十多万), and its unit. No start inside a number: linear in the text.
        # What it begins with stands first, for most characters of a text begin nothing.
        sum=re.compile(
            rf"(?=[0-9好几数上{SPOKEN}])(?<![0-9{SPOKEN}.第A-Za-z几数])(?P<number>(?:[0-9][0-9,]{{0,11}}(?:\.[0-9]{{1,4}})?[百千万]?[0-9]?|好?几[百千万]|[数上][百千万]|几十|[{SPOKEN}][{SPOKEN}]{{0,11}}))"
            rf"(?P<fuzzy>[多来余几])?(?P<scale>[百千万])?(?P<fuzzier>[多来余])?"
            r"(?P<unit>块钱|元钱|毛钱|万元|块(?:(?P<dime>[一二三四五六七八九1-9])毛?(?![0-9十百千个点块]))?|元|圆)?"
        ),
        money=re.compile(either(table.money)),
        follows=re.compile(either(table.follows)),
        pieces=re.compile(either(table.pieces)),
        foreign=re.compile(either(table.foreign)),
    )


def find(text: str, *, limit: int) -> list[dict[str, Any]]:
    """{text, span, yuan?, certainty: exact|about|vague}, at most `limit`; no `yuan` where only the size is said (几百块)."""
    patterns = load()
    out: list[dict[str, Any]] = []
    for match in patterns.sum.finditer(text):
        if len(out) >= limit:
            break
        number = match["number"]
        if match["unit"] is None and not (
            number[0].isdigit() or match["scale"] or not {"百", "千", "万"}.isdisjoint(number)
        ):
            continue  # the many small numbers of a text: no unit, no hundreds
        start, end = match.span()
        if patterns.foreign.match(text, end - 1) or patterns.foreign.match(text, end):
            continue
        yuan = _yuan(match)
        if not _is_money(text, match, yuan, patterns):
            continue
        found: dict[str, Any] = {"text": match.group(), "span": [start, end]}
        if yuan is None:
            found["certainty"] = "vague"
        else:
            fuzzy = (
                match["fuzzy"]
                or match["fuzzier"]
                or _HEDGE.search(text[max(0, start - 4) : start])
                or text.startswith(("左右", "上下"), end)
            )
            found |= {"yuan": whole(yuan), "certainty": "about" if fuzzy else "exact"}
        out.append(found)
    return out


def _yuan(match: re.Match[str]) -> float | None:
    """The sum, or None where the words give only its size (几百块)."""
    if match["number"][0] in "几数上好":
        return None
    number = value(match["number"])
    if number is None:
        return None
    if match["scale"]:
        number *= _SCALE[match["scale"]]
    unit = match["unit"] or ""
    if unit == "毛钱":
        return number / 10
    if unit == "万元":
        return number * 10_000
    if match["dime"]:
        number += DIGITS.get(match["dime"], 0) / 10 or int(match["dime"]) / 10
    return number


def _is_money(text: str, match: re.Match[str], yuan: float | None, patterns: _Patterns) -> bool:
    start, end = match.span()
    unit = match["unit"]
    if yuan is None and match["number"][0] not in "几数上好":
        return False
    if unit in ("块钱", "元钱", "毛钱", "万元"):
        return True
    after = text[end : end + 3]
    if unit in ("元", "圆"):
        return not after.startswith(("旦", "宵", "素", "件", "里", "桥", "人", "方程", "化", "一次"))
    clause = _clause_before(text, start)
    money = patterns.money.search(clause) is not None
    if unit:  # 块
        if match["dime"]:
            return True
        if patterns.pieces.match(text, end):
            return False
        closed = not after or after[0] in _BOUNDARY or patterns.follows.match(text, end) is not None
        if yuan is not None and yuan < 10:
            return closed and money
        return closed or money
    if match["number"] in _NOT_SUMS or (yuan is not None and yuan < _ALONE_LEAST):
        return False
    if after and after[0] not in _BOUNDARY and patterns.follows.match(text, end) is None:
        return False
    if yuan is None:
        return money  # 花了好几万
    if match["number"].isascii():  # bare figures are also rooms, lines, codes: the money word must be close
        return money and patterns.money.search(clause[-3:]) is not None and "号" not in clause[-3:]
    if money and match["number"] not in ("万", "千", "百"):
        return True
    # 六千八 as a clause of its own; 二百五 is also an insult.
    said_short = match["number"][-1] in DIGITS and match["number"][-2] in _SCALE and match["number"] != "二百五"
    return said_short and not clause and (not after or after[0] in _BOUNDARY)


def _clause_before(text: str, start: int) -> str:
    for i in range(start - 1, max(-1, start - 1 - _BACK), -1):
        if text[i] in _BOUNDARY:
            return text[i + 1 : start]
    return text[max(0, start - _BACK) : start]
