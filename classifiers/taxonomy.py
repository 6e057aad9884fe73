"""What a call can be: outcomes, categories, urgencies, and the unit that owns each category by default.

The facts are in `taxonomy.yaml`; this module reads them strictly and checks that they hold together.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Literal

from pydantic import model_validator

from classifiers.tables import HERE, Strict, read_table


class Outcome(StrEnum):
    """Where a call goes. `REVIEW` is an abstention: a person decides; it is never a label."""

    POLICE = "police"
    JOINT = "joint"
    NON_POLICE = "non_police"
    INVALID = "invalid"
    REVIEW = "review"


class Urgency(StrEnum):
    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


DANGER = frozenset({Outcome.POLICE, Outcome.JOINT})
"""The outcomes that send police: missing one of them may cost a life."""

URGENCIES: tuple[Urgency, ...] = (Urgency.EMERGENCY, Urgency.URGENT, Urgency.ROUTINE)
"""From the most to the least pressing."""


class NamedMeaning(Strict):
    name: str
    meaning: str


class Category(Strict):
    """One kind of call. `lead` is None for invalid calls, which are closed and never routed."""

    name: str
    outcome: Outcome
    lead: str | None = None
    also: tuple[str, ...] = ()
    assist: tuple[str, ...] = ()
    desk: Literal["lost_item", "missing_person"] | None = None
    covers: str

    @model_validator(mode="after")
    def _consistent(self) -> "Category":
        if self.outcome is Outcome.REVIEW:
            raise ValueError("review is an answer, not a label")
        if (self.lead is None) != (self.outcome is Outcome.INVALID):
            raise ValueError(f"{self.name}: every category but an invalid one has a lead")
        if self.assist and self.outcome is not Outcome.JOINT:
            raise ValueError(f"{self.name}: only a joint category has assisting units")
        if self.outcome is Outcome.JOINT and "public-security" not in (*self.assist, self.lead):
            raise ValueError(f"{self.name}: police take part in every joint category")
        return self


class Taxonomy(Strict):
    """The whole vocabulary. `categories` keeps the order of the file, which is the order of the model's classes."""

    version: str
    sources: tuple[str, ...]
    outcomes: dict[Outcome, NamedMeaning]
    urgency: dict[Urgency, NamedMeaning]
    categories: dict[str, Category]
    deciding: tuple[str, ...]

    @model_validator(mode="after")
    def _complete(self) -> "Taxonomy":
        if set(self.urgency) != set(Urgency) or set(self.outcomes) != set(Outcome) - {Outcome.REVIEW}:
            raise ValueError("outcomes and urgencies must be named completely")
        if {c.outcome for c in self.categories.values()} != set(self.outcomes):
            raise ValueError("every outcome needs a category")
        names = [c.name for c in self.categories.values()]
        if len(set(names)) != len(names):
            raise ValueError("two categories have the same name")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.categories)

    def outcome_of(self, code: str) -> Outcome:
        return self.categories[code].outcome

    def of_outcome(self, outcome: Outcome) -> tuple[str, ...]:
        """The codes of the categories with that outcome, in the file's order."""
        return tuple(code for code, category in self.categories.items() if category.outcome is outcome)


@lru_cache(maxsize=1)
def load_taxonomy() -> Taxonomy:
    """The project's vocabulary, read once. Raises TableError when the file does not hold together."""
    return read_table(HERE / "taxonomy.yaml", Taxonomy)
