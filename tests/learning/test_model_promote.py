"""Promotions: what is refused, and one record in each partition of the calls."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from learning_world import copy_of_the_shipped

from classifiers.model import CALIBRATION, MODEL_DIR
from dispatcher.artefacts import digest_of
from dispatcher.catalog.load import POLICY_DIR
from dispatcher.cli.model import model
from dispatcher.client.reader import Reader
from dispatcher.domain.errors import DispatcherError, NotFound, SettingsError
from dispatcher.domain.model_events import KEY, ModelPromoted
from dispatcher.learning.promoting import Wish, promotion, promotions, rollback, shipped
from dispatcher.learning.store import Store
from dispatcher.stream.records import InputRecord

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
WISH = Wish("王", "季度更新")
SHIPPED = shipped()


def kept(store: Store, folder: Path, note: str, *, accepted: bool = True, running: str = SHIPPED) -> str:
    """A model in the store that decides as the shipped one, with a report that says so."""
    source = copy_of_the_shipped(folder / note, note=note)
    digest = digest_of(source)
    assert digest is not None
    report = {"accepted": accepted, "proposed": digest, "running": running}
    store.keep(source, digest, report=json.dumps(report).encode(), page="<!doctype html>")
    return digest


def test_an_accepted_model_takes_the_place_of_the_one_it_was_compared_with(tmp_path: Path) -> None:
    store = Store(tmp_path / "artefacts")
    digest = kept(store, tmp_path, "a")
    message = promotion(store, digest, SHIPPED, WISH, at=AT)
    known = store.get(digest)
    assert known is not None
    assert (message.model, message.previous, message.report) == (digest, SHIPPED, known.report)
    assert (message.by, message.reason, message.at) == ("王", "季度更新", AT)
    assert not message.forced
    assert not message.rollback
    assert ModelPromoted.model_validate_json(message.encode()) == message


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"accepted": False}, SettingsError, "no accepted proposal"),
        ({"running": "0" * 64}, SettingsError, "was accepted against 000000000000"),
    ],
)
def test_without_a_proposal_that_holds_only_force_helps(
    tmp_path: Path, change: dict[str, Any], error: type[DispatcherError], said: str
) -> None:
    store = Store(tmp_path / "artefacts")
    digest = kept(store, tmp_path, "a", **change)
    with pytest.raises(error, match=said):
        promotion(store, digest, SHIPPED, WISH, at=AT)
    forced = promotion(store, digest, SHIPPED, Wish("王", "现有模型漏判", force=True), at=AT)
    assert forced.forced
    assert forced.model == digest


@pytest.mark.parametrize("wish", [Wish(" ", "季度更新"), Wish("王", ""), Wish("王", "  ", force=True)])
def test_nobody_without_a_name_and_nothing_without_a_reason(tmp_path: Path, wish: Wish) -> None:
    store = Store(tmp_path / "artefacts")
    digest = kept(store, tmp_path, "a")
    with pytest.raises(SettingsError, match="is empty"):
        promotion(store, digest, SHIPPED, wish, at=AT)


def test_what_runs_already_is_not_promoted(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="runs already"):
        promotion(Store(tmp_path), SHIPPED, SHIPPED, WISH, at=AT)


def test_a_model_whose_files_have_changed_since_is_another_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "artefacts")
    digest = kept(store, tmp_path, "a")
    path = store.home_of(digest) / "model.json"
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(NotFound, match="is another now"):
        promotion(store, digest, SHIPPED, Wish("王", "仍要", force=True), at=AT)


def test_not_even_by_force_a_model_that_no_worker_could_use(tmp_path: Path) -> None:
    bare = copy_of_the_shipped(tmp_path / "bare")
    (bare / CALIBRATION).unlink()
    policy = tmp_path / "policy"
    shutil.copytree(POLICY_DIR, policy)
    triage = yaml.safe_load((policy / "triage.yaml").read_text("utf-8"))
    (policy / "triage.yaml").write_text(yaml.safe_dump(triage | {"look": triage["look"] * 2}), "utf-8")
    words = ("--by", "王", "--reason", "急", "--force", "--artefacts", str(tmp_path / "artefacts"))
    result = CliRunner(env={"DISPATCHER_POLICY": str(policy)}).invoke(model, ["promote", str(bare), *words])
    assert isinstance(result.exception, SettingsError)  # before any broker is asked
    assert "no cut-offs" in str(result.exception)


def test_rollbacks_go_back_step_by_step_to_the_shipped_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "artefacts")
    a = kept(store, tmp_path, "a")
    b = kept(store, tmp_path, "b", running=a)
    log = [promotion(store, a, SHIPPED, WISH, at=AT), promotion(store, b, a, WISH, at=AT)]
    log.append(rollback(store, log, WISH, at=AT))
    assert (log[-1].model, log[-1].previous, log[-1].rollback) == (a, b, True)
    known = store.get(a)
    assert known is not None
    assert log[-1].report == known.report
    log.append(rollback(store, log, WISH, at=AT))
    assert (log[-1].model, log[-1].previous, log[-1].report) == (SHIPPED, a, None)
    with pytest.raises(SettingsError, match="no promotion to take back"):
        rollback(store, log, WISH, at=AT)


def test_a_model_is_named_by_the_beginning_of_its_digest(tmp_path: Path) -> None:
    store = Store(tmp_path / "artefacts")
    a, b = kept(store, tmp_path, "a"), kept(store, tmp_path, "b")
    assert store.find(a[:8]).digest == a
    assert store.find(f"model-{b}").digest == b
    for named in ("0000000", a[:5], ""):
        with pytest.raises(NotFound, match="Models there"):
            store.find(named)


async def _calls(bootstrap: str) -> tuple[int, list[InputRecord], list[ModelPromoted]]:
    async with Reader(bootstrap) as reader:
        places = reader.partitions("calls")
        records = await reader.all(await reader.begins(places), await reader.ends(places))
        return len(places), records, await promotions(reader)


def test_each_partition_of_the_calls_holds_one_record_of_each_promotion(quiet_cluster: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "artefacts")
    digest = kept(store, tmp_path, "a")

    def run(*arguments: str, status: int = 0) -> Result:
        common = () if arguments[0] == "current" else ("--artefacts", str(store.folder))
        result = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": quiet_cluster}).invoke(model, [*arguments, *common])
        assert result.exit_code == status, (result.output, result.exception)
        return result

    assert json.loads(run("current", "--json").stdout) == {"model": SHIPPED, "promotion": None}
    told = json.loads(run("promote", digest[:10], "--by", "王", "--reason", "季度更新", "--json").stdout)
    partitions, records, known = asyncio.run(_calls(quiet_cluster))
    assert sorted(record.partition for record in records) == list(range(partitions))
    assert sorted(told["places"]) == sorted(f"calls/{r.partition}/{r.offset}" for r in records)
    assert len({record.value for record in records}) == 1
    for record in records:
        assert record.key == KEY.encode()
        assert record.header("ce_type") == b"model.promoted.v1"
        assert record.header("ce_id") == told["promotion"].encode()
        assert ModelPromoted.model_validate_json(record.value or b"") == known[0]
    assert json.loads(run("current", "--json").stdout)["model"] == digest
    again = run("promote", digest, "--by", "王", "--reason", "再来", status=1)
    assert isinstance(again.exception, SettingsError)  # it runs already, and nothing was written
    run("rollback", "--by", "李", "--reason", "夜间漏判")
    partitions, records, known = asyncio.run(_calls(quiet_cluster))
    assert len(records) == 2 * partitions
    assert [(one.model, one.rollback) for one in known] == [(digest, False), (SHIPPED, True)]
    assert json.loads(run("current", "--json").stdout)["model"] == SHIPPED
    listed = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert [line["kind"] for line in listed] == ["promotion", "promotion", "model"]
    assert "rolled back" in run("list").stdout
    forced = run(
        "promote",
        str(copy_of_the_shipped(tmp_path / "c", note="c")),
        "--by",
        "王",
        "--reason",
        "急",
        "--force",
        "--json",
    )
    assert json.loads(forced.stdout)["forced"]
    assert json.loads(forced.stdout)["report"] is None
    assert MODEL_DIR.is_dir()
