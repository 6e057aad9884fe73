"""Telephone numbers and numbers that name a person or an account: kind and masked value, never the number itself.

The call's text is the one place that holds such a number; whoever may read it can cut it out by the span.
"""

import re
from typing import Any, Final

from classifiers.extraction.numbers import digits

WAKES: Final = frozenset("0123456789幺一")
"""A text without any of these characters holds neither."""

_RUN: Final = re.compile(
    r"(?=[0-9EGP])(?<![0-9A-Za-z.])(?:[0-9](?:[ -]?[0-9]){6,20}[Xx]?|[EGP][0-9]{8})(?![0-9A-Za-z])"
)
_SPOKEN: Final = re.compile(
    r"[幺一][三四五六七八九][零〇一幺二两三四五六七八九]{9}(?![零〇一幺二三四五六七八九十百千万])"
)
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_LANDLINE: Final = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}")
_SERVICE: Final = re.compile(r"[48]00\d{7}")
_ID_CARD: Final = re.compile(r"[1-8]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_NAMED_AS_PHONE: Final = re.compile(r"(?:电话|座机|号码|手机号?|联系方式)(?:是|:|为|号)?$")
_NAMED_AS_OTHER: Final = re.compile(r"(?:单号|订单号?|工单号?|编号|案号|警号|学号)(?:是|:|为)?$")
_DATE_LIKE: Final = re.compile(r"(?:19|20)\d\d[ -](?:0?[1-9]|1[0-2])[ -]\d")


def _phone_kind(number: str, before: str) -> str | None:
    if _MOBILE.fullmatch(number):
        return "mobile"
    if _LANDLINE.fullmatch(number):
        return "landline"
    if _SERVICE.fullmatch(number):
        return "service"
    if len(number) in (7, 8) and number[0] in "2345678" and _NAMED_AS_PHONE.search(before):
        return "landline"
    return None


def _id_kind(number: str) -> str | None:
    if _ID_CARD.fullmatch(number):
        return "id_card"
    if number[0] in "EGP" and len(number) == 9:
        return "passport"
    if 16 <= len(number) <= 19 and number.startswith(("62", "4", "5")):
        return "bank_card"
    return "number" if len(number) >= 10 else None


def _masked(number: str, *, head: int, tail: int) -> str:
    return number[:head] + "*" * (len(number) - head - tail) + number[len(number) - tail :]


def find(text: str, *, limit: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Phones as {kind: mobile|landline|service, masked, span} and other numbers as {kind: id_card|bank_card|passport|
    number, masked, span}; at most `limit` of each."""
    phones: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for pattern in (_RUN, _SPOKEN):
        for match in pattern.finditer(text):
            start, end = match.span()
            number = digits(match.group().replace(" ", "").replace("-", ""))
            if number is None or _DATE_LIKE.match(match.group()):
                continue
            before = text[max(0, start - 6) : start]
            kind = None if _NAMED_AS_OTHER.search(before) else _phone_kind(number, before)
            if kind is not None and len(phones) < limit:
                phones.append({"kind": kind, "masked": _masked(number, head=3, tail=4), "span": [start, end]})
            elif kind is None and (other := _id_kind(number)) is not None and len(others) < limit:
                others.append({"kind": other, "masked": _masked(number, head=0, tail=4), "span": [start, end]})
    phones.sort(key=lambda one: one["span"])
    return phones, others
