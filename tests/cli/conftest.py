"""The program as a person runs it, against the real broker and a real worker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from cli_program import ROOT, Run
from click.testing import CliRunner, Result
from worker_process import answering_worker

from dispatcher.cli import program


@pytest.fixture(scope="session")
def cluster(broker: str) -> str:
    """The broker's address, with all topics there."""
    result = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": broker}).invoke(program, ["topics", "create"])
    assert result.exit_code == 0, result.output
    return broker


@pytest.fixture
def run(cluster: str) -> Run:
    """Run a command in this process: ``run("publish", "-", input=...)``. Errors of ours are raised."""

    def invoke(*arguments: str, input: bytes | str | None = None, env: dict[str, str] | None = None) -> Result:
        runner = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": cluster} | (env or {}))
        return runner.invoke(program, arguments, input=input, catch_exceptions=False)

    return invoke


@pytest.fixture(scope="session")
def worker(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker that answers."""
    with answering_worker(cluster, "cli-tests", tmp_path_factory.mktemp("worker")):
        yield


@pytest.fixture
def program_process(cluster: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the program as a process of its own; ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "dispatcher", *arguments],
            cwd=ROOT,
            env=os.environ | {"KAFKA_BOOTSTRAP_SERVERS": cluster} | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
