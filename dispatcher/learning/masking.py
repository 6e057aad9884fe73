"""A call's text as it may be kept for training: without what names a person, a line, an account or a vehicle.

Digits become zeros. The model's features know no other digit (`classifiers.features`), so the text teaches the same as before.
"""

import re
from typing import Any, Final

from classifiers.extraction import MOST, phones, plates
from classifiers.normalise import normalise

#: Any longer number names something. Shorter ones (110, 3号楼, 2026年, 8000元) are left to what the matter is about.
_LONG: Final = re.compile(r"\d[\d\s-]{3,}\d[Xx]?")
_DIGIT: Final = re.compile(r"[0-9零〇一幺二两三四五六七八九]")


def masked(text: str) -> str:
    """`text` normalised, with telephone numbers, numbers of people and accounts, and vehicle plates (whole or in part) as zeros."""
    clean = normalise(text).text
    numbers, others = phones.find(clean, limit=MOST)
    marks = list(clean)
    for one in (*numbers, *others):
        _blank(marks, one["span"], _DIGIT)
    for one in plates.find(clean, limit=MOST):
        _blank(marks, _without_region(one), re.compile(rf"{_DIGIT.pattern}|[A-Za-z]"))
    # The finders look at so many and no more, and only at what they know: no long number gets past.
    blanked = _LONG.sub(lambda found: re.sub(r"[\dXx]", "0", found.group()), "".join(marks))
    return normalise(blanked).text  # which keeps four of a row of zeros


def _without_region(plate: dict[str, Any]) -> list[int]:
    """Where the plate stands, but for 辽A: half a province has that."""
    start, end = plate["span"]
    return [start + 2, end] if plate["kind"] == "full" else [start, end]


def _blank(marks: list[str], span: list[int], what: re.Pattern[str]) -> None:
    start, end = span
    marks[start:end] = [what.sub("0", mark) for mark in marks[start:end]]
