"""A worker as a process of its own, for the tests that want answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from dispatcher.cli import program

ROOT = Path(__file__).resolve().parents[1]
#: For things that happen in the end, on a busy machine, in seconds.
PATIENCE = 90.0


@contextmanager
def answering_worker(bootstrap: str, slot: str, folder: Path) -> Iterator[None]:
    """A worker that has answered its first call; its log and its state lie in `folder`."""
    env = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "DISPATCHER_SLOT": slot,
        "DISPATCHER_DATADIR": str(folder),
        "DISPATCHER_LOG_LEVEL": "WARNING",
    }
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dispatcher", "worker"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
    try:
        first = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": bootstrap}).invoke(
            program, ["call", "楼道灯坏了", "--timeout", str(PATIENCE)]
        )
        assert first.exit_code == 0, (folder / "worker.log").read_text()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
