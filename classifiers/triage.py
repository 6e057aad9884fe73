"""The library's one door: `Classifier.triage(text)` gives a decision with its evidence.

Pure and deterministic: the same text, model and tables give the same answer on any machine, in any process. It never
raises, whatever the string, and its cost does not grow with the text beyond `normalise.MAX_CHARS`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.concepts import load_concepts
from classifiers.decide import Decision, Evidence, decide
from classifiers.explain import cues, sentence
from classifiers.extract import extract
from classifiers.extraction import load_tables
from classifiers.features import EDGE, View, view_of
from classifiers.gazetteer import Place, load_gazetteer, locate
from classifiers.model import CALIBRATION, MODEL_DIR, LinearModel, Scores, load_model
from classifiers.normalise import normalise
from classifiers.rules import load_rules
from classifiers.scanner import pairs_of
from classifiers.tables import HERE
from classifiers.taxonomy import Outcome, Urgency, load_taxonomy
from classifiers.thresholds import Costs, Thresholds

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


DECIDING_TABLES = (
    "taxonomy.yaml",
    "gazetteer/districts.yaml",
    "gazetteer/landmarks.yaml",
    "gazetteer/outside.yaml",
    "lexicons/concepts.yaml",
    "lexicons/rules.yaml",
    "lexicons/traditional.yaml",
    "extraction/amounts.yaml",
    "extraction/items.yaml",
    "extraction/lines.yaml",
    "extraction/persons.yaml",
    "extraction/times.yaml",
)
"""The tables that have a say in an answer or its reason; their bytes are part of `Triage.model`."""

_KNOWN_SHARE = 0.3
"""With a smaller share of known characters a text is not understood: another script, or noise."""

_KNOWN_PAIRS = 0.2
"""The same for pairs of characters: known letters in an order that nobody writes."""

_BY_CATEGORY = 0.65
"""Weight of the sum over categories in the probability of an outcome; the head of its own has the rest."""

_STRONGEST = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """A call read but not yet decided: all that does not depend on the thresholds."""

    text: str
    place: Place
    view: View
    scores: Scores
    evidence: Evidence


class Classifier:
    """A loaded model with its rules and gazetteer. Immutable; safe to share between threads."""

    __slots__ = (
        "_codes",
        "_directory",
        "_membership",
        "_model",
        "_outcomes",
        "_rank",
        "_rules",
        "_urgencies",
        "digest",
        "thresholds",
    )

    def __init__(self, model: LinearModel, directory: Path) -> None:
        taxonomy = load_taxonomy()
        self._model = model
        self._directory = directory
        self.thresholds = Thresholds(**model.meta.get("thresholds", {}))
        self._codes = model.heads["category"].classes
        self._rank = {code: number for number, code in enumerate(self._codes)}
        self._outcomes = tuple(Outcome(name) for name in model.heads["outcome"].classes)
        self._membership = np.array(
            [[float(taxonomy.outcome_of(code) is outcome) for code in self._codes] for outcome in self._outcomes]
        )
        self._urgencies = tuple(Urgency(name) for name in model.heads["urgency"].classes)
        self._rules = load_rules()
        load_concepts()
        load_gazetteer()
        load_tables()
        digest = hashlib.sha256(model.digest.encode())
        for path in (*(HERE / name for name in DECIDING_TABLES), directory / CALIBRATION):
            if path.exists():
                digest.update(path.read_bytes())
        self.digest = digest.hexdigest()

    @classmethod
    def load(cls, model_dir: Path | None = None) -> "Classifier":
        """The classifier over the committed model, or over another directory. Raises ModelError or TableError."""
        directory = model_dir or MODEL_DIR
        return cls(load_model(directory), directory)

    def thresholds_for(self, costs: Costs) -> Thresholds:
        """The cut-offs chosen with the model, or those that a city's own costs give. Raises ModelError."""
        if costs == Costs():
            return self.thresholds
        from classifiers.calibration import load_calibration

        return load_calibration(self._directory).choose(costs).thresholds

    def read(self, text: str, *, address: str | None = None) -> Reading:
        """Everything about a call that does not depend on thresholds."""
        normal = normalise(text)
        clean = normal.text
        pairs = pairs_of(clean)
        named = locate(clean, pairs)
        view = view_of(clean, named.areas, pairs)
        found = self._model.rows_of(view.grams())
        scores = self._model.score(found)
        category = scores.probabilities["category"]
        # Two looks at the same question: the sum over categories and a head of its own. Their mean errs less than either.
        outcome = _BY_CATEGORY * (self._membership @ category) + (1.0 - _BY_CATEGORY) * scores.probabilities["outcome"]
        characters = len(view.bounded) - 2
        # `grams` begins with the single characters and goes on with the pairs.
        known = characters - found[1 : 1 + characters].count(None) - view.bounded.count(EDGE, 1, 1 + characters)
        known_pairs = characters + 1 - found[2 + characters : 3 + 2 * characters].count(None)
        evidence = Evidence(
            ranking=list(map(self._codes.__getitem__, (-category).argsort(kind="stable").tolist())),
            category=dict(zip(self._codes, category.tolist(), strict=True)),
            outcome=dict(zip(self._outcomes, outcome.tolist(), strict=True)),
            urgency=self._urgencies[int(scores.probabilities["urgency"].argmax())],
            fired=self._rules.fired(clean, pairs),
            empty=not characters,
            understood=known >= _KNOWN_SHARE * characters and known_pairs >= _KNOWN_PAIRS * characters,
            partial=normal.truncated,
        )
        place = named
        if named.district is None and named.outside_city is None and address:
            place = locate(normalise(address).text)
        return Reading(clean, place, view, scores, evidence)

    def triage(
        self,
        text: str,
        *,
        address: str | None = None,
        received_at: datetime | None = None,
        thresholds: Thresholds | None = None,
    ) -> Triage:
        """Decide about one call.

        address: where the line or the console says that the caller is; it gives the place only where the text names
        none. received_at: when the call came, aware; with it, times in the text are intervals of the city's time, else
        offsets from the call. thresholds: other cut-offs than those chosen with the model.
        """
        reading = self.read(text, address=address)
        decision = decide(reading.evidence, thresholds or self.thresholds)
        return self._answer(reading, decision, received_at)

    def _answer(self, reading: Reading, decision: Decision, received_at: datetime | None) -> Triage:
        evidence = reading.evidence
        wanted = self._rank[decision.category]
        rival = next(code for code in evidence.ranking if code != decision.category)
        gains = self._model.contributions(
            reading.scores, head="category", wanted=wanted, against=self._rank[rival], limit=_STRONGEST
        )
        found = cues(reading.text, reading.view, gains)
        if decision.fired is not None:
            found = ((decision.fired.cue, 1.0), *found)
        return Triage(
            outcome=decision.outcome,
            category=decision.category,
            urgency=decision.urgency,
            confidence=round(min(1.0, max(0.0, decision.confidence)), 4),
            suggestions=tuple((code, round(evidence.category[code], 4)) for code in evidence.ranking[:3]),
            rule=decision.rule,
            reason=sentence(decision, evidence, found),
            cues=found,
            place=reading.place,
            extracted=extract(reading.text, received_at=received_at),
            model=self.digest,
        )
