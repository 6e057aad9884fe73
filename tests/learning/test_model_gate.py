"""The gate: an equal model passes, and each way of being worse is refused with the calls that show it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from learning_world import CATALOG, LEARNING, anxious, copy_of_the_shipped, forgetful

from classifiers import Classifier
from classifiers.corpus import TEST
from classifiers.model import MODEL_DIR
from dispatcher.artefacts import digest_of
from dispatcher.cli.model import REFUSED, model
from dispatcher.domain.codes import Outcome
from dispatcher.learning.gate import Compared, Side, judge
from dispatcher.learning.ledger import Place
from dispatcher.learning.proposing import Proposal
from dispatcher.learning.replaying import LIVE, Known, Truths
from dispatcher.learning.report import Report
from dispatcher.learning.store import Store

AT = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Classifier:
    return Classifier.load()


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frozen sets with all their thefts and violence and every eighth other call: enough to judge, and quick."""
    folder = tmp_path_factory.mktemp("frozen")
    for path in sorted(TEST.glob("*.jsonl")):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        kept = [
            line
            for n, line in enumerate(lines)
            if n % 8 == 0 or json.loads(line)["category"] in ("theft", "violent_crime")
        ]
        (folder / path.name).write_text("".join(kept), "utf-8")
    return folder


async def proposed(folder: Path, running: Classifier, frozen: Path) -> tuple[Proposal, Report]:
    proposal = Proposal(CATALOG, LEARNING.gate, folder, Classifier.load(folder), running)
    return proposal, await proposal.decide(None, at=AT, test=frozen)


def broken(report: Report) -> set[str]:
    return {f"{one.set}: {one.what}" for one in report.findings if not one.kept}


async def test_an_equal_model_is_accepted_and_kept_with_its_report(
    tmp_path: Path, running: Classifier, frozen: Path
) -> None:
    proposal, report = await proposed(copy_of_the_shipped(tmp_path / "equal", note="the same"), running, frozen)
    assert report.accepted
    assert report.proposed != report.running == running.digest
    assert sum(found.calls for found in report.sets.values()) > 600
    assert list(report.changes()) == []
    store = Store(tmp_path / "artefacts")
    kept = proposal.keep(report, store, running=MODEL_DIR)
    assert kept is not None
    assert kept.folder == tmp_path / "artefacts" / f"model-{report.proposed}"
    assert kept.report == report.digest
    assert kept.read_report() == json.loads(report.as_json())
    assert {one.digest for one in store.all()} == {report.proposed, running.digest}  # to go back to
    assert digest_of(kept.folder) == report.proposed
    # Proposed once more at another time: the promotion that names the first report still finds it.
    again = proposal.keep(replace(report, at=AT.replace(hour=5)), store, running=MODEL_DIR)
    assert again is not None
    assert again.report != kept.report
    assert (again.folder / f"report-{kept.report}.json").read_bytes() == report.as_json()


async def test_a_model_that_misses_a_police_call_is_refused_with_that_call(
    tmp_path: Path, running: Classifier, frozen: Path
) -> None:
    proposal, report = await proposed(
        forgetful(tmp_path / "worse", "category.theft", "outcome.police"), running, frozen
    )
    assert not report.accepted
    assert any("the running model catches" in what for what in broken(report))
    newly = [change for _, change in report.changes() if change.mark == "newly missed"]
    assert newly
    assert sum(found.newly_missed for found in report.sets.values()) == len(newly)
    for change in newly:
        assert change.truth in ("police", "joint")
        assert change.old.outcome in ("police", "joint", "review")
        assert change.new.outcome in ("non_police", "invalid")
        assert re.search(r"rule .*police or joint 0\.\d{3} → 0\.\d{3} \(cut-offs", change.why)
        assert change.text
    assert proposal.keep(report, Store(tmp_path / "artefacts"), running=MODEL_DIR) is None
    assert not (tmp_path / "artefacts").exists()


async def test_a_danger_that_is_only_caught_as_another_one_is_not_enough(
    tmp_path: Path, running: Classifier, frozen: Path
) -> None:
    """No call of violence is missed, since other dangers catch it; and yet the model no longer knows violence."""
    _, report = await proposed(forgetful(tmp_path / "worse", "category.violent_crime"), running, frozen)
    assert not any(found.newly_missed for found in report.sets.values())
    assert not report.accepted
    assert any("violent_crime known as such" in what for what in broken(report))


async def test_a_model_that_leaves_more_to_people_is_refused(tmp_path: Path, running: Classifier, frozen: Path) -> None:
    _, report = await proposed(anxious(tmp_path / "worse"), running, frozen)
    assert not report.accepted
    assert any("left to a person" in what for what in broken(report))


