"""The supervisor's parts: patience, logs, leftovers, and a worker that can never start."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.supervise import backoff, leftovers, process
from dispatcher.supervise.backoff import Backoff
from dispatcher.supervise.supervisor import DEATHS_TO_EXPLAIN, Supervisor, Worker, WorkerState


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_the_first_end_in_a_row_is_answered_at_once_and_patience_grows_up_to_a_limit(lives: list[float]) -> None:
    patience = Backoff()
    waits = [patience.after(lived) for lived in lives]
    assert waits[0] == 0
    for lived, before, wait in zip(lives[1:], waits, waits[1:], strict=False):
        if lived >= backoff.HEALTHY_SECONDS:
            assert wait == 0
        else:
            assert before < wait or before == wait == backoff.LONGEST_WAIT_SECONDS


def test_a_grown_log_is_put_aside_and_only_some_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "worker-1.log"
    for number in range(5):
        log.write_bytes(str(number).encode() + b"x" * process.LOG_BYTES)
        process.rotate(log)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["worker-1.log.1", "worker-1.log.2", "worker-1.log.3"]
    assert (tmp_path / "worker-1.log.1").read_bytes()[:1] == b"4"


def test_a_small_log_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "worker-1.log"
    log.write_text("one line\n")
    process.rotate(log)
    assert log.read_text() == "one line\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("first\nerror D402 batch is wrong\n\n", "error D402 batch is wrong"),
        ('{"event": "worker.fatal", "reason": "no commit", "level": "critical"}\n', "worker.fatal: no commit"),
        ('{"event": "raised", "exception": "Traceback\\n  x\\nValueError: y"}\n', "raised: ValueError: y"),
        ("42\n", "42"),
    ],
)
def test_the_last_words_of_a_log_are_short(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(text)
    assert process.last_words(tmp_path / "log") == words


def test_a_leftover_is_ended_and_a_stranger_with_its_number_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "input()"]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE) as left,
        subprocess.Popen(command, stdin=subprocess.PIPE) as stranger,
    ):
        leftovers.note(tmp_path, "worker-1", left.pid)
        leftovers.note(tmp_path, "worker-2", stranger.pid)
        told = (tmp_path / "worker-2.pid").read_text()
        born = psutil.Process(stranger.pid).create_time()
        (tmp_path / "worker-2.pid").write_text(told.replace(str(born), str(born - 60)))
        (tmp_path / "worker-3.pid").write_text("torn")

        assert leftovers.end_all(tmp_path) == ["worker-1"]

        left.wait(5)
        assert not psutil.pid_exists(left.pid)
        assert stranger.poll() is None
        assert list(tmp_path.iterdir()) == []
        stranger.kill()


async def test_a_worker_that_never_starts_is_explained_and_tried_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_SECONDS", 0.01)
    said: list[tuple[str, dict[str, Any]]] = []
    explained = asyncio.Event()

    def tell(text: str, /, *, kind: str, bad: bool = False, **facts: object) -> None:  # noqa: ARG001
        said.append((text, facts))
        if len(said) == DEATHS_TO_EXPLAIN:
            explained.set()

    worker = Worker(slot="worker-1", program=("worker",), port=1, log=tmp_path / "worker-1.log")
    supervisor = Supervisor(
        [worker], env=os.environ | {"DISPATCHER_BATCH": "0"}, log_level="INFO", notes=tmp_path, tell=tell
    )
    supervisor.start()
    try:
        await asyncio.wait_for(explained.wait(), timeout=120)
    finally:
        await supervisor.stop(patience=5)
    assert all("DISPATCHER_BATCH" not in text for text, _ in said[:-1])
    text, facts = said[-1]
    assert "5 times in a row" in text
    assert "D402" in text
    assert "Correct it or unset it" in text
    assert facts["status"] == 2
    assert worker.state is WorkerState.ENDED
