"""matters.yaml and grid.yaml: the list of matters (事项清单) and the grid (网格) of a city."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dispatcher.domain.units import DISTRICT, City, GridNode, Listed, Ruling


class Matters(BaseModel):
    """The whole list: who owns each matter and since when, and rulings by hour and place above it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str
    entries: tuple[Listed, ...] = ()
    rulings: tuple[Ruling, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = []
        for entry in self.entries:
            if entry.valid_to is not None and entry.valid_to < entry.valid_from:
                wrong.append(f"entries.{entry.matter}.valid_to: lies before valid_from; correct one of them")
        for matter, entries in self.by_matter().items():
            for one, two in pairwise(entries):
                if one.valid_to is None or one.valid_to >= two.valid_from:
                    wrong.append(
                        f"entries.{matter}: two entries hold on {two.valid_from}; end the older one with valid_to before it"
                    )
        ids = [ruling.id for ruling in self.rulings]
        wrong += [
            f"rulings.{name}: the id stands twice; give each its own"
            for name in sorted(set(ids))
            if ids.count(name) > 1
        ]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def by_matter(self) -> dict[str, tuple[Listed, ...]]:
        """The entries of each matter, the oldest first."""
        found: dict[str, list[Listed]] = defaultdict(list)
        for entry in sorted(self.entries, key=lambda one: one.valid_from):
            found[entry.matter].append(entry)
        return {matter: tuple(entries) for matter, entries in found.items()}


class Grid(BaseModel):
    """The grid's places below the districts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str
    nodes: tuple[GridNode, ...] = Field(default=())

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        codes = [node.code for node in self.nodes]
        wrong = [
            f"nodes.{code}: the code stands twice; give each its own"
            for code in sorted(set(codes))
            if codes.count(code) > 1
        ]
        seen: set[str] = set()
        for node in self.nodes:
            if node.parent is not None and node.parent not in seen:
                wrong.append(
                    f"nodes.{node.code}.parent: {node.parent} does not stand above it; put the larger place first"
                )
            seen.add(node.code)
        if wrong:
            raise ValueError("\n".join(wrong))
        return self


def lost(matters: Matters, grid: Grid, city: City) -> Iterator[str]:
    """Names in the list or the grid that lead nowhere."""
    known = {*city.units, DISTRICT}
    named = [(f"entries.{one.matter}", one.matter, (one.owner, *one.also, *one.assist)) for one in matters.entries]
    named += [(f"rulings.{one.id}", "", (one.unit,)) for one in matters.rulings]
    for where, matter, units in named:
        if matter and matter not in city.matters:
            yield f"matters.yaml: {where}: {matter} is no category of the taxonomy; correct it"
        for code in units:
            if code not in known:
                yield f"matters.yaml: {where}: unit {code} is not in agencies.yaml; name one that is, or {DISTRICT}"
    for ruling in matters.rulings:
        for code in (*ruling.matters, *ruling.except_matters):
            if code not in city.matters:
                yield f"matters.yaml: rulings.{ruling.id}: {code} is no category of the taxonomy; correct it"
        for code in ruling.districts:
            if code not in city.districts:
                yield f"matters.yaml: rulings.{ruling.id}: {code} is no district; correct it"
    for node in grid.nodes:
        if node.parent is None and node.code not in city.districts:
            yield f"grid.yaml: nodes.{node.code}: the topmost place of a path is a district; name one of the gazetteer"
