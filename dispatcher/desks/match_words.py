"""The words of `lexicon.yaml` and `match_words.yaml`, made ready: one pass over a text tells every meaning that it names.

A meaning is told by its part (``motif``, ``brand`` …) and its list's first word. Longer words hide the shorter ones inside
them, each part for itself.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from classifiers.extraction import items
from classifiers.gazetteer.tables import load_gazetteer
from dispatcher.catalog.files import read_model

_Lists = tuple[tuple[str, ...], ...]
_DENIED: Final = re.compile(r"(?:没有?|无|不带|没带|没贴|没挂|没绣|没刻|没写|没套|不是)(?:任何|啥|什么)?")
"""What comes right after is told to be absent: 没笔, 无挂件, 不是平板."""
_LATIN: Final = re.compile(r"[a-z0-9]")


class Lexicon(BaseModel):
    """The words of `lexicon.yaml`: kinds, colours, ways of travel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    finer: dict[str, tuple[str, ...]]
    related: _Lists
    colours: dict[str, tuple[str, ...]]
    near_colours: tuple[tuple[str, str], ...]
    systems: dict[str, tuple[str, ...]]


class Meanings(BaseModel):
    """The words of `match_words.yaml`: each list is one meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brands: dict[str, _Lists]
    motifs: _Lists
    materials: _Lists
    patterns: _Lists
    shapes: _Lists
    states: dict[str, _Lists]
    spots: _Lists
    same: _Lists
    metro: dict[str, tuple[str, ...]]
    ends: dict[str, tuple[str, ...]]
    hidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A word at `start`:`end` that means `meaning` as a `part`."""

    start: int
    end: int
    part: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Words:
    """The two files ready for use. `meanings`: word -> its (part, meaning)s, lower case."""

    meanings: dict[str, tuple[tuple[str, str], ...]]
    longest: int
    goods: dict[str, str]
    colour_of: dict[str, frozenset[str]]
    colours: re.Pattern[str]
    near: frozenset[frozenset[str]]
    related: frozenset[frozenset[str]]
    kind_of: dict[str, str]
    stations: dict[str, frozenset[str]]
    ends: dict[str, frozenset[str]]
    metro: dict[str, tuple[str, ...]]


def either(words: object) -> str:
    """The alternatives of a pattern, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))  # type: ignore[call-overload]


@lru_cache(maxsize=1)
def load() -> Words:
    """The words, read once. Raises CatalogError."""
    table = read_model(Path(__file__).with_name("lexicon.yaml"), Lexicon)
    told = read_model(Path(__file__).with_name("match_words.yaml"), Meanings)
    kind_of = dict(items.load().kind_of) | {name: kind for kind, names in table.finer.items() for name in names}
    meanings: dict[str, dict[tuple[str, str], None]] = {}

    def add(part: str, lists: _Lists) -> None:
        for words in lists:
            for word in words:
                meanings.setdefault(word.lower(), {})[part, words[0]] = None

    for part, lists in (
        ("motif", told.motifs), ("material", told.materials), ("pattern", told.patterns), ("shape", told.shapes),
        ("spot", told.spots), ("word", told.same),
    ):  # fmt: skip
        add(part, lists)
    for brands in told.brands.values():
        add("brand", brands)
    for state, sides in told.states.items():
        for sign, side in zip("+-", sides, strict=True):
            add("state", ((state + sign, *side),))
    for kind_name, kind in kind_of.items():
        meanings.setdefault(kind_name.lower(), {})["kind", kind] = None
    for system, said in table.systems.items():
        add("system", ((system, *said),))
    for name in _places(told):
        meanings.setdefault(name, {})["place", name] = None
    for word in told.hidden:
        meanings.setdefault(word, {})
    colour_of: dict[str, set[str]] = {}
    for family, names in table.colours.items():
        for name in names:
            colour_of.setdefault(name, set()).add(family)
    stations: dict[str, set[str]] = {}
    for line, names in told.metro.items():
        for name in names:
            stations.setdefault(name, set()).add(f"metro{line}")
    return Words(
        meanings={word: tuple(found) for word, found in meanings.items()},
        longest=max(map(len, meanings)),
        goods={words[0]: goods for goods, lists in told.brands.items() for words in lists},
        colour_of={name: frozenset(found) for name, found in colour_of.items()},
        colours=re.compile(either(colour_of)),
        near=frozenset(frozenset(pair) for pair in table.near_colours),
        related=frozenset(
            frozenset((one, two)) for group in table.related for one in group for two in group if one != two
        ),
        kind_of=kind_of,
        stations={name: frozenset(lines) for name, lines in stations.items()},
        ends={f"metro{line}": frozenset(names) for line, names in told.ends.items()},
        metro={f"metro{line}": names for line, names in told.metro.items()},
    )


def _places(told: Meanings) -> set[str]:
    """Names of streets, stations and well-known places, as the gazetteer and the metro have them."""
    names = {name for line in told.metro.values() for name in line}
    known = load_gazetteer().names
    names.update(
        name
        for name, named in known.items()
        if named.kind in ("landmark", "street") and named.trust == "full" and len(name) > 1
    )
    return names


def scan(text: str) -> list[Hit]:
    """Every meaning that `text` (lower case) names, from left to right."""
    words = load()
    out: list[Hit] = []
    covered: dict[str, int] = {}
    longer = 0  # the end of the furthest longer word: a single character inside one means nothing of its own
    denied = {match.end() for match in _DENIED.finditer(text)}
    for start in range(len(text)):
        for end in range(min(len(text), start + words.longest), start, -1):
            found = words.meanings.get(text[start:end])
            if found is None or not _whole(text, start, end) or (end - start == 1 and start < longer):
                continue
            if end - start > 1:
                longer = max(longer, end)
            for part, meaning in found:
                if covered.get(part, 0) <= start:
                    covered[part] = end
                    if start not in denied or part in ("state", "place", "system", "spot"):
                        out.append(Hit(start, end, part, meaning))
                    elif part in ("word", "motif", "kind"):
                        out.append(Hit(start, end, "absent", meaning))
    return out


def _whole(text: str, start: int, end: int) -> bool:
    """A Latin word counts as a word only: no ``mi`` in ``mini``."""
    if not _LATIN.match(text[start]) or text[start].isdigit():
        return True
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_LATIN.match(before) or ("a" <= after <= "z"))
