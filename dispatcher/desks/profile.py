"""What a lost or found report says of a thing, as far as matching needs it. Pure: text and time in, a profile out.

What a report does not say is unknown, never "no": an unknown part speaks neither for nor against a match.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from classifiers.extraction import items, lines
from classifiers.gazetteer import locate
from classifiers.normalise import normalise
from dispatcher.desks import match_readings as read
from dispatcher.desks.match_words import Hit, Words, load, scan

_LONGEST: Final = 600
_UNSAID: Final = timedelta(days=7)
NOTHING: Final[frozenset[str]] = frozenset()

PARTS: Final = (
    "main", "kind", "colour", "car", "brand", "motif", "material", "pattern", "shape", "state", "spot", "word", "system", "line",
    "station", "place", "district", "number", "count", "money", "side", "surname", "inscription", "latin", "absent", "painted", "plate", "toward", "gram", "letter",
)  # fmt: skip
"""``main``: kinds of the thing itself; ``kind``: of everything named, contents too. ``word``: meanings with synonyms made one.
``gram``: pairs of characters with synonyms made one; ``letter``: single characters, for a telling detail is often one: 裂, 绣."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One report. `since`, `until`: when the thing was lost (until is the report), or when it was found (since: what the text says
    of an earlier time). `said`: whether a time was named. `told`: what the text says, by part; a part not told is missing."""

    report_id: str
    found: bool
    since: datetime
    until: datetime
    said: bool
    told: Mapping[str, frozenset[str]]

    def of(self, part: str) -> frozenset[str]:
        """What the report says of a part; empty where it says nothing."""
        return self.told.get(part, NOTHING)


def profile(report_id: str, text: str, *, at: datetime, found: bool) -> Profile:
    """The profile of a report made (or a thing found) `at`, aware."""
    words = load()
    clean = normalise(text).text[:_LONGEST]
    lower = clean.lower()
    hits = scan(lower)
    figures = read.figured(lower)
    things, cars = read.colours(lower, words)
    told: dict[str, set[str]] = {part: set() for part in PARTS}
    for hit in hits:
        told[hit.part].add(hit.meaning)
    named = [hit.meaning for hit in hits if hit.part == "kind"]
    told["main"] = set(_main(clean, words) or named[:1])
    told["colour"], told["car"] = things, cars
    for one in lines.find(clean, limit=8):
        told["line"].add(f"{one['system']}{one['line']}")
        told["system"].add({"tram": "metro", "train": "rail", "flight": "air"}.get(one["system"], one["system"]))
    told["line"] |= read.routes(figures)
    if any(name.startswith("bus") for name in told["line"]):
        told["system"].add("bus")
    told["station"] = {name for name in told["place"] if name in words.stations}
    told["district"] = set(locate(clean).districts)
    told["number"] = read.numbers(figures)
    told["plate"] = read.vehicles(figures, clean)
    told["toward"] = read.toward(clean, hits, words)
    told["count"] = read.counts(figures, lower)
    told["money"] = read.money(figures)
    told["side"] = read.sides(lower)
    told["surname"] = read.surnames(clean)
    told["inscription"] = read.inscriptions(lower)
    told["latin"] = read.latin(lower)
    told["painted"] = read.painted(lower, words, hits)
    told["gram"] = _grams(figures, hits if figures == lower else scan(figures))
    told["letter"] = {char for char in lower if char.isalnum()}
    moments = read.moments(clean, at)
    since = min((start for start, _ in moments), default=at if found else at - _UNSAID)
    return Profile(
        report_id, found, since, at, bool(moments), {part: frozenset(said) for part, said in told.items() if said}
    )


def _main(text: str, words: Words) -> list[str]:
    """What was lost or found, by the word of losing or finding near it."""
    return [words.kind_of.get(one["text"], one["kind"]) for one in items.find(text, limit=4)]


def _grams(text: str, hits: list[Hit]) -> set[str]:
    """Pairs of neighbours, where a word with synonyms is its meaning's first character pair."""
    out: list[str] = []
    at = 0
    for hit in hits:
        if hit.part == "word" and hit.start >= at:
            out.append(text[at : hit.start])
            out.append(hit.meaning)
            at = hit.end
    letters = "".join((*out, text[at:]))
    return {a + b for a, b in pairwise(letters) if a.isalnum() and b.isalnum()}
