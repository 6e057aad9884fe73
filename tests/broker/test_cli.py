"""The command `dispatcher broker`, run as a program runs it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from dispatcher.cli.broker import broker as command


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_start_status_stop(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "kafka"), "--port", "0", "--json")
    try:
        started = json.loads(run("start", *data).stdout)
        assert started["state"] == "ready"

        seen = run("status", *data)
        assert seen.exit_code == 0
        assert json.loads(seen.stdout)["bootstrap"] == started["bootstrap"]
    finally:
        stopped = run("stop", *data)
    assert json.loads(stopped.stdout)["ran"] is True

    gone = run("status", *data)
    assert gone.exit_code == 3
    assert json.loads(gone.stdout)["state"] == "stopped"


def test_a_person_is_shown_words(tmp_path: Path) -> None:
    stopped = run("stop", "--data", str(tmp_path / "none"))
    assert stopped.stdout == "It did not run.\n"
    shown = run("status", "--data", str(tmp_path / "none"))
    assert "stopped" in shown.stdout
