"""From costs to cut-offs: what each choice of thresholds does to calls of writers whom the model did not see.

The calibration set is a table with a line for each training row, made by a model that did not see the row's writer
(`python -m classifiers.train`), kept beside the model as `calibration.npz`. A city that edits the costs gets cut-offs of
its own from it when the service starts; the tables are small, so it takes a fraction of a second.

Rows count by the proportions of a real line, not of the corpus, in which police calls and twisted ones are far too many.
"""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.corpus import Row
from classifiers.decide import Evidence, best_of, by_rule
from classifiers.errors import ModelError
from classifiers.model import CALIBRATION
from classifiers.taxonomy import DANGER, Outcome, load_taxonomy
from classifiers.thresholds import Costs, Thresholds

LINE: Final[dict[Outcome, float]] = {
    Outcome.POLICE: 0.24,
    Outcome.JOINT: 0.08,
    Outcome.NON_POLICE: 0.53,
    Outcome.INVALID: 0.15,
}
"""Shares of a line's calls after those without any content are gone (published: 20-40% non-police, 30% invalid, most of
it empty; sources S0 and S1 of the design)."""

SHORT_SHARE: Final = 0.55
"""Calls of up to 40 characters among a line's calls; proposed here."""

HARD_SHARE: Final = 0.15
"""Calls that are hard on purpose (contrast pairs, and those of the writers who were asked for twisted ones alone) count so much."""

HARD_WRITERS: Final = frozenset({"w7", "w17"})

