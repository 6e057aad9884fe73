"""From evidence to a decision: rules above the model, thresholds between an answer and a person's look.

The order is the taxonomy's: danger to life beats everything; then the model's word for danger; then doubt; then the
harmless answers, of which `invalid` drops a call and so needs the strictest bar. A rule only ever raises: it sends
police, or, where the model is all but sure that nothing is wrong, a person's look (docs/adr/0006).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from classifiers.rules import Fired
from classifiers.taxonomy import DANGER, URGENCIES, Outcome, Urgency, load_taxonomy
from classifiers.thresholds import Thresholds

RULE_PRECISION = 0.9
"""Share of the calls with a fired rule of level `danger` that are police or joint, on the training writers' calls."""

MODEL_OVER_RULE = 0.35
"""From this probability on the model's own category of danger is answered instead of the rule's."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a call. `ranking` holds category codes, likeliest first; probabilities are calibrated.

    understood is False for an empty text and for one in which the model knows next to nothing; partial is True where
    the middle of a very long text was left out.
    """

    ranking: Sequence[str]
    category: dict[str, float]
    outcome: dict[Outcome, float]
    urgency: Urgency
    fired: Sequence[Fired]
    empty: bool
    understood: bool
    partial: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` names what decided: a rule's id, `model`, or `review.<why>`; `fired` is that rule where there is one."""

    outcome: Outcome
    category: str
    urgency: Urgency
    confidence: float
    rule: str
    fired: Fired | None = None


def _more_urgent(one: Urgency, other: Urgency) -> Urgency:
    return min(one, other, key=URGENCIES.index)


def best_of(evidence: Evidence, outcomes: frozenset[Outcome]) -> str:
    """The likeliest category with one of `outcomes`."""
    outcome_of = load_taxonomy().outcome_of
    return next(code for code in evidence.ranking if outcome_of(code) in outcomes)


def by_rule(evidence: Evidence, fired: Fired, danger: float) -> Decision:
    """Police on the word of a rule of level `danger`; `danger` is the model's probability of police-or-joint."""
    taxonomy = load_taxonomy()
    own = best_of(evidence, DANGER)
    category = max(fired.rule.categories, key=lambda code: evidence.category[code])
    if evidence.category[category] < 0.02:
        category = fired.rule.categories[0]
    if evidence.category[own] >= MODEL_OVER_RULE:
        category = own
    urgency = _more_urgent(fired.rule.urgency, evidence.urgency)
    confidence = 1.0 - (1.0 - danger) * (1.0 - RULE_PRECISION)
    return Decision(taxonomy.outcome_of(category), category, urgency, confidence, fired.rule.id, fired)


def _review(
    evidence: Evidence, why: str, *, at_least: Urgency = Urgency.ROUTINE, fired: Fired | None = None
) -> Decision:
    best = evidence.ranking[0]
    confidence = evidence.outcome[load_taxonomy().outcome_of(best)]
    return Decision(Outcome.REVIEW, best, _more_urgent(evidence.urgency, at_least), confidence, f"review.{why}", fired)


def decide(evidence: Evidence, thresholds: Thresholds) -> Decision:
    """The decision. Pure: the same evidence and thresholds give the same decision."""
    taxonomy = load_taxonomy()
    if evidence.empty:
        return _review(evidence, "empty")
    danger = evidence.outcome[Outcome.POLICE] + evidence.outcome[Outcome.JOINT]
    hard = next((fired for fired in evidence.fired if fired.rule.level == "danger"), None)
    if hard is not None:
        if danger >= thresholds.rule:
            return by_rule(evidence, hard, danger)
        # Words of danger in a text that otherwise sounds harmless: six in seven are no police call, and none may be lost.
        return _review(evidence, hard.rule.id, at_least=hard.rule.urgency, fired=hard)
    if not evidence.understood:
        return _review(evidence, "not_understood", at_least=Urgency.URGENT)
    if danger >= thresholds.danger:
        category = best_of(evidence, DANGER)
        outcome = taxonomy.outcome_of(category)
        # A joint matter is by its meaning a risk to life, property or order now: it is never routine.
        floor = Urgency.URGENT if outcome is Outcome.JOINT else Urgency.ROUTINE
        return Decision(outcome, category, _more_urgent(evidence.urgency, floor), danger, "model")
    look = next((fired for fired in evidence.fired if fired.rule.level == "look"), None)
    if danger > thresholds.non_police or evidence.partial:
        return _review(evidence, "possible_danger", at_least=Urgency.URGENT, fired=look)
    if look is not None and danger > thresholds.non_police_look:
        return _review(evidence, look.rule.id, at_least=Urgency.URGENT, fired=look)
    invalid, harmless = evidence.outcome[Outcome.INVALID], evidence.outcome[Outcome.NON_POLICE]
    if invalid > harmless:
        category = best_of(evidence, frozenset({Outcome.INVALID}))
        if 1.0 - invalid > thresholds.invalid or look is not None:
            return _review(evidence, "maybe_real", fired=look)
        return Decision(Outcome.INVALID, category, Urgency.ROUTINE, invalid, "model")
    category = best_of(evidence, frozenset({Outcome.NON_POLICE}))
    if evidence.category[category] < thresholds.category:
        return _review(evidence, "low_confidence")
    return Decision(Outcome.NON_POLICE, category, evidence.urgency, harmless, "model")
