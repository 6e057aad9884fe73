"""How rare a word is among the reports of two pools: the inverse of how many tell it, as a logarithm."""

import math
from typing import Final

from dispatcher.desks.match_index import Index

RAREST: Final = 5.0
"""So that a score means the same in a small pool and in a large one."""
_AS_MANY: Final = 100
"""Of fewer reports nothing can be told to be rare: they are counted as so many."""


class Rarity:
    """For one question: each word's rarity is reckoned once."""

    def __init__(self, one: Index, two: Index | None = None) -> None:
        self._one, self._two = one, two
        self._total = max(_AS_MANY, len(one) + (0 if two is None else len(two))) + 1
        self._known: dict[tuple[str, str], float] = {}

    def of(self, part: str, said: str) -> float:
        """From about 0 (all say it) to `RAREST`."""
        try:
            return self._known[part, said]
        except KeyError:
            amount = self._one.amount(part, said) + (0 if self._two is None else self._two.amount(part, said))
            found = self._known[part, said] = min(RAREST, math.log(1 + self._total / (1 + amount)))
            return found
