"""`dispatcher trace`: a case's story on the real broker, with a worker that answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_program import Run, rows, until
from worker_process import PATIENCE

STALL = "沈河区中街有人占道摆摊卖水果"
WAIT = ("--timeout", str(PATIENCE))


def said(run: Run, *arguments: str) -> dict[str, Any]:
    """A message to a case, and what came of it."""
    (found,) = rows(run("case", *arguments, "--json", *WAIT))
    return found


@pytest.mark.usefixtures("worker")
def test_a_case_is_told_as_a_time_line_and_hidden_once_it_is_confidential(run: Run, tmp_path: Path) -> None:
    (answer,) = rows(run("call", STALL, "--caller", "13800000321", "--json", *WAIT))
    case_id, call_id = answer["opened"]["case_id"], answer["call_id"]
    said(run, "reply", case_id, "progress", "--agency", "urban-management", "--text", "已派人到现场")
    said(run, "act", case_id, "urge", "--by", "W001", "--reason", "群众着急")

    told = run("trace", call_id, "--html", str(tmp_path / "open.html")).stdout
    records, _, line = told.partition("案件经过")
    assert "work_order.issued.v1" in records
    assert "work_order.notice.v1" in records
    for part in (
        "现状      承办\n", "首次研判", "线索词", "来电人 138****0321", f"“{STALL}”", "一般签收时限", "agency.urban-management/0/",
        "市城市管理行政执法局 联动单位经办人  答复", "“已派人到现场”", "W001 值班长  催办", "缘由  群众着急", "起因  人工操作 催办 case-inbox/",
        "通知  催办 致市城市管理行政执法局", "规则  9.",
    ):  # fmt: skip
        assert part in line, part
    assert "13800000321" not in told
    page = (tmp_path / "open.html").read_text("utf-8")
    assert STALL in page
    assert case_id in page
    assert "催办" in page
    topics = {str(step["topic"]) for step in rows(run("trace", case_id, "--json"))}
    assert {"calls", "case-inbox", "case-events", "work-orders", "agency.urban-management", "order-notices"} <= topics

    said(run, "act", case_id, "confidential", "--by", "W001", "--confidential", "--reason", "线人")
    for role in ("administrator", "call_taker"):
        chosen = ("--role", role, "--html", str(tmp_path / f"{role}.html"))
        hidden = run("trace", case_id, *chosen).stdout + run("trace", case_id, "--json", *chosen).stdout
        page = (tmp_path / f"{role}.html").read_text("utf-8")
        for secret in (STALL, "摆摊", "中街", "已派人到现场", "群众着急", "线人", "0321"):
            assert secret not in hidden, secret
            assert secret not in page, secret
        assert "（保密）" in hidden
        assert "保密案件" in page
    for role in ("duty_leader", "auditor"):
        assert STALL in run("trace", case_id, "--role", role).stdout


@pytest.mark.usefixtures("worker")
def test_the_questions_of_a_lookup_are_in_its_story(run: Run) -> None:
    text = "手机落在地铁1号线上了，青年大街站下的车"
    (answer,) = rows(run("call", text, "--json", *WAIT))
    case_id = answer["opened"]["case_id"]
    told = until("the channels are asked", lambda: _asked(run, case_id))
    assert "lookup.asked.v1" in told
    assert "地铁公交失物登记（交通运营）" in told
    assert "lookups/" in told.partition("案件经过")[2]


def _asked(run: Run, case_id: str) -> str:
    told = run("trace", case_id).stdout
    return told if "询问" in told else ""


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_read(run: Run, tmp_path: Path) -> None:
    refused = run(
        "trace", "x", "--html", str(tmp_path / "none" / "x.html"), env={"KAFKA_BOOTSTRAP_SERVERS": "nowhere:1"}
    )
    assert refused.exit_code == 2
    assert "cannot be written" in refused.stderr
