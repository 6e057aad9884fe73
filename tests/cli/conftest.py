"""The program as a person runs it, against the real broker and a real worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from cli_program import PATIENCE, ROOT, Run
from click.testing import CliRunner, Result

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
    folder = tmp_path_factory.mktemp("worker")
    env = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": cluster,
        "DISPATCHER_SLOT": "cli-tests",
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
