"""Ways to compare what two reports tell of one part. Each way reads both profiles and how rare what they say is, and gives from 0
(nothing known) to about 1 (for) or -1 (against); a part that one side does not tell makes no sign.

Sums are exact (`math.fsum`), so that they do not depend on the order in which sets are walked.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dispatcher.desks.match_rarity import Rarity
from dispatcher.desks.match_words import Words
from dispatcher.desks.profile import NOTHING, Profile


@dataclass(frozen=True, slots=True)
class Pair:
    """A lost and a found report, and how rare what they say is."""

    lost: Profile
    found: Profile
    rarity: Rarity
    words: Words

    def both(self, part: str) -> tuple[frozenset[str], frozenset[str]]:
        """What each side tells of the part."""
        return self.lost.told.get(part, NOTHING), self.found.told.get(part, NOTHING)

    def weight(self, part: str, said: frozenset[str]) -> float:
        """How rare all this is together."""
        of = self.rarity.of
        return math.fsum([of(part, one) for one in said])


Sign = Callable[[Pair], float]


def shared(part: str, scale: float) -> Sign:
    """How rare what both say is; saturating: a tenth agreement tells less than the first."""

    def sign(pair: Pair) -> float:
        one, two = pair.both(part)
        return math.log1p(pair.weight(part, one & two)) / scale if one and two else 0.0

    return sign


def apart(part: str) -> Sign:
    """-1 where both tell the part and share nothing of it."""

    def sign(pair: Pair) -> float:
        one, two = pair.both(part)
        return -1.0 if one and two and not one & two else 0.0

    return sign


def covered(part: str, floor: float, *, of_found: bool) -> Sign:
    """The share (by rarity) of one side's rare words that the other says too."""

    def sign(pair: Pair) -> float:
        one, two = pair.both(part)
        whole, other = (two, one) if of_found else (one, two)
        if not one or not two:
            return 0.0
        above = {said: pair.rarity.of(part, said) - floor for said in whole}
        amount = math.fsum(more for more in above.values() if more > 0)
        return math.fsum(more for said, more in above.items() if more > 0 and said in other) / (amount + 3.0)

    return sign


def rare(part: str, floor: float) -> Sign:
    def sign(pair: Pair) -> float:
        one, two = pair.both(part)
        return math.log1p(math.fsum(max(0.0, pair.rarity.of(part, said) - floor) for said in one & two)) / 3.0

    return sign


def _alike(a: str, b: str) -> bool:
    """Half a number agrees with the whole one: 尾号47 and 6347."""
    return a == b or (
        min(len(a), len(b)) > 1 and (a.endswith(b) or b.endswith(a) or a.startswith(b) or b.startswith(a))
    )


def figures(part: str) -> Sign:
    def sign(pair: Pair) -> float:
        one, two = pair.both(part)
        best = 0.0
        for a in one:
            for b in two:
                if _alike(a, b):
                    best = max(best, (0.3 + 0.2 * min(len(a), len(b), 4)) * min(1.0, pair.rarity.of(part, a) / 4.0))
        return best

    return sign


def other_figures(part: str) -> Sign:
    def sign(pair: Pair) -> float:
        one, two = pair.both(part)
        return -1.0 if one and two and not any(_alike(a, b) for a in one for b in two) else 0.0

    return sign


def by_name(one: frozenset[str], two: frozenset[str], at: str | None) -> tuple[int, int]:
    """Of what both name: how many agree, how many differ. A measure's name is its last character, a part's stands before `at`."""

    def named(said: frozenset[str]) -> dict[str, set[str]]:
        out: dict[str, set[str]] = {}
        for each in said:
            name, _, value = each.partition(at) if at else (each[-1], "", each[:-1])
            out.setdefault(name, set()).add(value)
        return out

    first, second = named(one), named(two)
    shared = first.keys() & second.keys()
    alike = sum(not first[name].isdisjoint(second[name]) for name in shared)
    return alike, len(shared) - alike


def same(part: str) -> Sign:
    def sign(pair: Pair) -> float:
        one, two = pair.both(part)
        if not one or not two:
            return 0.0
        return 1.0 if one & two else -1.0

    return sign


_TELLING: Final = 1.5
"""From here a detail is counted: less than one report in four tells it."""
_DETAILS: Final = (
    "brand",
    "motif",
    "material",
    "pattern",
    "shape",
    "number",
    "count",
    "surname",
    "word",
    "latin",
    "painted",
)


def details(*, of_found: bool, shared: bool) -> Sign:
    """Of one side's telling details: how much the other tells too, or how much it does not."""

    def sign(pair: Pair) -> float:
        above: list[float] = []
        for part in _DETAILS:
            one, two = pair.both(part)
            whole, other = (two, one) if of_found else (one, two)
            above += [max(0.0, pair.rarity.of(part, said) - _TELLING) for said in whole if (said in other) is shared]
        return math.log1p(math.fsum(above)) / 2.0 * (1.0 if shared else -1.0)

    return sign


def in_favour(sign: Callable[[Pair], float]) -> Sign:
    return lambda pair: max(0.0, sign(pair))


def against(sign: Callable[[Pair], float]) -> Sign:
    return lambda pair: min(0.0, sign(pair))


def at_most(most: float, sign: Sign) -> Sign:
    """The sign, cut at `most`."""
    return lambda pair: min(most, sign(pair))
