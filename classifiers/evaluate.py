"""Measure the classifier on calls that were not trained on: `python -m classifiers.evaluate [--file X.jsonl] [--json]`.

Each test set is reported apart: contrast pairs are hard on purpose, and older sets have been looked at more often. Without
`--file` it also writes the report card (reports/triage.html), the figures file (classifiers/model/figures.json) and the
table of the model's card, which say what this command found.
"""

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import track

from classifiers.corpus import TEST, Row, read_rows
from classifiers.figures import FLOORS, keeps, pair_figures, plain, report
from classifiers.model import MODEL_DIR
from classifiers.slices import Case, calibration_error
from classifiers.taxonomy import Outcome
from classifiers.triage import Classifier

FILE: Final = MODEL_DIR / "figures.json"
CARD: Final = MODEL_DIR / "README.md"
PAGE: Final = Path("reports") / "triage.html"

_TABLE = re.compile(r"(<!-- figures -->\n).*?(<!-- /figures -->)", re.DOTALL)
_IN_FILE: Final = ("all", "short (up to 40 characters)", "long")


def run(classifier: Classifier, rows: Sequence[Row]) -> list[Case]:
    """Each row with its answer."""
    return [(row, classifier.triage(row.text)) for row in rows]


def figures_of(cases: Sequence[Case], *, parts: Sequence[str] | None = None) -> dict[str, Any]:
    """The figures of a test set as plain values; `parts` are the slices wanted, by default all that hold calls."""
    found = report(cases)
    return {
        "calls": len(cases),
        "figures": {
            part: {title: plain(figure) for title, figure in found[part].items()}
            for part in (parts or found)
            if found[part]["answered review"].total
        },
        "pairs": {title: plain(figure) for title, figure in pair_figures(cases).items()},
        "calibration_error": round(calibration_error(cases), 4),
    }


def figures_file(classifier: Classifier, sets: Mapping[str, Sequence[Case]]) -> dict[str, Any]:
    """What `FILE` holds."""
    return {
        "model": classifier.digest,
        "sets": {name: figures_of(cases, parts=_IN_FILE) for name, cases in sets.items()},
    }


def table(figures: Mapping[str, Any]) -> str:
    """The figures file as a Markdown table; in bold what does not keep its floor."""
    sets = figures["sets"]
    rows = [
        ["figure", "floor", *(f"{name}, {one['calls']:,} calls" for name, one in sets.items())],
        ["---"] * (len(sets) + 2),
    ]
    for title, (sign, floor) in FLOORS.items():
        cells = [title, f"{sign} {floor:.1%}"]
        for one in sets.values():
            figure = one["figures"]["all"][title]
            share = f"{figure['share']:.1%}" if keeps(title, figure["share"]) else f"**{figure['share']:.1%}**"
            low, high = figure["interval"]
            cells.append(f"{share} [{low:.1%}, {high:.1%}]" if figure["total"] else "none")
        rows.append(cells)
    rows.append(
        ["calibration error of the confidence", "", *(f"{one['calibration_error']:.3f}" for one in sets.values())]
    )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def with_table(card: str, figures: Mapping[str, Any]) -> str:
    """The model's card with the table of `figures` in its place."""
    return _TABLE.sub(lambda found: f"{found[1]}{table(figures)}{found[2]}", card)


def speed(classifier: Classifier, rows: Sequence[Row]) -> tuple[float, float]:
    """Median and 99th percentile of the microseconds that a call takes, all of it, on one core."""
    for row in rows[:100]:
        classifier.triage(row.text)
    took = []
    for row in rows:
        begun = time.perf_counter_ns()
        classifier.triage(row.text)
        took.append((time.perf_counter_ns() - begun) / 1000)
    return statistics.median(took), statistics.quantiles(took, n=100)[98]


def _print(name: str, found: Mapping[str, Any]) -> None:
    for part in _IN_FILE:
        print(f"\n{name}: {part}")
        for title, figure in found["figures"].get(part, {}).items():
            low, high = figure["interval"]
            short = "" if keeps(title, figure["share"]) else f"  floor {' '.join(map(str, FLOORS[title]))} not kept"
            print(
                f"  {title:48s} {figure['share']:7.2%}  [{low:.1%}, {high:.1%}]  {figure['hits']}/{figure['total']}{short}"
            )
    for title, figure in found["pairs"].items():
        print(f"  {title:48s} {figure['share']:7.2%}  {figure['hits']}/{figure['total']}")
    print(f"  calibration error of the confidence: {found['calibration_error']:.3f}")


def _errors(cases: Sequence[Case]) -> None:
    for row, answer in cases:
        if answer.outcome not in (Outcome.REVIEW, row.outcome):
            print(f"{row.id} {row.category} -> {answer.category} [{answer.rule}] {row.text}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m classifiers.evaluate", description=__doc__)
    parser.add_argument("--file", type=Path, help="a JSONL file of rows; by default each committed test set")
    parser.add_argument("--json", action="store_true", help="print figures as JSON, with a slice for each style")
    parser.add_argument("--errors", action="store_true", help="print the calls whose outcome was wrong")
    parser.add_argument("--html", type=Path, default=PAGE, help=f"where the report card goes (default: {PAGE})")
    options = parser.parse_args(arguments)
    begun = time.perf_counter()
    classifier = Classifier.load()
    loaded = time.perf_counter() - begun
    paths = [options.file] if options.file else sorted(TEST.glob("*.jsonl"))
    console = Console(stderr=True)
    sets = {path.stem: run(classifier, read_rows(path)) for path in track(paths, description="评测", console=console)}
    if options.json:
        found = {name: figures_of(cases) for name, cases in sets.items()}
        print(json.dumps({"model": classifier.digest, "sets": found}, ensure_ascii=False))
        return 0
    for name, cases in sets.items():
        _print(name, figures_of(cases))
        if options.errors:
            _errors(cases)
    median, slow = speed(classifier, [row for cases in sets.values() for row, _ in cases])
    size = sum(path.stat().st_size for path in MODEL_DIR.iterdir()) / 1e6
    print(f"\none call: median {median:.0f} µs, 99th percentile {slow:.0f} µs; loaded in {loaded:.2f} s; {size:.1f} MB")
    if options.file is None:
        from classifiers.report_card import page

        figures = figures_file(classifier, sets)
        FILE.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        CARD.write_text(with_table(CARD.read_text(encoding="utf-8"), figures), encoding="utf-8")
        options.html.parent.mkdir(parents=True, exist_ok=True)
        options.html.write_text(page(classifier, sets), encoding="utf-8")
        print(f"written: {options.html}, {FILE.name} and the table of {CARD.parent.name}/{CARD.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
