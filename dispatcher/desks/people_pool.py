"""A store of reports of people, missing and found together, that answers "who looks like this one?", both ways.

While few are open each is compared; of many only those that share the rarest of what the report says.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from dispatcher.desks.likely import Match
from dispatcher.desks.people_likeness import PeopleWeights, match, people_weights
from dispatcher.desks.people_profile import PersonProfile
from dispatcher.desks.people_words import RAREST, rarity

_ALL: Final = 300
"""So many are all compared."""
_COMPARED: Final = 300
_ASKED: Final = 40
"""The rarest words of a question that are looked up."""


class PeoplePool:
    """Reports of people by their ids. Adding, removing and asking may alternate; the order of adding plays no part."""

    def __init__(self, profiles: Iterable[PersonProfile] = (), known: PeopleWeights | None = None) -> None:
        self._known = known or people_weights()
        self._reports: dict[str, PersonProfile] = {}
        self._where: dict[str, set[str]] = defaultdict(set)
        for profile in profiles:
            self.add(profile)

    def __len__(self) -> int:
        return len(self._reports)

    def add(self, profile: PersonProfile) -> None:
        """One more report; one with the same id is replaced."""
        self.remove(profile.report_id)
        self._reports[profile.report_id] = profile
        for key, _ in _keys(profile):
            self._where[key].add(profile.report_id)

    def remove(self, report_id: str) -> None:
        """A report that is over. One that is not there is none of the pool's business."""
        profile = self._reports.pop(report_id, None)
        if profile is None:
            return
        for key, _ in _keys(profile):
            held = self._where[key]
            held.discard(report_id)
            if not held:
                del self._where[key]

    def matches(self, profile: PersonProfile, limit: int = 5) -> list[Match]:
        """The likeliest reports of the other side, best first; equal scores in the order of their ids."""
        likely = self._reports if len(self._reports) <= _ALL else self._candidates(profile)
        compared = (
            match(profile, other, self._known)
            for name in likely
            if (other := self._reports[name]).found != profile.found and name != profile.report_id
        )
        return heapq.nsmallest(limit, compared, key=lambda one: (-one.score, one.other))

    def _candidates(self, profile: PersonProfile) -> list[str]:
        points: dict[str, float] = defaultdict(float)
        for key, worth in heapq.nsmallest(_ASKED, _keys(profile), key=lambda one: (-one[1], one[0])):
            for name in self._where.get(key, ()):
                points[name] += worth
        return heapq.nsmallest(_COMPARED, points, key=lambda name: (-points[name], name))


def _keys(profile: PersonProfile) -> Iterator[tuple[str, float]]:
    """What a report is found under, with its worth."""
    common = rarity()
    for pair in profile.pairs:
        if (worth := common.pairs.get(pair, RAREST)) > 3.5:
            yield f"p{pair}", worth
    for concept in profile.concepts:
        yield f"c{concept}", common.concepts.get(concept, RAREST) + 1.0
    for mark in profile.marks:
        yield f"m{mark.kind}{mark.region}", 5.0
    for sound in profile.sounds:
        yield f"s{sound}", RAREST
    if profile.wristband is not None:
        yield "w", RAREST
