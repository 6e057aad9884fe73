"""A store of reports that answers "what looks like this one?" by an index, not by a scan.

Each report stands under its character pairs. A question takes the rarest pairs of its own text and the kind of the thing, gathers
who else has them, and compares only the few hundred best in full.
"""

import heapq
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from dispatcher.desks.likeness import Match, Weights, match, weights
from dispatcher.desks.profile import Profile

_ASKED: Final = 24
"""The rarest pairs of a question that are looked up."""
_LONGEST_LIST: Final = 2_000
"""A pair that more reports have tells nothing."""
_RAREST: Final = 5.0
"""So that a score means the same in a small pool and in a large one."""
_AS_MANY: Final = 100
"""Of fewer reports nothing can be told to be rare: they are counted as so many."""
_COMPARED: Final = 120
"""Reports compared in full."""


class Pool:
    """Reports of one side. Adding and asking may alternate."""

    def __init__(self, reports: Iterable[Profile] = (), known: Weights | None = None) -> None:
        self._known = known or weights()
        self._reports: list[Profile] = []
        self._where: dict[str, array[int]] = defaultdict(lambda: array("I"))
        self._letters: Counter[str] = Counter()
        self._kinds: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for report in reports:
            self.add(report)

    def __len__(self) -> int:
        return len(self._reports)

    def add(self, report: Profile) -> None:
        """One more report."""
        number = len(self._reports)
        self._reports.append(report)
        for gram in report.grams:
            self._where[gram].append(number)
        self._letters.update(report.letters)
        for kind in report.kinds:
            self._kinds[kind].append(number)

    def rarity(self, report: Profile) -> Mapping[str, float]:
        """Inverse document frequency, at most `_RAREST`, of a report's pairs and characters among the pool's reports."""
        total = max(_AS_MANY, len(self._reports)) + 1
        amounts = {gram: len(self._where.get(gram, ())) for gram in report.grams}
        amounts |= {letter: self._letters[letter] for letter in report.letters}
        return {said: min(_RAREST, math.log(1 + total / (1 + amount))) for said, amount in amounts.items()}

    def matches(self, report: Profile, *, limit: int = 5) -> list[Match]:
        """The likeliest counterparts of a lost report, best first; equal scores in the order of their ids."""
        rarity = self.rarity(report)
        found = [
            match(report, self._reports[number], rarity, self._known) for number in self._candidates(report, rarity)
        ]
        return heapq.nsmallest(limit, found, key=lambda one: (-one.score, one.found))

    def _candidates(self, report: Profile, rarity: Mapping[str, float]) -> list[int]:
        known = [gram for gram in report.grams if 0 < len(self._where.get(gram, ())) <= _LONGEST_LIST]
        points: dict[int, float] = defaultdict(float)
        for gram in heapq.nlargest(_ASKED, known, key=lambda gram: (rarity[gram], gram)):
            for number in self._where[gram]:
                points[number] += rarity[gram]
        small = [kind for kind in sorted(report.main) if 0 < len(self._kinds.get(kind, ())) <= _LONGEST_LIST]
        for kind in small:
            for number in self._kinds[kind]:
                points[number] += 2.0
        return heapq.nlargest(_COMPARED, points, key=lambda number: (points[number], -number))
