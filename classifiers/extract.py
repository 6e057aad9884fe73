"""Things in a text that routing and the desks can use as they stand: phones, plates, times, amounts. Spans, no guesses."""

import re
from typing import Any

_DIGIT = re.compile(r"\d")
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4})(?!\d)")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·.\s-]?[A-Z0-9]{4,5}[A-Z0-9挂学警港澳]|尾号[A-Z0-9]{2,4}"
)
_CLOCK = r"(?:[零一二两三四五六七八九十\d]{1,3})点(?:半|钟|多|来钟|[零一二三四五六七八九十\d]{1,3}分?)?|\d{1,2}:\d{2}"
_TIME = re.compile(
    r"(?:刚才|刚刚|方才|今早|今天|今晚|昨天|昨晚|昨夜|昨儿|前天|前晚|前儿|大前天|上周[一二三四五六日天]?|上礼拜|上个月|明天|明早|这会儿|现在)"
    rf"(?:早上|上午|中午|下午|晚上|半夜|后半夜|凌晨|夜里)?(?:{_CLOCK})?"
    rf"|(?:早上|上午|中午|下午|晚上|半夜|后半夜|凌晨|夜里)(?:{_CLOCK})?|{_CLOCK}"
    r"|(?:[一二两三四五六七八九十半\d]{1,3})(?:分钟|个(?:多)?小时|个钟头|天|宿|个(?:多)?月|年)(?:前|以前|之前|了)"
)
_AMOUNT = re.compile(
    r"(?:[一二两三四五六七八九十百千万零\d][一二两三四五六七八九十百千万零多来几.\d]*)(?:块钱|块|元|万元|万块|万)(?!人|家|里|一)"
)

_WAKES_TIME = re.compile(r"[今昨前刚方上明现这早中下晚半凌夜点:分小钟天宿月年]")
_WAKES_AMOUNT = re.compile(r"[块元万]")


def _found(pattern: re.Pattern[str], text: str) -> list[dict[str, Any]]:
    return [
        {"text": match.group(), "start": match.start(), "end": match.end()}
        for match in pattern.finditer(text)
        if match.group()
    ]


def extract(text: str) -> dict[str, Any]:
    """What `text` (normalised) holds, by kind; a kind that is not there is left out. Spans count its characters."""
    out: dict[str, Any] = {}
    has_digit = _DIGIT.search(text) is not None
    if has_digit and (found := _found(_PHONE, text)):
        out["phones"] = found
    if (has_digit or "尾号" in text) and (found := _found(_PLATE, text)):
        out["plates"] = found
    if _WAKES_TIME.search(text) and (found := _found(_TIME, text)):
        out["times"] = found
    if _WAKES_AMOUNT.search(text) and (found := _found(_AMOUNT, text)):
        out["amounts"] = found
    return out
