"""The committed model keeps what it reached on the test sets. Floors stand a little below the measured figures."""

import json

import pytest

from classifiers import Classifier
from classifiers.corpus import TEST, Row, read_rows
from classifiers.evaluate import Case, Figure, calibration_error, main, pair_figures, report, run
from classifiers.taxonomy import Outcome

FLOORS = {
    "t1": {
        "outcome right, of those decided": 0.95,
        "category right, of non-police decided": 0.94,
        "lead unit right, of non-police decided": 0.95,
        "right category among top 3, of reviewed": 0.90,
        "urgency right, of those decided": 0.85,
        "district right, where the text names one": 0.95,
    },
    "t2": {
        "outcome right, of those decided": 0.93,
        "category right, of non-police decided": 0.92,
        "lead unit right, of non-police decided": 0.94,
        "right category among top 3, of reviewed": 0.93,
        "urgency right, of those decided": 0.85,
        "district right, where the text names one": 0.94,
    },
    "ct1": {
        "outcome right, of those decided": 0.895,
        "category right, of non-police decided": 0.92,
        "lead unit right, of non-police decided": 0.95,
        "right category among top 3, of reviewed": 0.90,
        "urgency right, of those decided": 0.85,
    },
}

CEILINGS = {
    "t1": {
        "police or joint answered non_police or invalid": 0.004,
        "real calls answered invalid": 0.001,
        "answered review": 0.12,
        "non-police or invalid answered police or joint": 0.055,
        "district named, where the text names none": 0.01,
    },
    "t2": {
        "police or joint answered non_police or invalid": 0.004,
        "real calls answered invalid": 0.001,
        "answered review": 0.165,
        "non-police or invalid answered police or joint": 0.07,
        "district named, where the text names none": 0.01,
    },
    "ct1": {
        "police or joint answered non_police or invalid": 0.008,
        "real calls answered invalid": 0.002,
        "answered review": 0.145,
        "non-police or invalid answered police or joint": 0.13,
    },
}


@pytest.fixture(scope="module")
def cases(classifier: Classifier) -> dict[str, list[Case]]:
    return {path.stem: run(classifier, read_rows(path)) for path in sorted(TEST.glob("*.jsonl"))}


@pytest.fixture(scope="module")
def figures(cases: dict[str, list[Case]]) -> dict[str, dict[str, Figure]]:
    return {name: report(found)["all"] for name, found in cases.items()}


def test_every_test_set_has_its_floors(cases: dict[str, list[Case]]) -> None:
    assert set(cases) == set(FLOORS) == set(CEILINGS)


@pytest.mark.parametrize(("name", "title"), [(name, title) for name, floors in FLOORS.items() for title in floors])
def test_floor(figures: dict[str, dict[str, Figure]], name: str, title: str) -> None:
    assert figures[name][title].share >= FLOORS[name][title]


@pytest.mark.parametrize(("name", "title"), [(name, title) for name, limits in CEILINGS.items() for title in limits])
def test_ceiling(figures: dict[str, dict[str, Figure]], name: str, title: str) -> None:
    assert figures[name][title].share <= CEILINGS[name][title]


def test_contrast_pairs_are_told_apart(cases: dict[str, list[Case]]) -> None:
    found = pair_figures(cases["ct1"])
    assert found["pairs with both first categories right"].share >= 0.65
    assert found["pairs with both outcomes right or reviewed"].share >= 0.83
    assert pair_figures(cases["t2"]) == {}


@pytest.mark.parametrize("name", FLOORS)
def test_confidence_is_calibrated(cases: dict[str, list[Case]], name: str) -> None:
    assert calibration_error(cases[name]) < 0.06


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


def test_the_command_prints_each_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 0
    sets = json.loads(capsys.readouterr().out)["sets"]
    assert {name: found["calls"] for name, found in sets.items()} == {"t1": 600, "t2": 997, "ct1": 1000}
    assert main(["--file", str(TEST / "t1.jsonl"), "--errors"]) == 0
    assert "t1: long" in capsys.readouterr().out
