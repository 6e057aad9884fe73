"""Thresholds by cost: tries cut-offs on calls of unseen writers and prints what each choice costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from classifiers.corpus import Row
from classifiers.decide import Evidence, decide
from classifiers.taxonomy import DANGER, Outcome
from classifiers.thresholds import REVIEW_BUDGET, Costs, Thresholds

_DANGER = (0.10, 0.14, 0.18, 0.22, 0.26, 0.30, 0.35, 0.40, 0.50)
_NON_POLICE = (0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10, 0.13, 0.16, 0.20)
_INVALID = (0.10, 0.20, 0.30, 0.40)
_CATEGORY = (0.0, 0.15, 0.25)


@dataclass(frozen=True, slots=True)
class Outturn:
    """What thresholds do to a set of calls; rates are shares of the calls they speak of, `cost` is per call."""

    thresholds: Thresholds
    cost: float
    review: float
    missed: float
    needless: float
    real_invalid: float
    outcome_right: float


def outturn(cases: Sequence[tuple[Row, Evidence]], thresholds: Thresholds, costs: Costs) -> Outturn:
    cost = 0.0
    review = missed = needless = real_invalid = right = danger = 0
    for row, evidence in cases:
        answer = decide(evidence, thresholds)
        truth = row.outcome
        danger += truth in DANGER
        if answer.outcome is Outcome.REVIEW:
            review += 1
            cost += costs.look
            continue
        right += answer.outcome is truth
        if truth in DANGER and answer.outcome not in DANGER:
            missed += 1
            cost += costs.missed_police
        elif truth not in DANGER and answer.outcome in DANGER:
            needless += 1
            cost += costs.needless_police
        elif answer.category != row.category:
            cost += costs.wrong_unit
        real_invalid += answer.outcome is Outcome.INVALID and truth is not Outcome.INVALID
    total = len(cases)
    return Outturn(
        thresholds=thresholds,
        cost=cost / total,
        review=review / total,
        missed=missed / danger,
        needless=needless / (total - danger),
        real_invalid=real_invalid / total,
        outcome_right=right / max(1, total - review),
    )


def choices(costs: Costs) -> list[Thresholds]:
    """The grid of thresholds that are worth trying."""
    return [
        Thresholds(
            costs=costs, danger=high, non_police=low, non_police_look=low / 2, invalid=invalid, category=category
        )
        for high, low, invalid, category in product(_DANGER, _NON_POLICE, _INVALID, _CATEGORY)
        if low <= high
    ]


def print_curve(cases: Sequence[tuple[Row, Evidence]]) -> int:
    """Print, for budgets of review, the cheapest thresholds and what they do."""
    costs = Costs()
    tried = [outturn(cases, thresholds, costs) for thresholds in choices(costs)]
    print("budget  cost  review missed needless real->invalid outcome-right  danger non_police invalid category")
    for budget in (0.03, 0.05, 0.08, 0.10, REVIEW_BUDGET, 0.15, 0.20, 0.30):
        best = min((one for one in tried if one.review <= budget), key=lambda one: one.cost, default=None)
        if best is not None:
            chosen = best.thresholds
            print(
                f"{budget:5.0%} {best.cost:7.2f} {best.review:6.1%} {best.missed:6.2%} {best.needless:7.1%} "
                f"{best.real_invalid:8.2%} {best.outcome_right:12.1%}"
                f"         {chosen.danger:5.2f} {chosen.non_police:6.3f} {chosen.invalid:7.2f} {chosen.category:6.2f}"
            )
    return 0
