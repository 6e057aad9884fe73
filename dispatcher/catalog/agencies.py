"""agencies.yaml: the linked units of a city."""

from datetime import date
from enum import StrEnum
from typing import Literal, Self

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
    districts: Literal["all"] | tuple[str, ...] = "all"
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
        wrong = []
        for kind, values in (("code", codes), ("name or alias", names)):
            for value in sorted({value for value in values if values.count(value) > 1}):
                wrong.append(f"units: {kind} {value} is used twice; each must be one unit's alone")
        by_code = {unit.code: unit for unit in self.units}
        for unit in self.units:
            at = f"units.{unit.code}"
            if unit.code == DISTRICT:
                wrong.append(f"{at}.code: the word stands for the place's own district unit; choose another")
            if unit.valid_to is not None and unit.valid_to < unit.valid_from:
                wrong.append(f"{at}.valid_to: lies before valid_from; correct one of them")
            for code in unit.fallback:
                if code not in by_code and code != DISTRICT:
                    wrong.append(f"{at}.fallback: {code} is no unit; name one of this file, or {DISTRICT}")
                elif code == unit.code:
                    wrong.append(f"{at}.fallback: a unit cannot cover itself; name another")
            if unit.hours is Hours.L3 and not any(
                code == DISTRICT or (code in by_code and by_code[code].hours is not Hours.L3) for code in unit.fallback
            ):
                wrong.append(f"{at}.fallback: an L3 unit needs one that answers off hours; name an L1 or L2 unit")
        if wrong:
            raise ValueError("\n".join(wrong))
        return self
