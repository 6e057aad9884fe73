"""`dispatcher audit erase` on the real broker: the person is gone from what anybody can read, and the ledger is as whole as before."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from cli_program import Run, rows
from worker_process import PATIENCE

from dispatcher.client.erasing import keys_of
from dispatcher.client.reader import Reader
from dispatcher.domain.errors import NotFound
from dispatcher.stream import topics

worker = pytest.mark.usefixtures("worker")

WAIT = ("--timeout", str(PATIENCE))
SAID = "文艺路12号3-2-1的暖气不热，我姓欧阳"
REASON = "本人申请，登记号2026-118"


def opened(run: Run) -> str:
    (answer,) = rows(run("call", SAID, "--json", *WAIT))
    return str(answer["case_id"])


def erased(run: Run, case: str, *more: str, status: int = 0) -> dict[str, Any]:
    done = run("audit", "erase", case, "--reason", REASON, "--by", "A001", "--json", *WAIT, *more)
    assert done.exit_code == status, done.output
    (found,) = rows(done)
    return found


def ledger_of(bootstrap: str, case: str) -> bytes:
    """The ledger's records of a case, as they lie there."""

    async def read() -> bytes:
        async with Reader(bootstrap) as reader:
            places = reader.partitions(topics.CASE_EVENTS)
            starts, ends = await reader.begins(places), await reader.ends(places)
            found = [r async for r in reader.read(starts, ends, keep=lambda raw: raw.key == case.encode())]
        return b"\n".join(record.value or b"" for record in found)

    return asyncio.run(read())


def traced(run: Run, case: str) -> str:
    """Of the story of a case what comes from the ledger."""
    return "\n".join(
        json.dumps(row, ensure_ascii=False)
        for row in rows(run("trace", case, "--json"))
        if row["topic"] == "case-events"
    )


@worker
def test_what_was_said_is_sealed_shown_to_who_may_see_it_and_gone_when_erased(run: Run, cluster: str) -> None:
    case = opened(run)
    raw = ledger_of(cluster, case).decode()
    assert "欧阳" not in raw
    assert "3-2-1" not in raw
    assert "欧阳" in traced(run, case)
    refused = erased(run, case, status=3)
    assert (refused["erased"], refused["code"]) == (False, "D602")
    assert "欧阳" in traced(run, case)

    assert run("case", "act", case, "withdraw", "--reason", "来电人说已修好", *WAIT).exit_code == 0
    done = erased(run, case)
    assert done["erased"]
    assert len(done["keys"]) == 1
    told = traced(run, case)
    assert "欧阳" not in told
    assert "来电人说已修好" not in told
    assert REASON in told
    assert "case.erased.v1" in told
    # Nor does the story show what `calls` and `case-inbox` still hold.
    assert "欧阳" not in run("trace", case).stdout + run("trace", case, "--json").stdout
    assert REASON in run("trace", case).stdout
    assert ledger_of(cluster, case).decode().startswith(raw)  # nothing on the ledger was touched
    (shown,) = rows(run("case", "show", case, "--json"))
    assert "欧阳" not in json.dumps(shown, ensure_ascii=False)
    (verified,) = rows(run("audit", "verify", "--json"))
    assert verified["whole"], verified["breaks"]


@worker
def test_a_case_that_is_open_is_erased_where_that_is_asked_for(run: Run, cluster: str) -> None:
    case = opened(run)
    assert len(erased(run, case, "--even-open")["keys"]) == 1
    assert "欧阳" not in traced(run, case)
    assert run("case", "act", case, "note", "--text", "新的备注", *WAIT).exit_code == 0

    async def left() -> tuple[str, ...]:
        async with Reader(cluster) as reader:
            return await keys_of(reader, case)

    assert len(asyncio.run(left())) == 1  # what is said from now on has a key of its own
    assert "新的备注" in traced(run, case)


def test_a_case_that_nobody_knows_is_said_to_be_so(run: Run) -> None:
    with pytest.raises(NotFound, match="no case is called"):
        run("audit", "erase", "00000000-0000-5000-8000-000000000000", "--reason", REASON)
