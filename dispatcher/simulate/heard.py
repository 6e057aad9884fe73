"""An answer of triage that is given rather than found: what a story, or a synthetic city, says that a call is."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatcher.domain.codes import Outcome, Urgency
from dispatcher.domain.triage import Classify
from dispatcher.domain.units import City


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the matter is."""

    districts: tuple[str, ...] = ()
    street: str | None = None
    landmark: str | None = None
    outside_city: str | None = None

    @property
    def district(self) -> str | None:
        return self.districts[0] if self.districts else None


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer; `outcome` and `urgency` as the domain names them."""

    category: str
    outcome: str
    urgency: str
    place: Spot
    confidence: float = 1.0
    suggestions: tuple[tuple[str, float], ...] = ()
    rule: str = "given"
    reason: str = ""
    cues: tuple[tuple[str, float], ...] = ()
    extracted: dict[str, Any] = field(default_factory=dict)
    model: str = "given"

    @classmethod
    def of(
        cls,
        category: str,
        outcome: Outcome | None,
        urgency: Urgency,
        districts: tuple[str, ...],
        outside_city: str | None,
        city: City,
    ) -> Classify:
        """A classifier that answers this whatever the text; the outcome is the category's own where none is named."""
        matter = city.matters[category]
        heard = cls(
            category=category,
            outcome=str(outcome or matter.outcome),
            urgency=str(urgency),
            place=Spot(districts, outside_city=outside_city),
            suggestions=((category, 1.0),),
            reason=f"判为{matter.name}",
        )

        def classify(_text: str, _address: str | None, _received_at: datetime | None) -> Heard:
            return heard

        return classify
