"""Near duplicates by the share of character 5-grams that two texts have in common."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

GRAM: Final = 5

NEAR: Final = 0.5
"""From this share of the shorter text's 5-grams on, two texts are near."""

MIN_COMMON: Final = 4
"""Two short texts may well share a phrase of a few characters and be two events."""

_NOT_TEXT = re.compile(r"\W+")


def shingles(text: str) -> frozenset[str]:
    """The 5-grams of `text` without punctuation; a shorter text is one shingle of its own."""
    bare = _NOT_TEXT.sub("", text)
    return frozenset(bare[i : i + GRAM] for i in range(len(bare) - GRAM + 1)) or frozenset({bare})


class NearIndex:
    """Texts by their 5-grams; asks in time linear in the text, whatever the number of texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._shingles = [shingles(text) for text in texts]
        self._where: dict[str, list[int]] = defaultdict(list)
        for number, grams in enumerate(self._shingles):
            for gram in grams:
                self._where[gram].append(number)

    def near(self, text: str, *, apart_from: int | None = None) -> list[tuple[int, float]]:
        """Numbers of the texts near `text` with the share in common, nearest first."""
        own = shingles(text)
        common = Counter(number for gram in own for number in self._where.get(gram, ()))
        out = []
        for number, count in common.items():
            if number == apart_from:
                continue
            share = count / min(len(own), len(self._shingles[number]))
            if own == self._shingles[number] or (count >= MIN_COMMON and share >= NEAR):
                out.append((number, share))
        return sorted(out, key=lambda pair: (-pair[1], pair[0]))


def near_pairs(texts: Sequence[str]) -> list[tuple[int, int, float]]:
    """All near pairs (i, j, share) with i < j."""
    index = NearIndex(texts)
    return [
        (number, other, share)
        for number, text in enumerate(texts)
        for other, share in index.near(text, apart_from=number)
        if other > number
    ]
