"""What is said of a person: age, height, clothing, illness, speech, sex. Whom it is about is decided elsewhere."""

import re
from collections.abc import Iterable
from typing import Any, Final

from classifiers.extraction.numbers import between, value
from classifiers.extraction.person_words import PersonWords

Fact = tuple[int, int, str, Any]
"""Start, end, the finding's field, its value."""

_NUMBER: Final = r"[0-9]{1,3}|[一二两三四五六七八九十百]{1,4}"
_AGE: Final = re.compile(
    rf"(?P<hedge>约|大约|大概|快|近|将近|不到|年约|得有|差不多)?(?<![0-9一二三四五六七八九十百])(?P<n>十几|几十|{_NUMBER})(?P<more>多|来|几)?"
    r"(?P<unit>周岁|岁|旬|出头)(?P<half>半|多|左右|上下|出头|来?的?样子)?"
)
_BARE_AGE: Final = re.compile(
    r"(?:今年|都|快|也|才|刚|年|得有|已经)*(?P<n>[一二三四五六七八九]?十[一二三四五六七八九]?|[二三四五六七八九]十|[一二三四五六七八九]十(?=多)|九十|一百零?[一二三]?|[1-9][0-9])"
    r"(?P<more>多|来)?(?=了(?![一二三四五六七八九十百])|的人|[,。;!?]|$)"
)
_GONE: Final = re.compile(r"(?:走丢|走失|丢|不见|没影|失踪)了?[,，、]")
_HEIGHT: Final = re.compile(
    r"(?:身高|个头|个子)?(?:约|大约|大概|有)?(?P<m>一米|1米|1\.|一米零|两米)(?P<cm>[0-9]{1,2}|[五六七八九][零一二三四五六七八九]?)(?P<more>多|来|左右)?(?:米|的个|高|大个|,|。|$|、|个)"
)
_CENTIMETRES: Final = re.compile(r"(?:身高|个头)?约?(?P<cm>1[0-9]{2}|[6-9][0-9])(?:厘米|公分|cm|CM)")
_ACCENT: Final = re.compile(r"(?:带点?|一口|满口|是|操着?|有点|[,:;])(?P<said>[一-鿿]{2,4}?口音|[一-鿿]{2}味儿)")
_SEX: Final = re.compile(r"是个?(?P<sex>女|男)的|[,、](?P<alone>女|男)的?(?=[,、。]|$)")
_COMPARED: Final = re.compile(
    r"(?:智力[^,。]{0,4}|跟|像|相当于?|当|如同|那会儿我?才?|那时候?我?才?|当年我?才?|小时候|满)$"
)
_COMPARED_AFTER: Final = re.compile(r"(?:的?(?:孩子|小孩|娃))?(?:似的|一样|差不多|的智力|智力|那样|以下|以上|驾照)")
_TENS: Final = re.compile(r"十|百零|[0-9]{2}")
_WORN: Final = re.compile(r"[穿戴衣裤裙鞋帽袄衫褂服靴裳T貂]")
_NOT_OBJECT: Final = frozenset("给欠找管向借问要收罚扣让")


def facts(text: str, words: PersonWords) -> list[Fact]:
    """Everything said of anybody, except a bare age."""
    return [*_ages(text), *_heights(text), *_worn(text, words), *_ill(text, words), *_said(text)]


def may_say_age(text: str) -> bool:
    """Whether `bare_ages` is worth asking."""
    return _TENS.search(text) is not None


