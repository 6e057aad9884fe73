"""The committed model does what the committed figures file says, and the model's card says the same."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from classifiers import Classifier
from classifiers.corpus import TEST, Row, read_rows
from classifiers.evaluate import CARD, FILE, figures_file, main, run, with_table
from classifiers.figures import FLOORS, Figure, keeps, pair_figures, report
from classifiers.report_card import page
from classifiers.slices import Case, calibration_error, recall_at_review
from classifiers.taxonomy import Outcome

SETS = ("ct1", "t1", "t2", "t3", "t4")
PLAIN = ("t1", "t2", "t3", "t4")
"""Test sets of calls as they come; ct1 is hard on purpose and is measured, not held to the floors."""


@pytest.fixture(scope="module")
def cases(classifier: Classifier) -> dict[str, list[Case]]:
    return {path.stem: run(classifier, read_rows(path)) for path in sorted(TEST.glob("*.jsonl"))}


@pytest.fixture(scope="module")
def pooled(cases: dict[str, list[Case]]) -> dict[str, Figure]:
    return report([case for name in PLAIN for case in cases[name]])["all"]


def test_the_test_sets_are_all_there(cases: dict[str, list[Case]]) -> None:
    assert set(cases) == set(SETS)
    assert sum(len(cases[name]) for name in PLAIN) >= 1_500
    assert len(cases["ct1"]) >= 1_000


def test_the_figures_file_says_what_the_model_does(classifier: Classifier, cases: dict[str, list[Case]]) -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(figures_file(classifier, cases)))


def test_the_card_says_what_the_figures_file_says() -> None:
    card = CARD.read_text(encoding="utf-8")
    assert with_table(card, json.loads(FILE.read_text(encoding="utf-8"))) == card


@pytest.mark.parametrize("title", FLOORS)
def test_the_floors_are_kept_over_all_plain_test_sets(pooled: dict[str, Figure], title: str) -> None:
    assert keeps(title, pooled[title].share), str(pooled[title])


@pytest.mark.parametrize("name", SETS)
def test_the_floors_of_safety_are_kept_on_each_test_set(cases: dict[str, list[Case]], name: str) -> None:
    figures = report(cases[name])["all"]
    assert figures["real calls answered invalid"].share <= 0.005
    # Contrast pairs are written to mislead; more of them may be missed than of a line's calls.
    ceiling = 0.008 if name in PLAIN else 0.025
    assert figures["police or joint answered non_police or invalid"].share <= ceiling


@pytest.mark.parametrize("name", SETS)
def test_confidence_is_calibrated(cases: dict[str, list[Case]], name: str) -> None:
    assert calibration_error(cases[name]) < 0.06


def test_contrast_pairs_are_told_apart(cases: dict[str, list[Case]]) -> None:
    found = pair_figures(cases["ct1"])
    assert found["pairs with both first categories right"].share >= 0.65
    assert found["pairs with both outcomes right or reviewed"].share >= 0.83
    assert pair_figures(cases["t2"]) == {}


def test_wilson_interval_of_none_in_a_hundred() -> None:
    low, high = Figure(0, 100).interval
    assert low == 0.0
    assert high == pytest.approx(0.037, abs=0.001)


def _call(category: str, text: str) -> Row:
    fields = {"id": "x-0001", "text": text, "category": category, "urgency": "urgent", "writer": "x"}
    return Row.model_validate(fields | {"district": None, "style": "short"})


def test_a_missed_police_call_shows_in_the_report(classifier: Classifier) -> None:
    cases = run(classifier, [_call("violent_crime", "楼道灯坏半个月没人换")])
    assert cases[0][1].outcome is Outcome.NON_POLICE
    figure = report(cases)["all"]["police or joint answered non_police or invalid"]
    assert figure.hits == 1
    assert not keeps("police or joint answered non_police or invalid", figure.share)


def test_looking_at_more_calls_misses_fewer(classifier: Classifier) -> None:
    cases = run(classifier, [_call("violent_crime", "楼道灯坏半个月没人换"), _call("weather", "明天下不下雪")])
    curve = recall_at_review(cases, [0.2, 0.1])
    assert curve == [(0.0, 0.0), (0.5, 1.0), (1.0, 1.0)]


class _Page(HTMLParser):
    """What a page would fetch, and how many charts it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.charts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.charts += tag == "svg"
        if tag in ("script", "link", "img", "iframe"):
            self.fetched.append(tag)
        self.fetched += [name for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")]


def test_the_report_card_is_one_page_with_its_charts(classifier: Classifier, cases: dict[str, list[Case]]) -> None:
    text = page(classifier, {"t3": cases["t3"], "x": run(classifier, [_call("weather", "<script>alert(1)</script>")])})
    found = _Page()
    found.feed(text)
    assert found.charts == 2
    assert found.fetched == []
    assert "<script>alert" not in text


def test_the_command_prints_each_set_and_writes_nothing_for_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = FILE.stat().st_mtime_ns
    assert main(["--json"]) == 0
    sets = json.loads(capsys.readouterr().out)["sets"]
    assert set(sets) == set(SETS)
    assert "style: dialect" in sets["t2"]["figures"]
    target = tmp_path / "card.html"
    assert main(["--file", str(TEST / "t1.jsonl"), "--errors", "--html", str(target)]) == 0
    assert "t1: long" in capsys.readouterr().out
    assert FILE.stat().st_mtime_ns == before
    assert not target.exists()
