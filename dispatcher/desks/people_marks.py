"""Marks of the body in a report: a scar on the left brow, a finger that is missing, and what is said not to be there."""

import re
from dataclasses import dataclass
from typing import Final

from dispatcher.desks.people_words import PeopleWords

CLAUSE: Final = re.compile(r"[^,。;!?:\n…]+")
_LEFT: Final = re.compile(r"左(?!右)")
_RIGHT: Final = re.compile(r"(?<!左)右")
_NEAR: Final = 12
"""Characters between the place and the mark."""
_SEEN: Final = re.compile(r"皮色|记号|伤")
_ALL_OVER: Final = re.compile(r"身上(?=.{0,3}没|.{0,2}无)")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One mark. `kind`, `region` as in the table, empty where unsaid; `side` left, right or empty."""

    kind: str
    region: str
    side: str


def sides(text: str) -> str:
    """The side that a piece of text names, empty for none or both."""
    left, right = _LEFT.search(text), _RIGHT.search(text)
    return "" if bool(left) == bool(right) else "left" if left else "right"


def own_clauses(text: str, words: PeopleWords) -> list[str]:
    """The clauses of a text that are not about somebody else (他哥缺颗门牙)."""
    return [match.group() for match in CLAUSE.finditer(text) if not words.others.search(match.group().strip())]


def marks(clauses: list[str], words: PeopleWords) -> tuple[frozenset[Mark], frozenset[Mark]]:
    """What is there, and what is said not to be there (kind empty: nothing at all of that place)."""
    there: set[Mark] = set()
    absent: set[Mark] = set()
    region_before, side_before = "", ""
    for clause in clauses:
        places = sorted(
            (match.start(), match.end(), name)
            for name, pattern in words.regions.items()
            for match in pattern.finditer(clause)
        )
        kinds = sorted(
            (match.start(), match.end(), name)
            for name, pattern in words.marks.items()
            for match in pattern.finditer(clause)
        )
        denial = words.denials.search(clause)
        if denial is not None and (places or kinds):
            named = {name for start, _, name in kinds if start >= denial.start()} or (
                {name for _, _, name in kinds} if kinds and not places else {""}
            )
            for region in {name for _, _, name in places} or {region_before}:
                absent |= {Mark(kind, region, sides(clause)) for kind in named}
        for start, end, kind in kinds:
            if denial is not None and denial.start() <= start <= denial.end() + 6 and kind != "gone":
                continue
            region, side = _where(clause, places, start, end)
            if not region and start <= 4:
                region, side = region_before, side_before
            there.add(Mark(kind, region, side))
        if places:
            region_before, side_before = places[-1][2], sides(clause)
    return frozenset(one for one in there if one.region), frozenset(one for one in absent - there if one.region)


def _where(clause: str, places: list[tuple[int, int, str]], start: int, end: int) -> tuple[str, str]:
    """The place nearest before the mark, else the nearest after it, and its side."""
    before = [one for one in places if one[0] <= start and start - one[1] <= _NEAR]
    after = [one for one in places if one[0] >= end and one[0] - end <= _NEAR]
    place = before[-1] if before else after[0] if after else None
    if place is None:
        return "", ""
    side = sides(clause[max(0, place[0] - 5) : place[1] + 2]) or sides(clause)
    return place[2], side
