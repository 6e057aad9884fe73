"""Fit the weights of the matching on authored reports: ``python -m dispatcher.desks.fit tests/desks/reports a b c d e t``.

A ranking is learnt, not a label: for each lost thing, the found one that is it against each of the likeliest that are not (pairwise
logistic regression, no weight below nothing). Then the decision: of each lost thing the likeliest candidate, true or not; and once
more with the true one taken out of the pool, for then nothing should be shown. The scores looked at there come from weights
fitted on the other writers, and so does the constant, set where enough things without a counterpart stay silent.
No random choice: the same reports give the same file.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from numpy.typing import NDArray

from dispatcher.desks.authored import Authored, read_authored
from dispatcher.desks.likeness import Weights
from dispatcher.desks.match_decision import LOOKS, looks
from dispatcher.desks.match_index import Index
from dispatcher.desks.match_rarity import Rarity
from dispatcher.desks.match_signs import CLOSER, SIGNS, closer, signs

_RIVALS: Final = 15
_RIDGE: Final = 0.1
_SHOWN_RIDGE: Final = 2.0
_ROUNDS: Final = 2
_WEIGHED: Final = 4
_SILENT: Final = 0.77
"""So many lost things without a counterpart shall stay silent."""
_FIRST_GUESS: Final = {"other_kind": 2.0, "pairs": 4.0, "letters": 4.0, "before": 2.0}
_SHOWN: Final = (*LOOKS, *SIGNS, *CLOSER)

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Studied:
    """A set with all signs reckoned: `values[i, j]` of lost i and found j, the place of the true one, and what is looked at
    closer, reckoned when it is asked for. alone: the values where the other lost things are not known."""

    values: _Floats
    alone: _Floats
    true: tuple[int | None, ...]
    closer: Callable[[int, int, bool], tuple[float, ...]]


def study(one: Authored) -> Studied:
    """All pairs of a set."""
    pool = Index(one.found)
    rarity, alone = Rarity(pool, Index(one.lost)), Rarity(pool)
    place = {found.report_id: i for i, found in enumerate(one.found)}
    true = [one.truth[lost.report_id] for lost in one.lost]
    return Studied(
        np.array([[signs(lost, found, rarity) for found in one.found] for lost in one.lost]),
        np.array([[signs(lost, found, alone) for found in one.found] for lost in one.lost]),
        tuple(None if name is None else place[name] for name in true),
        lru_cache(maxsize=None)(lambda i, j, lone: closer(one.lost[i], one.found[j], alone if lone else rarity)),
    )


def fit(sets: Sequence[Studied]) -> Weights:
    """The weights of ranking and decision."""
    ranking = rank_weights(sets)
    apart = [rank_weights([*sets[:i], *sets[i + 1 :]]) if len(sets) > 1 else ranking for i in range(len(sets))]
    cases = [_cases(one, weight) for one, weight in zip(sets, apart, strict=True)]
    lonely = [_cases(one, weight, alone=True) for one, weight in zip(sets, apart, strict=True)]
    shown, constant = _decide(cases)
    silent: tuple[list[float], list[float]] = ([], [])
    for i in range(len(cases)):
        weight, _ = _decide([*cases[:i], *cases[i + 1 :]]) if len(cases) > 1 else (shown, constant)
        for kind, scores in zip((cases, lonely), silent, strict=True):
            scores += (kind[i].looked[kind[i].real & ~kind[i].true] @ weight).tolist()
    return Weights(
        signs={name: round(float(value), 2) for name, value in zip(SIGNS, ranking, strict=True)},
        shown={name: round(float(value), 2) for name, value in zip(_SHOWN, shown, strict=True)},
        constant=round(-float(np.quantile(silent[0], _SILENT)), 2),
        alone=round(-float(np.quantile(silent[1], _SILENT)), 2),
        candidate=0.5,
    )


def rank_weights(sets: Sequence[Studied]) -> _Floats:
    """The weight of each sign in the ranking."""
    weight = np.array([_FIRST_GUESS.get(name, 0.0) for name in SIGNS])
    for _ in range(_ROUNDS):  # with rivals that the weights before find likely
        better = []
        for one in sets:
            for true, values in zip(one.true, one.values, strict=True):
                if true is not None:
                    likely = np.argsort(-(values @ weight), kind="stable")[:_RIVALS]
                    better += [values[true] - values[i] for i in likely if i != true]
        rows = np.array(better)
        weight = _logistic(
            rows, np.ones(len(rows)), np.ones(len(rows)), _RIDGE, least=0.0, constant=False, begin=weight
        )
    return weight


@dataclass(frozen=True, slots=True)
class _Cases:
    """What was looked at of candidates, whether they are true (of real ones: whether a true one exists)."""

    looked: _Floats
    right: NDArray[np.bool_]
    true: NDArray[np.bool_]
    real: NDArray[np.bool_]


def _cases(one: Studied, weight: _Floats, *, alone: bool = False) -> _Cases:
    """The likeliest candidate of each lost thing; and the likeliest but the true one."""
    values = one.alone if alone else one.values
    score = values @ weight
    most = score.max(axis=0)
    suit = score - (most + np.log(np.exp(score - most).sum(axis=0)))
    if alone:
        suit = np.zeros_like(suit)
    rows: list[tuple[_Floats, bool, bool, bool]] = []
    for i, true in enumerate(one.true):
        order = np.argsort(-score[i], kind="stable")
        for kept, real in ((order, True), (order[order != true], False)):
            if real or true is not None:
                best = sorted(kept[:_WEIGHED], key=lambda j: -(score[i, j] + suit[i, j]))
                beside = [float(score[i, j] + suit[i, j]) for j in best[1:]]
                j = best[0]
                looked = looks(float(score[i, j]), float(suit[i, j]), beside, score[i, kept].tolist())
                row = np.array([*looked, *values[i, j], *one.closer(i, int(j), alone)])
                rows.append((row, j == true, true is not None, real))
    return _Cases(
        np.array([row for row, _, _, _ in rows]),
        *(np.array([bool(row[k]) for row in rows]) for k in (1, 2, 3)),
    )


def _decide(cases: Sequence[_Cases]) -> tuple[_Floats, float]:
    """Weights of all that is looked at, and the constant that balances right and wrong."""
    looked = np.concatenate([one.looked for one in cases])
    right = np.concatenate([one.right for one in cases])
    middle, spread = looked.mean(axis=0), looked.std(axis=0) + 1e-9
    share = float(right.mean())
    balance = np.where(right, 0.5 / share, 0.5 / (1.0 - share))
    weight = _logistic((looked - middle) / spread, np.where(right, 1.0, -1.0), balance, _SHOWN_RIDGE, constant=True)
    plain = weight[:-1] / spread
    return plain, float(weight[-1] - plain @ middle)


def _logistic(
    rows: _Floats,
    sign: _Floats,
    balance: _Floats,
    ridge: float,
    *,
    least: float | None = None,
    constant: bool,
    begin: _Floats | None = None,
) -> _Floats:
    """Weights (with `constant`, the constant last) under which the rows come out on the side of their sign."""
    from scipy.optimize import minimize

    signed = np.hstack([rows, np.ones((len(rows), 1))]) if constant else rows
    signed = signed * sign[:, None]
    held = np.ones(signed.shape[1])
    if constant:
        held[-1] = 0.0

    def loss(weight: _Floats) -> tuple[float, _Floats]:
        margin = signed @ weight
        slope = -signed.T @ (balance / (1.0 + np.exp(margin))) + 2.0 * ridge * held * weight
        return float((balance * np.logaddexp(0.0, -margin)).sum() + ridge * (held * weight) @ weight), slope

    start = np.zeros(signed.shape[1]) if begin is None else begin
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(least, None)] * len(start))
    return np.asarray(found.x)


def main(folder: Path, names: list[str]) -> int:
    weights = fit([study(read_authored(folder, name)) for name in names])
    written = {"version": "+".join(names), **weights.model_dump()}
    print(f"# Fitted: python -m dispatcher.desks.fit {folder} {' '.join(names)}")
    print(yaml.safe_dump(written, sort_keys=False, allow_unicode=True), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
