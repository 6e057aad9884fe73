"""Private marks: what only the owner and the finder know. They prove ownership and are never shown to a claimant."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.lookups.codes import Desk
from dispatcher.domain.lookups.records import Candidate, LookupRecord

_WORD: Final = re.compile(r"[0-9A-Za-z]+|[一-鿿]+")
_PUBLIC: Final = (
    "item", "colour", "brand", "line", "station", "last_place", "plate", "company", "direction", "carriage", "boarded", "alighted",
)  # fmt: skip
_SHORTEST: Final = 2
"""Characters that must agree in a row; of figures and letters three, for a size or a count proves nothing."""


def agreed(
    told: str, finder: str, lookup: LookupRecord, no_mark: Collection[str], public_words: Collection[str] = ()
) -> tuple[str, ...]:
    """What `told` names that the words of the `finder` bear out, longest first. `no_mark`: pairs of characters said of
    anything (where things lie, how people talk); a piece made of them alone proves nothing.

    What stands in the public facts (kind, colour, brand, vehicle, place) is no mark: a stranger could have guessed it; nor is one of
    `public_words`, brands and colours.
    """
    public = [lookup.facts[fact].lower() for fact in _PUBLIC if lookup.facts.get(fact)]
    public += [word.lower() for word in public_words]
    finder = finder.lower()
    found: list[str] = []
    for word in _WORD.findall(told.lower()):
        if word.isascii():
            if len(word) > _SHORTEST and word in finder and not any(word in value for value in public):
                found.append(word)
            continue
        found += _runs(word, finder, public, no_mark)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (-len(one), one)))


def _runs(word: str, finder: str, public: Sequence[str], no_mark: Collection[str]) -> list[str]:
    """The longest pieces of `word` that the finder says too."""
    runs, start = [], 0
    while start < len(word):
        end = start
        while end < len(word) and word[start : end + 1] in finder:
            end += 1
        piece = word[start:end]
        runs += _private(piece, public, no_mark)
        start = max(end, start + 1)
    return runs


def _private(piece: str, public: Sequence[str], no_mark: Collection[str]) -> list[str]:
    """What is left of a piece without the public facts, in whatever order these are said (黑色华为手机)."""
    for value in sorted(public, key=len, reverse=True):
        piece = piece.replace(value, " ")
    return [
        part
        for part in piece.split()
        if len(part) >= _SHORTEST and not _empty(part, no_mark) and not any(part in value for value in public)
    ]


def _empty(piece: str, no_mark: Collection[str]) -> bool:
    """Whether a piece is made of common words alone."""
    return all(piece[i : i + 2] in no_mark for i in range(len(piece) - 1))


def for_claimant(candidate: Candidate, lookup: LookupRecord) -> str:
    """What a claimant may hear of a candidate: that there is something of the kind they named, and since which day. Built
    from the claimant's own words, so that nothing of the finder's can slip through."""
    day = candidate.at.astimezone(CITY_TIME)
    when = f"{day.month}月{day.day}日"
    if lookup.desk is Desk.MISSING_PERSON:
        return f"有一人可能相符（{when}），请说出其特征以便核实"
    return f"有一件可能相符的{lookup.facts.get('item', '物品')}（{when}），请说出它的特征以便核实"


def masked_name(name: str) -> str:
    """``王某某`` -> ``王**``: the family name, the rest hidden."""
    name = name.strip()
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


def masked_document(number: str) -> str:
    """An identity document's number, its last four characters left."""
    number = re.sub(r"\s", "", number)
    return "*" * max(0, len(number) - 4) + number[-4:] if len(number) > 4 else "*" * len(number)
