"""The model: what calls were decided to be, how often it abstained, and what people corrected. Pure: rows in, rows out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from dispatcher.client.lookup_stats import share
from dispatcher.domain.codes import Outcome

COLUMNS: Final = (
    *("model", "calls", "police", "joint", "non_police", "invalid", "review", "diversion", "review_rate", "by_rule"),
    *("confidence", "reviews", "reviews_agreed", "corrected"),
)
CORRECTIONS: Final = ("before_category", "before_name", "category", "category_name", "count")
#: The rule of a decision that the model made.
_MODEL: Final = "model"
#: Of a label: the answer to a review, in whose place a person decided.
_REVIEW: Final = "review"
#: So many pairs of matters are listed.
PAIRS: Final = 20


@dataclass(slots=True)
class _Model:
    outcomes: Counter[str] = field(default_factory=Counter)
    by_rule: int = 0
    sure: float = 0.0
    said: int = 0
    reviews: int = 0
    reviews_agreed: int = 0
    corrected: int = 0

    def row(self, model: str) -> dict[str, Any]:
        calls = self.outcomes.total()
        counts = {outcome.value: self.outcomes[outcome.value] for outcome in Outcome}
        return {
            "model": model,
            "calls": calls,
            **counts,
            "diversion": share(counts[Outcome.NON_POLICE], calls - counts[Outcome.INVALID]),
            "review_rate": share(counts[Outcome.REVIEW], calls),
            "by_rule": self.by_rule,
            "confidence": round(self.sure / self.said, 4) if self.said else None,
            "reviews": self.reviews,
            "reviews_agreed": self.reviews_agreed,
            "corrected": self.corrected,
        }


@dataclass(slots=True)
class Decided:
    """What calls and people's labels of a period come to. `pairs`: (before, after) -> how often people said so."""

    whole: _Model = field(default_factory=_Model)
    models: dict[str, _Model] = field(default_factory=dict)
    categories: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def rows(self) -> list[dict[str, Any]]:
        """One row a model, the busiest first."""
        busiest = sorted(self.models.items(), key=lambda item: (-item[1].outcomes.total(), item[0]))
        return [model.row(digest) for digest, model in busiest]

    def total(self) -> dict[str, Any]:
        """All models together."""
        return self.whole.row("")

    def corrections(self) -> list[tuple[str, str, int]]:
        """The matters that people named most often instead of another."""
        ordered = sorted(self.pairs.items(), key=lambda item: (-item[1], item[0]))
        return [(before, after, count) for (before, after), count in ordered[:PAIRS]]

    def _of(self, model: str | None) -> tuple[_Model, _Model]:
        return self.whole, self.models.setdefault(model or "", _Model())

    def call(self, row: Any) -> None:
        """A call as triage decided it."""
        self.categories[row.category or ""] += 1
        for one in self._of(row.model):
            one.outcomes[row.outcome or ""] += 1
            one.by_rule += row.rule != _MODEL and row.outcome != Outcome.REVIEW.value
            if row.confidence is not None:
                one.sure += row.confidence
                one.said += 1

    def label(self, body: str) -> None:
        """What a person said of a case; one that is not as such labels are counts for nothing."""
        told = orjson.loads(body)
        names = ("category", "outcome", "before_category", "before_outcome", "origin", "model")
        if not isinstance(told, dict) or not all(isinstance(told.get(name), str) for name in names):
            return
        other = told["category"] != told["before_category"]
        if other:
            self.pairs[told["before_category"], told["category"]] += 1
        for one in self._of(told["model"]):
            if told["origin"] == _REVIEW:
                one.reviews += 1
                one.reviews_agreed += not other
            else:
                one.corrected += other or told["outcome"] != told["before_outcome"]


def decided(calls: Iterable[Any], labels: Iterable[Any]) -> Decided:
    """Of the calls and the labels of a period."""
    found = Decided()
    for row in calls:
        found.call(row)
    for row in labels:
        found.label(row.body)
    return found
