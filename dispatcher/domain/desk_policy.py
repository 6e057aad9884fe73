"""What a city decides about its two 24-hour desks: a strict model of ``dispatcher/policy/desks.yaml``."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from dispatcher.domain.lookups.codes import Desk, Mode, Side
from dispatcher.domain.lookups.facts import FACTS

_Share = Annotated[float, Field(ge=0, le=1)]


class _Policy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hours(StrEnum):
    """When a database may be asked."""

    ALWAYS = "always"
    OFFICE = "office"


class By(StrEnum):
    """Who answers: a program, or a person of the desk who looks (video, a telephone call to a driver)."""

    MACHINE = "machine"
    PERSON = "person"


class Database(_Policy):
    """One database behind a channel, and when it is worth asking."""

    code: str
    channel: str
    name: str
    desks: tuple[Desk, ...] = Field(min_length=1)
    sides: tuple[Side, ...] = Field(min_length=1)
    systems: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = Field(min_length=1)
    uses: tuple[str, ...]
    hours: Hours
    by: By
    wait_minutes: PositiveInt


class Question(_Policy):
    """What to ask the caller for one fact; left out where one of `unless` is known."""

    fact: str
    unless: tuple[str, ...] = ()
    ask: str


class Escalation(_Policy):
    """Who is told after how long."""

    after_minutes: PositiveInt
    to: str


class AlertStep(_Policy):
    """The alert's radius from so many hours on."""

    from_hours: NonNegativeFloat
    km: PositiveFloat


class DesksPolicy(_Policy):
    """Whom the desks ask and when, what of the caller, and how a search for a person grows."""

    beside: dict[str, Desk]
    found: tuple[str, ...]
    found_cues: tuple[str, ...]
    candidate_from: _Share
    silent_below: _Share
    reask_minutes: dict[Desk, tuple[PositiveInt, ...]]
    give_up_days: dict[Desk, PositiveInt | None]
    give_up_found_days: PositiveInt
    keep_requests: PositiveInt
    keep_candidates: PositiveInt
    no_mark: frozenset[str]
    public_words: tuple[str, ...]
    channels: dict[str, str]
    databases: tuple[Database, ...]
    questions: dict[str, tuple[Question, ...]]
    escalation: tuple[Escalation, ...]
    risks: dict[str, NonNegativeFloat]
    child_below: PositiveInt
    elder_from: PositiveInt
    cold_months: tuple[Annotated[int, Field(ge=1, le=12)], ...]
    night: tuple[str, str]
    alert_km: dict[str, tuple[AlertStep, ...]]
    speeds_kmh: dict[Mode, PositiveFloat]
    walk_at_most_km: PositiveFloat
    centres: dict[str, tuple[float, float]]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = []
        if self.silent_below > self.candidate_from:
            wrong.append("silent_below: it is above candidate_from; lower it")
        for desk in Desk:
            wrong += [
                f"{name}.{desk}: missing; add it"
                for name in ("reask_minutes", "give_up_days")
                if desk not in getattr(self, name)
            ]
            if desk not in self.questions:
                wrong.append(f"questions.{desk}: missing; add it")
        wrong += [f"speeds_kmh.{mode}: no speed; add one" for mode in Mode if mode not in self.speeds_kmh]
        codes = [one.code for one in self.databases]
        wrong += [
            f"databases: {code} stands twice; remove one" for code in sorted({c for c in codes if codes.count(c) > 1})
        ]
        named = {
            **{
                f"databases.{one.code}": {*one.uses, *(fact for group in one.needs for fact in group)}
                for one in self.databases
            },
            **{
                f"questions.{name}": {fact for one in asked for fact in (one.fact, *one.unless)}
                for name, asked in self.questions.items()
            },
        }
        for where, facts in named.items():
            wrong += [
                f"{where}: {fact} is no fact; use one of {', '.join(FACTS)}" for fact in sorted(facts - FACTS.keys())
            ]
        wrong += [
            f"databases.{one.code}.channel: {one.channel} is not in channels; add it there"
            for one in self.databases
            if one.channel not in self.channels
        ]
        wrong += [f"alert_km.{who}: missing; add it" for who in ("child", "other") if who not in self.alert_km]
        wrong += [
            f"risks.{risk}: missing; add it"
            for risk in ("child", "elder", "illness", "cold", "night", "weather")
            if risk not in self.risks
        ]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def database(self, code: str) -> Database | None:
        """The database of that code."""
        return next((one for one in self.databases if one.code == code), None)
