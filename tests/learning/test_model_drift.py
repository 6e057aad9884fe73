"""The drift watch: it finds shifts that were made, names them, and keeps still where nothing has changed."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from learning_world import CATALOG, LEARNING
from scipy import stats

from classifiers.model import load_model
from dispatcher.learning.drift import Window, watch
from dispatcher.learning.statistics import (
    Moments,
    chi_square_tail,
    holm,
    homogeneity,
    stability_index,
    two_means,
    two_proportions,
)
from dispatcher.learning.watching import unknown_share

POLICY = LEARNING.drift
NAMES = {code: matter.name for code, matter in CATALOG.city.matters.items()}
CODES = list(CATALOG.city.matters)

Call = tuple[str, str, float, float]


def line_of_calls(dice: random.Random, number: int, *, weights: dict[str, float] | None = None) -> list[Call]:
    """Calls as a city has them: some matters common, most rare; one in ten left to a person."""
    counts = [1.0 / (1 + rank) * (weights or {}).get(code, 1.0) for rank, code in enumerate(CODES)]
    found = []
    for code in dice.choices(CODES, counts, k=number):
        outcome = "review" if dice.random() < 0.1 else CATALOG.city.matters[code].outcome.value
        found.append((outcome, code, min(1.0, dice.betavariate(9, 1)), dice.betavariate(1, 12)))
    return found


def window(calls: Sequence[Call], corrected: int = 0) -> Window:
    filled = Window(corrected=corrected)
    for outcome, category, confidence, unknown in calls:
        filled.add(outcome=outcome, category=category, confidence=confidence, unknown=unknown)
    return filled


def alerts(reference: Window, now: Window) -> set[str]:
    return {one.name for one in watch(reference, now, POLICY, names=NAMES).alerts}


BEFORE = window(line_of_calls(random.Random(1), 8000), corrected=240)


def test_nothing_has_changed_and_nothing_is_said() -> None:
    found = watch(BEFORE, window(line_of_calls(random.Random(2), 2000), corrected=60), POLICY, names=NAMES)
    assert found.alerts == ()
    assert len(found.measures) > 40
    assert found.too_few is None


def test_a_matter_that_has_become_common_is_named_with_its_numbers() -> None:
    code = CODES[12]
    now = window(line_of_calls(random.Random(3), 2000, weights={code: 4.0}), corrected=60)
    found = watch(BEFORE, now, POLICY, names=NAMES)
    (alert,) = (one for one in found.alerts if one.name == f"category.{code}")
    assert alert.before == BEFORE.categories[code] / 8000
    assert alert.now == now.categories[code] / 2000
    assert NAMES[code] in alert.words
    assert f"from {alert.before:.2%} to {alert.now:.2%}" in alert.words
    assert "limit 1 points and a factor of 1.25; p " in alert.words
    assert found.as_dict()["alerts"][0] == found.alerts[0].words


@pytest.mark.parametrize(
    ("name", "shift"),
    [
        ("review", lambda c: ("review", *c[1:]) if hash_of(c) % 8 == 0 else c),
        ("confidence", lambda c: (*c[:2], c[2] - 0.05, c[3])),
        ("unknown", lambda c: (*c[:3], c[3] + 0.03)),
    ],
)
def test_a_shift_of_one_measure_is_found_as_that(name: str, shift: object) -> None:
    calls = [shift(call) for call in line_of_calls(random.Random(4), 2000)]  # type: ignore[operator]
    found = alerts(BEFORE, window(calls, corrected=60))
    assert name in found
    assert {one for one in found if not one.startswith(("outcome", "review"))} <= {name, "outcomes"}


def hash_of(call: Call) -> int:
    return int(call[2] * 1e9)


def test_corrections_are_an_alert_when_they_rise_and_not_when_they_fall() -> None:
    calls = line_of_calls(random.Random(5), 2000)
    assert alerts(BEFORE, window(calls, corrected=110)) == {"corrected"}
    assert alerts(BEFORE, window(calls, corrected=5)) == set()


def test_another_city_moves_the_stability_index() -> None:
    turned = {code: 0.2 if rank < 10 else 4.0 for rank, code in enumerate(CODES)}
    now = window(line_of_calls(random.Random(6), 2000, weights=turned), corrected=60)
    found = watch(BEFORE, now, POLICY, names=NAMES)
    index = next(one for one in found.alerts if one.name == "categories")
    assert index.now > 0.25
    assert "population stability index" in index.words


def test_significant_is_not_yet_worth_a_word() -> None:
    """A tenth of a point among a million calls is no chance, and nobody's business."""
    many, other = Window(), Window()
    for one, share in ((many, 0.100), (other, 0.103)):
        one.calls = 1_000_000
        one.outcomes = Counter(review=int(1_000_000 * share), police=1_000_000 - int(1_000_000 * share))
        one.categories = Counter(theft=one.calls)
    found = watch(many, other, POLICY)
    assert next(one for one in found.measures if one.name == "review").chance < 1e-9
    assert found.alerts == ()


