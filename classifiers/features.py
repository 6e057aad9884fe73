"""What the linear model looks at: character n-grams, words and word pairs of a text whose place names are masked.

Place names are masked because they say where, not what: a corpus in which fires happen to be told of Tiexi must
not make a call from Tiexi a fire. Digits are all alike for the same reason.
"""

import re
from collections.abc import Sequence
from typing import Final

from classifiers.segment import words

CHAR_SIZES: Final = (1, 2, 3, 4)
PLACE: Final = "§"
"""Stands for any district or street."""

_EDGE = "¦"
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_WORD_MARK = "w "
_DROP = re.compile(r"[\s,，.。、;；:：!！?？~…\"'“”‘’()（）\[\]【】<>《》-]+")


def model_view(text: str, places: Sequence[tuple[int, int]] = ()) -> str:
    """`text` as the model sees it: places masked, digits alike, edges marked."""
    if places:
        parts, done = [], 0
        for start, end in places:
            parts.append(text[done:start])
            parts.append(PLACE)
            done = end
        parts.append(text[done:])
        text = "".join(parts)
    return _DIGITS.sub("0", text)


def grams(view: str) -> list[str]:
    """The features of a model view, with repetitions. Word features carry a mark, so that they meet no character n-gram."""
    bounded = _EDGE + _DROP.sub("", view) + _EDGE
    size = len(bounded)
    out = [bounded[i : i + n] for n in CHAR_SIZES for i in range(size - n + 1)]
    previous = ""
    for word in words(view):
        if _DROP.fullmatch(word):
            previous = ""
            continue
        marked = _WORD_MARK + word
        if len(word) > 1:
            out.append(marked)
        if previous:
            out.append(previous + " " + word)
        previous = marked
    return out
