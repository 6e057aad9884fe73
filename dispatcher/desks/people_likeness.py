"""How much a found person looks like a missing one: signs, each for, against or silent, and a weight for each.

The rarity of a word comes from a table, not from the pool: two reports have the same score whoever asks and whatever else lies
there. The score is squeezed to 0..1; it is no calibrated chance: from `candidate` on a person is shown it, and the family or an
officer confirms.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from dispatcher.catalog.files import read_model
from dispatcher.desks.likely import Match
from dispatcher.desks.people_facts import Span
from dispatcher.desks.people_marks import Mark
from dispatcher.desks.people_profile import PersonProfile
from dispatcher.desks.people_words import RAREST, Rarity, load, rarity
from dispatcher.domain.lookups.reach import distance_km

_SLACK: Final = timedelta(minutes=30)
"""People say when it was to the half hour."""
_TOLD: Final = 0.15
"""A sign that moves the odds by less is not told."""
_PLACE_NAME: Final = re.compile(r"[一-鿿]+")
_HALF: Final = 0.2
"""Half of all people are of one sex: that it agrees tells little, that it differs much."""
_FLOOR: Final = 2.6
"""Rarity from which a shared word tells something."""


class PeopleWeights(BaseModel):
    """The weight of each sign, the constant, the score from which a person is shown a candidate; where districts lie and how
    fast one comes along."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    constant: float
    candidate: float
    signs: dict[str, float]
    kmh: float
    centres: dict[str, tuple[float, float]]


@lru_cache(maxsize=1)
def people_weights() -> PeopleWeights:
    """Read once. Raises CatalogError."""
    return read_model(Path(__file__).with_name("people_weights.yaml"), PeopleWeights)


@dataclass(frozen=True, slots=True)
class Sign:
    """One comparison. value: about -1 (against) to 1 (for), 0 where nothing is known; words: what it is about."""

    name: str
    value: float
    words: str


_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "sex": ("性别相符", "性别不符"),
    "age": ("年龄相近", "年龄不符"),
    "height": ("身高相近", "身高不符"),
    "worn": ("衣着相符", "衣着不符"),
    "slots": ("特征相符", "特征不符"),
    "marks": ("体表特征相符", "体表特征不符"),
    "unmarked": ("", "一方说没有该特征"),
    "wristband": ("黄手环号相符", "黄手环号不符"),
    "names": ("称呼相符", "称呼不符"),
    "surname": ("姓氏读音相符", "姓氏不符"),
    "sounds": ("称呼或所说的话读音相近", ""),
    "origin": ("口音或来处相符", "口音或来处不符"),
    "concepts": ("言行或随身物品相符", "言行或随身物品不符"),
    "denied": ("", "一方说没有"),
    "words": ("用语相同", "没有相同的用语"),
    "letters": ("细节相同", "没有相同的细节"),
    "time": ("时间相符", "发现早于最后见到"),
    "days": ("相隔不久", "相隔较久"),
    "place": ("地点相近", "时间内到不了该地"),
}
SIGNS: Final = tuple(_NAMES)


def compare(missing: PersonProfile, found: PersonProfile, known: PeopleWeights) -> list[Sign]:
    """Every sign that speaks."""
    common = rarity()
    out = [
        Sign("sex", _sex(missing, found), ""),
        Sign("age", _age(missing, found), ""),
        Sign("height", _within(missing.height, found.height, 6.0), ""),
        _worn(missing, found),
        *_slots(missing, found),
        _marks(missing, found),
        _unmarked(missing, found),
        Sign("wristband", _wristband(missing.wristband, found.wristband), ""),
        _names(missing, found),
        Sign("surname", _overlap(missing.surnames, found.surnames, against=0.5), ""),
        _sounds(missing, found),
        _origin(missing, found),
        _concepts(missing, found, common),
        _denied(missing, found, common),
        _shared("words", missing.pairs & found.pairs, common.pairs),
        _shared("letters", missing.letters & found.letters, common.letters),
        *_when(missing, found),
        _place(missing, found, known),
    ]
    return [one for one in out if one.value]


def match(one: PersonProfile, two: PersonProfile, known: PeopleWeights) -> Match:
    """`two` as seen from `one`; either may be the missing one. Of two of the same side nothing is known: score 0."""
    if one.found == two.found:
        return Match(two.report_id, 0.0, ())
    missing, found = (two, one) if one.found else (one, two)
    signs = compare(missing, found, known)
    parts = [(known.signs[sign.name] * sign.value, sign) for sign in signs]
    odds = known.constant + sum(part for part, _ in parts)
    told = sorted(parts, key=lambda part: (-abs(part[0]), part[1].name, part[1].words))
    reasons = tuple(_reason(sign) for part, sign in told if abs(part) >= _TOLD)
    return Match(two.report_id, round(1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds)))), 4), reasons[:8])


