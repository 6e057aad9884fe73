"""`dispatcher case`: what people and units say to a case from a terminal, on the real broker with a worker that answers."""

from __future__ import annotations

import json
import re
from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from cli_program import Run, call, lines, rows, until
from click.testing import CliRunner
from rich.cells import cell_len
from worker_process import PATIENCE

from dispatcher.broker import free_port
from dispatcher.cli import program
from dispatcher.domain import ids
from dispatcher.domain.errors import ClusterUnreachable, NoAnswer, NotFound
from dispatcher.domain.inbox import Operation, ReplyAction

worker = pytest.mark.usefixtures("worker")

STALL = "沈河区中街有人占道摆摊卖水果"
UNCLEAR = "那个事情你们管不管"
DANGER = "和平区有人持刀砍人，流血了"
WAIT = ("--timeout", str(PATIENCE))


def opened(run: Run, text: str = STALL, *arguments: str) -> dict[str, Any]:
    """The case that a call opens."""
    (answer,) = rows(run("call", text, "--json", *WAIT, *arguments))
    case: dict[str, Any] = answer["opened"]
    assert case is not None
    return case


def act(run: Run, case: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    """A person's decision and what came of it."""
    return _said(run, "act", case, *arguments, status=status)


def reply(run: Run, case: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    """A unit's word and what came of it."""
    return _said(run, "reply", case, *arguments, status=status)


def _said(run: Run, *arguments: str, status: int) -> dict[str, Any]:
    answer = run("case", *arguments, "--json", *WAIT)
    assert answer.exit_code == status, answer.output
    (found,) = rows(answer)
    assert found["seconds"] >= 0
    return found


def shown(run: Run, case: str) -> dict[str, Any]:
    (found,) = rows(run("case", "show", case, "--json"))
    return found


def kinds(found: dict[str, Any]) -> list[str]:
    """The kinds of events in a case's ledger."""
    return [str(entry["type"]).removesuffix(".v1") for entry in found["ledger"]]


def listed(run: Run, *arguments: str) -> dict[str, dict[str, Any]]:
    return {str(row["case_id"]): row for row in rows(run("case", "list", "--json", *arguments))}


# -- the closed loop -----------------------------------------------------------------------------------------


@worker
def test_a_case_is_worked_on_from_its_opening_to_its_closing(run: Run) -> None:
    case = opened(run)
    case_id, lead = str(case["case_id"]), str(case["lead"])
    assert lead == "urban-management"
    entry = listed(run)[case_id]
    assert (entry["status"], entry["category"], entry["text"]) == ("dispatched", "street_vending", STALL)
    assert entry["deadline"]["unit"] == lead
    assert entry["deadline"]["overdue"] is False

    taken = reply(run, case_id[:8], "acknowledge", "--agency", "城管")
    assert (taken["events"], taken["status"]) == (["order.acknowledged.v1"], "acknowledged")
    told = run("case", "reply", case_id, "progress", "--agency", lead, "--text", "已派人到现场", *WAIT)
    assert told.exit_code == 0
    for part in (
        "order.progressed",
        "答复",
        "“已派人到现场”",
        "acknowledged → in_progress",
        "next",
        "finish",
        "case-inbox/",
    ):
        assert part in told.stdout
    done = reply(run, case["call_id"], "finish", "--agency", lead, "--mode", "on_the_spot", "--clerk", "C001")
    assert done["events"] == ["order.finished.v1", "case.done.v1"]
    assert listed(run, "--status", "done")[case_id]["deadline"] is None
    closed = act(run, case_id, "revisit", "--by", "W001", "--answered", "--satisfaction", "satisfied")
    assert (closed["events"], closed["status"]) == (["revisit.made.v1", "case.closed.v1"], "closed")

    assert case_id not in listed(run)
    assert listed(run, "--status", "closed")[case_id]["status"] == "closed"
    found = shown(run, case_id)
    assert (found["case"]["status"], found["case"]["closed_as"]) == ("closed", "satisfied")
    assert [timer["kind"] for timer in found["timers"]] == ["archive"]
    # What other tests told of the same street is no matter of this case.
    assert [kind for kind in kinds(found) if kind != "merge.suggested"] == [
        "call.triaged", "case.opened", "order.acknowledged", "order.progressed", "order.finished", "case.done",
        "revisit.made", "case.closed",
    ]  # fmt: skip
    last = found["ledger"][-1]
    assert (last["actor"], last["role"], last["rule"]) == ("W001", "duty_leader", "9.10")
    assert [entry["at"] for entry in found["ledger"]] == sorted(entry["at"] for entry in found["ledger"])


@worker
def test_a_case_is_shown_with_its_orders_clocks_and_ledger(run: Run) -> None:
    case = opened(run)
    reply(run, case["case_id"], "acknowledge", "--agency", "urban-management", "--clerk", "C001")
    told = run("case", "show", case["case_id"]).stdout
    for part in (
        case["case_id"], case["call_id"], STALL, "占道经营", "市城市管理行政执法局 (urban-management)", "lead  acknowledged",
        "first_answer", "一般首次答复时限", "will fall due", "立案", "签收", "urban-management:C001 unit_clerk",
    ):  # fmt: skip
        assert part in told, part
    assert re.search(r"\n  finish +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  reminder\n", told)


@worker
def test_what_was_said_to_a_case_is_in_its_trace_in_words(run: Run) -> None:
    case = opened(run)
    act(run, case["case_id"], "note", "--by", "W001", "--text", "请致电13800000001")
    told = run("trace", case["case_id"]).stdout
    assert "人工操作 note, by W001" in told
    assert "备注" in told
    assert "13800000001" not in told
    assert "13800000001" not in run("case", "show", case["case_id"]).stdout


# -- refusals --------------------------------------------------------------------------------------------------


@worker
def test_a_refusal_changes_nothing_and_has_a_status_of_its_own(run: Run) -> None:
    case_id = str(opened(run)["case_id"])
    early = act(run, case_id, "revisit", "--answered", "--satisfaction", "fair", status=3)
    assert early["refused"]["code"] == "D602"
    assert (early["events"], early["status"]) == (["message.rejected.v1"], "dispatched")
    told = run("case", "act", case_id, "arbitrate", "--unit", "housing", "--reason", "归属不清", *WAIT)
    assert told.exit_code == 3
    assert "refused  D602 案件现为dispatched" in told.stdout
    assert act(run, case_id, "urge", "--role", "auditor", status=3)["refused"]["code"] == "D607"
    assert kinds(shown(run, case_id)).count("message.rejected") == 3


@worker
def test_a_message_sent_twice_counts_once(run: Run) -> None:
    case_id, message = str(opened(run)["case_id"]), str(uuid4())
    first = act(run, case_id, "note", "--text", "一次", "--message-id", message)
    assert (first["message_id"], first["refused"]) == (message, None)
    assert act(run, case_id, "note", "--text", "一次", "--message-id", message, status=3)["refused"]["code"] == "D604"
    assert kinds(shown(run, case_id)).count("note.added") == 1


@worker
def test_a_unit_speaks_only_of_an_order_that_it_holds(run: Run) -> None:
    case_id = str(opened(run)["case_id"])
    with pytest.raises(NotFound, match="holds no order") as caught:
        run("case", "reply", case_id, "acknowledge", "--agency", "postal")
    assert "urban-management" in caught.value.hint
    order = shown(run, case_id)["case"]["orders"][0]["order_id"]
    forged = reply(run, case_id, "acknowledge", "--agency", "postal", "--order", order, status=3)
    assert forged["refused"]["code"] == "D603"


# -- reviews ---------------------------------------------------------------------------------------------------


@worker
def test_a_review_is_claimed_decided_and_leaves_the_queue(run: Run) -> None:
    case = opened(run, UNCLEAR)
    case_id = str(case["case_id"])
    assert case["status"] == "review"
    entry = listed(run, "--review")[case_id]["review"]
    assert len(entry["suggestions"]) == 3
    assert (entry["claimed_by"], entry["since"] is not None) == (None, True)

    claimed = act(run, case_id, "claim", "--by", "W001", "--role", "call_taker")
    assert claimed["events"] == ["review.claimed.v1"]
    entry = listed(run, "--review")[case_id]["review"]
    assert entry["claimed_by"] == "W001"
    assert datetime.fromisoformat(entry["claimed_until"]) > datetime.fromisoformat(entry["since"])
    queue = run("case", "list", "--review").stdout
    for part in (case_id[:8], UNCLEAR, "claimed by W001 until", "top three", "%"):
        assert part in queue
    assert act(run, case_id, "claim", "--by", "W002", status=3)["refused"]["code"] == "D611"

    decided = act(
        run, case_id, "decide", "--by", "W001", "--category", "占道经营", "--district", "沈河区", "--reason", "摆摊"
    )
    assert decided["events"] == ["review.decided.v1", "label.recorded.v1"]
    assert (decided["status"], decided["lead"], decided["category"]) == (
        "dispatched",
        "urban-management",
        "street_vending",
    )
    assert case_id not in listed(run, "--review")


# -- finding and listing -----------------------------------------------------------------------------------------


@worker
def test_a_case_is_found_by_its_id_a_part_of_it_or_a_call(run: Run) -> None:
    caller = f"138{uuid4().int % 10**8:08d}"
    case = opened(run, STALL, "--caller", caller)
    case_id = str(case["case_id"])
    (again,) = rows(run("call", STALL, "--caller", caller, "--json", *WAIT))
    assert again["linked"]["case_id"] == case_id
    for named in (case_id, case_id.upper(), case_id[:6], case_id[:20], case["call_id"], again["call_id"]):
        assert shown(run, str(named))["case"]["case_id"] == case_id
    assert shown(run, str(again["call_id"]))["joined_by"] == again["call_id"]
    assert act(run, str(again["call_id"]), "note", "--text", "同一来电")["case_id"] == case_id


@worker
@pytest.mark.parametrize("named", ["00000000-0000-5000-8000-000000000000", "p-unknown", "abc"])
def test_a_case_that_is_none(run: Run, named: str) -> None:
    with pytest.raises(NotFound, match=f"no case is called {named}"):
        run("case", "show", named)


@worker
def test_a_part_that_several_cases_begin_with_is_refused(run: Run) -> None:
    base, seen = uuid4().hex, dict[str, str]()
    for number in count():  # calls whose case_ids begin alike are found, not made: some 5,000 tries
        call_id = f"p-{base}-{number}"
        part = ids.case_id(call_id)[:6]
        if part in seen:
            break
        seen[part] = call_id
    pair = {seen[part], call_id}
    run("publish", "-", input=lines(*(call(call_id=each, text=STALL) for each in sorted(pair))))
    until("both calls are cases", lambda: pair <= {row["call_id"] for row in listed(run).values()})
    with pytest.raises(NotFound, match="2 cases begin with") as caught:
        run("case", "show", part)
    assert all(ids.case_id(each) in str(caught.value) for each in pair)


@worker
def test_the_list_is_filtered_and_newest_first(run: Run) -> None:
    older, newer = opened(run), opened(run)
    danger = opened(run, DANGER)
    found = listed(run, "--lead", "城管", "--category", "占道经营", "--district", "沈河区")
    order = list(found)
    assert order.index(newer["case_id"]) < order.index(older["case_id"])
    assert danger["case_id"] not in found
    assert {(row["lead"], row["category"], row["district"]) for row in found.values()} == {
        ("urban-management", "street_vending", "shenhe")
    }
    assert danger["case_id"] in listed(run, "--lead", str(danger["lead"]))
    assert listed(run, "--overdue", "--category", "street_vending") == {}
    assert len(listed(run, "--limit", "1")) == 1
    with pytest.raises(NotFound, match="street_vending"):
        run("case", "list", "--category", "占道")


@worker
def test_chinese_stands_under_its_heading(run: Run) -> None:
    opened(run)
    opened(run, DANGER)
    heading, *entries = run("case", "list").stdout.splitlines()
    start = cell_len(heading[: heading.index("urgency")])
    assert len(entries) >= 2
    for entry in entries:
        cells, position = 0, 0
        while cells < start:
            cells += cell_len(entry[position])
            position += 1
        assert cells == start
        assert entry[position:].startswith(("routine", "urgent", "emergency"))


@worker
def test_of_a_confidential_case_nothing_is_shown_that_quotes_anybody(run: Run) -> None:
    case = opened(run, STALL, "--confidential")
    case_id = str(case["case_id"])
    act(run, case_id, "note", "--by", "W001", "--text", "线人说的")
    assert listed(run)[case_id]["text"] is None
    table = run("case", "show", case_id).stdout
    everything = table + json.dumps(shown(run, case_id), ensure_ascii=False) + run("case", "list").stdout
    assert "保密" in table
    assert "备注" in table
    for secret in ("线人说的", "摆摊卖水果"):
        assert secret not in everything
    act(run, case_id, "confidential", "--no-confidential", "--reason", "解密")
    assert STALL in run("case", "show", case_id).stdout


@worker
def test_other_cases_are_named_as_cases_are(run: Run) -> None:
    one, other = opened(run), opened(run)
    linked = act(run, one["case_id"], "link", "--other", str(other["case_id"])[:8])
    assert linked["events"] == ["case.related.v1"]
    assert shown(run, one["case_id"])["case"]["related"] == [other["case_id"]]


# -- before anything is sent ---------------------------------------------------------------------------------------


def test_what_is_needed_is_named_before_anything_is_sent() -> None:
    runner = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    for arguments, told in (
        (("act", "x", "decide", "--reason", "x"), "decide needs --category"),
        (("act", "x", "raise_level"), "raise_level needs --level and --reason"),
        (("act", "x", "revisit"), "revisit needs --answered"),
        (("reply", "x", "return", "--agency", "housing"), "return needs --text and --proposed"),
        (("reply", "x", "mediated", "--agency", "housing"), "mediated needs --settled"),
    ):
        result = runner.invoke(program, ["case", *arguments])
        assert result.exit_code == 2
        assert told in result.output


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("show", "x"), ("act", "x", "claim"), ("reply", "x", "acknowledge", "--agency", "housing")],
    ids=" ".join,
)
def test_no_broker_is_one_sentence(arguments: tuple[str, ...]) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with pytest.raises(ClusterUnreachable, match=f"no Kafka broker answers at {nowhere}"):
        CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": nowhere}).invoke(
            program, ["case", *arguments], catch_exceptions=False
        )