def _years(said: str, more: str | None, hedge: str | None, half: str | None) -> dict[str, Any] | None:
    if said == "十几":
        return {"from": 11, "to": 19, "certainty": "vague"}
    two = between(said)
    if two is not None:
        low, high = (int(one) for one in two)
        return {"from": low, "to": high, "certainty": "about"}
    number = value(said)
    if number is None or not 0 < number <= 119:
        return None
    years = int(number)
    if more in ("多", "几") or half in ("出头", "多"):
        return {
            "from": years,
            "to": years + (9 if years % 10 == 0 and half != "出头" and years >= 20 else 3),
            "certainty": "about",
        }
    if hedge in ("快", "不到", "将近", "近"):
        return {"from": max(0, years - 3), "to": years, "certainty": "about"}
    if hedge or more == "来" or half in ("左右", "上下") or (half or "").endswith("样子"):
        return {"from": max(0, years - 3), "to": years + 3, "certainty": "about"}
    return {"from": years, "to": years, "certainty": "exact"}


def _ages(text: str) -> list[Fact]:
    out: list[Fact] = []
    for match in _AGE.finditer(text) if ("岁" in text or "旬" in text or "出头" in text) else ():
        start, end = match.span()
        if _COMPARED.search(text[max(0, start - 8) : start]) or _COMPARED_AFTER.match(text, end):
            continue
        if match["unit"] == "旬":
            tens = value(match["n"])
            age = (
                {"from": int(tens) * 10, "to": int(tens) * 10 + 9, "certainty": "about"}
                if tens and 5 <= tens <= 10
                else None
            )
        else:
            age = _years(
                match["n"], match["more"], match["hedge"], "出头" if match["unit"] == "出头" else match["half"]
            )
        if age is not None:
            out.append((start, end, "age", age))
    return out


def bare_ages(text: str, people: Iterable[tuple[int, int]]) -> list[Fact]:
    """Ages without 岁, right behind one of `people` (spans), or behind that they are gone: 我妈八十六; 我妈丢了，七十九，."""
    out: list[Fact] = []
    for start, end in people:
        gone = _GONE.match(text, end)
        match = _BARE_AGE.match(text, gone.end() if gone is not None else end)
        if match is None or (start and text[start - 1] in _NOT_OBJECT):
            continue
        age = _years(match["n"], match["more"], "快" if "快" in match.group() else None, None)
        if age is not None:
            out.append((match.start("n"), match.end(), "age", age))
    return out


def _heights(text: str) -> list[Fact]:
    out: list[Fact] = []
    if "米" in text:
        for match in _HEIGHT.finditer(text):
            said = match["cm"]
            number = int(value(said) or 0)
            cm = (200 if match["m"] == "两米" else 100) + (number * 10 if len(said) == 1 else number)
            if 60 <= cm <= 215:
                spread = 5 if match["more"] else 0
                out.append((match.start(), match.end("cm"), "height_cm", [cm, cm + spread]))
    if "厘米" in text or "公分" in text:
        out += [
            (match.start(), match.end(), "height_cm", [int(match["cm"])] * 2)
            for match in _CENTIMETRES.finditer(text)
            if match.group().startswith(("身高", "个头"))
        ]
    return out


def _worn(text: str, words: PersonWords) -> list[Fact]:
    if _WORN.search(text) is None:
        return []
    return [
        (match.start(), match.end(), "clothing", match.group())
        for match in words.wears.finditer(text)
        if not text.endswith(("看见", "看到", "见", "像", "试", "没", "想"), 0, match.start())
    ]


def _ill(text: str, words: PersonWords) -> list[Fact]:
    return [
        (match.start(), match.end(), "illness", words.illness_of[match.group()])
        for match in words.illness.finditer(text)
        if not words.not_ill_before.search(text[max(0, match.start() - 4) : match.start()])
        and not words.not_ill_after.match(text, match.end())
    ]


def _said(text: str) -> list[Fact]:
    out: list[Fact] = []
    if "口音" in text or "味儿" in text:
        out += [(match.start("said"), match.end(), "speech", match["said"]) for match in _ACCENT.finditer(text)]
    if "女" in text or "男" in text:
        out += [
            (match.start(), match.end(), "sex", "female" if (match["sex"] or match["alone"]) == "女" else "male")
            for match in _SEX.finditer(text)
        ]
    return out
