"""The ledger and its audit beside the workers of `dispatcher up`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from click.testing import CliRunner

from dispatcher.audit.session import CHECKPOINTS
from dispatcher.broker import EmbeddedBroker
from dispatcher.cli import program
from dispatcher.client.reader import Reader
from dispatcher.supervise.books import Lines, folder_of

if TYPE_CHECKING:
    from tests.system.conftest import Up

Start = Callable[..., "Up"]
Left = Callable[[], list[psutil.Process]]
SECONDS = 90.0


def until(told: str, question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not question():
        assert time.monotonic() < deadline, f"not within {SECONDS:.0f} s: {told}"
        time.sleep(0.05)


def in_tables(ledger: Path, column: str, table: str) -> set[str]:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as tables:
        return {row[0] for row in tables.execute(f"SELECT {column} FROM {table}")}


async def on_topic(bootstrap: str, topic: str) -> list[dict[str, Any]]:
    async with Reader(bootstrap) as reader:
        places = reader.partitions(topic)
        records = await reader.all(await reader.begins(places), await reader.ends(places))
    return [json.loads(record.value or b"") for record in records]


def kill(up: Up, slot: str) -> None:
    """kill -9, and wait until another process is in its place and up with the topic."""
    killed = up.worker_pid(slot)
    os.kill(killed, signal.SIGKILL)
    ended = up.wait_for("worker_ended", lambda line: line["slot"] == slot)
    assert ended["status"] == -signal.SIGKILL
    up.wait_for("worker_ready", lambda line: line["slot"] == slot)
    assert up.worker_pid(slot) != killed


async def test_after_the_demo_the_tables_hold_every_case_and_the_ledger_verifies_against_its_checkpoints(
    start: Start, data: Path, left: Left
) -> None:
    ledger = data / "ledger" / "ledger.db"
    up = start("--speed", "20000", "--sign-every", "2")
    bootstrap = up.wait_for("ready")["bootstrap"]
    up.wait_for("ledger_ready", lambda line: line["url"] == str(ledger))
    if not (signed := [line for line in up.seen if line["event"] == "checkpoint"]):
        signed = [up.wait_for("checkpoint")]
    assert signed[0]["number"] == 0
    kill(up, "ledger")
    kill(up, "audit")
    if not any(line["event"] == "story_told" for line in up.seen):
        up.wait_for("story_told")

    async with Reader(bootstrap) as reader:
        assert CHECKPOINTS in reader.topics()
    events = await on_topic(bootstrap, "case-events")
    cases = {event["case_id"] for event in events if "case_id" in event}
    until("the tables hold all cases", lambda: in_tables(ledger, "case_id", "cases") >= cases)
    made = len(await on_topic(bootstrap, CHECKPOINTS))
    checkpoints = data / "ledger" / "checkpoints.jsonl"
    until("another checkpoint", lambda: len(checkpoints.read_bytes().splitlines()) > made)
    assert up.end() == 0
    assert up.rest()[-1]["event"] == "stopped"
    assert not [line for line in up.seen if line["event"] == "audit_alarm"]
    assert len([line for line in up.seen if line["event"] == "checkpoint"]) == 1, "the first of a run is told, not each"
    assert left() == []

    with EmbeddedBroker(data / "kafka", port=0) as broker:
        runner = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap})
        keys = ("--public", str(data / "audit.key.pub"), "--file", str(checkpoints))
        told = await asyncio.to_thread(runner.invoke, program, ["audit", "verify", *keys, "--json"])
        assert told.exit_code == 0, told.output
        found = json.loads(told.stdout.splitlines()[-1])
        assert found["whole"]
        assert found["checkpoints"] > made >= 1
        assert found["records"] >= len(events)
        once = ["ledger", "run", "--once", "--url", str(ledger)]
        assert (await asyncio.to_thread(runner.invoke, program, once)).exit_code == 0
        assert in_tables(ledger, "case_id", "cases") >= cases


def test_both_may_be_left_out(start: Start, data: Path) -> None:
    up = start("--no-demo", "--no-ledger", "--no-audit")
    up.wait_for("ready")
    until("the desks are there", lambda: (data / "workers" / "desks.pid").exists())
    assert up.end() == 0
    assert sorted(path.name for path in (data / "logs").iterdir()) == ["desks.log", "up.log", "worker-1.log"]
    assert not (data / "audit.key").exists()


def test_what_is_kept_ends_with_its_starter_and_takes_sigterm_for_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dispatcher.supervise.kept"]
    with subprocess.Popen([*command, "1", "topics", "check"]) as orphan:  # its starter is not the process 1
        assert orphan.wait(SECONDS) == -signal.SIGKILL
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, str(os.getpid()), "worker", "--help"], stdout=out, stderr=subprocess.STDOUT
        ) as kept,
    ):
        assert kept.wait(SECONDS) == 0
    assert b"--slot" in log.read_bytes()


def test_the_books_of_another_cluster_are_put_aside_and_found_again(tmp_path: Path) -> None:
    first = folder_of(tmp_path, "one")
    (first / "ledger.db").write_text("of one")
    assert folder_of(tmp_path, "one") == first
    other = folder_of(tmp_path, "two")
    assert not (other / "ledger.db").exists()
    (other / "ledger.db").write_text("of two")
    assert (folder_of(tmp_path, "one") / "ledger.db").read_text() == "of one"
    assert (tmp_path / "ledger-two" / "ledger.db").read_text() == "of two"


def test_lines_of_json_are_read_once_each_whole_and_from_now_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('{"old": 1}\n')
    lines = Lines(log)
    assert lines.new() == []
    with log.open("a") as out:
        out.write('words\n{"checkpoint": {"number": 2}}\n[1]\n{"torn"')
        out.flush()
        assert lines.new() == [{"checkpoint": {"number": 2}}]
        out.write(": 3}\n")
        out.flush()
        assert lines.new() == [{"torn": 3}]
    log.replace(tmp_path / "log.1")
    assert lines.new() == []
    log.write_text('{"new": 1}\n')
    assert lines.new() == [{"new": 1}]
