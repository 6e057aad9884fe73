"""The calls of a story: who rings, when, with which words; and what is read from these words where the decision is given."""

from dataclasses import replace
from datetime import datetime
from typing import cast

from pydantic import BaseModel, ConfigDict, Field

from classifiers.extraction import extract
from classifiers.gazetteer import locate
from classifiers.normalise import normalise
from dispatcher.domain.codes import Outcome, Urgency
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.lookups.beside import desk_of
from dispatcher.domain.policy import Policy
from dispatcher.domain.triage import Classify
from dispatcher.domain.units import City
from dispatcher.simulate.heard import Heard, Spot


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Call(_Strict):
    """A call. With `category` the decision is given; without it the city's classifier decides by the text."""

    id: str
    text: str = "一句话"
    caller: str | None = None
    category: str | None = None
    outcome: Outcome | None = None
    urgency: Urgency = Urgency.ROUTINE
    districts: tuple[str, ...] = ()
    outside_city: str | None = None
    address: str | None = None
    confidential: bool = False
    at: str | None = Field(None, description="when the call was made, if other than the step's time")


class FoundCall(_Strict):
    """One of several who have found something, before or at the step: a call with its category given. `at`: as a step's
    time, counted from the step before; by default the step's own."""

    id: str
    text: str
    at: str | None = None
    category: str = "found_item"
    caller: str | None = None
    districts: tuple[str, ...] = ()

    def call(self) -> Call:
        """As a call of the story."""
        return Call(id=self.id, text=self.text, category=self.category, caller=self.caller, districts=self.districts)


def given(call: Call, category: str, city: City, policy: Policy) -> Classify:
    """A classifier that answers what the story gives. For a matter of the two desks it reads the rest from the text as the
    city's own does: what a lookup knows at first is what the caller said. Raises CatalogError."""
    if category not in city.matters:
        raise CatalogError(f"call {call.id}: no category {category}", hint="See classifiers/taxonomy.yaml")
    answers = Heard.of(category, call.outcome, call.urgency, call.districts, call.outside_city, city)
    if desk_of(category, city, policy) is None:
        return answers

    def classify(text: str, address: str | None, received_at: datetime | None) -> Heard:
        clean = normalise(text).text
        named = locate(clean)
        place = Spot(call.districts or named.districts, named.street, named.landmark, call.outside_city)
        heard = cast(Heard, answers(text, address, received_at))
        return replace(heard, place=place, extracted=extract(clean, received_at=received_at))

    return classify
