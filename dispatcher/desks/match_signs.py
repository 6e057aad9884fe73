"""The signs by which a found thing looks like a lost one. `SIGNS` order the candidates; `CLOSER` are looked at besides when the
likeliest are weighed for showing.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from dispatcher.desks import match_compare as by
from dispatcher.desks.match_compare import Pair, Sign, against, in_favour
from dispatcher.desks.match_rarity import Rarity
from dispatcher.desks.match_words import Words, load
from dispatcher.desks.profile import Profile

_RARE_PAIR: Final = 3.0
_RARE_LETTER: Final = 2.5
"""From here (`match_rarity`) a pair or a character tells something: one report in twenty, in twelve."""


def _kind(pair: Pair) -> float:
    lost, found = pair.lost, pair.found
    if not lost.of("main") or not found.of("kind"):
        return 0.0
    if lost.of("main") & found.of("main"):
        return 1.0
    if lost.of("main") & found.of("kind") or found.of("main") & lost.of("kind"):
        return 0.6
    if any(frozenset((one, two)) in pair.words.related for one in lost.of("main") for two in found.of("main")):
        return 0.2
    return -1.0


def _colour(pair: Pair) -> float:
    one, two = pair.both("colour")
    if not one or not two:
        return 0.0
    if one & two:
        return 1.0
    if any(frozenset((a, b)) in pair.words.near for a in one for b in two):
        return 0.2
    return -1.0


def _brand(pair: Pair) -> float:
    one, two = pair.both("brand")
    goods = pair.words.goods
    if one & two or not {goods[a] for a in one} & {goods[b] for b in two}:
        return 0.0
    return -1.0


def _state(pair: Pair) -> float:
    one, two = pair.both("state")
    flip = {"+": "-", "-": "+"}
    return -float(sum(said[:-1] + flip[said[-1]] in two and said not in two for said in one))


def _system(pair: Pair) -> float:
    one, two = pair.both("system")
    if not one or not two:
        return 0.0
    return 1.0 if one & two or {"taxi", "ride"} <= one | two else -1.0


def _lines(profile: Profile, words: Words) -> frozenset[str]:
    """Lines said; where none is, those that run through the stations named."""
    return profile.of("line") or frozenset(
        line for name in profile.of("station") for line in words.stations[name] if len(words.stations[name]) == 1
    )


def _line(pair: Pair) -> float:
    one, two = _lines(pair.lost, pair.words), _lines(pair.found, pair.words)
    if not one or not two:
        return 0.0
    if one & two:
        return 1.0
    return -1.0 if {name[:3] for name in one} & {name[:3] for name in two} else -0.5


def _end(pair: Pair) -> float:
    """Found at an end of the line that it was lost on: it rode on."""
    lines = _lines(pair.lost, pair.words)
    ends = frozenset(name for line in lines for name in pair.words.ends.get(line, ()))
    return 1.0 if ends & pair.found.of("place") else 0.0


def _district(pair: Pair) -> float:
    one, two = pair.both("district")
    if not one or not two:
        return 0.0
    return 0.3 if one & two else -1.0


def _place(pair: Pair) -> float:
    one, two = pair.both("place")
    if not one or not two or one & two:
        return 0.0
    return -1.0


def _other_way(pair: Pair) -> float:
    """Found at the end of the line that the train did not run to."""
    toward, lines = pair.lost.of("toward"), _lines(pair.lost, pair.words)
    at = pair.found.of("place")
    if not toward or at & toward:
        return 0.0
    return -1.0 if at & frozenset(name for line in lines for name in pair.words.ends.get(line, ())) else 0.0


def _right_way(pair: Pair) -> float:
    return 1.0 if pair.lost.of("toward") & pair.found.of("place") else 0.0


def _counts_alike(pair: Pair) -> float:
    return float(min(2, by.by_name(*pair.both("count"), None)[0]))


def _counts_differ(pair: Pair) -> float:
    return -float(min(2, by.by_name(*pair.both("count"), None)[1]))


def _painted_alike(pair: Pair) -> float:
    return float(min(2, by.by_name(*pair.both("painted"), "=")[0]))


def _painted_differ(pair: Pair) -> float:
    return -float(min(2, by.by_name(*pair.both("painted"), "=")[1]))


def _denied(pair: Pair) -> float:
    """One side says that it has not what the other tells of it."""
    lost, found = pair.lost, pair.found
    return -float(
        min(
            2,
            sum(
                bool(one.of("absent") & (two.of("word") | two.of("motif") | two.of("kind")))
                for one, two in ((lost, found), (found, lost))
            ),
        )
    )


def _contents(pair: Pair) -> float:
    inside = pair.lost.of("kind") - pair.lost.of("main")
    other = pair.found.of("kind") - pair.found.of("main")
    if not inside or not other:
        return 0.0
    return len(inside & other) / min(len(inside), len(other)) if inside & other else -0.3


def _inscribed(pair: Pair) -> float:
    """What is written on it on both sides: alike, or other words."""
    one, two = pair.both("inscription")
    if not one or not two:
        return 0.0
    return 2.0 * len(one & two) / min(len(one), len(two), 6) - 1.0 if one & two else -1.0


def _inscribed_told(pair: Pair) -> float:
    """How much of what is written on it the other report says at all."""
    one, two = pair.both("inscription")
    best = 0.0
    for written, told in ((one, pair.found.of("letter")), (two, pair.lost.of("letter"))):
        if written:
            best = max(best, pair.weight("letter", written & told) / (pair.weight("letter", written) + 4.0))
    return best


def _before(pair: Pair) -> float:
    """Found before it was lost: surely from half an hour on, to which people say when it was."""
    hours = (pair.lost.since - pair.found.until).total_seconds() / 3600.0
    return -1.0 if hours > 0.5 else 0.0


def _just_before(pair: Pair) -> float:
    hours = (pair.lost.since - pair.found.until).total_seconds() / 3600.0
    return -1.0 if hours > 0.08 and pair.lost.said else 0.0


def _told_before(pair: Pair) -> float:
    """The found report tells an earlier hour than that of the loss."""
    if not pair.found.said or not pair.lost.said:
        return 0.0
    return -1.0 if pair.found.since < pair.lost.since - timedelta(hours=2) else 0.0


def _hours(pair: Pair) -> float:
    return (pair.found.until - pair.lost.since).total_seconds() / 3600.0


def _soon(pair: Pair) -> float:
    """Found soon after it was lost, as told: 1 at once, 0 after a day."""
    if not pair.lost.said:
        return 0.0
    hours = _hours(pair)
    return max(0.0, 1.0 - hours / 24.0) if hours >= -0.5 else 0.0


def _days(pair: Pair) -> float:
    return 1.0 - min(2.0, abs((pair.found.until - pair.lost.until).total_seconds()) / 86_400 / 3)


_RANKING: Final[dict[str, tuple[str | None, Sign]]] = {
    "kind": (None, in_favour(_kind)),
    "other_kind": (None, against(_kind)),
    "contents": ("kind", in_favour(_contents)),
    "other_contents": ("kind", against(_contents)),
    "colour": ("colour", in_favour(_colour)),
    "other_colour": ("colour", against(_colour)),
    "painted": ("painted", _painted_alike),
    "other_painted": ("painted", _painted_differ),
    "car": ("car", by.same("car")),
    "brand": ("brand", by.shared("brand", 2.0)),
    "other_brand": ("brand", _brand),
    "motif": ("motif", by.shared("motif", 2.0)),
    "other_motif": ("motif", by.apart("motif")),
    "material": ("material", by.shared("material", 2.0)),
    "other_material": ("material", by.apart("material")),
    "pattern": ("pattern", by.shared("pattern", 2.0)),
    "other_pattern": ("pattern", by.apart("pattern")),
    "shape": ("shape", by.shared("shape", 2.0)),
    "other_shape": ("shape", by.apart("shape")),
    "state": ("state", by.shared("state", 2.0)),
    "other_state": ("state", _state),
    "denied": (None, _denied),
    "spot": ("spot", by.shared("spot", 2.0)),
    "words": ("word", by.shared("word", 3.0)),
    "words_lost": ("word", by.covered("word", 0.5, of_found=False)),
    "details": (None, by.details(of_found=True, shared=True)),
    "system": ("system", in_favour(_system)),
    "other_system": ("system", against(_system)),
    "line": (None, in_favour(_line)),
    "other_line": (None, against(_line)),
    "end": (None, _end),
    "toward": (None, _right_way),
    "other_way": (None, _other_way),
    "station": ("station", by.shared("station", 2.0)),
    "other_place": ("place", _place),
    "district": ("district", in_favour(_district)),
    "other_district": ("district", against(_district)),
    "number": ("number", by.figures("number")),
    "other_number": ("number", by.other_figures("number")),
    "plate": ("plate", by.figures("plate")),
    "other_plate": ("plate", by.other_figures("plate")),
    "count": ("count", _counts_alike),
    "other_count": ("count", _counts_differ),
    "money": ("money", by.same("money")),
    "side": ("side", in_favour(by.same("side"))),
    "other_side": ("side", against(by.same("side"))),
    "surname": ("surname", in_favour(by.same("surname"))),
    "other_surname": ("surname", against(by.same("surname"))),
    "inscribed": (None, _inscribed_told),
    "other_inscribed": (None, against(_inscribed)),
    "pairs": ("gram", by.rare("gram", _RARE_PAIR)),
    "letters": ("letter", by.rare("letter", _RARE_LETTER)),
    "before": (None, _before),
    "just_before": (None, _just_before),
    "told_before": (None, _told_before),
    "soon": (None, _soon),
    "days": (None, _days),
}
"""Each with the part that both must tell for it, where it is of one part."""
SIGNS: Final = tuple(_RANKING)

_BESIDES: Final[dict[str, tuple[str | None, Sign]]] = {
    "other_spot": ("spot", by.apart("spot")),
    "words_found": ("word", by.covered("word", 0.5, of_found=True)),
    "pairs_lost": ("gram", by.covered("gram", _RARE_PAIR, of_found=False)),
    "pairs_found": ("gram", by.at_most(0.2, by.covered("gram", _RARE_PAIR, of_found=True))),
    "letters_lost": ("letter", by.covered("letter", _RARE_LETTER, of_found=False)),
    "letters_found": ("letter", by.at_most(0.4, by.covered("letter", _RARE_LETTER, of_found=True))),
    "untold_found": (None, by.details(of_found=True, shared=False)),
    "untold_lost": (None, by.details(of_found=False, shared=False)),
}
CLOSER: Final = tuple(_BESIDES)


def signs(lost: Profile, found: Profile, rarity: Rarity) -> tuple[float, ...]:
    """Each sign's value, in the order of `SIGNS`: about -1 (against) to 1 (for), 0 where nothing is known.

    rarity: how rare each thing said is among the reports asked.
    """
    return _read(_RANKING.values(), Pair(lost, found, rarity, load()))


def closer(lost: Profile, found: Profile, rarity: Rarity) -> tuple[float, ...]:
    """The same for `CLOSER`."""
    return _read(_BESIDES.values(), Pair(lost, found, rarity, load()))


def _read(table: Iterable[tuple[str | None, Sign]], pair: Pair) -> tuple[float, ...]:
    """A sign of a part is not even asked where one side does not tell the part."""
    one, two = pair.lost.told, pair.found.told
    return tuple([read(pair) if part is None or (part in one and part in two) else 0.0 for part, read in table])
