"""The gazetteer's data files as strict models, and the index of names built from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from classifiers.errors import TableError
from classifiers.scanner import Scanner
from classifiers.tables import HERE, Strict, read_table

_SUFFIX = re.compile(r"(?:(?:蒙古族满族|满族蒙古族|蒙古族)?(?:街道|镇|乡))$")

Trust = Literal["full", "short", "weak"]
Kind = Literal["district", "street", "landmark", "outside", "nothing"]


class City(Strict):
    code: str
    name: str


class District(Strict):
    code: str
    adcode: str = Field(pattern=r"^\d{6}$")
    name: str
    short: tuple[str, ...]
    streets: dict[str, str]
    bare: tuple[str, ...]


class DistrictTable(Strict):
    version: str
    city: City
    districts: tuple[District, ...]


class LandmarkTable(Strict):
    """Names by district; `across` are roads and places on a border, with every district they touch."""

    version: str
    within: dict[str, tuple[str, ...]]
    across: dict[str, tuple[str, ...]]
    metro_lines: tuple[str, ...]
    nothing: tuple[str, ...]


class OutsideTable(Strict):
    version: str
    cities: dict[str, tuple[str, ...]]
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for. `trust` says what must stand around it: `full` nothing; `short` (和平) any sign of a place;
    `weak` (前进, 东站: streets whose bare name is an everyday word) the plain pointing of "这边"."""

    kind: Kind
    name: str
    districts: tuple[str, ...] = ()
    trust: Trust = "full"


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """`names` maps every spelling to what it stands for; `street_codes` maps (district, street) to its code."""

    city: City
    districts: Mapping[str, District]
    names: Mapping[str, Named]
    child_names: Mapping[tuple[str, str], str]
    street_codes: Mapping[str, str]
    cities: Mapping[str, tuple[str, ...]]
    scanner: Scanner


def _add(names: dict[str, Named], spelling: str, named: Named) -> None:
    if spelling in names and names[spelling] != named:
        raise TableError(f"gazetteer: {spelling} is both {names[spelling]} and {named}; keep one")
    names[spelling] = named


def _build(table: DistrictTable, marks: LandmarkTable, outside: OutsideTable) -> Gazetteer:
    codes = {district.code for district in table.districts}
    unknown = (set(marks.within) | {code for among in marks.across.values() for code in among}) - codes
    if unknown:
        raise TableError(f"gazetteer: landmarks name unknown districts {sorted(unknown)}")
    names: dict[str, Named] = {}
    children: dict[tuple[str, str], str] = {}
    street_codes: dict[str, str] = {}
    weak: dict[str, list[Named]] = {}
    for district in table.districts:
        here = (district.code,)
        _add(names, district.name, Named("district", district.name, here))
        for short in district.short:
            _add(names, short, Named("district", district.name, here, trust="short"))
        for code, street in district.streets.items():
            _add(names, street, Named("street", street, here))
            bare = _SUFFIX.sub("", street)
            street_codes[street] = code
            children[district.code, bare] = street
            if bare in district.bare:
                _add(names, bare, Named("street", street, here))
            elif bare != street:
                weak.setdefault(bare, []).append(Named("street", street, here, trust="weak"))
    for code, within in marks.within.items():
        for name in within:
            names.setdefault(name, Named("landmark", name, (code,)))
    for name, across in marks.across.items():
        names.setdefault(name, Named("landmark", name, across))
    for city in outside.cities:
        _add(names, city, Named("outside", city))
    for name in (*marks.nothing, *outside.inside):
        names.setdefault(name, Named("nothing", name))
    for bare, streets in weak.items():
        if len(streets) == 1:  # a bare name of two districts' streets says nothing
            names.setdefault(bare, streets[0])
    return Gazetteer(
        city=table.city,
        districts=MappingProxyType({district.code: district for district in table.districts}),
        names=MappingProxyType(names),
        child_names=MappingProxyType(children),
        street_codes=MappingProxyType(street_codes),
        cities=MappingProxyType(outside.cities),
        scanner=Scanner(names),
    )


@lru_cache(maxsize=1)
def load_gazetteer() -> Gazetteer:
    """The city's places, read once. Raises TableError when the files do not hold together."""
    folder = HERE / "gazetteer"
    return _build(
        read_table(folder / "districts.yaml", DistrictTable),
        read_table(folder / "landmarks.yaml", LandmarkTable),
        read_table(folder / "outside.yaml", OutsideTable),
    )
