"""How the program ends when something is missing: one sentence and a status, never a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
from cli_program import ROOT
from click.testing import CliRunner

from dispatcher.broker import free_port
from dispatcher.cli import program
from dispatcher.domain.errors import ClusterUnreachable

CLIENTS = [
    ("topics", "create"),
    ("topics", "check"),
    ("call", "楼道灯坏了"),
    ("publish", "-"),
    ("consume", "--agency", "housing"),
    ("trace", "x"),
    ("dlq", "list"),
    ("dlq", "show", "0/0"),
    ("dlq", "redrive", "0/0"),
    ("intake", "status"),
    ("intake", "stop"),
]


@pytest.mark.parametrize("command", CLIENTS, ids=" ".join)
def test_no_broker_is_one_sentence(command: tuple[str, ...]) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with pytest.raises(ClusterUnreachable, match=f"no Kafka broker answers at {nowhere}"):
        CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": nowhere}).invoke(program, command, catch_exceptions=False)


def test_a_port_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        ended = subprocess.run(
            [sys.executable, "-m", "dispatcher", "trace", "x", "--bootstrap", address],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("error D501 no Kafka broker answers")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [("call",), ("publish",), ("consume",), ("trace",), ("triage",), ("dlq", "list"), ("dlq", "show"), ("dlq", "redrive"),
     ("intake", "status"), ("intake", "stop"), ("intake", "resume"), ("topics", "create"), ("topics", "check"),
     ("topics", "describe"), ("topics", "asyncapi"), ("check",)],
    ids=" ".join,
)  # fmt: skip
def test_each_command_explains_itself(command: tuple[str, ...]) -> None:
    told = CliRunner().invoke(program, [*command, "--help"], catch_exceptions=False)
    assert told.exit_code == 0
    assert "--json" in told.stdout
