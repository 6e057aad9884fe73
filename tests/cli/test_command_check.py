"""`dispatcher check`."""

from __future__ import annotations

from pathlib import Path

from cli_program import ROOT, Run, city_with_another_unit, rows

from dispatcher.broker import free_port


def test_all_is_well(run: Run) -> None:
    result = run("check", "--require-broker", "--json")
    assert result.exit_code == 0
    found = {row["what"]: row for row in rows(result)}
    assert found["setting pseudonym_key"]["words"] == "**********"
    for what in ("files", "model", "probe", "broker", "topics"):
        assert found[what]["level"] == "ok"
    assert "pseudonym_key" not in found  # the sample key is good for loopback


def test_every_mistake_in_the_files_is_named(run: Run, tmp_path: Path) -> None:
    topics = (ROOT / "topics.yaml").read_text("utf-8").replace("owner: casework", "owner: nobody", 1)
    agencies = (ROOT / "agencies.yaml").read_text("utf-8").replace("    hours: L1\n", "    hours: L9\n", 1)
    (tmp_path / "topics.yaml").write_text(topics, "utf-8")
    (tmp_path / "agencies.yaml").write_text(agencies, "utf-8")
    result = run("check", "--json", env={"DISPATCHER_HOME": str(tmp_path)})
    assert result.exit_code == 1
    bad = [row["words"] for row in rows(result) if row["level"] == "bad"]
    assert len(bad) == 2
    assert any("topics.yaml" in words and "nobody" in words for words in bad)
    assert any("agencies.yaml: units.0.hours" in words for words in bad)


def test_a_missing_broker_is_a_problem_only_where_one_is_required(run: Run) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    assert run("check", "--bootstrap", nowhere).exit_code == 0
    required = run("check", "--bootstrap", nowhere, "--require-broker", "--json")
    assert required.exit_code == 1
    assert [row["what"] for row in rows(required) if row["level"] == "bad"] == ["broker"]


def test_a_misspelt_setting_and_the_sample_key_on_a_cluster_are_warned_of(run: Run) -> None:
    result = run("check", "--bootstrap", "kafka.invalid:9092", "--json", env={"DISPATCHER_BATHC": "1"})
    warned = {row["what"]: row["words"] for row in rows(result) if row["level"] == "warn"}
    assert "DISPATCHER_BATHC" in warned["environment"]
    assert "DISPATCHER_PSEUDONYM_KEY" in warned["pseudonym_key"]
    secret = run("check", "--bootstrap", "kafka.invalid:9092", env={"DISPATCHER_PSEUDONYM_KEY": "the city's own"})
    assert "the city's own" not in secret.output
    assert "DISPATCHER_PSEUDONYM_KEY" not in secret.output


def test_missing_topics_are_a_problem(run: Run, tmp_path: Path) -> None:
    city_with_another_unit(tmp_path)
    result = run("check", "--json", env={"DISPATCHER_HOME": str(tmp_path)})
    assert result.exit_code == 1
    assert [row["words"] for row in rows(result) if row["level"] == "bad"] == [
        "agency.dragon-boats: topic should be there, is missing"
    ]
