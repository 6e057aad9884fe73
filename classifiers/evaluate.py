"""The report card: `python -m classifiers.evaluate [--file X.jsonl] [--json]`, on calls that were not trained on.

Each test set is reported apart: contrast pairs are hard on purpose, and older sets have been looked at more often.
"""

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from classifiers.corpus import TEST, Row, read_rows
from classifiers.taxonomy import DANGER, Outcome, load_taxonomy
from classifiers.triage import Classifier, Triage

Case = tuple[Row, Triage]

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


def _reviewed(case: Case) -> bool:
    return case[1].outcome is Outcome.REVIEW


def _decided(case: Case) -> bool:
    return not _reviewed(case)


def _harmless_decided(case: Case) -> bool:
    return case[1].outcome is Outcome.NON_POLICE


def _leads(code: str) -> set[str]:
    category = load_taxonomy().categories[code]
    return {unit for unit in (category.lead, *category.also) if unit is not None}


def _lead_right(case: Case) -> bool:
    lead = load_taxonomy().categories[case[1].category].lead
    return lead in _leads(case[0].category)


FIGURES: dict[str, Callable[[Sequence[Case]], Figure]] = {
    "outcome right, of those decided": lambda cases: _share(cases, _decided, lambda c: c[1].outcome is c[0].outcome),
    "category right, of those decided": lambda cases: _share(cases, _decided, lambda c: c[1].category == c[0].category),
    "category right, of non-police decided": lambda cases: _share(
        cases, _harmless_decided, lambda c: c[1].category == c[0].category
    ),
    "lead unit right, of non-police decided": lambda cases: _share(cases, _harmless_decided, _lead_right),
    "police or joint answered non_police or invalid": lambda cases: _share(
        cases,
        lambda c: c[0].outcome in DANGER,
        lambda c: c[1].outcome in (Outcome.NON_POLICE, Outcome.INVALID),
    ),
    "non-police or invalid answered police or joint": lambda cases: _share(
        cases, lambda c: c[0].outcome not in DANGER, lambda c: c[1].outcome in DANGER
    ),
    "real calls answered invalid": lambda cases: _share(
        cases, lambda c: c[0].outcome is not Outcome.INVALID, lambda c: c[1].outcome is Outcome.INVALID
    ),
    "answered review": lambda cases: _share(cases, lambda _: True, _reviewed),
    "right category among top 3, of reviewed": lambda cases: _share(
        cases, _reviewed, lambda c: c[0].category in [code for code, _ in c[1].suggestions]
    ),
    "model's first category right, of all": lambda cases: _share(
        cases, lambda _: True, lambda c: c[1].suggestions[0][0] == c[0].category
    ),
    "urgency right, of those decided": lambda cases: _share(cases, _decided, lambda c: c[1].urgency is c[0].urgency),
    "district right, where the text names one": lambda cases: _share(
        cases, lambda c: c[0].district is not None, lambda c: c[0].district in c[1].place.districts
    ),
    "district named, where the text names none": lambda cases: _share(
        cases, lambda c: c[0].district is None, lambda c: c[1].place.district is not None
    ),
}

SLICES: dict[str, Callable[[Case], bool]] = {
    "all": lambda _: True,
    "short (up to 40 characters)": lambda case: case[0].is_short,
    "long": lambda case: not case[0].is_short,
}


def calibration_error(cases: Sequence[Case], *, bins: int = 10) -> float:
    """Expected calibration error of `confidence` as the probability that a decided outcome is right."""
    decided = [case for case in cases if _decided(case)]
    error = 0.0
    for number in range(bins):
        inside = [c for c in decided if min(bins - 1, int(c[1].confidence * bins)) == number]
        if inside:
            right = sum(c[1].outcome is c[0].outcome for c in inside) / len(inside)
            error += abs(right - sum(c[1].confidence for c in inside) / len(inside)) * len(inside)
    return error / max(1, len(decided))


def run(classifier: Classifier, rows: Sequence[Row]) -> list[Case]:
    return [(row, classifier.triage(row.text)) for row in rows]


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


def _print(name: str, cases: Sequence[Case], *, errors: bool) -> None:
    for part, figures in report(cases).items():
        print(f"\n{name}: {part}")
        for title, figure in figures.items():
            print(f"  {title:48s} {figure}")
    for title, figure in pair_figures(cases).items():
        print(f"  {title:48s} {figure}")
    print(f"\n{name}: calibration error of the confidence: {calibration_error(cases):.3f}")
    if errors:
        for row, answer in cases:
            if answer.outcome not in (Outcome.REVIEW, row.outcome):
                print(f"{row.id} {row.category} -> {answer.category} [{answer.rule}] {row.text}")


def _plain(figure: Figure) -> dict[str, object]:
    return {**asdict(figure), "share": figure.share, "interval": figure.interval}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m classifiers.evaluate", description=__doc__)
    parser.add_argument("--file", type=Path, help="a JSONL file of rows; by default each committed test set")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--errors", action="store_true", help="print the calls whose outcome was wrong")
    options = parser.parse_args(arguments)
    classifier = Classifier.load()
    sets: dict[str, object] = {}
    for path in [options.file] if options.file else sorted(TEST.glob("*.jsonl")):
        cases = run(classifier, read_rows(path))
        if not options.json:
            _print(path.stem, cases, errors=options.errors)
            continue
        sets[path.stem] = {
            "calls": len(cases),
            "figures": {part: {t: _plain(f) for t, f in found.items()} for part, found in report(cases).items()},
            "pairs": {title: _plain(figure) for title, figure in pair_figures(cases).items()},
        }
    if options.json:
        print(json.dumps({"model": classifier.digest, "sets": sets}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
