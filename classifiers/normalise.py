"""One spelling for what callers and call-takers write, in linear time and for any string.

Every later step (gazetteer, rules, features, extraction) sees the normalised text, and every span in an answer
counts characters of it: NFKC, traditional characters as simplified ones, no control characters, whitespace
between Chinese characters dropped, at most `MAX_CHARS` characters.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from classifiers.tables import HERE, Strict, read_table

MAX_CHARS = 2400
"""A call is rarely longer than 400 characters. Of a longer text the beginning and the end are kept."""

_HEAD = 1600

# Control and format characters, lone surrogates, private use: no meaning, and some break JSON or terminals.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufeff\ufff0-\uffff]+"
)
_SPACE = re.compile(r"\s+")
_SPACE_BY_CJK = re.compile(r"(?<=[^\x00-\xff]) +| +(?=[^\x00-\xff])")
_RUN = re.compile(r"(.)\1{4,}")


class TraditionalTable(Strict):
    """`pairs` is a string of traditional and simplified characters, one after the other."""

    source: str
    pairs: str


@lru_cache(maxsize=1)
def _simplified() -> tuple[frozenset[str], dict[int, str]]:
    table = read_table(HERE / "lexicons" / "traditional.yaml", TraditionalTable)
    packed = "".join(table.pairs.split())
    pairs = {packed[i]: packed[i + 1] for i in range(0, len(packed), 2)}
    return frozenset(pairs), {ord(old): new for old, new in pairs.items()}


@dataclass(frozen=True, slots=True)
class Normalised:
    """`text` as all later steps see it; `truncated` when a part in the middle was left out."""

    text: str
    truncated: bool


def normalise(text: str) -> Normalised:
    """`text` in one spelling. Never raises; the cost is bounded by `MAX_CHARS`, not by the length of the text."""
    truncated = len(text) > MAX_CHARS
    if truncated:
        text = text[:_HEAD] + "\n" + text[_HEAD - MAX_CHARS :]
    text = unicodedata.normalize("NFKC", _UNPRINTABLE.sub("", text))
    traditional, simplified = _simplified()
    if not traditional.isdisjoint(text):
        text = text.translate(simplified)
    if _SPACE.search(text):
        # A space may have kept two marks apart, hence NFKC once more.
        text = unicodedata.normalize("NFKC", _SPACE_BY_CJK.sub("", _SPACE.sub(" ", text)).strip())
    text = _RUN.sub(r"\1\1\1\1", text)
    # NFKC may write one character as many (U+FDFA as 18), hence a second look at the length.
    return Normalised(text[:MAX_CHARS], truncated or len(text) > MAX_CHARS)
