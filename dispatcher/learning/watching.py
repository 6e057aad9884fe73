"""The two windows of the drift watch, filled from the topics."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from classifiers.model import LinearModel
from classifiers.train import grams_of
from dispatcher.client.reader import Reader
from dispatcher.domain.policy import IntakePolicy
from dispatcher.learning.drift import Window
from dispatcher.learning.ledger import Place, events, pinned, place_of, records
from dispatcher.learning.texts import call_in
from dispatcher.stream import topics

#: What people and units say against the service: another matter, another unit.
CORRECTIONS: Final = frozenset(("case.recategorised", "case.rerouted", "case.arbitrated"))
KINDS: Final = CORRECTIONS | {"call.triaged"}


class Span(NamedTuple):
    """From a moment up to another, both aware."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


class _Call(NamedTuple):
    outcome: str
    category: str
    confidence: float
    place: Place | None


def unknown_share(model: LinearModel, text: str) -> float:
    """The share of the text's features that the model has never seen. Never raises, whatever the text."""
    found = model.rows_of(grams_of(text))
    return found.count(None) / len(found) if found else 0.0


async def fill(
    reader: Reader,
    spans: Sequence[Span],
    *,
    model: LinearModel,
    intake: IntakePolicy,
    texts: int,
) -> list[Window]:
    """A window for each span, of what was decided in it by the broker's time; a span's end is as far as the topics are now.

    texts: so many calls of a span at most are looked at for unknown features, evenly spread over it.
    """
    starts, ends = await pinned(reader, topics.CASE_EVENTS, since=min(span.start for span in spans))
    windows = [Window() for _ in spans]
    calls: list[list[_Call]] = [[] for _ in spans]
    async for event in events(reader, KINDS, starts, ends):
        for span, window, taken in zip(spans, windows, calls, strict=True):
            if not span.holds(event.at):
                continue
            if event.kind in CORRECTIONS:
                window.corrected += 1
                continue
            value = event.value
            try:
                call = _Call(
                    str(value["outcome"]),
                    str(value["category"]),
                    float(value["confidence"]),
                    place_of(value["source"]),
                )
            except (LookupError, TypeError, ValueError):  # of another version of the service
                continue
            taken.append(call)
    shares = await _unknown(reader, calls, model=model, intake=intake, texts=texts)
    for window, taken in zip(windows, calls, strict=True):
        for call in taken:
            window.add(
                outcome=call.outcome,
                category=call.category,
                confidence=call.confidence,
                unknown=shares.get(call.place) if call.place is not None else None,
            )
    return windows


async def _unknown(
    reader: Reader, calls: Sequence[Sequence[_Call]], *, model: LinearModel, intake: IntakePolicy, texts: int
) -> dict[Place, float]:
    wanted: set[Place] = set()
    for taken in calls:
        places = sorted(call.place for call in taken if call.place is not None)
        step = max(1, -(-len(places) // texts))
        wanted.update(places[::step])
    shares = {}
    async for place, record in records(reader, wanted):
        call = call_in(record, intake)
        if call is not None:
            shares[place] = unknown_share(model, call.text)
    return shares
