"""Where words begin and end: jieba's cut (the likeliest way through the dictionary) over a small table of its words.

Cues are shown to people as whole words. For that, jieba's import and full dictionary would cost a worker 0.5 s and 60 MB;
`lexicons/words.txt` holds its frequent words by cost (`python -m classifiers.segment` writes it). The city's names are added
at load. Costs are whole numbers, so the cut is the same on every machine.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from typing import Final

from classifiers.errors import TableError
from classifiers.gazetteer import load_gazetteer
from classifiers.tables import HERE

PATH: Final = HERE / "lexicons" / "words.txt"

LONGEST: Final = 4
"""Longer words of the language are rare; longer names of the city come apart into words."""

_GRAIN: Final = 8
_UNKNOWN: Final = 144
"""Cost of a character that is no word of the table: that of a word seen once."""

_NAME: Final = 64
"""Cost of a name of the city: lower than that of any two parts."""

_PARTICLES: Final = frozenset("的地得了着过吗呢吧啊呀嘛啦哎和跟与就都也还又很太这那个把被在是我你他她俺您")


def cost_of(frequency: int, total: int) -> int:
    """-log of the word's share of all words seen, in eighths."""
    return round(_GRAIN * math.log(total / frequency))


@dataclass(frozen=True, slots=True)
class Words:
    """`costs` of the words; `sizes` of the words of two and more characters that begin with a pair of characters."""

    costs: Mapping[str, int]
    sizes: Mapping[str, tuple[int, ...]]


@lru_cache(maxsize=1)
def load_words() -> Words:
    """The table, read once. Raises TableError when the file is missing or malformed."""
    costs: dict[str, int] = {}
    try:
        for line in PATH.read_text(encoding="utf-8").splitlines():
            cost, *words = line.split(" ")
            costs.update(dict.fromkeys(words, int(cost)))
    except (OSError, ValueError) as error:
        raise TableError(f"{PATH.name} cannot be used: {error}; run `python -m classifiers.segment`") from error
    for name in load_gazetteer().names:
        if 1 < len(name) <= LONGEST:
            costs[name] = min(_NAME, costs.get(name, _NAME))
    longer: dict[int, set[str]] = {size: {w[:2] for w in costs if len(w) == size} for size in range(2, LONGEST + 1)}
    shared: dict[tuple[int, ...], tuple[int, ...]] = {}
    sizes = {}
    for pair in set().union(*longer.values()):
        found = tuple(size for size, pairs in longer.items() if pair in pairs)
        sizes[pair] = shared.setdefault(found, found)
    return Words(costs, sizes)


def boundaries(text: str) -> list[int]:
    """Where the words of `text` begin, and its length: of two cheapest cuts the one with the longer first word."""
    known = load_words()
    costs, sizes_of = known.costs, known.sizes
    size = len(text)
    best = [costs.get(character, _UNKNOWN) for character in text]
    best.append(0)
    steps = [1] * size
    pairs = list(map(add, text, text[1:] + " "))
    for start in range(size - 1, -1, -1):
        least = best[start] + best[start + 1]
        for length in sizes_of.get(pairs[start], ()):
            cost = costs.get(text[start : start + length])
            if cost is not None and start + length <= size and cost + best[start + length] <= least:
                least = cost + best[start + length]
                steps[start] = length
        best[start] = least
    out = [0]
    while out[-1] < size:
        out.append(out[-1] + steps[out[-1]])
    return out


def whole_words(text: str, cuts: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """The span of the words that `text[start:end]` touches, without particles at its ends; `cuts` as of `boundaries`."""
    left = bisect_right(cuts, start) - 1
    right = bisect_left(cuts, end)
    while right - left > 1 and text[cuts[left] : cuts[left + 1]] in _PARTICLES:
        left += 1
    while right - left > 1 and text[cuts[right - 1] : cuts[right]] in _PARTICLES:
        right -= 1
    return cuts[left], cuts[right]