_STEPS: Final = 10_000
_DANGER: Final = (0.18, 0.22, 0.26, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.80)
_NON_POLICE: Final = (0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.10, 0.13, 0.16, 0.20)
_RULE: Final = (0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
_INVALID: Final = (0.05, 0.10, 0.15)
"""Never above: `invalid` drops a call, so its bar is the strictest of all."""
_CATEGORY: Final = 0.15

Flags = NDArray[np.bool_]
Shares = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outturn:
    """What thresholds do to a line's calls; rates are shares of the calls they speak of, `cost` is per call."""

    thresholds: Thresholds
    cost: float
    review: float
    missed: float
    needless: float
    real_invalid: float
    outcome_right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """One line a call. `hard` and `look`: a rule of that level fired; `police_outcome`, `police_category`,
    `harmless_category`: whether the best answer of that kind is right; `weight`: the call's share of a line."""

    real_danger: Flags
    real_invalid: Flags
    hard: Flags
    look: Flags
    police_outcome: Flags
    police_category: Flags
    harmless_category: Flags
    danger: Shares
    invalid: Shares
    harmless: Shares
    category: Shares
    weight: Shares

    def outturn(self, limits: Thresholds, costs: Costs) -> Outturn:
        """The same decisions as `decide`, over all calls at once."""
        police = np.where(self.hard, self.danger >= limits.rule, self.danger >= limits.danger)
        rest = ~police
        doubt = self.hard | (self.danger > limits.non_police) | (self.look & (self.danger > limits.non_police_look))
        dropped = rest & ~doubt & (self.invalid > self.harmless)
        kept = rest & ~doubt & ~dropped
        unsure = dropped & ((1.0 - self.invalid > limits.invalid) | self.look)
        unsure |= kept & (self.category < limits.category)
        dropped, kept = dropped & ~unsure, kept & ~unsure
        review = (rest & doubt) | unsure

        def share(chosen: Flags) -> float:
            return float(self.weight[chosen].sum())

        missed = share((dropped | kept) & self.real_danger)
        needless = share(police & ~self.real_danger)
        real_dropped = share(dropped & ~self.real_invalid)
        wrong_unit = share(
            (police & self.real_danger & ~self.police_category) | (kept & ~self.real_danger & ~self.harmless_category)
        )
        reviewed, danger = share(review), share(self.real_danger)
        right = share(police & self.police_outcome) + share(dropped & self.real_invalid)
        right += share(kept & ~self.real_danger & ~self.real_invalid)
        return Outturn(
            thresholds=limits,
            cost=costs.missed_police * missed
            + costs.needless_police * needless
            + costs.wrong_unit * wrong_unit
            + costs.look * reviewed,
            review=reviewed,
            missed=missed / danger,
            needless=needless / (1.0 - danger),
            real_invalid=real_dropped,
            outcome_right=right / max(1e-9, 1.0 - reviewed),
        )

    def outturns(self, costs: Costs) -> Iterator[Outturn]:
        """What every choice worth trying does."""
        for danger, low, rule, invalid in product(_DANGER, _NON_POLICE, _RULE, _INVALID):
            if max(low, rule) <= danger:
                limits = Thresholds(
                    danger=danger,
                    non_police=low,
                    non_police_look=low / 2,
                    rule=rule,
                    invalid=invalid,
                    category=_CATEGORY,
                )
                yield self.outturn(limits, costs)

    def choose(self, costs: Costs) -> Outturn:
        """The cheapest choice within the ceilings. Where none keeps them all, they give way in this order: review,
        needless police, invalid, missed; of what is left, the choice with least of what gave way."""
        left = list(self.outturns(costs))
        for measure, ceiling in (
            ("missed", costs.missed_ceiling),
            ("real_invalid", costs.invalid_ceiling),
            ("needless", costs.needless_ceiling),
            ("review", costs.review_ceiling),
        ):
            within = [one for one in left if getattr(one, measure) <= ceiling]
            if not within:
                return min(left, key=lambda one, by=measure: (getattr(one, by), one.cost))  # type: ignore[misc]
            left = within
        return min(left, key=lambda one: one.cost)


def calibrate(cases: Sequence[tuple[Row, Evidence]]) -> Calibration:
    """The table of `cases`: rows with the evidence of a model that did not see their writer."""
    lines = [_line(row, evidence) for row, evidence in cases]
    cells = [(row.outcome, row.is_short, row.pair is not None or row.writer in HARD_WRITERS) for row, _ in cases]
    counts = Counter(cells)
    weight = [
        LINE[outcome]
        * (SHORT_SHARE if short else 1.0 - SHORT_SHARE)
        * (HARD_SHARE if hard else 1.0 - HARD_SHARE)
        / counts[outcome, short, hard]
        for outcome, short, hard in cells
    ]
    columns: dict[str, Any] = {name: np.array([line[name] for line in lines]) for name in lines[0]}
    columns["weight"] = np.array(weight) / sum(weight)
    return _rounded(columns)


def _line(row: Row, evidence: Evidence) -> dict[str, float | bool]:
    outcome_of = load_taxonomy().outcome_of
    hard = next((fired for fired in evidence.fired if fired.rule.level == "danger"), None)
    danger = evidence.outcome[Outcome.POLICE] + evidence.outcome[Outcome.JOINT]
    police = best_of(evidence, DANGER) if hard is None else by_rule(evidence, hard, danger).category
    harmless = best_of(evidence, frozenset({Outcome.NON_POLICE}))
    return {
        "real_danger": row.outcome in DANGER,
        "real_invalid": row.outcome is Outcome.INVALID,
        "hard": hard is not None,
        "look": any(fired.rule.level == "look" for fired in evidence.fired),
        "police_outcome": outcome_of(police) is row.outcome,
        "police_category": police == row.category,
        "harmless_category": harmless == row.category,
        "danger": danger,
        "invalid": evidence.outcome[Outcome.INVALID],
        "harmless": evidence.outcome[Outcome.NON_POLICE],
        "category": evidence.category[harmless],
    }


def _rounded(columns: dict[str, Any]) -> Calibration:
    """Columns as they are kept: rounded, so that a rebuild elsewhere gives the same bytes."""
    kinds = {field.name: field.type for field in fields(Calibration)}
    return Calibration(
        **{
            name: column.astype(bool)
            if kinds[name] is Flags
            else (column if name == "weight" else np.round(column * _STEPS) / _STEPS).astype(np.float32)
            for name, column in columns.items()
        }
    )


def save_calibration(directory: Path, calibration: Calibration) -> None:
    """Beside the model: one array a column, probabilities in steps of 1/10,000."""
    arrays = {
        field.name: getattr(calibration, field.name)
        if field.type is Flags or field.name == "weight"
        else np.round(getattr(calibration, field.name) * _STEPS).astype(np.uint16)
        for field in fields(Calibration)
    }
    with (directory / CALIBRATION).open("wb") as sink:
        np.savez(sink, **arrays)


def load_calibration(directory: Path) -> Calibration:
    """The table of the model in `directory`. Raises ModelError when it is missing or damaged."""
    try:
        with np.load(io.BytesIO((directory / CALIBRATION).read_bytes()), allow_pickle=False) as arrays:
            columns = {
                field.name: arrays[field.name].astype(np.float32) / (1 if field.name == "weight" else _STEPS)
                if field.type is not Flags
                else arrays[field.name]
                for field in fields(Calibration)
            }
            return Calibration(**columns)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"no usable {CALIBRATION} in {directory.name}/: {error}; run `python -m classifiers.train`"
        ) from error
