"""Vehicle plates: whole (辽A12345), or the part that a witness kept (辽A尾号32, 后三位是627, 后头是个8)."""

import re
from typing import Any, Final

from classifiers.extraction.numbers import DIGITS, digits

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
WAKES: Final = frozenset("号位牌车") | frozenset(PROVINCES)

_D: Final = "零〇一幺二三四五六七八九"
_FULL: Final = re.compile(
    rf"([{PROVINCES}])([A-Za-z])[·.\s-]?((?:[A-Za-z0-9{_D}]{{5,6}}(?![A-Za-z0-9{_D}]))|(?:[A-Za-z0-9]{{4,5}}[挂学警港澳]))"
)
# The value: plain characters ("32", "8F", "六二七") or repeated ones ("三个六", "俩7").
_VALUE: Final = rf"(?:(?P<many>[一两俩二三仨四])个?(?P<one>[0-9A-Z六七八九零])(?![0-9{_D}个位点块年月号])|(?P<plain>[0-9A-Za-z{_D}]{{1,5}}))"
_SAYS: Final = r"(?:好像|大概)?(?:就?是|为|叫|带|有|:)?(?:个|一个)?"
_TAIL: Final = re.compile(
    rf"(?:(?P<head>[{PROVINCES}])(?P<letter>[A-Z])[·,]?)?(?:尾号|(?:最?后|末)(?P<count>[一两俩二三仨四五])(?:位数?|个(?:数字?|号)?|码)"
    rf"|(?:最后头?|后头|后面|后边|末尾|结尾|尾巴)(?=(?:好像|大概)?(?:就?是|为|带)))(?:数字?)?{_SAYS}{_VALUE}"
)
_HEAD: Final = re.compile(
    rf"前(?P<count>[一两俩二三仨四五])(?:位数?|个(?:数字?|号)?){_SAYS}(?P<plain>[0-9A-Za-z{_D}]{{1,5}})|(?P<short>[{PROVINCES}][A-Z])(?:某号)?(?![A-Z0-9a-z尾座栋区口馆])"
)
#: What each of these needs somewhere in a text: a province and a letter, an end, a beginning.
_LETTERED: Final = re.compile(rf"[{PROVINCES}][A-Za-z]")
_ENDING: Final = re.compile(r"[尾后末]")
_VEHICLE: Final = re.compile(r"[车牌辽]|出租|的士|摩托|捷达|面包|越野|轿|货柜|SUV")
_PLATE_WORD: Final = re.compile(r"车牌|车号|牌照|牌号|牌子|车")
_OTHER_NUMBER: Final = re.compile(
    r"手机|电话|号码|订单|单号|单子|卡号|银行卡|[^车]卡|警号|身份证|车次|车厢|车间|编号|学号|工号|发票|房号|门牌|账户|账号|航班|次序|公交卡"
)
_BACK: Final = 18
_COUNTS: Final = {**DIGITS, "仨": 3}


def _of_a_vehicle(text: str, start: int, end: int, *, strict: bool) -> bool:
    """Whether the words before (or right after) speak of a vehicle and of no other number."""
    before = text[max(0, start - _BACK) : start]
    vehicles = list((_PLATE_WORD if strict else _VEHICLE).finditer(before))
    others = list(_OTHER_NUMBER.finditer(before))
    if others and (not vehicles or others[-1].end() >= vehicles[-1].end()):
        return False
    return bool(vehicles) or (
        not strict and re.match(r"的?(?:那|这)?[台辆]?[^,。;]{0,4}车", text[end : end + 8]) is not None
    )


def _value(match: re.Match[str]) -> str | None:
    group = match.groupdict()
    if group.get("many"):
        return None if (one := digits(group["one"])) is None else one * _COUNTS[group["many"]]
    return digits(group["plain"] or "")


def find(text: str, *, limit: int) -> list[dict[str, Any]]:
    """{text, span, kind: full, plate} or {text, span, kind: partial, prefix?, head?, tail?}, at most `limit`."""
    out: list[dict[str, Any]] = []
    lettered = _LETTERED.search(text) is not None
    for match in _FULL.finditer(text) if lettered else ():
        rest = digits(match[3][:-1]) if match[3][-1] in "挂学警港澳" else digits(match[3])
        if rest is None or not any(char.isdigit() for char in rest) or len(out) >= limit:
            continue
        ending = match[3][-1] if match[3][-1] in "挂学警港澳" else ""
        plate = match[1] + match[2].upper() + rest + ending
        out.append({"text": match.group(), "span": [match.start(), match.end()], "kind": "full", "plate": plate})
    whole = [one["span"] for one in out]
    ending, beginning = _ENDING.search(text) is not None, lettered or "前" in text
    for pattern, possible in ((_TAIL, ending), (_HEAD, beginning)):
        for match in pattern.finditer(text) if possible else ():
            start, end = match.span()
            if len(out) >= limit or (whole and any(start < last and end > first for first, last in whole)):
                continue
            found = _partial(text, match, tail=pattern is _TAIL)
            if found is not None:
                out.append({"text": match.group(), "span": [start, end], "kind": "partial", **found})
    if len(out) > 1:
        out.sort(key=lambda one: one["span"])
    return out


def _partial(text: str, match: re.Match[str], *, tail: bool) -> dict[str, str] | None:
    start, end = match.span()
    group = match.groupdict()
    if group.get("short"):
        return {"prefix": group["short"]} if _of_a_vehicle(text, start, end, strict=False) else None
    if not group.get("head") and not _of_a_vehicle(text, start, end, strict=not match.group().startswith("尾号")):
        return None
    said = _value(match)
    if said is None or text[end : end + 1] in ("点", "块", "年", "月", "岁", "个", "路", "楼", "米", "公"):
        return None
    if group.get("count") and len(said) != _COUNTS[group["count"]]:
        return None
    found = {"tail" if tail else "head": said}
    if group.get("head"):
        found = {"prefix": group["head"] + group["letter"], **found}
    return found
