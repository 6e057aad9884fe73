"""Fit the weights of `likeness.py` on authored reports: ``python -m dispatcher.desks.fit tests/desks/reports a b``.

A ranking is learnt, not a label: for each lost thing, the found one that is it against each of the likeliest that are not (pairwise
logistic regression, no weight below nothing). The constant is then set where as many lost things without a counterpart stay silent as true ones are shown.
No random choice: the same reports give the same file.
"""

import sys
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from numpy.typing import NDArray

from dispatcher.desks.authored import Authored, read_authored
from dispatcher.desks.likeness import SIGNS, signs
from dispatcher.desks.pool import Pool

_RIVALS: Final = 20
_RIDGE: Final = 0.1
_FIRST_GUESS: Final = {"kind": 2.0, "rare_words": 6.0, "rare_letters": 3.0}


def fit(sets: list[Authored]) -> tuple[dict[str, float], float]:
    """The weight of each sign and the constant."""
    asked: list[tuple[int | None, NDArray[np.float64]]] = []
    for one in sets:
        pool, place = Pool(one.found), {found.report_id: i for i, found in enumerate(one.found)}
        for lost in one.lost:
            rarity = pool.rarity(lost)
            values = np.array([signs(lost, found, rarity) for found in one.found])
            true = one.truth[lost.report_id]
            asked.append((None if true is None else place[true], values))
    weight = np.array([_FIRST_GUESS.get(name, 0.0) for name in SIGNS])
    for _ in range(2):  # the second time with rivals that the first weights find likely
        pairs = []
        for true_at, values in asked:
            if true_at is not None:
                likely = [i for i in np.argsort(-(values @ weight), kind="stable")[:_RIVALS] if i != true_at]
                pairs += [values[true_at] - values[i] for i in likely]
        weight = _pairwise(np.array(pairs))
    best = [(float((values @ weight).max()), true_at is None) for true_at, values in asked]
    alone = np.array([score for score, none in best if none])
    known = np.array([score for score, none in best if not none])
    cut = max((score for score, _ in best), key=lambda at: min(float((alone < at).mean()), float((known >= at).mean())))
    return {name: round(float(value), 2) for name, value in zip(SIGNS, weight, strict=True)}, round(-cut, 2)


def _pairwise(better: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights under which the rows come out positive. None is below 0: what agrees never speaks against."""
    from scipy.optimize import minimize

    def loss(weight: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = better @ weight
        slope = -better.T @ (1.0 / (1.0 + np.exp(margin))) + 2.0 * _RIDGE * weight
        return float(np.logaddexp(0.0, -margin).sum() + _RIDGE * weight @ weight), slope

    start = np.zeros(better.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(start))
    return np.asarray(found.x)


def main(folder: Path, names: list[str]) -> int:
    weight, constant = fit([read_authored(folder, name) for name in names])
    written = {"version": "+".join(names), "constant": constant, "signs": weight, "candidate": 0.5}
    print(yaml.safe_dump(written, sort_keys=False, allow_unicode=True), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
