"""Thresholds by cost: tries cut-offs on calls of unseen writers and prints what each choice costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from classifiers.corpus import Row
from classifiers.decide import Evidence, decide
from classifiers.taxonomy import DANGER, Outcome
from classifiers.thresholds import MISSED_CEILING, REVIEW_BUDGET, Costs, Thresholds

_DANGER = (0.10, 0.14, 0.18, 0.22, 0.26, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.70)
_NON_POLICE = (0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.10, 0.13, 0.16, 0.20)
_INVALID = (0.05, 0.10, 0.15)
"""Never above: `invalid` drops a call."""
_CATEGORY = (0.0, 0.15)


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


def chosen(tried: Sequence[Outturn], *, review: float = REVIEW_BUDGET) -> Outturn | None:
    """The most outcomes right within the ceiling of missed calls and a budget of review, the cheapest where two tie."""
    allowed = [one for one in tried if one.review <= review and one.missed <= MISSED_CEILING]
    return max(allowed, key=lambda one: (round(one.outcome_right, 4), -one.cost), default=None)


def print_curve(cases: Sequence[tuple[Row, Evidence]]) -> int:
    """Print, for budgets of review, the thresholds that `chosen` takes and what they do."""
    costs = Costs()
    tried = [outturn(cases, thresholds, costs) for thresholds in choices(costs)]
    print("budget  cost  review missed needless real->invalid outcome-right  danger non_police invalid category")
    for budget in sorted({0.08, 0.10, 0.12, 0.15, 0.18, REVIEW_BUDGET, 0.25, 0.30}):
        best = chosen(tried, review=budget)
        if best is not None:
            limits = best.thresholds
            print(
                f"{budget:5.0%} {best.cost:7.2f} {best.review:6.1%} {best.missed:6.2%} {best.needless:7.1%} "
                f"{best.real_invalid:8.2%} {best.outcome_right:12.1%}"
                f"         {limits.danger:5.2f} {limits.non_police:6.3f} {limits.invalid:7.2f} {limits.category:6.2f}"
            )
    return 0
