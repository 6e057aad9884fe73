"""What a city decides by numbers and lists: strict models of the files in ``dispatcher/policy/``.

Each number's reason stands beside it in its YAML file. The models hold no defaults: a missing key is a mistake.
"""

from datetime import date, time
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from dispatcher.domain.codes import Mark, Urgency
from dispatcher.domain.desk_policy import DesksPolicy


class _Policy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_Share = Annotated[float, Field(ge=0, le=1)]


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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = []
        if not self.same_call_minutes <= self.repeat_minutes <= self.dispute_hours * 60:
            wrong.append(
                "repeat_minutes: must lie between same_call_minutes and dispute_hours; correct one of the three"
            )
        if self.silent_again_minutes > self.dispute_hours * 60:
            wrong.append("silent_again_minutes: calls are remembered for dispute_hours only; shorten it")
        homes: dict[str, str] = {}
        for name, members in self.families.items():
            for member in members:
                if homes.setdefault(member, name) != name:
                    wrong.append(f"families.{name}: {member} is in family {homes[member]} too; leave it in one")
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def same_matter(self, *, now: str, now_matter: str, before: str, before_matter: str) -> bool:
        """Whether a call of category `now` is about what a call of category `before` was about."""
        return now_matter == before_matter or before in self.grows_from.get(now, ())

    def matter(self, category: str, desk: str | None) -> str:
        """What a caller would call "the same matter": the family, else the desk, else the category."""
        for name, members in self.families.items():
            if category in members:
                return f"family:{name}"
        return f"desk:{desk}" if desk else category


class TriagePolicy(_Policy):
    """What a wrong answer costs, relative to one look of a person, and where the classifier abstains."""

    missed_police: PositiveFloat
    needless_police: PositiveFloat
    wrong_unit: PositiveFloat
    look: PositiveFloat
    missed_ceiling: _Share
    invalid_ceiling: _Share
    needless_ceiling: _Share
    review_ceiling: _Share
    #: A city's own cut-offs on calibrated probabilities, by the classifier's names; None: those chosen with the model.
    cutoffs: dict[str, _Share] | None


def _quoted(value: object) -> object:
    """YAML reads 12:00 without quotes as the number 720."""
    if not isinstance(value, str | time):
        raise ValueError('must be a text in quotes, such as "12:00"')
    return value


class HoursPolicy(_Policy):
    """Office hours of L3 units, in the city's time. The noon break stops clocks but is no off-hours (rule 9.1)."""

    morning_start: Annotated[time, BeforeValidator(_quoted)]
    morning_end: Annotated[time, BeforeValidator(_quoted)]
    afternoon_start: Annotated[time, BeforeValidator(_quoted)]
    afternoon_end: Annotated[time, BeforeValidator(_quoted)]
    extra_holidays: tuple[date, ...]
    extra_workdays: tuple[date, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any(
            clock.tzinfo for clock in (self.morning_start, self.morning_end, self.afternoon_start, self.afternoon_end)
        ):
            raise ValueError("morning_start: the times are the city's own; write them without an offset")
        if not self.morning_start < self.morning_end <= self.afternoon_start < self.afternoon_end:
            raise ValueError("morning_start: the four times must follow one another; put them in order")
        both = sorted(map(str, set(self.extra_holidays) & set(self.extra_workdays)))
        if both:
            raise ValueError(f"extra_workdays: {', '.join(both)} is among extra_holidays too; remove one")
        return self


class Limit(_Policy):
    """One clock's length: exactly one of the three."""

    elapsed_minutes: PositiveInt | None = None
    working_hours: PositiveInt | None = None
    working_days: PositiveInt | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(value is not None for value in (self.elapsed_minutes, self.working_hours, self.working_days)) != 1:
            raise ValueError(
                "elapsed_minutes: it is not one of elapsed_minutes, working_hours, working_days; set exactly one"
            )
        return self


class DeadlinePolicy(_Policy):
    """The clocks of rule 9.1, by urgency; ``finish_queries`` is the routine finish of plain questions."""

    acknowledge: dict[Urgency, Limit]
    first_answer: dict[Urgency, Limit]
    finish: dict[Urgency, Limit]
    finish_queries: Limit
    queries: tuple[str, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        lost = [
            f"{clock}.{urgency}: no limit; add one"
            for clock in ("acknowledge", "first_answer", "finish")
            for urgency in Urgency
            if urgency not in getattr(self, clock)
        ]
        if lost:
            raise ValueError("\n".join(lost))
        return self


class Card(_Policy):
    """When a mark falls, as a share of the clock's limit, and who hears of it."""

    at: PositiveFloat
    to: str


class Rung(_Policy):
    """One step of the mediation ladder: who mediates, and how long before the dispute climbs."""

    rung: str
    unit: str
    assist: tuple[str, ...] = ()
    leads: bool = False  # whether its unit leads the case from now on
    limit: Limit


class CaseworkPolicy(_Policy):
    """The closed loop: cards, extensions, returns, reopening, revisits, ladder (domain rules 9.2 to 9.14)."""

    cards: dict[Mark, Card]
    extensions: NonNegativeInt
    extension_share: _Share
    left_after_change: _Share
    reopened_share: _Share
    returns_to_conference: PositiveInt
    conference_finish: Limit
    reopen_days: PositiveInt
    unanswered_visits: PositiveInt
    lease_minutes: PositiveInt
    review_reminder_minutes: PositiveInt
    whistle_minutes: PositiveInt
    care_days: PositiveInt
    ladder: tuple[Rung, ...] = Field(min_length=1)
    supervising_unit: str
    platforms: dict[str, str]
    desks: dict[str, str]
    archive_days: PositiveInt
    forget_days: PositiveInt
    merge_minutes: PositiveInt
    merge_score: _Share

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = [f"cards.{mark}: no card; add one" for mark in Mark if mark not in self.cards]
        shares = [self.cards[mark].at for mark in Mark if mark in self.cards]
        if shares != sorted(set(shares)):
            wrong.append("cards: each must fall later than the one before it; put them in order")
        if Mark.BLUE in self.cards and self.cards[Mark.BLUE].at != 1.0:
            wrong.append("cards.blue.at: the blue card falls at the deadline; write 1.0")
        names = [rung.rung for rung in self.ladder]
        wrong += [
            f"ladder: rung {name} stands twice; remove one" for name in sorted(set(names)) if names.count(name) > 1
        ]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self


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
    casework: CaseworkPolicy
    desks: DesksPolicy
    sha256: str
