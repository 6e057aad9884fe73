"""The linked units and the matters they own, as the pure functions see them.

Built by ``dispatcher.catalog`` from agencies.yaml and the taxonomy; never written in code.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Level, Outcome, Urgency

#: Stands for "the district unit of the incident's place" wherever a unit's code may stand.
DISTRICT = "district"


class Hours(StrEnum):
    """When a unit answers: L1 somebody on duty 24 h, L2 on call 24 h, L3 office hours only."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


class Unit(BaseModel):
    """One linked unit (联动单位)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    name: str
    hours: Hours
    fallback: tuple[str, ...] = ()
    valid_from: date
    valid_to: date | None = None

    def valid_at(self, moment: datetime) -> bool:
        """Whether the unit is part of the linkage on the city's date of `moment`; the last day counts."""
        day = moment.astimezone(CITY_TIME).date()
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Matter(BaseModel):
    """One category of the taxonomy: what it is and whom it goes to by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    name: str
    outcome: Outcome
    lead: str | None = None
    also: tuple[str, ...] = ()
    assist: tuple[str, ...] = ()
    desk: str | None = None


class Listed(BaseModel):
    """An entry of the list of matters (事项清单): who owns a matter from one day on, until another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    matter: str
    owner: str
    also: tuple[str, ...] = ()
    assist: tuple[str, ...] = ()
    valid_from: date
    valid_to: date | None = None
    source: str

    def valid_on(self, day: date) -> bool:
        """Whether the entry holds on a day; both ends count."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Part(StrEnum):
    """A part of the day, by the office hours of the city; the noon break is part of the office's day (rule 9.1)."""

    OFFICE = "office"
    OFF = "after_hours"


class Ruling(BaseModel):
    """Who gets matters of some kind at some hours in some places, whoever owns them. Empty means: any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    outcomes: tuple[Outcome, ...] = ()
    matters: tuple[str, ...] = ()
    except_matters: tuple[str, ...] = ()
    urgencies: tuple[Urgency, ...] = ()
    districts: tuple[str, ...] = ()
    part: Part | None = None
    unit: str
    covers: bool = False  # it stands in for the owner, who takes over when its working time begins (rule 9.6)
    valid_from: date
    valid_to: date | None = None
    source: str

    def fits(
        self, *, outcome: Outcome, matter: str, urgency: Urgency, district: str | None, part: Part, day: date
    ) -> bool:
        """Whether a call falls under it."""
        return (
            self.valid_from <= day
            and (self.valid_to is None or day <= self.valid_to)
            and (not self.outcomes or outcome in self.outcomes)
            and (not self.matters or matter in self.matters)
            and matter not in self.except_matters
            and (not self.urgencies or urgency in self.urgencies)
            and (not self.districts or district in self.districts)
            and (self.part is None or part is self.part)
        )


class GridNode(BaseModel):
    """A place of the grid (网格): 区, 街道, 社区 or 责任区, with the group in which its workers hear of matters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    name: str
    level: Level | None = None  # None: 责任区, below the community
    parent: str | None = None
    group: str | None = None
    names: tuple[str, ...] = ()  # by which a place names it, its own beside


class City(BaseModel):
    """All that routing needs to know of a city."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: Mapping[str, Unit]
    matters: Mapping[str, Matter]
    districts: Mapping[str, str]  # code -> Chinese name
    listed: Mapping[str, tuple[Listed, ...]] = {}
    rulings: tuple[Ruling, ...] = ()
    grid: Mapping[str, GridNode] = {}

    def matter_at(self, code: str, moment: datetime) -> Matter:
        """The matter as the list has it on the city's date of `moment`; where the list is silent, as the taxonomy has it."""
        matter = self.matters[code]
        day = moment.astimezone(CITY_TIME).date()
        entry = next((one for one in reversed(self.listed.get(code, ())) if one.valid_on(day)), None)
        if entry is None:
            return matter
        return matter.model_copy(update={"lead": entry.owner, "also": entry.also, "assist": entry.assist})

    def grid_path(self, *words: str | None) -> tuple[GridNode, ...]:
        """The deepest place of the grid that one of `words` names, from its district down; empty where none is named."""
        said = [word for word in words if word]
        best: tuple[GridNode, ...] = ()
        for node in self.grid.values():
            if any(name in word for name in (node.name, *node.names) for word in said):
                path = self._path(node)
                if len(path) > len(best):
                    best = path
        return best

    def _path(self, node: GridNode) -> tuple[GridNode, ...]:
        path = [node]
        while path[0].parent is not None:
            path.insert(0, self.grid[path[0].parent])
        return tuple(path)

    def unit_name(self, code: str) -> str:
        """The unit's Chinese name, or the code itself where it is unknown."""
        unit = self.units.get(code)
        return unit.name if unit else code
