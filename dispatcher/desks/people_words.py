"""The words that reports of people are read by, compiled once from ``people.yaml`` and ``people_common.yaml``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from dispatcher.catalog.files import read_model

RAREST: Final = 6.0
"""Rarity (minus the logarithm of the share of reports) of what no report of the table says: one in 400."""
_BEFORE: Final = 3


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Subject(_Table):
    """Words for a person of this sex, and the years that they allow."""

    sex: str
    age: tuple[float, float]
    words: tuple[str, ...]


class Slot(_Table):
    """Something of which a person has one value. `together`: pairs of values that may both be said of one person."""

    title: str
    weight: float
    together: tuple[tuple[str, str], ...] = ()
    values: dict[str, tuple[str, ...]]


class PeopleTable(_Table):
    """``people.yaml``."""

    people: tuple[Subject, ...]
    bystanders: tuple[str, ...]
    slots: dict[str, Slot]
    origins: dict[str, tuple[str, ...]]
    accent: str
    garments: dict[str, tuple[str, ...]]
    colours: dict[str, tuple[str, ...]]
    near_colours: tuple[tuple[str, str], ...]
    regions: dict[str, tuple[str, ...]]
    near_regions: tuple[tuple[str, str], ...]
    marks: dict[str, tuple[str, ...]]
    near_marks: tuple[tuple[str, str], ...]
    denials: tuple[str, ...]
    others: str
    no_before: str
    concepts: tuple[tuple[str, ...], ...]


class CommonTable(_Table):
    """``people_common.yaml``: level of rarity -> what is as rare. What is not there is rarer than all of it."""

    letters: dict[str, str]
    pairs: dict[str, str]
    concepts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rarity:
    """How rare a letter, a pair or a concept is in reports: 0 is said in each, `RAREST` by fewer than the table holds."""

    letters: dict[str, float]
    pairs: dict[str, float]
    concepts: dict[str, float]


@dataclass(frozen=True, slots=True)
class PeopleWords:
    """The tables ready for use."""

    table: PeopleTable
    subjects: tuple[tuple[Subject, re.Pattern[str]], ...]
    bystanders: re.Pattern[str]
    slots: dict[str, dict[str, re.Pattern[str]]]
    together: dict[str, frozenset[frozenset[str]]]
    origins: dict[str, re.Pattern[str]]
    accent: re.Pattern[str]
    garment_of: dict[str, str]
    colour_of: dict[str, frozenset[str]]
    colours: re.Pattern[str]
    garments: re.Pattern[str]
    near_colours: frozenset[frozenset[str]]
    regions: dict[str, re.Pattern[str]]
    near_regions: frozenset[frozenset[str]]
    marks: dict[str, re.Pattern[str]]
    near_marks: frozenset[frozenset[str]]
    denials: re.Pattern[str]
    others: re.Pattern[str]
    no_before: re.Pattern[str]
    concepts: dict[str, re.Pattern[str]]


def _patterns(words: dict[str, tuple[str, ...]]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile("|".join(f"(?:{one})" for one in patterns)) for name, patterns in words.items()}


def _plain(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))))


def _pairs(pairs: Iterable[tuple[str, str]]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(pair) for pair in pairs)


@lru_cache(maxsize=1)
def load() -> PeopleWords:
    """The words, read once. Raises CatalogError."""
    table = read_model(Path(__file__).with_name("people.yaml"), PeopleTable)
    colour_of: dict[str, set[str]] = {}
    for family, names in table.colours.items():
        for name in names:
            for one in (name.removesuffix("色?"), name.replace("?", "")):
                colour_of.setdefault(one, set()).add(family)
    garment_of = {name: kind for kind, names in table.garments.items() for name in names}
    return PeopleWords(
        table=table,
        subjects=tuple((one, re.compile("|".join(one.words))) for one in table.people),
        bystanders=_plain(table.bystanders),
        slots={name: _patterns(slot.values) for name, slot in table.slots.items()},
        together={name: _pairs(slot.together) for name, slot in table.slots.items()},
        origins=_patterns(table.origins),
        accent=re.compile(table.accent),
        garment_of=garment_of,
        colour_of={name: frozenset(found) for name, found in colour_of.items()},
        colours=_plain(colour_of),
        garments=_plain(garment_of),
        near_colours=_pairs(table.near_colours),
        regions=_patterns(table.regions),
        near_regions=_pairs(table.near_regions),
        marks=_patterns(table.marks),
        near_marks=_pairs(table.near_marks),
        denials=re.compile("|".join(table.denials)),
        others=re.compile(table.others),
        no_before=re.compile(table.no_before),
        concepts=_patterns({group[0]: group for group in table.concepts}),
    )


@lru_cache(maxsize=1)
def rarity() -> Rarity:
    """How rare letters, pairs and concepts are, read once. Raises CatalogError."""
    table = read_model(Path(__file__).with_name("people_common.yaml"), CommonTable)

    def levels(said: dict[str, str]) -> dict[str, float]:
        return {word: float(level) for level, words in said.items() for word in words.split()}

    return Rarity(levels(table.letters), levels(table.pairs), levels(table.concepts))


def concepts(text: str, words: PeopleWords) -> tuple[frozenset[str], frozenset[str]]:
    """What a text says by the concepts of the table, and what it says that there is not."""
    said: set[str] = set()
    denied: set[str] = set()
    for name, pattern in words.concepts.items():
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - _BEFORE) : match.start()]
            (denied if words.no_before.search(before) else said).add(name)
    return frozenset(said), frozenset(denied - said)


def letters(text: str) -> frozenset[str]:
    """Single characters: a telling detail is often one."""
    return frozenset(char for char in text if char.isalnum())


def pairs(text: str) -> frozenset[str]:
    """Neighbouring characters of words."""
    return frozenset(one + two for one, two in pairwise(text) if one.isalnum() and two.isalnum())
