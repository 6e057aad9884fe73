"""Deciding calls without Kafka: the same classifier, policy and routing as the service, one question and one answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from classifiers import Classifier
from dispatcher.catalog import Catalog
from dispatcher.domain import routing
from dispatcher.domain.codes import Outcome, Urgency
from dispatcher.domain.jsonl import clean, in_city_time, read_line
from dispatcher.domain.messages import Place
from dispatcher.domain.triage import Answer
from dispatcher.domain.units import City, Hours
from dispatcher.stream.classify import classify_with

_HINT = 'Write {"id", "text", "address"?, "received_at"?}'


class Question(BaseModel):
    """One line in. ``received_at`` decides which units are valid; without an offset it is the city's time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str | int
    text: str
    address: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sorted:
    """An answer with the units it leads to. `lead` is ``district`` where the matter is a district's and no place is known."""

    answer: Answer
    lead: str | None
    assist: tuple[str, ...]
    routing: str
    leads: tuple[str | None, ...]  # of each suggestion


class Decider:
    """Loaded once. Office hours do not count here: `lead` is the unit that owns the matter, awake or not."""

    def __init__(self, catalog: Catalog) -> None:
        self.city = _never_closed(catalog.city)
        self.policy = catalog.policy
        self._classify = classify_with(Classifier.load(), catalog.policy.triage)

    def decide(self, text: str, *, address: str | None, at: datetime, received_at: datetime | None = None) -> Sorted:
        """Decide one call, with the units that are valid `at` that time. Never raises, whatever the text.

        received_at: when the call came, where that is known; times in the text are then intervals, else offsets.
        """
        answer = self._classify(text, address, received_at)
        place = Place(
            district=answer.place.district, districts=answer.place.districts, outside_city=answer.place.outside_city
        )
        outcome, urgency = Outcome(answer.outcome), Urgency(answer.urgency)
        lead, assist, why = self._units(answer.category, outcome, urgency, place, at)
        leads = tuple(
            self._units(code, self.city.matters[code].outcome, urgency, place, at)[0] for code, _ in answer.suggestions
        )
        return Sorted(answer, lead, assist, why, leads)

    def _units(
        self, category: str, outcome: Outcome, urgency: Urgency, place: Place, at: datetime
    ) -> tuple[str | None, tuple[str, ...], str]:
        plan = routing.route(
            outcome=outcome,
            category=category,
            urgency=urgency,
            place=place,
            at=at,
            city=self.city,
            policy=self.policy.routing,
            hours=self.policy.hours,
        )
        lead = plan.lead
        if lead is None and outcome is Outcome.NON_POLICE and place.outside_city is None:
            lead = self.city.matters[category].lead  # a district's matter whose place is not known yet
        return lead, plan.assist, plan.why

    def line(self, raw: bytes, *, now: datetime, explain: bool) -> dict[str, Any]:
        """The answer to one line of JSONL, as plain values; raises `BadRecord` for a line that is no question."""
        question = read_question(raw)
        received_at = question.received_at
        found = self.decide(
            clean(question.text),
            address=clean(question.address) if question.address else None,
            at=received_at or now,
            received_at=received_at,
        )
        return {"id": clean(question.id) if isinstance(question.id, str) else question.id} | self.facts(
            found, explain=explain
        )

    def facts(self, found: Sorted, *, explain: bool) -> dict[str, Any]:
        """An answer as plain values, in the order of the contract; `explain` adds the place and the routing in words."""
        answer = found.answer
        suggestions = zip(answer.suggestions, found.leads, strict=True)
        return {
            "outcome": str(answer.outcome),
            "category": answer.category,
            "lead": found.lead,
            "assist": list(found.assist),
            "district": answer.place.district,
            "urgency": str(answer.urgency),
            "confidence": round(answer.confidence, 4),
            "suggestions": [{"category": c, "lead": lead, "probability": round(p, 4)} for (c, p), lead in suggestions],
            "rule": answer.rule,
            "reason": answer.reason,
            "cues": [{"text": text, "weight": round(weight, 3)} for text, weight in answer.cues],
            "extracted": answer.extracted,
            "model": answer.model,
            "policy": self.policy.sha256,
            **(
                {
                    "routing": found.routing,
                    "place": {
                        "districts": list(answer.place.districts),
                        "street": answer.place.street,
                        "landmark": answer.place.landmark,
                        "outside_city": answer.place.outside_city,
                    },
                }
                if explain
                else {}
            ),
        }


def read_question(raw: bytes) -> Question:
    """The question in a line, its time aware; raises `BadRecord` saying what is wrong."""
    question = read_line(raw, Question, hint=_HINT)
    if question.received_at is None:
        return question
    return question.model_copy(update={"received_at": in_city_time(question.received_at, "received_at", hint=_HINT)})


def _never_closed(city: City) -> City:
    """The city with every unit on duty around the clock: routing then names owners and never their stand-ins."""
    units = {code: unit.model_copy(update={"hours": Hours.L1}) for code, unit in city.units.items()}
    return city.model_copy(update={"units": units})
