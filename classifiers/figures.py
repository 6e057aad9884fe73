"""What is measured of the classifier: each figure by name, with its 95% interval, and the floors it has to keep."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from classifiers.slices import SLICES, Case, decided, missed, reviewed
from classifiers.taxonomy import DANGER, Outcome, load_taxonomy

_Z = 1.96


@dataclass(frozen=True, slots=True)
class Figure:
    """`hits` of `total`, with Wilson's 95% interval. A share of nothing is 0."""

    hits: int
    total: int

    @property
    def share(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.share
        centre = p + _Z * _Z / (2 * n)
        spread = _Z * math.sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))
        scale = 1 + _Z * _Z / n
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.share:7.2%}  [{low:.1%}, {high:.1%}]  {self.hits}/{self.total}"


def _share(cases: Sequence[Case], among: Callable[[Case], bool], hit: Callable[[Case], bool]) -> Figure:
    chosen = [case for case in cases if among(case)]
    return Figure(sum(hit(case) for case in chosen), len(chosen))


def _harmless_decided(case: Case) -> bool:
    return case[1].outcome is Outcome.NON_POLICE


def _leads(code: str) -> set[str]:
    category = load_taxonomy().categories[code]
    return {unit for unit in (category.lead, *category.also) if unit is not None}


def _lead_right(case: Case) -> bool:
    lead = load_taxonomy().categories[case[1].category].lead
    return lead in _leads(case[0].category)


FIGURES: dict[str, Callable[[Sequence[Case]], Figure]] = {
    "outcome right, of those decided": lambda cases: _share(cases, decided, lambda c: c[1].outcome is c[0].outcome),
    "category right, of those decided": lambda cases: _share(cases, decided, lambda c: c[1].category == c[0].category),
    "category right, of non-police decided": lambda cases: _share(
        cases, _harmless_decided, lambda c: c[1].category == c[0].category
    ),
    "lead unit right, of non-police decided": lambda cases: _share(cases, _harmless_decided, _lead_right),
    "police or joint answered non_police or invalid": lambda cases: _share(
        cases, lambda c: c[0].outcome in DANGER, missed
    ),
    "non-police or invalid answered police or joint": lambda cases: _share(
        cases, lambda c: c[0].outcome not in DANGER, lambda c: c[1].outcome in DANGER
    ),
    "real calls answered invalid": lambda cases: _share(
        cases, lambda c: c[0].outcome is not Outcome.INVALID, lambda c: c[1].outcome is Outcome.INVALID
    ),
    "answered review": lambda cases: _share(cases, lambda _: True, reviewed),
    "right category among top 3, of reviewed": lambda cases: _share(
        cases, reviewed, lambda c: c[0].category in [code for code, _ in c[1].suggestions]
    ),
    "model's first category right, of all": lambda cases: _share(
        cases, lambda _: True, lambda c: c[1].suggestions[0][0] == c[0].category
    ),
    "urgency right, of those decided": lambda cases: _share(cases, decided, lambda c: c[1].urgency is c[0].urgency),
    "district right, where the text names one": lambda cases: _share(
        cases, lambda c: c[0].district is not None, lambda c: c[0].district in c[1].place.districts
    ),
    "district named, where the text names none": lambda cases: _share(
        cases, lambda c: c[0].district is None, lambda c: c[1].place.district is not None
    ),
}

FLOORS: Final[Mapping[str, tuple[str, float]]] = {
    "police or joint answered non_police or invalid": ("≤", 0.008),
    "real calls answered invalid": ("≤", 0.005),
    "answered review": ("≤", 0.12),
    "outcome right, of those decided": ("≥", 0.96),
    "category right, of non-police decided": ("≥", 0.88),
    "lead unit right, of non-police decided": ("≥", 0.92),
    "right category among top 3, of reviewed": ("≥", 0.85),
    "district right, where the text names one": ("≥", 0.95),
    "district named, where the text names none": ("≤", 0.01),
}
"""What a city asks for, on calls that nobody tuned on."""


def keeps(title: str, share: float) -> bool:
    """Whether a share keeps the floor of its figure; a figure without a floor always does."""
    sign, floor = FLOORS.get(title, ("≥", 0.0))
    return share <= floor if sign == "≤" else share >= floor


def report(cases: Sequence[Case]) -> dict[str, dict[str, Figure]]:
    """Slice -> figure's name -> figure."""
    return {
        name: {title: figure([case for case in cases if among(case)]) for title, figure in FIGURES.items()}
        for name, among in SLICES.items()
    }


def pair_figures(cases: Sequence[Case]) -> dict[str, Figure]:
    """Of contrast pairs: in how many both calls came out right. Empty where there are none."""
    pairs: dict[tuple[str, int], list[Case]] = defaultdict(list)
    for case in cases:
        if case[0].pair is not None:
            pairs[case[0].writer, case[0].pair].append(case)
    if not pairs:
        return {}
    counts = {
        "pairs with both first categories right": lambda c: c[1].suggestions[0][0] == c[0].category,
        "pairs with both outcomes right or reviewed": lambda c: c[1].outcome in (Outcome.REVIEW, c[0].outcome),
    }
    return {
        title: Figure(sum(all(map(right, both)) for both in pairs.values()), len(pairs))
        for title, right in counts.items()
    }


def plain(figure: Figure) -> dict[str, Any]:
    """A figure for JSON; shares to four places, so that the file says no more than it knows."""
    low, high = figure.interval
    return {**asdict(figure), "share": round(figure.share, 4), "interval": [round(low, 4), round(high, 4)]}
