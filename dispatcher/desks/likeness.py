"""How much a found thing looks like a lost one: a handful of signs, each for, against or silent, and a weight for each.

The weights (`weights.yaml`) were fitted pairwise on authored reports (`python -m dispatcher.desks.fit`); the sum of the
signs, squeezed to 0..1, orders the candidates. It is no calibrated chance; from `candidate` on a person is shown it, and confirms.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from dispatcher.catalog.files import read_model
from dispatcher.desks.profile import Profile, load

SIGNS: Final = (
    "kind", "colour", "brand", "line", "system", "district", "number", "count", "side", "contents", "rare_words", "rare_letters",
    "time", "days",
)  # fmt: skip

_RARE_PAIR: Final = 3.0
_RARE_LETTER: Final = 2.5
"""From here (inverse document frequency) a pair or a character tells something: one report in twenty, in twelve."""

_CLOCKS_DIFFER: Final = timedelta(minutes=30)
"""People say when it was to the half hour."""

_NAMES: Final = {
    "kind": ("物品相同", "物品不同"),
    "colour": ("颜色相符", "颜色不符"),
    "brand": ("品牌相符", "品牌不符"),
    "line": ("线路相同", "线路不同"),
    "system": ("乘坐方式相同", "乘坐方式不同"),
    "district": ("同一区", "不同区"),
    "number": ("号码相符", "号码不符"),
    "count": ("件数相符", "件数不符"),
    "side": ("左右相符", "左右不符"),
    "contents": ("内有物品相符", "内有物品不符"),
    "rare_words": ("特征用语相同", "没有相同的特征"),
    "rare_letters": ("细节相同", "细节不同"),
    "time": ("时间相符", "拾到早于遗失"),
    "days": ("相隔不久", "相隔较久"),
}


class Weights(BaseModel):
    """The weight of each sign, the constant, and the chance from which a person is shown a candidate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    constant: float
    signs: dict[str, float]
    candidate: float


@lru_cache(maxsize=1)
def weights() -> Weights:
    """Read once. Raises CatalogError."""
    return read_model(Path(__file__).with_name("weights.yaml"), Weights)


@dataclass(frozen=True, slots=True)
class Match:
    """A found thing with its score (0..1) and the signs that spoke, strongest first, in Chinese."""

    found: str
    score: float
    reasons: tuple[str, ...]


def signs(lost: Profile, found: Profile, rarity: Mapping[str, float]) -> tuple[float, ...]:
    """Each sign's value, in the order of `SIGNS`: about -1 (against) to 1 (for), 0 where nothing is known.

    rarity: how rare each character and pair of the lost report is among all found ones (inverse document frequency).
    """
    pairs, letters = _rare(lost, found, rarity)
    return (
        _kind(lost, found),
        _colour(lost, found),
        _same(lost.brands, found.brands),
        _same(lost.lines, found.lines),
        _system(lost, found),
        _same(lost.districts, found.districts),
        _same(lost.numbers, found.numbers, against=0.3),
        _counts(lost.counts, found.counts),
        _same(lost.sides, found.sides),
        _contents(lost, found),
        pairs,
        letters,
        -1.0 if found.until < lost.since - _CLOCKS_DIFFER else 1.0,
        1.0 - min(2.0, abs((found.since - lost.until).total_seconds()) / 86_400 / 3),
    )


def match(lost: Profile, found: Profile, rarity: Mapping[str, float], known: Weights) -> Match:
    """The two compared."""
    values = signs(lost, found, rarity)
    parts = [(known.signs[name] * value, name, value) for name, value in zip(SIGNS, values, strict=True)]
    odds = known.constant + sum(part for part, _, _ in parts)
    told = sorted((part for part in parts if abs(part[0]) >= 0.15), key=lambda part: -abs(part[0]))
    both = _shared(lost, found, rarity)
    reasons = tuple(
        f"{_NAMES[name][0]}：{'、'.join(both[name])}"
        if value > 0 and name in both
        else _NAMES[name][0 if value > 0 else 1]
        for _, name, value in told[:5]
    )
    return Match(found.report_id, round(1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds)))), 4), reasons)


def _shared(lost: Profile, found: Profile, rarity: Mapping[str, float]) -> dict[str, list[str]]:
    """What both say, in their words, the rarest first: for a person to see why."""
    both = {
        "rare_words": (gram for gram in lost.grams & found.grams if rarity[gram] > _RARE_PAIR),
        "rare_letters": (letter for letter in lost.letters & found.letters if rarity[letter] > _RARE_LETTER),
        "number": lost.numbers & found.numbers,
    }
    ranked = {name: sorted(words, key=lambda word: (-rarity.get(word, 0.0), word))[:4] for name, words in both.items()}
    return {name: words for name, words in ranked.items() if words}


def _kind(lost: Profile, found: Profile) -> float:
    if not lost.main or not found.kinds:
        return 0.0
    if lost.main & found.main:
        return 1.0
    if lost.main & found.kinds or found.main & lost.kinds:
        return 0.6
    related = load().related
    if any(frozenset((one, two)) in related for one in lost.main for two in found.main):
        return 0.2
    return -1.0


def _colour(lost: Profile, found: Profile) -> float:
    if not lost.colours or not found.colours:
        return 0.0
    if lost.colours & found.colours:
        return 1.0
    near = load().near
    if any(frozenset((one, two)) in near for one in lost.colours for two in found.colours):
        return 0.2
    return -1.0


def _same(one: frozenset[str], two: frozenset[str], *, against: float = 1.0) -> float:
    if not one or not two:
        return 0.0
    return 1.0 if one & two else -against


def _counts(one: frozenset[str], two: frozenset[str]) -> float:
    """By measure word: 两把 against 五把, 34码 against 36码 speak against; 两把 against 三张 says nothing."""
    units = {said[-1] for said in one} & {said[-1] for said in two}
    if not units:
        return 0.0
    return 1.0 if one & two else -1.0


def _system(lost: Profile, found: Profile) -> float:
    if not lost.systems or not found.systems:
        return 0.0
    if lost.systems & found.systems or {"taxi", "ride"} <= lost.systems | found.systems:
        return 1.0
    return -1.0


def _contents(lost: Profile, found: Profile) -> float:
    inside, other = lost.kinds - lost.main, found.kinds - found.main
    if not inside or not other:
        return 0.0
    return len(inside & other) / len(inside | other) if inside & other else -0.3


def _rare(lost: Profile, found: Profile, rarity: Mapping[str, float]) -> tuple[float, float]:
    """How much both say of what few say, in pairs and in single characters. Saturating: a tenth agreement tells less than
    the first."""
    pairs = sum(max(0.0, rarity[gram] - _RARE_PAIR) for gram in lost.grams & found.grams)
    single = sum(max(0.0, rarity[letter] - _RARE_LETTER) for letter in lost.letters & found.letters)
    return math.log1p(pairs) / 3.0, math.log1p(single) / 3.0
