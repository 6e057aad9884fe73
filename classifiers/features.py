"""What the linear model looks at: single characters, character pairs and concepts, in a text whose places are masked.

Districts and streets are masked because they say where, not what: a corpus in which fires happen to be told of Tiexi must
not make a call from Tiexi a fire. Digits are all alike for the same reason. Longer n-grams and jieba's words were tried
and won nothing on unseen writers (`python -m classifiers.train --compare`), at twice the time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add
from typing import Final

from classifiers.concepts import ConceptHit, load_concepts

PLACE: Final = "§"
"""Stands for any district or street."""

EDGE: Final = "¦"
"""Stands before the first and after the last character, and between two clauses: what opens a clause tells more."""

CONCEPT: Final = "+"
DENIED: Final = "-"
"""Marks of concept features; neither sign survives in the characters that n-grams are made of."""

_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_DROP = re.compile(r"[\s\"'“”‘’()（）\[\]【】<>《》+\-]+")
_CLAUSES = re.compile(r"[,，.。、;；:：!！?？~…]+")


@dataclass(frozen=True, slots=True)
class View:
    """A text as the model sees it: `bounded` is what n-grams are taken from, `hits` are its concept words."""

    bounded: str
    hits: tuple[ConceptHit, ...]

    def grams(self) -> list[str]:
        """The features, with repetitions."""
        text = self.bounded
        out = list(text)
        out += map(add, text, text[1:])
        for hit in self.hits:
            mark = DENIED if hit.denied else CONCEPT
            out += [mark + concept for concept in hit.concepts]
        return out


def view_of(text: str, areas: Sequence[tuple[int, int]] = (), pairs: Sequence[str] | None = None) -> View:
    """The model's view of a normalised text; `areas` are the spans of districts and streets, `pairs`: see `Scanner.find`."""
    masked = text
    if areas:
        parts: list[str] = []
        done = 0
        for start, end in areas:
            parts += (text[done:start], PLACE)
            done = end
        masked = "".join(parts) + text[done:]
    clauses = _CLAUSES.sub(EDGE, _DROP.sub("", _DIGITS.sub("0", masked)))
    bounded = EDGE + clauses.strip(EDGE) + EDGE
    return View(bounded, tuple(load_concepts().find(text, pairs)))
