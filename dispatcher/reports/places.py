"""Where a case is, as finely as the ledger knows it and a report asks: 区, 街道, 社区.

The district is the case's own. Street and community come from the place that its opening names, found in the city's grid;
a street that the grid does not have stands under its own name. What no record names is left open: no street is invented.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from dispatcher.domain.codes import Level
from dispatcher.domain.sealed import MARK
from dispatcher.domain.units import City

UNKNOWN = "（未知）"


class Place(NamedTuple):
    """Codes; empty where not known. A street outside the grid has its name for a code."""

    district: str = ""
    street: str = ""
    community: str = ""


class Places:
    """The places of cases at one level."""

    def __init__(self, city: City, level: Level) -> None:
        self.level = level
        self._city = city
        self._finer: dict[str, Place] = {}
        self._sealed: set[str] = set()
        self._path = lru_cache(maxsize=65_536)(self._search)

    def learn(self, rows: Iterable[Any]) -> None:
        """Take in where cases are, from rows of (case_id, body, district) in the order of time: the first that knows counts."""
        for case_id, body, district in rows:
            known = self._finer.get(case_id)
            if known is not None and (known.community or self.level is not Level.COMMUNITY):
                continue
            found = self._read(case_id, body, district or "")
            if found is not None and (known is None or (found.street == known.street and found.community)):
                self._finer[case_id] = found

    def of(self, case_id: str, district: str | None) -> Place:
        """The place of a case in that district."""
        finer = self._finer.get(case_id)
        return finer if finer is not None and finer.district == (district or "") else Place(district or "")

    def sealed(self) -> int:
        """Cases whose street lies sealed in the ledger, and so is not known here."""
        return len(self._sealed - self._finer.keys())

    # -- within ----------------------------------------------------------------------------------------

    def _read(self, case_id: str, body: str, district: str) -> Place | None:
        told = orjson.loads(body)
        place = told.get("place") if isinstance(told, dict) else None
        if not isinstance(place, dict):
            return None
        words = [place.get(name) for name in ("street", "landmark", "address")]
        if any(isinstance(word, str) and word.startswith(MARK) for word in words):
            self._sealed.add(case_id)
        plain = [word if isinstance(word, str) and not word.startswith(MARK) else None for word in words]
        return self._path(district, *plain)

    def _search(self, district: str, street: str | None, landmark: str | None, address: str | None) -> Place | None:
        codes = {node.level: node.code for node in self._city.grid_path(street, landmark, address)}
        if Level.STREET not in codes:
            return Place(district, street) if street else None
        if codes.get(Level.DISTRICT) != district:  # the words are of another district than the case is in now
            return None
        community = codes.get(Level.COMMUNITY, "") if self.level is Level.COMMUNITY else ""
        return Place(district, codes[Level.STREET], community)


def columns(level: Level) -> tuple[str, ...]:
    """The columns that name a place at this level."""
    names = ("district", "district_name", "street", "street_name", "community", "community_name")
    return names[: {Level.DISTRICT: 2, Level.STREET: 4}.get(level, 6)]


def named(place: Place, level: Level, city: City) -> dict[str, Any]:
    """A place as the columns of `columns` tell it."""
    found = {
        "district": place.district,
        "district_name": city.districts.get(place.district, place.district) or UNKNOWN,
        "street": place.street,
        "street_name": _node(place.street, city),
        "community": place.community,
        "community_name": _node(place.community, city),
    }
    return {name: found[name] for name in columns(level)}


def _node(code: str, city: City) -> str:
    return (city.grid[code].name if code in city.grid else code) or UNKNOWN


def in_order(places: Iterable[Place], city: City) -> list[Place]:
    """Districts as the city lists them, unknown ones last; what is not known last within each."""
    ranks = {code: rank for rank, code in enumerate(city.districts)}

    def key(place: Place) -> tuple[Any, ...]:
        rank = ranks.get(place.district, len(ranks) + (place.district == ""))
        return rank, place.district, place.street == "", place.street, place.community == "", place.community

    return sorted(places, key=key)


def coverage(places: Counter[Place], level: Level, sealed: int) -> list[str]:
    """What to say of how exactly the ledger knows where cases are."""
    whole = sum(places.values())
    said = []
    if level is not Level.DISTRICT:
        at_all = sum(count for place, count in places.items() if place.street)
        said.append(
            f"The ledger knows the street (街道) of {at_all:,} of {whole:,} cases; the others stand under their district as"
            f" {UNKNOWN}. Streets of confidential cases are not read."
        )
    if level is Level.COMMUNITY:
        deep = sum(count for place, count in places.items() if place.community)
        said.append(f"The community (社区) of {deep:,} of {whole:,} cases is known, by the city's grid.")
    if sealed:
        said.append(f"The place of {sealed:,} cases is sealed in the ledger and is not opened here.")
    nowhere = sum(count for place, count in places.items() if not place.district)
    if nowhere:
        said.append(f"No district is known of {nowhere:,} of {whole:,} cases.")
    return said
