"""Curves and tables behind the report card: how sure, at what price, what is taken for what."""

from collections import Counter
from collections.abc import Callable, Sequence

from classifiers.corpus import Row
from classifiers.corpus.rows import STYLES
from classifiers.taxonomy import DANGER, Outcome
from classifiers.triage import Triage

Case = tuple[Row, Triage]


def reviewed(case: Case) -> bool:
    return case[1].outcome is Outcome.REVIEW


def decided(case: Case) -> bool:
    return not reviewed(case)


def missed(case: Case) -> bool:
    """A police or joint call answered non_police or invalid."""
    return case[0].outcome in DANGER and case[1].outcome in (Outcome.NON_POLICE, Outcome.INVALID)


def _style(name: str) -> Callable[[Case], bool]:
    return lambda case: case[0].style == name


SLICES: dict[str, Callable[[Case], bool]] = {
    "all": lambda _: True,
    "short (up to 40 characters)": lambda case: case[0].is_short,
    "long": lambda case: not case[0].is_short,
    **{f"style: {name}": _style(name) for name in sorted(STYLES)},
}


def bins(cases: Sequence[Case], count: int = 10) -> list[tuple[float, float, int]]:
    """Decided calls by confidence: (mean confidence, share right, calls) of each bin that holds any."""
    out = []
    chosen = [case for case in cases if decided(case)]
    for number in range(count):
        inside = [c for c in chosen if min(count - 1, int(c[1].confidence * count)) == number]
        if inside:
            right = sum(c[1].outcome is c[0].outcome for c in inside) / len(inside)
            out.append((sum(c[1].confidence for c in inside) / len(inside), right, len(inside)))
    return out


def calibration_error(cases: Sequence[Case]) -> float:
    """Expected calibration error of `confidence` as the probability that a decided outcome is right."""
    found = bins(cases)
    return sum(abs(right - sure) * size for sure, right, size in found) / max(1, sum(size for _, _, size in found))


def recall_at_review(cases: Sequence[Case], danger: Sequence[float]) -> list[tuple[float, float]]:
    """(share of calls that a person would look at, share of police and joint calls not missed), as the cut-off on the
    probability of danger moves over the calls that are not sent to police at once."""
    quiet = sorted(
        (
            (p, case[0].outcome in DANGER)
            for case, p in zip(cases, danger, strict=True)
            if case[1].outcome not in DANGER
        ),
        reverse=True,
    )
    police = sum(case[0].outcome in DANGER for case in cases) or 1
    lost = sum(real for _, real in quiet)
    curve = [(0.0, 1 - lost / police)]
    for looked, (_, real) in enumerate(quiet, start=1):
        lost -= real
        curve.append((looked / len(cases), 1 - lost / police))
    return curve


def confusion(cases: Sequence[Case]) -> Counter[tuple[str, str]]:
    """(real category, answered category) of decided calls."""
    return Counter((row.category, answer.category) for row, answer in cases if answer.outcome is not Outcome.REVIEW)


def outcome_confusion(cases: Sequence[Case]) -> Counter[tuple[Outcome, Outcome]]:
    """(real outcome, answered outcome), review among the answers."""
    return Counter((row.outcome, answer.outcome) for row, answer in cases)


def worst(cases: Sequence[Case], limit: int = 60) -> list[Case]:
    """Wrong answers, the dangerous ones first, then by how sure they were."""
    wrong = [case for case in cases if case[1].outcome not in (Outcome.REVIEW, case[0].outcome)]
    dropped = [case for case in wrong if case[1].outcome is Outcome.INVALID]
    return sorted(wrong, key=lambda c: (not missed(c), c not in dropped, -c[1].confidence))[:limit]
