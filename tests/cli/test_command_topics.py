"""`dispatcher topics`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_program import ROOT, Run, city_with_another_unit, rows

from dispatcher.domain.errors import NotFound


def test_creating_again_makes_nothing_and_the_check_is_content(run: Run) -> None:
    assert rows(run("topics", "create", "--json")) == []
    checked = run("topics", "check")
    assert checked.exit_code == 0
    assert checked.stdout == ""


def test_each_difference_is_named(run: Run, tmp_path: Path) -> None:
    city_with_another_unit(tmp_path)
    text = (tmp_path / "topics.yaml").read_text("utf-8")
    (tmp_path / "topics.yaml").write_text(text.replace("retention_days: 90", "retention_days: 91"), "utf-8")

    checked = run("topics", "check", "--json", env={"DISPATCHER_HOME": str(tmp_path)})
    assert checked.exit_code == 1
    found = rows(checked)
    assert {"topic": "agency.dragon-boats", "what": "topic", "wanted": "there", "found": "missing"} in found
    changed = [row["topic"] for row in found if row["what"] == "retention.ms"]
    assert sorted(changed) == sorted(f"agency.{code}" for code in _units())
    assert len(found) == len(changed) + 1
    told = run("topics", "check", env={"DISPATCHER_HOME": str(tmp_path)})
    assert "agency.housing: retention.ms should be 7862400000, is 7776000000" in told.stdout


def _units() -> list[str]:
    return [unit["code"] for unit in yaml.safe_load((ROOT / "agencies.yaml").read_text("utf-8"))["units"]]


def test_describe_shows_every_topic_and_one_units_own(run: Run) -> None:
    assert {row["name"] for row in rows(run("topics", "describe", "--json"))} >= {
        "calls",
        "case-events",
        "agency.{code}",
    }
    page = run("topics", "describe", "agency.housing").stdout
    assert "agency.housing" in page
    assert "work_order.issued.v1" in page
    assert "jjdbh" in run("topics", "describe", "calls").stdout
    with pytest.raises(NotFound):
        run("topics", "describe", "agency.nobody")


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(_references(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(inner) for inner in value))
    return set()


def test_asyncapi_is_whole_in_both_spellings(run: Run, tmp_path: Path) -> None:
    run("topics", "asyncapi", "--output", str(tmp_path / "a.json"))
    made = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert yaml.safe_load(run("topics", "asyncapi").stdout) == made
    assert made["asyncapi"] == "3.0.0"

    topics = yaml.safe_load((ROOT / "topics.yaml").read_text("utf-8"))["topics"]
    assert {channel["address"] for channel in made["channels"].values()} == {topic["name"] for topic in topics}
    assert made["channels"]["agency_code"]["parameters"]["code"]["enum"] == _units()
    for reference in _references(made):
        place = made
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]

    call = made["components"]["schemas"]["CallReceived"]
    assert call["required"] == ["call_id", "received_at", "text"]
    assert call["properties"]["call_id"]["x-aliases"] == ["jjdbh"]
    assert "bjnr" in call["properties"]["text"]["description"]
    for message in made["components"]["messages"].values():
        assert set(message) >= {"name", "payload", "headers", "contentType"}
