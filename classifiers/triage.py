"""The library's one door: `Classifier.triage(text)` gives a decision with its evidence.

Pure and deterministic: the same text, model and tables give the same answer on any machine, in any process. It never
raises, whatever the string, and its cost does not grow with the text beyond `normalise.MAX_CHARS`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers.features import grams, model_view
from classifiers.gazetteer import Place, locate
from classifiers.model import LinearModel, load_model
from classifiers.normalise import normalise
from classifiers.taxonomy import DANGER, Outcome, Urgency, load_taxonomy
from classifiers.thresholds import DEFAULT, Thresholds

__all__ = ["Classifier", "Place", "Triage"]


@dataclass(frozen=True, slots=True)
class Triage:
    """The answer to one call.

    category: a code of the taxonomy; of a reviewed call the best guess. confidence: calibrated, 0..1, that the
    outcome is right. suggestions: the three likeliest categories. rule: id of the rule that decided, `model`, or
    `review.<why>`. reason: one Chinese sentence that names the cues. cues: (text, weight), strongest first.
    model: sha256 over the model's files and the tables that decide, so that an answer can be repeated years later.
    """

    outcome: Outcome
    category: str
    urgency: Urgency
    confidence: float
    suggestions: tuple[tuple[str, float], ...]
    rule: str
    reason: str
    cues: tuple[tuple[str, float], ...]
    place: Place
    extracted: dict[str, Any]
    model: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        place = self.place
        return {
            "outcome": self.outcome.value,
            "category": self.category,
            "urgency": self.urgency.value,
            "confidence": self.confidence,
            "suggestions": [{"category": code, "probability": value} for code, value in self.suggestions],
            "rule": self.rule,
            "reason": self.reason,
            "cues": [[cue, weight] for cue, weight in self.cues],
            "place": {
                "districts": list(place.districts),
                "district": place.district,
                "street": place.street,
                "street_code": place.street_code,
                "landmark": place.landmark,
                "outside_city": place.outside_city,
                "spans": [list(span) for span in place.spans],
            },
            "extracted": self.extracted,
            "model": self.model,
        }


class Classifier:
    """A loaded model with its rules and gazetteer. Immutable; safe to share between threads."""

    __slots__ = ("_codes", "_model", "_outcomes", "digest")

    def __init__(self, model: LinearModel) -> None:
        taxonomy = load_taxonomy()
        self._model = model
        self._codes = model.heads["category"].classes
        self._outcomes = tuple(taxonomy.outcome_of(code) for code in self._codes)
        self.digest = model.digest

    @classmethod
    def load(cls, model_dir: Path | None = None) -> "Classifier":
        """The classifier over the committed model, or over another directory. Raises ModelError or TableError."""
        return cls(load_model(model_dir))

    def triage(self, text: str, *, address: str | None = None, thresholds: Thresholds = DEFAULT) -> Triage:
        """Decide about one call. `address` is where the line or the console says that the caller is."""
        clean = normalise(text).text
        place = locate(clean)
        if place.district is None and address:
            place = locate(normalise(address).text)
            view = clean
        else:
            view = model_view(clean, place.areas)
        scores = self._model.score(grams(view))
        category = scores.probabilities["category"]
        order = sorted(range(len(self._codes)), key=lambda i: -float(category[i]))
        best = order[0]
        outcome = self._outcomes[best]
        danger = float(sum(category[i] for i in range(len(self._codes)) if self._outcomes[i] in DANGER))
        rule = "model"
        if outcome is Outcome.NON_POLICE and danger > thresholds.non_police_danger:
            outcome, rule = Outcome.REVIEW, "review.possible_danger"
        urgency = scores.probabilities["urgency"]
        classes = self._model.heads["urgency"].classes
        return Triage(
            outcome=outcome,
            category=self._codes[best],
            urgency=Urgency(classes[int(urgency.argmax())]),
            confidence=round(float(category[best]), 4),
            suggestions=tuple((self._codes[i], round(float(category[i]), 4)) for i in order[:3]),
            rule=rule,
            reason="按来电内容判断。",
            cues=(),
            place=place,
            extracted={},
            model=self.digest,
        )