def _reason(sign: Sign) -> str:
    said = _NAMES[sign.name][0 if sign.value > 0 else 1]
    return f"{said}：{sign.words}" if sign.words else said


def shown(found: Match) -> bool:
    """Whether a person is shown it."""
    return found.score >= people_weights().candidate


def _sex(missing: PersonProfile, found: PersonProfile) -> float:
    if missing.sex is None or found.sex is None:
        return 0.0
    if missing.sex == found.sex:
        return _HALF
    age = missing.age or found.age
    # A finder takes a baby or a small child by its clothes, and a bald old woman for a man.
    return -1.0 if age is None or 7 < age[0] < 84 else -0.4


def _within(one: Span | None, two: Span | None, tolerance: float) -> float:
    """1 when the ranges meet or nearly do, down to -2 the further they lie apart."""
    if one is None or two is None:
        return 0.0
    gap = max(one[0] - two[1], two[0] - one[1], 0.0)
    if gap <= tolerance:
        return 1.0 - 0.5 * gap / tolerance
    return max(-2.0, -(gap - tolerance) / tolerance)


def _age(missing: PersonProfile, found: PersonProfile) -> float:
    """A finder errs by some ten years with grown people, by a few with children."""
    if missing.age is None or found.age is None:
        return 0.0
    years = missing.age[0]
    tolerance = 0.6 if years < 2 else 2.5 if years < 9 else 4.5 if years < 18 else 8.0 if years < 30 else 10.0
    value = _within(missing.age, found.age, tolerance)
    return value * 0.5 if value > 0 and (missing.guessed or found.guessed) else value


def _worn(missing: PersonProfile, found: PersonProfile) -> Sign:
    """Clothes by garment and colour. Clothes are changed and shed, and colours seen differently by lamplight."""
    near, theirs = load().near_colours, dict(found.worn)
    value = 0.0
    for garment, colours in missing.worn:
        other = theirs.get(garment)
        if other is None:
            continue
        if not colours or not other:
            value += 0.15
        elif colours & other:
            value += 1.0 if garment != "coat" else 0.8
        elif any(frozenset((one, two)) in near for one in colours for two in other):
            value += 0.4
        else:
            value -= 0.6
    return Sign("worn", max(-1.0, min(2.0, value)), "")


def _slots(missing: PersonProfile, found: PersonProfile) -> Iterable[Sign]:
    words, theirs = load(), dict(found.slots)
    for name, ours in missing.slots:
        other = theirs.get(name)
        if other is None:
            continue
        slot, together = words.table.slots[name], words.together[name]
        if ours & other:
            yield Sign("slots", slot.weight * 0.7, slot.title)
        elif not any(frozenset((one, two)) in together for one in ours for two in other):
            yield Sign("slots", -slot.weight, slot.title)
    # Who looks for kin after half a life is not the one who went out this morning.
    if "search" in theirs and "search" not in dict(missing.slots) and not missing.vague:
        yield Sign("slots", -words.table.slots["search"].weight, words.table.slots["search"].title)


def _near(one: str, two: str, near: frozenset[frozenset[str]]) -> float:
    return 1.0 if one == two else 0.55 if frozenset((one, two)) in near else 0.0


def _alike(one: Mark, two: Mark) -> float:
    words = load()
    value = _near(one.kind, two.kind, words.near_marks) * _near(one.region, two.region, words.near_regions)
    if value and one.side and two.side:
        return value * 1.4 if one.side == two.side else -value * 0.5
    return value


def _marks(missing: PersonProfile, found: PersonProfile) -> Sign:
    if not missing.marks or not found.marks:
        return Sign("marks", 0.0, "")
    total, places = 0.0, []
    for one in sorted(missing.marks):
        values = [_alike(one, two) for two in found.marks]
        best = max(values) if max(values) > 0 else min(values)
        total += best
        if best:
            places.append(_PLACE_NAME.findall(" ".join(load().table.regions[one.region]))[0])
    if total == 0.0:
        return Sign("marks", -0.3, "")
    return Sign("marks", max(-1.5, min(2.2, total)), "、".join(dict.fromkeys(places)))


