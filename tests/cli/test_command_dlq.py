"""`dispatcher dlq`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import click
import pytest
from cli_program import Run, rows, until

from dispatcher.domain.errors import NotFound, SettingsError

pytestmark = pytest.mark.usefixtures("worker")


def set_aside(run: Run) -> tuple[str, dict[str, Any]]:
    """Publish a line that is no call; its text and its dead letter, once it is there."""
    text = f"not a call {uuid4()} \x01"
    run("publish", "-", "--force", input=text + "\n")

    def letter() -> dict[str, Any]:
        for row in reversed(rows(run("dlq", "list", "--quick", "--limit", "5", "--json"))):
            if run("dlq", "show", str(row["place"]), "--raw").stdout_bytes.decode() == text:
                return row
        return {}

    return text, until("the line becomes a dead letter", letter)


def test_a_dead_letter_is_listed_shown_and_sent_again_once(run: Run) -> None:
    text, letter = set_aside(run)
    assert letter["code"] == "D303"
    assert str(letter["from"]).startswith("calls/")
    assert rows(run("dlq", "show", str(letter["place"]), "--json"))[0]["sent_again"] is None
    by_source = rows(run("dlq", "show", str(letter["from"]), "--json"))[0]
    assert by_source["place"] == letter["place"]
    assert by_source["headers"]["ce_type"] == "call.received.v1"

    dry = rows(run("dlq", "redrive", str(letter["place"]), "--dry-run", "--json"))
    assert [(row["sent"], row["dry_run"]) for row in dry] == [(None, True)]

    (sent,) = rows(run("dlq", "redrive", str(letter["place"]), "--json"))
    assert str(sent["sent"]).startswith("calls/")
    (known,) = [row for row in rows(run("dlq", "list", "--json")) if row["place"] == letter["place"]]
    assert known["sent_again"] == sent["sent"]
    (again,) = rows(run("dlq", "redrive", str(letter["from"]), "--json"))
    assert (again["sent"], again["before"]) == (None, sent["sent"])
    (forced,) = rows(run("dlq", "redrive", str(letter["from"]), "--again", "--json"))
    assert forced["sent"] != sent["sent"]

    # It is as bad as before: each sending becomes a dead letter anew, with the same bytes and the way it came.
    def anew() -> list[dict[str, Any]]:
        letters = rows(run("dlq", "list", "--quick", "--limit", "50", "--json"))
        return [row for row in letters if row["from"] == sent["sent"]]

    new = until("the record becomes a dead letter anew", anew)
    shown = rows(run("dlq", "show", str(new[0]["place"]), "--json"))[0]
    assert shown["value"] == text
    assert shown["headers"]["x-redriven-from"] == letter["place"]


def test_a_redrive_wants_to_know_which(run: Run) -> None:
    result = run("dlq", "redrive")
    assert result.exit_code == click.UsageError.exit_code


def test_places_that_are_none(run: Run) -> None:
    with pytest.raises(SettingsError, match="is no place"):
        run("dlq", "show", "here")
    with pytest.raises(NotFound):
        run("dlq", "show", "99/0")
    with pytest.raises(NotFound):
        run("dlq", "redrive", "calls/0/999999999")