def test_of_too_few_calls_nothing_is_said() -> None:
    found = watch(BEFORE, window(line_of_calls(random.Random(7), POLICY.least_calls - 1)), POLICY)
    assert found.measures == found.alerts == ()
    assert "the window holds 299 calls" in (found.too_few or "")


@pytest.mark.parametrize("limits", [True, False], ids=["with the limits", "by the tests alone"])
def test_false_alarms_on_shuffled_calls_stay_below_the_stated_rate(limits: bool) -> None:
    """The same calls dealt into two windows again and again: nothing differs but by chance."""
    rate, rounds = 0.05, 200
    policy = POLICY.model_copy(update={"alarm_rate": rate})
    if not limits:
        none = (
            "share_points",
            "review_points",
            "corrected_points",
            "confidence_points",
            "unknown_points",
            "stability_index",
        )
        policy = policy.model_copy(update=dict.fromkeys(none, 0.0) | {"share_ratio": 1.0})
    dice = random.Random(8)
    calls = line_of_calls(dice, 2500)
    alarms = 0
    for _ in range(rounds):
        dice.shuffle(calls)
        corrected = sum(dice.random() < 0.03 for _ in range(500)), sum(dice.random() < 0.03 for _ in range(2000))
        found = watch(window(calls[500:], corrected[1]), window(calls[:500], corrected[0]), policy)
        alarms += bool(found.alerts)
    # Three standard deviations above what the rate allows: the seed is fixed, so this is one number and no lottery.
    assert alarms <= rate * rounds + 3 * math.sqrt(rounds * rate * (1 - rate))
    if not limits:
        assert alarms > 0, "a watch that can never speak proves nothing"


# -- the tests themselves, against a library's ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "total", "other_hits", "other_total"),
    [(0, 40, 9, 100), (3, 10, 3, 10), (12, 500, 90, 2000), (0, 5, 0, 9), (5, 5, 0, 9), (40, 41, 300, 310)],
)
def test_few_hits_are_judged_exactly(hits: int, total: int, other_hits: int, other_total: int) -> None:
    spread = stats.hypergeom(total + other_total, hits + other_hits, total)
    expected = min(1.0, 2.0 * min(spread.cdf(hits), spread.sf(hits - 1)))
    assert two_proportions(hits, total, other_hits, other_total) == pytest.approx(expected, rel=1e-9)
    assert two_proportions(other_hits, other_total, hits, total) == pytest.approx(expected, rel=1e-9)


def test_many_hits_are_judged_by_the_normal_deviate() -> None:
    found = two_proportions(1200, 4000, 1320, 4000)
    table = [[1200, 2800], [1320, 2680]]
    assert found == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)


@pytest.mark.parametrize("degrees", [1, 2, 5, 30, 100])
@pytest.mark.parametrize("value", [0.01, 0.5, 3.0, 25.0, 140.0, 400.0])
def test_the_tail_of_chi_square(value: float, degrees: int) -> None:
    assert chi_square_tail(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), rel=1e-7, abs=1e-15)


def test_two_means_as_welch_has_them_for_many_values() -> None:
    dice = random.Random(9)
    one, other = [dice.gauss(0, 1) for _ in range(900)], [dice.gauss(0.1, 2) for _ in range(1500)]
    moments = [Moments(), Moments()]
    for n, values in enumerate((one, other)):
        for value in values:
            moments[n] = moments[n].plus(value)
    expected = stats.ttest_ind(one, other, equal_var=False).pvalue
    assert two_means(*moments) == pytest.approx(expected, rel=0.02)
    assert two_means(Moments(), moments[0]) == 1.0


def test_rare_names_are_taken_together() -> None:
    one, other = Counter(a=500, b=480, c=1, d=2), Counter(a=520, b=470, e=1)
    assert homogeneity(one, other) == pytest.approx(
        stats.chi2_contingency([[500, 483], [520, 471]], correction=False).pvalue, rel=1e-7
    )
    assert homogeneity(Counter(), other) == 1.0
    assert homogeneity(Counter(a=9), Counter(a=9)) == 1.0


def test_the_stability_index_of_known_shares() -> None:
    index = stability_index(Counter(a=60, b=40), Counter(a=400, b=600))
    assert index == pytest.approx(0.2 * math.log(1.5) - 0.2 * math.log(2 / 3))
    assert stability_index(Counter(a=5, b=5), Counter(a=50, b=50)) == 0.0


def test_holm_on_a_textbook_row() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_a_text_that_the_model_has_never_seen_is_unknown_to_it() -> None:
    loaded = load_model()
    usual = unknown_share(loaded, "楼道灯坏半个月没人换")
    strange = unknown_share(loaded, "ωψχ ζξ 饕餮魑魅魍魉 ლამაზი")
    assert usual < 0.1
    assert strange > 0.5
    assert 0.0 <= unknown_share(loaded, "") <= 1.0
