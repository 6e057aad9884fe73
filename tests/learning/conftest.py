"""The real broker with its topics, and a worker that answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from learning_world import PATIENCE, ROOT

from dispatcher.broker import EmbeddedBroker
from dispatcher.cli import program


def _with_topics(bootstrap: str) -> str:
    result = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": bootstrap}).invoke(program, ["topics", "create"])
    assert result.exit_code == 0, result.output
    return bootstrap


@pytest.fixture(scope="session")
def cluster(broker: str) -> str:
    """The broker's address, with all topics there."""
    return _with_topics(broker)


@pytest.fixture
def quiet_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of its own, on which no worker runs: what is put among the calls there is nobody's order."""
    with EmbeddedBroker(tmp_path_factory.mktemp("quiet-kafka"), port=0) as embedded:
        yield _with_topics(embedded.bootstrap)


@pytest.fixture(scope="module")
def worker(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker that answers."""
    folder = tmp_path_factory.mktemp("worker")
    env = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": cluster,
        "DISPATCHER_SLOT": "learning-tests",
        "DISPATCHER_DATADIR": str(folder),
        "DISPATCHER_LOG_LEVEL": "WARNING",
    }
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dispatcher", "worker"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
    try:
        first = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": cluster}).invoke(
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