def test_a_slip_in_a_name_gets_the_near_ones() -> None:
    runner = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    for arguments, meant in (
        (("decide", "--category", "street_vendin", "--reason", "x"), "street_vending"),
        (("place", "--district", "沈河"), "shenhe"),
        (("whistle", "--units", "housng"), "housing"),
    ):
        with pytest.raises(NotFound) as caught:
            runner.invoke(program, ["case", "act", "x", *arguments], catch_exceptions=False)
        assert meant in caught.value.hint


def test_help_names_every_operation_and_every_action_with_its_words() -> None:
    told = CliRunner().invoke(program, ["case", "act", "--help"]).stdout
    for operation in Operation:
        assert re.search(rf"^    {operation}( |$)", told, re.MULTILINE), operation
    assert "very_dissatisfied" in told
    told = CliRunner().invoke(program, ["case", "reply", "--help"]).stdout
    for action in ReplyAction:
        assert re.search(rf"^    {action}( |$)", told, re.MULTILINE), action


# -- a service that is silent ----------------------------------------------------------------------------------------


@worker
def test_a_message_that_nobody_answers_is_safe_and_counts_once(run: Run) -> None:
    case_id, base = str(opened(run)["case_id"]), str(uuid4())
    numbers = count()
    assert run("intake", "stop", "--topic", "case-inbox", "--reason", "a drill").exit_code == 0
    try:
        # The valve closes in the worker when it reads the control topic; from some moment on nothing is taken.
        def unanswered() -> str:
            message = f"{base}-{next(numbers)}"
            try:
                run("case", "act", case_id, "note", "--text", "在吗", "--message-id", message, "--timeout", "1.5")
            except NoAnswer as error:
                return error.message
            return ""

        told = until("a message is not answered", unanswered)
        safe = re.search(rf"safe on case-inbox/\d+/\d+ as ({base}-\d+)", told)
        assert safe is not None
    finally:
        assert run("intake", "resume").exit_code == 0
    again = act(run, case_id, "note", "--text", "在吗", "--message-id", safe[1], status=3)
    assert again["refused"]["code"] == "D604"
    assert kinds(shown(run, case_id)).count("note.added") == next(numbers)
