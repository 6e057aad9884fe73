"""The words that people are described by, compiled once from the table."""

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from classifiers.errors import TableError
from classifiers.extraction.words import either
from classifiers.tables import HERE, Strict, read_table


class Relation(Strict):
    names: tuple[str, ...]
    sex: Literal["male", "female"] | None = None


class PersonTable(Strict):
    version: str
    relations: dict[str, Relation]
    anybody: tuple[str, ...]
    missing: tuple[str, ...]
    weak_missing: tuple[str, ...]
    not_missing: tuple[str, ...]
    illness: dict[str, tuple[str, ...]]
    not_ill_before: tuple[str, ...]
    not_ill_after: tuple[str, ...]
    garments: tuple[str, ...]
    colours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonWords:
    relations: MappingProxyType[str, str]
    sexes: MappingProxyType[str, str]
    anybody: frozenset[str]
    illness_of: MappingProxyType[str, str]
    weak_missing: frozenset[str]
    not_missing: frozenset[str]
    people: re.Pattern[str]
    missing: re.Pattern[str]
    illness: re.Pattern[str]
    not_ill_before: re.Pattern[str]
    not_ill_after: re.Pattern[str]
    wears: re.Pattern[str]


@lru_cache(maxsize=1)
def load() -> PersonWords:
    """The compiled table. Raises TableError when a name stands under two relations."""
    table = read_table(HERE / "extraction" / "persons.yaml", PersonTable)
    relations: dict[str, str] = {}
    for relation, entry in table.relations.items():
        for name in entry.names:
            if relations.setdefault(name, relation) != relation:
                raise TableError(f"persons.yaml: {name} is both {relations[name]} and {relation}; keep one")
    garments, colours = either(table.garments), either(table.colours)
    coloured = rf"(?:{colours})+色?(?:的|格|花|碎花)*"
    piece = rf"(?:一?[身件条双顶个副])?(?:{coloured})?[^,。;!?:、\n穿戴]{{0,4}}?{garments}"
    return PersonWords(
        relations=MappingProxyType(relations),
        sexes=MappingProxyType({relation: entry.sex for relation, entry in table.relations.items() if entry.sex}),
        anybody=frozenset(table.anybody),
        illness_of=MappingProxyType({word: kind for kind, words in table.illness.items() for word in words}),
        weak_missing=frozenset(table.weak_missing),
        not_missing=frozenset(table.not_missing),
        people=re.compile(
            rf"(?=[{''.join(sorted({name[0] for name in relations}))}他她我])(?:{either(relations)}|(?<=[,。!?;:说])[他她](?=[今都]|[一二三四五六七八九]?十)|我(?=今年|都|[一二三四五六七八九]十|[一二三四五六七八九十0-9]{1, 3}岁))"
        ),
        missing=re.compile(either((*table.missing, *table.not_missing))),
        illness=re.compile(either(word for words in table.illness.values() for word in words)),
        not_ill_before=re.compile(f"{either(table.not_ill_before)}$"),
        not_ill_after=re.compile(either(table.not_ill_after)),
        wears=re.compile(
            rf"(?:身穿|身着|穿着|穿了|穿的是?|穿个|穿件|穿|戴着|戴个|戴了|戴|背着|背个|脚上?趿拉个?|脚上|围着|披着?个?){piece}(?:[、和]?{piece}){{0,3}}"
            rf"|(?:身穿|身着|穿着|穿的|穿){coloured}(?=[,。;!?]|的|$)|{coloured}{garments}(?:{coloured}{garments}){{0,2}}"
        ),
    )
