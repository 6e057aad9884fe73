"""agencies.yaml: the linked units of a city."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dispatcher.domain.units import DISTRICT, Hours, Unit


class Channel(StrEnum):
    """How a unit gets its orders. Every unit also has its topic ``agency.<code>``."""

    TOPIC = "topic"


class Agency(BaseModel):
    """One entry of agencies.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=48)
    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    kind: str
    hours: Hours
    desk: str = Field(pattern="^(resident|online)$")
    fallback: tuple[str, ...] = ()
    channel: Channel = Channel.TOPIC
    districts: str | tuple[str, ...] = "all"
    valid_from: date
    valid_to: date | None = None
    evidence: str
    handles: str

    def unit(self) -> Unit:
        """The entry as routing sees it."""
        return Unit(
            code=self.code,
            name=self.name,
            hours=self.hours,
            fallback=self.fallback,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


class Agencies(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str
    units: tuple[Agency, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        codes = [unit.code for unit in self.units]
        names = [name for unit in self.units for name in (unit.name, *unit.aliases)]
        for kind, values in (("code", codes), ("name or alias", names)):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{kind} used twice: {', '.join(twice)}")
        known = {*codes, DISTRICT}
        for unit in self.units:
            lost = [code for code in unit.fallback if code not in known]
            if lost:
                raise ValueError(f"unit {unit.code}: fallback {', '.join(lost)} is no unit")
            if unit.hours is Hours.L3 and not unit.fallback:
                raise ValueError(f"unit {unit.code}: an L3 unit needs a fallback for off hours")
        return self
