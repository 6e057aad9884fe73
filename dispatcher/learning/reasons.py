"""Why two models decide a call otherwise: the rule, the probabilities, and the cut-offs that they passed."""

from classifiers import Classifier, Thresholds
from classifiers.taxonomy import DANGER
from dispatcher.domain.triage import Answer
from dispatcher.learning.replaying import Question

_CUES = 3


class Reasons:
    """Compares two loaded models at their cut-offs. Asked only about decisions that differ: it reads the call once more."""

    def __init__(self, old: Classifier, new: Classifier, *, old_limits: Thresholds, new_limits: Thresholds) -> None:
        self._sides = ((old, old_limits), (new, new_limits))

    def __call__(self, question: Question, before: Answer, after: Answer) -> str:
        """In words. Words of the call itself are quoted only where the question's text may be shown."""
        (danger, first, limits), (danger_now, first_now, limits_now) = (
            self._facts(classifier, thresholds, question) for classifier, thresholds in self._sides
        )
        rule = f"rule {before.rule}" if before.rule == after.rule else f"rule {before.rule} → {after.rule}"
        parts = [
            rule,
            f"police or joint {danger:.3f} → {danger_now:.3f} (cut-offs {limits}{'' if limits == limits_now else f' → {limits_now}'})",
            f"likeliest {first}" if first == first_now else f"likeliest {first} → {first_now}",
        ]
        if question.shown is not None:
            words = "、".join(cue for cue, _ in after.cues[:_CUES])
            parts.append(f"speaks for it: {words}" if words else "no single word speaks for it")
        return "; ".join(parts)

    @staticmethod
    def _facts(classifier: Classifier, limits: Thresholds, question: Question) -> tuple[float, str, str]:
        evidence = classifier.read(question.text, address=question.address).evidence
        danger = sum(evidence.outcome.get(outcome, 0.0) for outcome in DANGER)
        first = evidence.ranking[0]
        told = f"non_police {limits.non_police:g}, danger {limits.danger:g}, category {limits.category:g}"
        return danger, f"{first} {evidence.category[first]:.2f}", told
