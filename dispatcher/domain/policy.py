"""What a city decides by numbers and lists: strict models of the files in ``dispatcher/policy/``.

Each number's reason stands beside it in its YAML file. The models hold no defaults: a missing key is a mistake.
"""

from datetime import date, time
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from dispatcher.domain.codes import Urgency


class _Policy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IntakePolicy(_Policy):
    """Which records are calls at all, and when a flood of bad ones stops the intake."""

    record_max_bytes: PositiveInt
    text_max_characters: PositiveInt
    salvage_characters: PositiveInt
    max_future_minutes: PositiveInt
    max_age_days: PositiveInt
    fuse_window_records: PositiveInt
    fuse_max_share: float = Field(gt=0, lt=1)


class RepeatPolicy(_Policy):
    """When a call of the same caller belongs to an earlier case (domain rule 9.4)."""

    same_call_minutes: PositiveInt
    repeat_minutes: PositiveInt
    dispute_hours: PositiveInt
    disputes: tuple[str, ...]
    #: Groups of categories that are one matter to a caller although it has grown, e.g. a quarrel that turns violent.
    families: dict[str, tuple[str, ...]]
    #: A category of danger -> the categories that it may have grown from.
    grows_from: dict[str, tuple[str, ...]]
    silent_again_minutes: PositiveInt
    silent: str
    never_repeat: tuple[str, ...]
    remembered_calls: PositiveInt

    def same_matter(self, *, now: str, now_matter: str, before: str, before_matter: str) -> bool:
        """Whether a call of category `now` is about what a call of category `before` was about."""
        return now_matter == before_matter or before in self.grows_from.get(now, ())

    def matter(self, category: str, desk: str | None) -> str:
        """What a caller would call "the same matter": the family, else the desk, else the category."""
        for name, members in self.families.items():
            if category in members:
                return f"family:{name}"
        return f"desk:{desk}" if desk else category


class Cutoffs(_Policy):
    """A city's own cut-offs on calibrated probabilities, in place of those that were chosen with the model."""

    non_police_danger: float = Field(gt=0, lt=1)
    invalid_real: float = Field(gt=0, lt=1)
    danger: float = Field(gt=0, lt=1)
    category: float = Field(gt=0, lt=1)


class TriagePolicy(_Policy):
    """What a wrong answer costs, relative to one look of a person, and where the classifier abstains."""

    missed_police: PositiveFloat
    needless_police: PositiveFloat
    wrong_unit: PositiveFloat
    look: PositiveFloat
    cutoffs: Cutoffs | None


class HoursPolicy(_Policy):
    """Office hours of L3 units, in the city's time. The noon break stops clocks but is no off-hours (rule 9.1)."""

    morning_start: time
    morning_end: time
    afternoon_start: time
    afternoon_end: time
    extra_holidays: tuple[date, ...]
    extra_workdays: tuple[date, ...]


class Limit(_Policy):
    """One clock's length: exactly one of the three."""

    elapsed_minutes: PositiveInt | None = None
    working_hours: PositiveInt | None = None
    working_days: PositiveInt | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(value is not None for value in (self.elapsed_minutes, self.working_hours, self.working_days)) != 1:
            raise ValueError("set exactly one of elapsed_minutes, working_hours, working_days")
        return self


class DeadlinePolicy(_Policy):
    """The clocks of rule 9.1, by urgency; ``finish_queries`` is the routine finish of plain questions."""

    acknowledge: dict[Urgency, Limit]
    first_answer: dict[Urgency, Limit]
    finish: dict[Urgency, Limit]
    finish_queries: Limit
    queries: tuple[str, ...]


class RoutingPolicy(_Policy):
    """How a category becomes units."""

    police_unit: str
    no_place_unit: str
    out_of_area_unit: str
    place_question: str


class Policy(_Policy):
    """All policy files of a city together, with the digest that every decision carries."""

    intake: IntakePolicy
    repeat: RepeatPolicy
    triage: TriagePolicy
    hours: HoursPolicy
    deadlines: DeadlinePolicy
    routing: RoutingPolicy
    sha256: str
