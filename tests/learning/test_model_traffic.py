"""Learning over real topics: what people and units did comes back as labels, as drift, and as the truth of a gate."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from learning_world import CATALOG, LEARNING, ROOT, copy_of_the_shipped, forgetful
from worker_process import PATIENCE

from classifiers import Classifier
from classifiers.corpus import TEST
from classifiers.model import load_model
from dispatcher.cli import program
from dispatcher.cli.learn import ALERTS
from dispatcher.cli.model import model
from dispatcher.client.reader import Reader
from dispatcher.learning.drift import Window
from dispatcher.learning.proposing import Proposal
from dispatcher.learning.replaying import LIVE
from dispatcher.learning.report import Report
from dispatcher.learning.watching import Span, fill

pytestmark = pytest.mark.usefixtures("worker")

UNCLEAR = "那个事情你们管不管"


def run(cluster: str, *arguments: str) -> Result:
    command = model if arguments[0] in ("labels", "drift") else program
    result = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": cluster}).invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def opened(cluster: str, text: str, *more: str) -> dict[str, Any]:
    answer = json.loads(run(cluster, "call", text, "--json", "--timeout", str(PATIENCE), *more).stdout)
    case: dict[str, Any] = answer["opened"]
    return case


def erase(cluster: str, case: dict[str, Any]) -> None:
    run(cluster, "audit", "erase", case["case_id"], "--reason", "本人申请", "--even-open", "--timeout", str(PATIENCE))


def say(cluster: str, what: str, case: dict[str, Any], *arguments: str) -> dict[str, Any]:
    told = run(cluster, "case", what, case["case_id"], *arguments, "--json", "--timeout", str(PATIENCE))
    facts: dict[str, Any] = json.loads(told.stdout)
    return facts


def test_what_people_and_units_decided_comes_back_as_labels(cluster: str, tmp_path: Path) -> None:
    reviewed = opened(cluster, UNCLEAR)
    assert reviewed["status"] == "review"
    say(
        cluster,
        "act",
        reviewed,
        "decide",
        "--category",
        "street_vending",
        "--district",
        "和平区",
        "--reason",
        "回拨后得知",
    )
    stall = opened(cluster, "沈河区中街有人占道摆摊卖水果，我电话13800000000")
    say(
        cluster,
        "act",
        stall,
        "recategorise",
        "--category",
        "property_service",
        "--reason",
        "在小区里",
    )
    back = opened(cluster, "和平区太原街路灯不亮了")
    events = say(
        cluster, "reply", back, "return", "--agency", str(back["lead"]), "--text", "不归我们", "--proposed", "urban-management"
    )["events"]  # fmt: skip
    assert {"order.returned.v1", "case.rerouted.v1"} <= set(events)
    gone = opened(cluster, UNCLEAR)
    say(cluster, "act", gone, "decide", "--category", "heating", "--district", "和平区", "--reason", "核实")
    erase(cluster, gone)
    hidden = opened(cluster, UNCLEAR, "--confidential")
    say(cluster, "act", hidden, "decide", "--category", "theft", "--district", "和平区", "--reason", "核实")
    out = tmp_path / "labels.jsonl"
    told = json.loads(run(cluster, "labels", "--out", str(out), "--json").stdout)
    lines = {line["case"]: line for line in map(json.loads, out.read_text("utf-8").splitlines())}
    review, recategorised = lines[reviewed["case_id"]], lines[stall["case_id"]]
    assert review["text"] == UNCLEAR
    assert (review["category"], review["outcome"], review["origin"]) == ("street_vending", "non_police", "review")
    assert (review["decided_by"], review["agreement"], len(review["model"])) == ("duty_leader", True, 64)
    assert recategorised["text"] == "沈河区中街有人占道摆摊卖水果,我电话0000"
    assert (recategorised["category"], recategorised["origin"]) == ("property_service", "recategorised")
    returned = lines[back["case_id"]]
    assert (returned["origin"], returned["decided_by"], returned["agreement"]) == ("return", "unit_clerk", True)
    assert (returned["category"], returned["text"]) == (back["category"], "和平区太原街路灯不亮了")
    assert hidden["case_id"] not in lines
    assert gone["case_id"] not in lines
    assert told["left_out"]["confidential"] == 1
    assert told["labels"] == len(lines)
    assert out.stat().st_mode & 0o077 == 0
    assert run(cluster, "labels", "--out", str(out), "--since", "2099-01-01").exit_code == 0
    assert out.read_bytes() == b""


def test_the_watch_counts_what_was_decided_and_what_was_corrected(cluster: str) -> None:
    """Before and after a call and a correction: only the differences are this test's."""

    async def count() -> Window:
        now = datetime.now(UTC)
        async with Reader(cluster) as reader:
            span, ancient = Span(now - timedelta(hours=1), now + timedelta(hours=1)), Span(now, now)
            found, nothing = await fill(
                reader, (span, ancient), model=load_model(), intake=CATALOG.policy.intake, texts=10_000
            )
            assert nothing.calls == 0
            return found

    before = asyncio.run(count())
    wrong = opened(cluster, "沈河区中街有人占道摆摊卖水果")
    opened(cluster, UNCLEAR)
    say(cluster, "act", wrong, "recategorise", "--category", "property_service", "--reason", "在小区里")
    after = asyncio.run(count())
    assert after.calls == before.calls + 2
    assert after.reviewed == before.reviewed + 1
    assert after.corrected == before.corrected + 1
    assert after.unknown.count == after.confidence.count == after.calls
    told = json.loads(run(cluster, "drift", "--json").stdout)
    assert "the reference holds 0 calls" in told["too_few"]
    assert told["window_calls"] == after.calls


