"""The linked units and the matters they own, as the pure functions see them.

Built by ``dispatcher.catalog`` from agencies.yaml and the taxonomy; never written in code.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Outcome

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


class City(BaseModel):
    """All that routing needs to know of a city."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: Mapping[str, Unit]
    matters: Mapping[str, Matter]
    districts: Mapping[str, str]  # code -> Chinese name

    def unit_name(self, code: str) -> str:
        """The unit's Chinese name, or the code itself where it is unknown."""
        unit = self.units.get(code)
        return unit.name if unit else code
