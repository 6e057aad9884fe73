"""Whether the likeliest candidates are shown to a person, or nothing is: a weighing of its own, apart from the ranking.

It looks at every sign of the pair again (a contradiction counts more here than wording), at how far the candidate stands out from
the next ones, and at how much better it fits another report. Its weights were fitted on authored reports too, where a true
counterpart taken out of the pool stands for a thing that nobody has brought.
"""

from collections.abc import Sequence
from typing import Final

LOOKS: Final = ("ahead", "above", "suit")
"""`ahead`: how far before the next; `above`: before the crowd; `suit`: 0, or below where it fits another report better."""

_FARTHEST_BEHIND: Final = -3.0
_FARTHEST_AHEAD: Final = 6.0
_FARTHEST_ABOVE: Final = 10.0
_CROWD: Final = slice(2, 10)


def looks(score: float, suit: float, beside: Sequence[float], ranked: Sequence[float]) -> tuple[float, float, float]:
    """`LOOKS` of a candidate. beside: scores with suit of the other candidates weighed; ranked: scores of all, best first."""
    ahead = min(_FARTHEST_AHEAD, max(_FARTHEST_BEHIND, score + suit - max(beside))) if beside else _FARTHEST_AHEAD
    crowd = ranked[_CROWD]
    above = min(_FARTHEST_ABOVE, score - sum(crowd) / len(crowd)) if crowd else _FARTHEST_ABOVE
    return ahead, above, suit
