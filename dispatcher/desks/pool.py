"""A store of reports of one side that answers "what looks like this one?" by an index, not by a scan.

A question takes the rarest of what its report tells, gathers who else tells it, and compares only the likeliest few in full. Where
the pool of its own side is known too (`rivals`), a candidate that fits another report better is less likely this one's: one found
thing can be only one lost thing.
"""

import math
from collections.abc import Iterable
from typing import Final

from dispatcher.desks.likely import Match
from dispatcher.desks.likeness import Weights, compare, match, odds, weights
from dispatcher.desks.match_decision import looks
from dispatcher.desks.match_index import Index
from dispatcher.desks.match_rarity import Rarity
from dispatcher.desks.profile import Profile

_ASKED: Final = 40
"""The rarest words of a question that are looked up."""
_READ: Final = 12_000
"""So many entries of lists are read for a question; the lists of rarer words first."""
_LONGEST: Final = 2_000
_FEW: Final = 100
_COMPARED: Final = 30
"""Reports compared in full."""
_WEIGHED: Final = 4
"""Candidates whose other suitors are looked at, and that are put in order by what speaks for showing them too."""
_SUITORS: Final = 3
"""Other reports of the asking side compared in full with each of those."""
_UNSOUGHT: Final = frozenset({"system", "district", "main", "kind", "state", "toward", "absent"})
"""Parts that too many tell alike to look them up by."""


class Pool:
    """Reports of one side. Adding, removing and asking may alternate."""

    def __init__(self, reports: Iterable[Profile] = (), known: Weights | None = None) -> None:
        self._known = known or weights()
        self._index = Index(reports)

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, report_id: str) -> bool:
        return report_id in self._index

    def add(self, report: Profile) -> None:
        """One more report; one of the same id gives way."""
        self._index.add(report)

    def remove(self, report_id: str) -> None:
        """The report is no more; nothing happens where none has this id."""
        self._index.remove(report_id)

    def rarity(self, rivals: "Pool | None" = None) -> Rarity:
        """How rare what a report tells is, among this pool's and the rivals' reports."""
        return Rarity(self._index, None if rivals is None else rivals._index)

    def matches(self, report: Profile, *, limit: int = 5, rivals: "Pool | None" = None) -> list[Match]:
        """The likeliest counterparts of a lost report in a pool of found ones, or the other way about, best first.

        rivals: the pool of the report's own side, with or without itself. Equal scores are in the order of their ids.
        """
        rarity = self.rarity(rivals)
        near = [self._index.profile(place) for place in self._nearest(report, _COMPARED)]
        scored = [(compare(report, other, rarity, self._known), other) for other in near]
        scored.sort(key=lambda one: (-one[0], one[1].report_id))
        rest = [score for score, _ in scored]
        weighed = [
            (score, 0.0 if rivals is None else rivals._suit(other, report, score, rarity), other)
            for score, other in scored[:_WEIGHED]
        ]
        weighed.sort(key=lambda one: (-(one[0] + one[1]), one[2].report_id))
        alone = rivals is None
        ordered: list[tuple[float, float, Profile]] = []
        for rank, (score, suit, other) in enumerate(weighed):
            beside = [other_score + other_suit for k, (other_score, other_suit, _) in enumerate(weighed) if k != rank]
            shown = odds(report, other, rarity, self._known, looks(score, suit, beside, rest), alone=alone)
            ordered.append((score + suit + shown, shown, other))
        ordered.sort(key=lambda one: (-one[0], one[2].report_id))
        for score, other in scored[_WEIGHED:limit]:
            shown = odds(report, other, rarity, self._known, looks(score, 0.0, [], rest), alone=True)
            ordered.append((score, shown, other))
        out: list[Match] = []
        for _, shown, other in ordered[:limit]:
            out.append(match(report, other, rarity, self._known, shown, most=out[-1].score if out else 1.0))
        return out

    def _nearest(self, report: Profile, most: int) -> list[int]:
        """Places of the reports that share the rarest of what `report` tells."""
        index = self._index
        told = sorted(
            (amount, part, said)
            for part, words in report.told.items()
            if part not in _UNSOUGHT
            for said in words
            if (amount := index.amount(part, said))
        )
        asked: list[tuple[str, str, float]] = []
        read = 0
        for amount, part, said in told[:_ASKED]:
            read += min(amount, _LONGEST)
            if read > _READ and asked:
                break
            asked.append((part, said, math.log(1 + max(_FEW, len(index)) / amount)))
        asked += [("main", said, 2.0) for said in sorted(report.of("main"))]
        return index.nearest(asked, most)

    def _suit(self, candidate: Profile, report: Profile, score: float, rarity: Rarity) -> float:
        """How much better a candidate fits `report` than it fits the other reports of this pool: 0, or below where another fits
        as well or better (the logarithm of its share)."""
        places = self._nearest(candidate, _SUITORS + 1)
        others = [
            compare(candidate, other, rarity, self._known)
            for other in map(self._index.profile, places)
            if other.report_id != report.report_id
        ]
        return -math.log(sum(math.exp(min(30.0, other - score)) for other in others) + 1.0)
