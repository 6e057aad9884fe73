"""`dispatcher lookup match`: no Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_program import lines, rows
from click.testing import CliRunner, Result

from dispatcher.cli import program

LOST = [
    {"id": "L1", "reported_at": "2026-11-21T18:05:00+08:00", "text": "双肩包落在地铁2号线了，黑的，拉链挂个小黄鸭"},
    {"id": 2, "reported_at": "2026-11-21T18:06:00", "text": "老花镜落在太原街的商场里了"},
]
FOUND = [
    {"id": "F1", "found_at": "2026-11-21T17:40:00+08:00", "text": "2号线捡黑书包一个，拉链上一只小黄鸭"},
    {"id": "F2", "found_at": "2026-11-21T17:50:00+08:00", "text": "公交207路捡到红色雨伞"},
]


def match(*arguments: str, input: bytes | str | None = None) -> Result:
    nowhere = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    return CliRunner(env=nowhere).invoke(program, ["lookup", "match", *arguments], input=input, catch_exceptions=False)


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = tmp_path / "found.jsonl"
    path.write_text(lines(*FOUND), "utf-8")
    return str(path)


def test_one_line_for_each_lost_report_in_order(store: str) -> None:
    result = match("--lost", "-", "--found", store, "--jsonl", input=lines(*LOST))
    assert result.exit_code == 0
    found = rows(result)
    assert [row["id"] for row in found] == ["L1", 2]
    assert all(list(row) == ["id", "candidates", "decision"] for row in found)
    best = found[0]["candidates"][0]
    assert list(best) == ["found", "score", "reasons"]
    assert best["found"] == "F1"
    assert found[1]["decision"] == "none"


def test_without_jsonl_a_table(store: str) -> None:
    result = match("--lost", "-", "--found", store, input=lines(*LOST))
    assert result.exit_code == 0
    assert result.output.splitlines()[0].split() == ["lost", "decision", "found", "score", "why"]
    assert "L1" in result.output


def test_a_bad_line_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    path.write_text('not json\n\n{"id": "F0", "text": "没有时间"}\n' + lines(*FOUND), "utf-8")
    asked = '{"id": "x"}\n{"id": "y", "reported_at": "long ago", "text": "包"}\n' + lines(*LOST)
    result = match("--lost", "-", "--found", str(path), "--jsonl", input=asked)
    assert result.exit_code == 1
    assert f"{path}:1" in result.stderr
    assert f"{path}:3" in result.stderr
    found = [row for row in rows(result) if "id" in row]
    assert [("error" in row, row["id"]) for row in found] == [(True, "x"), (True, "y"), (False, "L1"), (False, 2)]
    assert found[2]["candidates"][0]["found"] == "F1"


def test_both_from_standard_input_is_refused() -> None:
    assert match("--lost", "-", "--found", "-").exit_code == 2