async def test_the_report_is_the_same_in_every_byte_and_its_page_fetches_nothing(
    tmp_path: Path, running: Classifier, frozen: Path
) -> None:
    folder = forgetful(tmp_path / "worse", "category.theft")
    (_, one), (_, other) = await proposed(folder, running, frozen), await proposed(folder, running, frozen)
    assert one.as_json() == other.as_json()
    page = one.page()
    assert page == other.page()
    assert not re.search(r"https?://|src=|@import|<script", page)
    changes = [change for _, change in one.changes()]
    assert len(changes) > 50
    assert all(change.name in page for change in changes)
    text = list(one.as_text())
    assert all(any(change.name in line and "→" in line for line in text) for change in changes)


def _sets(live: Compared | None = None, **frozen: Compared) -> dict[str, Compared]:
    return frozen | ({LIVE: live} if live is not None else {})


def _equal(name: str, calls: int = 1000) -> Compared:
    return Compared(name, calls, 300, old=_side(), new=_side())


def _side(**changed: int) -> Side:
    return Side(**{"reviewed": 100, "decided": 900, "outcome_right": 880, "category_right": 850} | changed)


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, True),
        ({"outcome_right": 876}, True),  # 0.44 points
        ({"outcome_right": 875}, False),  # 0.56
        ({"category_right": 841}, True),  # exactly one point
        ({"category_right": 840}, False),
        ({"reviewed": 120}, True),  # exactly two points
        ({"reviewed": 121}, False),
        ({"missed": 1}, False),
        ({"outcome_right": 900, "reviewed": 0}, True),
    ],
)
def test_each_limit_is_where_the_file_says(changed: dict[str, int], kept: bool) -> None:
    found = _equal("t1")
    found.new = _side(**changed)
    assert all(one.kept for one in judge({"t1": found}, LEARNING.gate)) is kept


@pytest.mark.parametrize("where", ["t1", LIVE])
def test_a_newly_missed_call_breaks_the_gate_wherever_it_is_and_an_allowance_lets_it_pass(where: str) -> None:
    sets = {"t1": _equal("t1"), LIVE: _equal(LIVE)}
    sets[where].newly_missed = 1
    assert [one.kept for one in judge(sets, LEARNING.gate)].count(False) == 1
    allowing = LEARNING.gate.model_copy(update={"newly_missed_test": 1, "newly_missed_live": 1})
    assert all(one.kept for one in judge(sets, allowing))


def test_a_share_of_few_calls_is_told_and_not_judged() -> None:
    few = Compared(LIVE, 30, 10, old=Side(reviewed=3, decided=20), new=Side(reviewed=20, decided=3))
    findings = judge({"t1": _equal("t1"), LIVE: few}, LEARNING.gate)
    assert all(one.kept for one in findings)
    assert sum("not judged" in one.limit for one in findings if one.set == LIVE) == 4


def test_a_model_that_decides_nothing_is_not_right_of_nothing() -> None:
    found = _equal("t1")
    found.new = Side(reviewed=100)
    assert not all(one.kept for one in judge({"t1": found}, LEARNING.gate))


def test_the_truth_of_a_live_call_is_what_people_made_of_the_case_that_it_opened() -> None:
    truths = Truths()

    def say(kind: str, case: str, outcome: str, offset: int | None = None) -> None:
        topic = "case-inbox" if offset is None else "calls"
        source = {"topic": topic, "partition": 2, "offset": offset or 0}
        truths.take(kind, {"case_id": case, "outcome": outcome, "category": "noise_neighbour", "source": source})

    for number, outcome in enumerate(("police", "review", "review", "non_police")):
        say("call.triaged", f"c{number}", outcome, number)
        say("case.opened", f"c{number}", outcome, number)
    say("call.triaged", "c3", "non_police", 9)  # joins the case of another call
    say("review.decided", "c1", "joint")
    say("case.recategorised", "c3", "police")
    known = truths.by_place
    assert [known[Place(2, offset)].truth for offset in (0, 1, 2, 3, 9)] == [
        Outcome.POLICE,  # nobody contradicted
        Outcome.JOINT,
        None,  # nobody has decided yet
        Outcome.POLICE,
        Outcome.NON_POLICE,  # not what was said of the call before it
    ]
    assert known[Place(2, 9)] == Known("c3", Outcome.NON_POLICE)


def test_the_command_ends_with_the_verdict(tmp_path: Path) -> None:
    """Without Kafka: the frozen sets alone."""
    worse, page, store = forgetful(tmp_path / "worse", "category.theft"), tmp_path / "gate.html", tmp_path / "artefacts"
    arguments = ["propose", str(worse), "--frozen-only", "--artefacts", str(store), "--html", str(page)]
    bad = CliRunner().invoke(model, arguments, catch_exceptions=False)
    assert bad.exit_code == REFUSED, bad.output
    assert "refused" in bad.stdout
    assert "BROKEN" in bad.stdout
    assert "refused" in page.read_text("utf-8")
    assert not store.exists()
