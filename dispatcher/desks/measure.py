"""How well authored reports are ranked: ``python -m dispatcher.desks.measure tests/desks/reports t``, with the shipped weights; with
``--apart`` in front each pool with weights fitted on the other writers named."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from dispatcher.desks.authored import Authored, read_authored
from dispatcher.desks.likely import Match
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


def measure(reports: Authored, known: Weights, *, rivals: bool = True) -> Figures:
    """The figures of one set of reports. rivals: whether the other lost reports are known to the matching."""
    pool = Pool(reports.found, known)
    others = Pool(reports.lost, known) if rivals else None
    return tell(
        ((reports.truth[lost.report_id], pool.matches(lost, rivals=others)) for lost in reports.lost), known.candidate
    )


def tell(asked: Iterable[tuple[str | None, Sequence[Match]]], candidate: float) -> Figures:
    """The figures of what was ranked: the true counterpart's id (None: there is none) and the ranking, for each report. candidate: the
    score from which something is shown. A share of nothing is 1."""
    first = top_three = silent = shown = with_one = without = 0
    for true, ranked in asked:
        is_shown = bool(ranked) and ranked[0].score >= candidate
        if true is None:
            without += 1
            silent += not is_shown
            continue
        with_one += 1
        names = [one.other for one in ranked]
        first += names[:1] == [true]
        top_three += true in names[:3]
        shown += is_shown

    def share(part: int, of: int) -> float:
        return part / of if of else 1.0

    return Figures(
        with_one,
        without,
        share(first, with_one),
        share(top_three, with_one),
        share(silent, without),
        share(shown, with_one),
    )


def apart(folder: Path, names: Sequence[str], asked: Sequence[str]) -> dict[str, tuple[Figures, Figures]]:
    """Figures of each pool asked, weights fitted on the others named: with the rivals known, and without."""
    from dispatcher.desks.fit import fit, study

    sets = {name: read_authored(folder, name) for name in names}
    studied = {name: study(one) for name, one in sets.items()}
    out = {}
    for name in asked:
        known = fit([one for other, one in studied.items() if other != name])
        out[name] = (measure(sets[name], known), measure(sets[name], known, rivals=False))
    return out


def _line(name: str, figures: Figures) -> None:
    _, _, *shares = astuple(figures)
    print(f"{name:8}", " ".join(f"{share:.3f}" for share in shares))


def main(arguments: list[str]) -> int:
    is_apart = arguments[0] == "--apart"
    folder, names = Path(arguments[is_apart]), arguments[is_apart + 1 :]
    print("pool     first top3  silent shown")
    if is_apart:
        found = apart(folder, names, names)
        for at, title in enumerate(("", "alone")):
            for name in names:
                _line(f"{name} {title}", found[name][at])
            shares = [astuple(both[at])[2:] for both in found.values()]
            print(
                f"mean {title:5}", " ".join(f"{sum(column) / len(column):.3f}" for column in zip(*shares, strict=True))
            )
        return 0
    for name in names:
        _line(name, measure(read_authored(folder, name), weights()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
