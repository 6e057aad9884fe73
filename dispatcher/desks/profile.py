"""What a lost or found report says of a thing, as far as matching needs it. Pure: text and time in, a profile out.

What a report does not say is unknown, never "no": an unknown field speaks neither for nor against a match.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from classifiers.extraction import items, lines, plates, times
from classifiers.extraction.numbers import DIGITS, value
from classifiers.gazetteer import locate
from classifiers.normalise import normalise
from dispatcher.catalog.files import read_model

_LONGEST: Final = 600
_NUMBER: Final = re.compile(r"[0-9A-Z]{2,}")
_SAID_DIGITS: Final = re.compile(r"[零〇一幺二三四五六七八九]{3,}")
_COUNT: Final = re.compile(
    r"([一两俩二三仨四五六七八九十]{1,3}|\d{1,2})(?:把|张|本|块|件|双|副|条|根|串|瓶|盒|袋|枚|颗|支|码|寸|度)"
)
"""Sizes too: 三十四码, 28寸. 只 and 个 count whatever comes to mind and are left out."""
_LEFT: Final = re.compile(r"左(?!右)|(?<![A-Za-z0-9])L(?![A-Za-z0-9])")
_RIGHT: Final = re.compile(r"(?<!左)右|(?<![A-Za-z0-9])R(?![A-Za-z0-9])|红点")
_OLDEST: Final = timedelta(days=40)
_UNSAID: Final = timedelta(days=7)


class Lexicon(BaseModel):
    """The words of `lexicon.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    finer: dict[str, tuple[str, ...]]
    related: tuple[tuple[str, ...], ...]
    colours: dict[str, tuple[str, ...]]
    near_colours: tuple[tuple[str, str], ...]
    systems: dict[str, tuple[str, ...]]
    same: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The lexicon ready for use."""

    kind_of: dict[str, str]
    names: re.Pattern[str]
    colour_of: dict[str, frozenset[str]]
    colours: re.Pattern[str]
    near: frozenset[frozenset[str]]
    related: frozenset[frozenset[str]]
    systems: dict[str, re.Pattern[str]]
    same: re.Pattern[str]
    first_of: dict[str, str]
    brands: re.Pattern[str]


def _either(words: object) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))  # type: ignore[call-overload]


@lru_cache(maxsize=1)
def load() -> Words:
    """The words, read once. Raises CatalogError."""
    table = read_model(Path(__file__).with_name("lexicon.yaml"), Lexicon)
    known = items.load()
    kind_of = dict(known.kind_of) | {name: kind for kind, names in table.finer.items() for name in names}
    colour_of: dict[str, set[str]] = {}
    for family, names in table.colours.items():
        for name in names:
            colour_of.setdefault(name, set()).add(family)
    related = {frozenset((one, two)) for group in table.related for one in group for two in group if one != two}
    first_of = {word: group[0] for group in table.same for word in group[1:]}
    return Words(
        kind_of=kind_of,
        names=re.compile(_either(kind_of)),
        colour_of={name: frozenset(found) for name, found in colour_of.items()},
        colours=re.compile(_either(colour_of)),
        near=frozenset(frozenset(pair) for pair in table.near_colours),
        related=frozenset(related),
        systems={name: re.compile(_either(words)) for name, words in table.systems.items()},
        same=re.compile(_either(first_of)),
        first_of=first_of,
        brands=known.brand,
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """One report. `main`: the kind of the thing itself; `kinds`: of everything named, contents too. `since`, `until`: when it
    was lost (until is the report), or when it was found. `grams`: character pairs of the text with synonyms made one;
    `letters`: its single characters, for a telling detail is often one: 裂, 猫, 绣."""

    report_id: str
    since: datetime
    until: datetime
    main: frozenset[str]
    kinds: frozenset[str]
    colours: frozenset[str]
    brands: frozenset[str]
    numbers: frozenset[str]
    counts: frozenset[str]
    sides: frozenset[str]
    systems: frozenset[str]
    lines: frozenset[str]
    districts: frozenset[str]
    grams: frozenset[str]
    letters: frozenset[str]


def profile(report_id: str, text: str, *, at: datetime, found: bool) -> Profile:
    """The profile of a report made (or a thing found) `at`, aware."""
    words = load()
    clean = normalise(text).text[:_LONGEST]
    main = _main(clean, words)
    named = [words.kind_of[match.group()] for match in words.names.finditer(clean)]
    place = locate(clean)
    said = lines.find(clean, limit=8)
    systems = {name for name, pattern in words.systems.items() if pattern.search(clean)}
    systems |= {{"tram": "metro", "train": "rail", "flight": "air"}.get(one["system"], one["system"]) for one in said}
    since, until = (at, at) if found else _lost(clean, at)
    return Profile(
        report_id=report_id,
        since=since,
        until=until,
        main=frozenset(main or named[:1]),
        kinds=frozenset(named),
        colours=_colours(clean, words),
        brands=frozenset(match.group().lower() for match in words.brands.finditer(clean)),
        numbers=_numbers(clean),
        counts=frozenset(_counts(clean)),
        sides=_sides(clean),
        systems=frozenset(systems),
        lines=frozenset(f"{one['system']}{one['line']}" for one in said),
        districts=frozenset(place.districts),
        grams=_grams(clean, words),
        letters=frozenset(char for char in clean if char.isalnum()),
    )


def _main(text: str, words: Words) -> list[str]:
    """What was lost or found, by the word of losing or finding near it."""
    return [words.kind_of.get(one["text"], one["kind"]) for one in items.find(text, limit=4)]


def _colours(text: str, words: Words) -> frozenset[str]:
    found: set[str] = set()
    for match in words.colours.finditer(text):
        after = text[match.end() : match.end() + 1]
        # 黑山, 白塔, 金店, 银行 are no colours: one is marked as such or stands before a thing.
        if len(match.group()) > 1 or after in "色的皮壳底面布框边带扣包伞帽格" or words.names.match(text, match.end()):
            found |= words.colour_of[match.group()]
    return frozenset(found)


def _numbers(text: str) -> frozenset[str]:
    found = set(_NUMBER.findall(text.upper()))
    for match in _SAID_DIGITS.finditer(text):
        found.add("".join(str(DIGITS[char]) for char in match.group()))
    for one in plates.find(text, limit=4):
        found |= {str(one[key]) for key in ("plate", "tail", "head") if key in one}
    return frozenset(found)


def _counts(text: str) -> list[str]:
    """Number and measure word: ``2把``, ``34码``."""
    return [f"{value(match[1].replace('仨', '三')) or 0:.0f}{match.group()[-1]}" for match in _COUNT.finditer(text)]


def _sides(text: str) -> frozenset[str]:
    """Left or right, as said or as stamped on the thing (L, R; a red point is the right ear's)."""
    return frozenset(side for side, words in (("left", _LEFT), ("right", _RIGHT)) if words.search(text))


def _lost(text: str, at: datetime) -> tuple[datetime, datetime]:
    """When the thing was lost: the earliest start that is said, else some days before the call."""
    starts = [
        datetime.fromisoformat(one["start"])
        for one in times.find(text, received_at=at, limit=6)
        if "start" in one and at - _OLDEST <= datetime.fromisoformat(one["start"]) <= at
    ]
    return (starts[0] if starts else at - _UNSAID), at


def _grams(text: str, words: Words) -> frozenset[str]:
    one_word = words.same.sub(lambda match: words.first_of[match.group()], text)
    letters = [char if char.isalnum() else " " for char in one_word]
    return frozenset(a + b for a, b in pairwise(letters) if a != " " and b != " ")
