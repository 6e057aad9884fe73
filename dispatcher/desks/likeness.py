"""How much a found thing looks like a lost one: the signs weighed, and put into words.

The weights (`weights.yaml`) were fitted on authored reports (`python -m dispatcher.desks.fit`). The signs' sum orders the
candidates (`compare`); a second weighing (`odds`) orders the likeliest few with it and, squeezed to 0..1, says whether a person is shown them. It is no
calibrated chance: from `candidate` on a person is shown it, and confirms.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from dispatcher.catalog.files import read_model
from dispatcher.desks.likely import Match
from dispatcher.desks.match_decision import LOOKS
from dispatcher.desks.match_rarity import Rarity
from dispatcher.desks.match_reasons import reasons
from dispatcher.desks.match_signs import CLOSER, SIGNS, closer, signs
from dispatcher.desks.profile import Profile

__all__ = ["SIGNS", "Weights", "compare", "match", "odds", "signs", "weights"]

_STEEPEST: Final = 30.0


class Weights(BaseModel):
    """`signs`: of the ranking. `shown`: of the decision, with its constant (`alone`: where the rivals are not known).
    `candidate`: the score from which a person is shown a candidate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    signs: dict[str, float]
    shown: dict[str, float]
    constant: float
    alone: float
    candidate: float


@lru_cache(maxsize=1)
def weights() -> Weights:
    """Read once. Raises CatalogError."""
    return read_model(Path(__file__).with_name("weights.yaml"), Weights)


def sides(one: Profile, two: Profile) -> tuple[Profile, Profile]:
    """The lost and the found one of two."""
    return (two, one) if one.found else (one, two)


def compare(one: Profile, two: Profile, rarity: Rarity, known: Weights) -> float:
    """How alike the two are, either way about, for ranking."""
    values = signs(*sides(one, two), rarity)
    return math.fsum([known.signs[name] * value for name, value in zip(SIGNS, values, strict=True) if value])


def odds(
    report: Profile, other: Profile, rarity: Rarity, known: Weights, looks: Sequence[float], *, alone: bool
) -> float:
    """How much speaks for showing the two to a person: above 0 they are shown. alone: rivals are unknown."""
    lost, found = sides(report, other)
    values = (*looks, *signs(lost, found, rarity), *closer(lost, found, rarity))
    seen = zip((*LOOKS, *SIGNS, *CLOSER), values, strict=True)
    found_odds = (known.alone if alone else known.constant) + math.fsum(
        [known.shown[name] * value for name, value in seen]
    )
    return max(-_STEEPEST, min(_STEEPEST, found_odds))


def match(report: Profile, other: Profile, rarity: Rarity, known: Weights, shown: float, *, most: float) -> Match:
    """The two with the reasons. shown: their `odds`; most: the score of the one before, which this one does not pass."""
    lost, found = sides(report, other)
    values = zip(SIGNS, signs(lost, found, rarity), strict=True)
    parts = {name: known.signs[name] * value for name, value in values}
    score = round(1.0 / (1.0 + math.exp(-shown)), 4)
    return Match(other.report_id, min(most, score), reasons(parts, lost, found, rarity))
