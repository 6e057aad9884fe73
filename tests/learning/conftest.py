"""The real broker with its topics, and a worker that answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.append(str(Path(__file__).resolve().parents[1] / "stream"))  # its workers and judges are shared, not copied

from worker_process import answering_worker

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
    with answering_worker(cluster, "learning-tests", tmp_path_factory.mktemp("worker")):
        yield