def _unmarked(missing: PersonProfile, found: PersonProfile) -> Sign:
    words, value = load(), 0.0
    for there, absent in ((missing.marks, found.unmarked), (found.marks, missing.unmarked)):
        for no in absent:
            for mark in there:
                kind = 1.0 if not no.kind else _near(no.kind, mark.kind, words.near_marks)
                side = 0.0 if no.side and mark.side and no.side != mark.side else 1.0
                value = max(value, kind * _near(no.region, mark.region, words.near_regions) * side)
    return Sign("unmarked", -value, "")


def _wristband(one: str | None, two: str | None) -> float:
    """Digit by digit, ? fits every one; ``*31*`` fits where the digits stand anywhere."""
    if one is None or two is None:
        return 0.0
    if "*" in one or "*" in two:
        part, whole = (one, two) if "*" in one else (two, one)
        return 0.6 if part.strip("*") in whole.replace("?", "") or "?" in whole else -1.0
    both = [(left, right) for left, right in zip(one, two, strict=False) if "?" not in (left, right)]
    if any(left != right for left, right in both):
        return -2.0 if "?" not in one + two else -1.0
    return 2.0 if len(one) == len(two) and "?" not in one + two else len(both) / 4.0  # a code read whole decides


def _overlap(one: frozenset[str], two: frozenset[str], *, against: float = 1.0) -> float:
    if not one or not two:
        return 0.0
    return 1.0 if one & two else -against


def _names(missing: PersonProfile, found: PersonProfile) -> Sign:
    both = {one for one in missing.names & found.names if len(one) > 1}
    return Sign("names", 1.0 if both else 0.0, "、".join(sorted(both)))


def _sounds(missing: PersonProfile, found: PersonProfile) -> Sign:
    """What is a name on one side is heard somewhere in the other's report, written with other characters or not."""
    both = (missing.sounds & found.syllables) | (found.sounds & missing.syllables)
    return Sign("sounds", min(1.0, len(both) * 0.8), "")


def _origin(missing: PersonProfile, found: PersonProfile) -> Sign:
    if missing.origins & found.origins:
        strict = missing.accents & found.accents or (missing.accents | found.accents) & missing.origins & found.origins
        return Sign("origin", 1.0 if strict else 0.7, "")
    if missing.origins and found.accents:
        return Sign("origin", -1.0, "")
    if missing.accents and found.origins:
        return Sign("origin", -0.5, "")
    return Sign("origin", 0.0, "")


def _worth(words: Iterable[str], common: Mapping[str, float]) -> list[tuple[float, str]]:
    """What is shared, the rarest first."""
    return sorted(
        ((worth, word) for word in words if (worth := common.get(word, RAREST) - _FLOOR) > 0.0),
        key=lambda one: (-one[0], one[1]),
    )


def _shared(name: str, words: Iterable[str], common: Mapping[str, float]) -> Sign:
    """Saturating: a tenth agreement tells less than the first."""
    worth = _worth(words, common)
    return Sign(name, math.log1p(sum(value for value, _ in worth)) / 3.0, "、".join(word for _, word in worth[:4]))


def _concepts(missing: PersonProfile, found: PersonProfile, common: Rarity) -> Sign:
    return _shared("concepts", missing.concepts & found.concepts, common.concepts)


def _denied(missing: PersonProfile, found: PersonProfile, common: Rarity) -> Sign:
    against = (missing.concepts & found.denied) | (missing.denied & found.concepts)
    worth = _worth(against, common.concepts)
    return Sign("denied", -min(1.0, sum(value for value, _ in worth) / 4.0), "、".join(word for _, word in worth[:3]))


def _when(missing: PersonProfile, found: PersonProfile) -> Iterable[Sign]:
    if missing.vague:
        return
    if found.since < missing.since - _SLACK:
        yield Sign("time", -1.0, "")
        return
    days = (found.since - missing.since).total_seconds() / 86_400
    yield Sign("days", max(-2.0, 0.5 - math.log1p(days) / 2.0), "")


def _place(missing: PersonProfile, found: PersonProfile, known: PeopleWeights) -> Sign:
    """The same district speaks for it; one that cannot be reached in the time (by car at most) against it."""
    if not missing.districts or not found.districts:
        return Sign("place", 0.0, "")
    if missing.districts & found.districts:
        return Sign("place", 1.0, "")
    hours = max(0.0, (found.since - missing.since).total_seconds() / 3600)
    where: Callable[[str], tuple[float, float] | None] = known.centres.get
    far = [
        distance_km(here, there)
        for one in missing.districts
        for two in found.districts
        if (here := where(one)) is not None and (there := where(two)) is not None
    ]
    if not far or missing.vague:
        return Sign("place", 0.0, "")
    return Sign("place", -1.0 if min(far) - 8.0 > (hours + 0.5) * known.kmh else 0.0, "")
