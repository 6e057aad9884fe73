"""The committed model keeps what it reached on the test set. Floors stand a little below the measured figures."""

import pytest

from classifiers import Classifier
from classifiers.corpus import TEST, Row, read_split
from classifiers.evaluate import Case, Figure, calibration_error, main, report, run
from classifiers.taxonomy import Outcome

FLOORS = {
    "outcome right, of those decided": 0.92,
    "category right, of non-police decided": 0.92,
    "lead unit right, of non-police decided": 0.92,
    "right category among top 3, of reviewed": 0.90,
    "urgency right, of those decided": 0.82,
    "district right, where the text names one": 0.95,
}

CEILINGS = {
    "police or joint answered non_police or invalid": 0.008,
    "real calls answered invalid": 0.005,
    "answered review": 0.12,
    "non-police or invalid answered police or joint": 0.10,
    "district named, where the text names none": 0.01,
}


@pytest.fixture(scope="module")
def cases(classifier: Classifier) -> list[Case]:
    return run(classifier, read_split(TEST))


@pytest.fixture(scope="module")
def figures(cases: list[Case]) -> dict[str, Figure]:
    return report(cases)["all"]


@pytest.mark.parametrize("title", FLOORS)
def test_floor(figures: dict[str, Figure], title: str) -> None:
    assert figures[title].share >= FLOORS[title]


@pytest.mark.parametrize("title", CEILINGS)
def test_ceiling(figures: dict[str, Figure], title: str) -> None:
    assert figures[title].share <= CEILINGS[title]


def test_confidence_is_calibrated(cases: list[Case]) -> None:
    assert calibration_error(cases) < 0.08


def test_wilson_interval_of_none_in_a_hundred() -> None:
    low, high = Figure(0, 100).interval
    assert low == 0.0
    assert high == pytest.approx(0.037, abs=0.001)


def test_a_missed_police_call_shows_in_the_report(classifier: Classifier) -> None:
    rows = [
        Row.model_validate(
            {"id": "x-0001", "text": "楼道灯坏半个月没人换", "category": "violent_crime", "urgency": "emergency"}
            | {"district": None, "style": "short", "writer": "x"}
        )
    ]
    cases = run(classifier, rows)
    assert cases[0][1].outcome is Outcome.NON_POLICE
    assert report(cases)["all"]["police or joint answered non_police or invalid"].hits == 1


def test_the_command_prints_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 0
    assert '"calls": 600' in capsys.readouterr().out