def test_the_watch_ends_with_an_alert_when_the_calls_are_others(cluster: str, tmp_path: Path) -> None:
    """A policy for few calls; first vendors, then thefts."""
    policy = tmp_path / "policy"
    shutil.copytree(ROOT / "dispatcher/policy", policy)
    numbers = yaml.safe_load((policy / "learning.yaml").read_text("utf-8"))
    numbers["drift"] |= {"least_calls": 3, "least_pooled": 3, "alarm_rate": 0.2}
    (policy / "learning.yaml").write_text(yaml.safe_dump(numbers, allow_unicode=True), "utf-8")
    for _ in range(6):
        opened(cluster, "沈河区中街有人占道摆摊卖水果")
    between = datetime.now(UTC)
    for _ in range(6):
        opened(cluster, "和平区太原街我的手机被偷了")
    seconds = int((datetime.now(UTC) - between).total_seconds()) + 1
    result = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": cluster, "DISPATCHER_POLICY": str(policy)}).invoke(
        model,
        ["drift", "--window", f"{seconds}s", "--reference", "1h", "--until", str(between + timedelta(seconds=seconds))],
        catch_exceptions=False,
    )
    assert result.exit_code == ALERTS, result.output
    assert re.search(
        r"^alert  share of .*\(theft\) rose from 0\.\d\d% to 100\.00%.*limit 1 points", result.stdout, re.M
    )


def test_a_live_call_that_a_new_model_would_miss_stops_it(cluster: str, tmp_path: Path) -> None:
    stolen = (
        "我寄了一箱笨鸡蛋和金链子到天津，快递小哥收的时候说没问题，到那边链子没了，"
        "封条让人割了，网点监控拍着分拣的揣自己兜里，就想把他找着。"
    )
    theft = opened(cluster, stolen)
    assert theft["outcome"] == "police"
    raised = opened(cluster, "沈河区中街有人占道摆摊卖水果")
    say(cluster, "act", raised, "recategorise", "--category", "theft", "--reason", "其实是摊位被偷")
    gone = opened(cluster, f"{stolen}求求你们")
    erase(cluster, gone)
    running, worse = Classifier.load(), forgetful(tmp_path / "worse", "category.theft", "outcome.police")

    async def decide() -> Report:
        proposal = Proposal(CATALOG, LEARNING.gate, worse, Classifier.load(worse), running)
        async with Reader(cluster) as reader:
            return await proposal.decide(reader, at=datetime.now(UTC), days=1, test=tmp_path / "none")

    report = asyncio.run(decide())
    found = report.sets[LIVE]
    assert found.newly_missed >= 1
    assert not report.accepted
    missed = {change.case: change for change in found.changes if change.mark == "newly missed"}
    change = missed[theft["case_id"]]
    assert (change.truth, change.old.category, change.text) == ("police", "theft", None)
    assert stolen[:6] not in report.page() + report.as_json().decode()  # a report outlives an erased person
    assert found.old.missed >= 1  # the one that a person had to make a theft of
    assert raised["case_id"] not in missed
    assert gone["case_id"] not in {change.case for change in found.changes}


def test_the_command_asks_the_frozen_sets_and_the_live_calls(cluster: str, tmp_path: Path) -> None:
    opened(cluster, UNCLEAR)
    equal = copy_of_the_shipped(tmp_path / "equal", note="x")
    result = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": cluster}).invoke(
        model,
        ["propose", str(equal), "--days", "1", "--artefacts", str(tmp_path / "artefacts"), "--json"],
        catch_exceptions=False,
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["accepted"]
    calls = {name: found["calls"] for name, found in told["sets"].items()}
    assert calls.pop(LIVE) >= 1
    assert calls == {path.stem: len(path.read_bytes().splitlines()) for path in TEST.glob("*.jsonl")}
    assert all(found["changes"] == [] for found in told["sets"].values())
    names = {path.name for path in Path(told["store"]).iterdir()}
    assert names == {"model.json", "model.npz", "calibration.npz", "tables", "report.json", "report.html"}
    assert len(list((tmp_path / "artefacts").iterdir())) == 2  # and the running one, to go back to
