"""How well the weights rank authored reports: ``python -m dispatcher.desks.measure tests/desks/reports t``."""

import sys
from dataclasses import dataclass
from pathlib import Path

from dispatcher.desks.authored import Authored, read_authored
from dispatcher.desks.likeness import Weights, weights
from dispatcher.desks.pool import Pool


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of 1. `first`, `top_three`: of the lost things that lie in the pool. `silent`: of those without a counterpart, none
    is shown. `shown`: of those with one, something is shown."""

    with_one: int
    without: int
    first: float
    top_three: float
    silent: float
    shown: float


def measure(reports: Authored, known: Weights) -> Figures:
    """The figures of one set of reports."""
    pool = Pool(reports.found, known)
    first = top_three = silent = shown = with_one = 0
    for lost in reports.lost:
        true, ranked = reports.truth[lost.report_id], pool.matches(lost)
        is_shown = bool(ranked) and ranked[0].score >= known.candidate
        if true is None:
            silent += not is_shown
            continue
        with_one += 1
        names = [one.found for one in ranked]
        first += names[:1] == [true]
        top_three += true in names[:3]
        shown += is_shown
    without = len(reports.lost) - with_one
    return Figures(
        with_one,
        without,
        first / with_one,
        top_three / with_one,
        silent / without if without else 1.0,
        shown / with_one,
    )


def main(folder: Path, names: list[str]) -> int:
    for name in names:
        print(name, measure(read_authored(folder, name), weights()))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
