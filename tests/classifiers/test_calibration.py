"""Cut-offs follow from costs: the table decides as `decide` does, ceilings hold, and dearer mistakes are made less."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from classifiers import Classifier, Costs, Thresholds
from classifiers.calibration import Calibration, calibrate, load_calibration, save_calibration
from classifiers.corpus import TEST, Row, read_rows
from classifiers.decide import Evidence, decide
from classifiers.errors import ModelError
from classifiers.model import MODEL_DIR
from classifiers.taxonomy import DANGER, Outcome

CHOICES = (
    Thresholds(),
    Thresholds(danger=0.3, rule=0.0, non_police=0.02, non_police_look=0.01),
    Thresholds(danger=0.8, rule=0.3, non_police=0.2, non_police_look=0.1, invalid=0.3, category=0.6),
)


@pytest.fixture(scope="module")
def cases(classifier: Classifier) -> list[tuple[Row, Evidence]]:
    rows = read_rows(TEST / "t2.jsonl")
    read = [(row, classifier.read(row.text).evidence) for row in rows]
    return [(row, evidence) for row, evidence in read if evidence.understood]


@pytest.fixture(scope="module")
def committed() -> Calibration:
    return load_calibration(MODEL_DIR)


def _share(calibration: Calibration, chosen: Sequence[bool]) -> float:
    return float(sum(weight for weight, yes in zip(calibration.weight, chosen, strict=True) if yes))


@pytest.mark.parametrize("limits", CHOICES)
def test_the_table_decides_as_the_decision_does(cases: list[tuple[Row, Evidence]], limits: Thresholds) -> None:
    calibration = calibrate(cases)
    answers = [decide(evidence, limits) for _, evidence in cases]
    found = calibration.outturn(limits, Costs())
    assert found.review == pytest.approx(_share(calibration, [a.outcome is Outcome.REVIEW for a in answers]), abs=2e-3)
    danger = [row.outcome in DANGER for row, _ in cases]
    missed = [
        real and answer.outcome in (Outcome.NON_POLICE, Outcome.INVALID)
        for real, answer in zip(danger, answers, strict=True)
    ]
    assert found.missed == pytest.approx(_share(calibration, missed) / _share(calibration, danger), abs=2e-3)


def test_the_committed_cut_offs_are_those_of_the_committed_table(
    classifier: Classifier, committed: Calibration
) -> None:
    assert committed.choose(Costs()).thresholds == classifier.thresholds
    assert classifier.thresholds_for(Costs()) == classifier.thresholds


def test_the_ceilings_of_missed_and_dropped_calls_hold(committed: Calibration) -> None:
    chosen = committed.choose(Costs())
    assert chosen.missed <= Costs().missed_ceiling
    assert chosen.real_invalid <= Costs().invalid_ceiling
    assert chosen.needless <= Costs().needless_ceiling


def test_a_city_that_fears_needless_police_more_sends_fewer(classifier: Classifier, committed: Calibration) -> None:
    usual, strict = Costs(), Costs(needless_ceiling=0.02)
    assert committed.choose(strict).needless < committed.choose(usual).needless
    assert classifier.thresholds_for(strict) == committed.choose(strict).thresholds


def test_where_no_ceiling_can_be_kept_missing_fewest_counts(committed: Calibration) -> None:
    impossible = Costs(missed_ceiling=0.0, review_ceiling=0.0, needless_ceiling=0.0, invalid_ceiling=0.0)
    tried = list(committed.outturns(impossible))
    assert committed.choose(impossible).missed == min(one.missed for one in tried)


def test_a_table_is_read_as_it_was_written(cases: list[tuple[Row, Evidence]], tmp_path: Path) -> None:
    written = calibrate(cases)
    save_calibration(tmp_path, written)
    read = load_calibration(tmp_path)
    for field in dataclasses.fields(Calibration):
        assert (getattr(read, field.name) == getattr(written, field.name)).all(), field.name


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "calibration.npz").write_bytes(b"no table")
    with pytest.raises(ModelError, match=r"classifiers\.train"):
        load_calibration(tmp_path)
