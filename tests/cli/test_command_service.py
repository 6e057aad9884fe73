"""`dispatcher call`, `trace`, `consume` and `intake` with a worker that answers."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from cli_program import Run, call, lines, rows, until
from worker_process import PATIENCE

from dispatcher.domain.errors import NoAnswer, NotFound

pytestmark = pytest.mark.usefixtures("worker")

LAMP = "铁西区楼道灯坏了半个月没人换，物业不管"


def ask(run: Run, text: str, *arguments: str, timeout: str = str(PATIENCE)) -> dict[str, Any]:
    answer = run("call", text, "--json", "--timeout", timeout, *arguments)
    assert answer.exit_code == 0
    (found,) = rows(answer)
    return found


def number() -> str:
    return f"139{uuid4().int % 10**8:08d}"


def test_a_call_is_answered_with_its_decision_and_its_orders(run: Run) -> None:
    found = ask(run, LAMP, "--address", "云峰街道")
    assert found["opened"]["outcome"] == "non_police"
    assert found["triaged"]["case_id"] == found["opened"]["case_id"] == found["case_id"]
    assert [order["role"] for order in found["orders"]] == ["lead"]
    assert set(found["orders"][0]["deadlines"]) == {"acknowledge", "first_answer", "finish"}
    assert found["orders"][0]["place"]["district"] == "tiexi"

    shown = run("call", LAMP, "--timeout", str(PATIENCE)).stdout
    for part in ("物业", "市房产局", "铁西区", "acknowledge", "answered in"):
        assert part in shown


def test_a_repeat_call_is_traced_through_both_cases(run: Run) -> None:
    caller = number()
    first = ask(run, LAMP, "--caller", caller)
    second = ask(run, LAMP, "--caller", caller)
    assert second["opened"] is None
    assert second["linked"]["case_id"] == first["case_id"]

    steps = rows(run("trace", str(second["call_id"]), "--json"))
    seen = [(step["topic"].split(".")[0], step["type"]) for step in steps]
    assert seen.count(("calls", "call.received.v1")) == 2
    assert ("case-inbox", "call.attached.v1") in seen
    assert seen.count(("case-events", "case.opened.v1")) == 1
    assert seen.count(("case-events", "call.linked.v1")) == 1
    assert seen.count(("work-orders", "work_order.issued.v1")) == 1
    assert seen.count(("agency", "work_order.issued.v1")) == 1
    assert [step["ms"] for step in steps] == sorted(step["ms"] for step in steps)
    assert (
        steps
        == rows(run("trace", str(first["call_id"]), "--json"))
        == rows(run("trace", str(first["case_id"]), "--json"))
    )
    assert caller not in run("trace", str(second["call_id"])).stdout


def test_what_became_of_a_call_id_used_twice_is_all_in_its_trace(run: Run) -> None:
    one = call(text=LAMP)
    for other in (one, one, one | {"text": "有人打架"}):
        run("publish", "-", input=lines(other))

    def traced() -> list[str]:
        kinds = [step["type"] for step in rows(run("trace", str(one["call_id"]), "--json"))]
        return kinds if "alert.raised.v1" in kinds else []

    kinds = until("the second use of the id is alerted", traced)
    assert kinds.count("call.received.v1") == 3
    assert kinds.count("dead letter") == 1
    assert kinds.count("alert.raised.v1") == 1
    assert kinds.count("case.opened.v1") == 2


def test_an_unknown_id_is_nowhere(run: Run) -> None:
    with pytest.raises(NotFound, match="no record of the topics is about"):
        run("trace", str(uuid4()))


def test_a_unit_reads_its_orders_by_any_of_its_names(run: Run) -> None:
    order = ask(run, LAMP)["orders"][0]
    for name in ("housing", "市房产局", "HOUSING"):
        latest = rows(run("consume", "--agency", name, "--limit", "1", "--json"))
        assert latest == [order]
    everything = rows(run("consume", "--agency", "housing", "--from-beginning", "--json"))
    assert everything[-1] == order
    assert len({each["order_id"] for each in everything}) == len(everything)
    assert order["order_id"] in {
        each["order_id"] for each in rows(run("consume", "--agency", "housing", "--since", "10m", "--json"))
    }
    assert rows(run("consume", "--agency", "housing", "--limit", "0", "--json")) == []
    assert LAMP in run("consume", "--agency", "housing", "--limit", "1").stdout


def test_a_misspelt_unit_gets_a_suggestion(run: Run) -> None:
    with pytest.raises(NotFound, match="housing"):
        run("consume", "--agency", "housng")


def test_following_shows_what_comes_and_ends_on_ctrl_c(
    run: Run, program_process: Callable[..., subprocess.Popen[str]]
) -> None:
    follower = program_process("consume", "--agency", "housing", "--follow", "--limit", "1", "--json")
    assert follower.stdout is not None
    follower.stdout.readline()  # the latest one: it is connected
    found = ask(run, LAMP)
    assert json.loads(follower.stdout.readline()) == found["orders"][0]
    follower.send_signal(signal.SIGINT)
    _, told = follower.communicate(timeout=PATIENCE)
    assert follower.returncode == 130
    assert told.strip() == "2 orders of 市房产局 (housing)"


def test_a_reader_that_goes_away_is_no_error(run: Run, program_process: Callable[..., subprocess.Popen[str]]) -> None:
    for _ in range(2):
        ask(run, LAMP)
    process = program_process("consume", "--agency", "housing", "--follow", "--limit", "1")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    ask(run, LAMP)
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=PATIENCE) in (1, 141)


def test_a_stopped_intake_keeps_the_call_and_resumes(run: Run) -> None:
    assert run("intake", "stop", "--reason", "a drill").exit_code == 0
    try:
        status = run("intake", "status", "--json")
        assert status.exit_code == 1
        stopped = [row for row in rows(status) if row["stopped"]]
        assert {row["topic"] for row in stopped} == {"calls"}
        assert {row["reason"] for row in stopped} == {"a drill"}

        # The valve closes in the worker when it reads the control topic; from some moment on nothing is taken.
        silent: list[NoAnswer] = []

        def kept() -> str:
            try:
                ask(run, LAMP, timeout="1.5")
            except NoAnswer as error:
                silent.append(error)
                waiting = sum(
                    row["waiting"] for row in rows(run("intake", "status", "--json")) if row["topic"] == "calls"
                )
                return str(error).split(" as ")[1].split(",")[0] if waiting == 1 else ""
            return ""

        call_id = until("a call is kept", kept)
        assert "dispatcher worker" in silent[-1].hint
    finally:
        assert run("intake", "resume").exit_code == 0

    def opened() -> list[str]:
        kinds = [step["type"] for step in rows(run("trace", call_id, "--json"))]
        return kinds if "case.opened.v1" in kinds else []

    kinds = until("the call that was kept becomes a case", opened)
    assert kinds.count("case.opened.v1") == 1
    assert run("intake", "status").exit_code == 0


def test_there_is_no_partition_of_that_number(run: Run) -> None:
    with pytest.raises(NotFound):
        run("intake", "stop", "--partition", "77")
