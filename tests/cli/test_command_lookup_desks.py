"""`dispatcher lookup`: what people do about a lookup from a terminal, on the real broker with a worker that answers.

No desk process runs here: what databases say is said by people.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from aiokafka import TopicPartition
from cli_program import Run, rows
from click.testing import CliRunner
from worker_process import PATIENCE

from dispatcher.broker import free_port
from dispatcher.cli import lookup_act, lookup_words, program
from dispatcher.client.reader import Reader
from dispatcher.domain import ids
from dispatcher.domain.errors import ClusterUnreachable, NotFound
from dispatcher.domain.inbox import TimerKind
from dispatcher.domain.lookups.codes import Action, CandidateStatus, ConfirmedBy, Mode, RequestStatus

worker = pytest.mark.usefixtures("worker")

LOST = "我的黑色双肩包落在出租车上了，车牌尾号66"
FOUND = "捡到一个黑色双肩包，在中街"
MISSING = "我奶奶走丢了，75岁，有老年痴呆，在中街附近走失的"
DRIVER = "司机捡到黑色双肩包，拉链上挂着小黄鸭，内有蓝色笔记本，电话13800000001"
WAIT = ("--timeout", str(PATIENCE))


def opened(run: Run, text: str = LOST, *arguments: str) -> str:
    """The case of the lookup that a call opens."""
    (answer,) = rows(run("call", text, "--json", *WAIT, *arguments))
    return str(answer["case_id"])


def do(run: Run, action: str, named: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    """What a person does, and what came of it."""
    answer = run("lookup", action, named, *arguments, "--json", *WAIT)
    assert answer.exit_code == status, answer.output
    (found,) = rows(answer)
    return found


def shown(run: Run, named: str, *arguments: str) -> dict[str, Any]:
    (found,) = rows(run("lookup", "show", named, "--json", *arguments))
    return found


def listed(run: Run, *arguments: str) -> dict[str, dict[str, Any]]:
    return {str(row["case_id"]): row for row in rows(run("lookup", "list", "--json", *arguments))}


def with_candidate(run: Run) -> str:
    """A lost bag, and what a driver says that he has found."""
    case = opened(run)
    do(run, "answer", case, "--database", "taxi", "--found", "--text", DRIVER, "--ref", "T-1")
    return case


# -- from the call to the handing over -------------------------------------------------------------------------------


@worker
def test_a_bag_is_sought_found_proved_and_handed_over(run: Run, cluster: str, tmp_path: Path) -> None:
    case = opened(run)
    entry = listed(run)[case]
    assert (entry["desk"], entry["side"], entry["status"]) == ("lost_item", "lost", "searching")
    assert entry["sought"] == "黑色 双肩包 *66"
    assert entry["channels"] == {"asked": 3, "answered": 0, "silent": []}
    assert entry["question"] == "有没有发票或者手机上的订单号？"
    assert entry["next_due"]["kind"] == "lookup_request"

    learnt = do(run, "facts", case[:8], "plate=辽A12345", "记号=拉链上挂小黄鸭", "--unknown", "invoice", "--by", "W001")
    assert learnt["events"] == ["lookup.facts.v1", "lookup.requested.v1"]
    facts = shown(run, case)["lookup"]["facts"]
    assert (facts["plate"], facts["mark"]) == ("辽A12345", "拉链上挂小黄鸭")
    assert "小黄鸭" not in json.dumps(listed(run)[case], ensure_ascii=False)

    do(run, "answer", case, "--database", "视频巡查", "--nothing", "--text", "看过18点至19点")
    found = do(run, "answer", case, "--database", "taxi", "--found", "--text", DRIVER, "--ref", "T-1")
    assert (found["before"], found["status"]) == ("searching", "candidate")
    entry = listed(run, "--status", "candidate")[case]
    assert (entry["best"]["ref"], entry["best"]["score"], entry["channels"]["answered"]) == ("T-1", 1.0, 1)

    refused = run("lookup", "confirm", case, "--candidate", "1", "--by", "owner", "--text", "就是个黑色的包", *WAIT)
    assert refused.exit_code == 3
    assert "refused  D608 所说特征与拾得记录没有相符之处" in refused.stdout
    assert listed(run)[case]["status"] == "candidate"
    told = run("lookup", "confirm", case, "--candidate", "1", "--by", "owner", "--text", "拉链上有只小黄鸭", *WAIT)
    assert told.exit_code == 0
    for part in ("确认找到", "confirmed by owner", "有线索 → 已确认"):
        assert part in told.stdout
    assert case not in listed(run)

    page = tmp_path / "receipt.html"
    arguments = ("--recipient", "王某某", "--document", "210102199001011234", "--by", "W001", "--html", str(page))
    done = do(run, "handover", case, *arguments)
    assert (done["status"], done["handed_over"]["number"]) == ("handed_over", done["receipt"])
    assert (done["handed_over"]["recipient"], done["handed_over"]["document"]) == ("王**", "**************1234")
    assert done["receipt"] in page.read_text("utf-8")
    assert "王**" in page.read_text("utf-8")
    said = sent(cluster, done)
    for secret in ("王某某", "210102199001011234"):
        assert secret not in said + page.read_text("utf-8") + json.dumps(shown(run, case), ensure_ascii=False)
    ledger = [entry["type"] for entry in shown(run, case)["ledger"]]
    assert ledger[0] == "lookup.opened.v1"
    assert ledger[-3:] == ["message.rejected.v1", "lookup.confirmed.v1", "lookup.handed_over.v1"]

    (figures,) = rows(run("lookup", "stats", "--json"))
    desk = figures["desks"][0]
    assert desk["desk"] == "lost_item"
    assert min(desk["found"], desk["found_within_24h"], desk["returned"]) >= 1
    assert desk["share_within_24h"] == 1.0  # none that was sought here is a day old
    taxi = next(one for one in figures["databases"] if one["database"] == "taxi")
    assert taxi["asked"] > taxi["answered"] >= taxi["hits"] >= 1
    assert taxi["p95_seconds"] is taxi["median_seconds"] is None, "the platform itself has not answered"
    table = run("lookup", "stats", "--since", "1h").stdout
    for part in ("寻物", "寻人", "出租车平台", "hit rate", "100.0%"):
        assert part in table


def sent(cluster: str, done: dict[str, Any]) -> str:
    """The message itself, as it lies on case-inbox."""
    source = done["source"]

    async def read() -> bytes:
        async with Reader(cluster) as reader:
            record = await reader.one(TopicPartition(source["topic"], source["partition"]), source["offset"])
            assert record is not None
            return record.value or b""

    value = asyncio.run(read())
    assert orjson.loads(value)["message_id"] == done["message_id"]
    return value.decode()


@worker
def test_a_lookup_is_shown_with_all_that_the_desk_needs(run: Run) -> None:
    case = with_candidate(run)
    told = run("lookup", "show", case).stdout
    for part in (
        LOST, "黑色", "部分车牌:*66", "ask ", "有没有发票", "channels", "requests", "出租车平台 #0", "candidates",
        "100%  待核  出租车平台  T-1", "小黄鸭", "138****0001", "will fall due", "第1次再查各渠道", "期满结束", "开始查找", "线索 T-1 100%",
    ):  # fmt: skip
        assert part in told, part
    assert "13800000001" not in told


@worker
def test_a_claimant_hears_nothing_of_what_the_finder_said(run: Run) -> None:
    case = with_candidate(run)
    told = run("lookup", "show", case, "--claimant").stdout
    assert re.search(r"有一件可能相符的双肩包（\d+月\d+日），请说出它的特征以便核实", told)
    everything = told + json.dumps(shown(run, case, "--claimant"), ensure_ascii=False)
    for secret in ("小黄鸭", "笔记本", "司机", "T-1", "138"):
        assert secret not in everything
    do(run, "reject", case, "--candidate", "T-1", "--reason", "不是")
    assert "正在查找" in run("lookup", "show", case, "--claimant").stdout


@worker
def test_a_finders_own_lookup_is_not_for_claimants(run: Run) -> None:
    case = opened(run, FOUND)
    assert listed(run, "--side", "found")[case]["side"] == "found"
    refused = run("lookup", "show", case, "--claimant")
    assert refused.exit_code == 2
    assert "双肩包" not in refused.output


# -- a missing person ----------------------------------------------------------------------------------------------


@worker
def test_a_missing_person_is_seen_on_the_way_and_found(run: Run) -> None:
    case = opened(run, MISSING)
    entry = listed(run, "--desk", "missing_person", "--mine-to-ask")[case]
    assert entry["sought"] == "女 75岁 中街"
    seen = do(run, "sighting", case, "--place", "北站", "--district", "沈河区", "--mode", "metro", "--text", "上了地铁")
    assert seen["events"][0] == "lookup.sighted.v1"
    found = shown(run, case)
    assert (found["reach"]["centre"], found["reach"]["district"], found["reach"]["mode"]) == ("北站", "shenhe", "metro")
    assert "lookup_escalate" in {timer["kind"] for timer in found["timers"]}
    told = run("lookup", "show", case).stdout
    for part in (
        "may be",
        "北站 周围",
        "沈河区",
        "尚未上报；下一级 desk_leader",
        "sightings",
        "地铁",
        "上报 desk_leader",
    ):
        assert part in told, part
    refused = do(run, "confirm", case, "--by", "owner", "--text", "认出", "--actor", "W001", status=3)
    assert refused["refused"]["code"] == "D607"
    done = do(run, "confirm", case, "--by", "family", "--text", "儿子在派出所认出", "--actor", "W001")
    assert (done["status"], done["question"]) == ("confirmed", None)
    assert shown(run, case)["lookup"]["confirmation"]["actor"] == "W001"


@worker
def test_a_search_ends_and_is_taken_up_again(run: Run) -> None:
    case = opened(run)
    assert do(run, "not-found", case, "--reason", "各渠道均无")["status"] == "not_found"
    assert case in listed(run, "--status", "not_found")
    assert do(run, "not-found", case, "--reason", "x", status=3)["refused"]["code"] == "D602"
    assert do(run, "resume", case, "--reason", "又有线索")["status"] == "searching"
    assert do(run, "cancel", case, "--reason", "失主自己找到")["status"] == "cancelled"


@worker
def test_a_candidate_is_rejected_by_its_rank(run: Run) -> None:
    case = with_candidate(run)
    with pytest.raises(NotFound, match="no candidate 2") as caught:
        do(run, "reject", case, "--candidate", "2", "--reason", "不是")
    assert "from 1 to 1" in caught.value.hint
    done = do(run, "reject", case, "--candidate", "1", "--reason", "颜色不对")
    assert (done["events"], done["status"]) == (["candidate.rejected.v1"], "searching")


# -- who and what ----------------------------------------------------------------------------------------------------


@worker
def test_a_lookup_is_found_by_its_id_its_case_a_part_of_either_or_the_call(run: Run) -> None:
    case = opened(run)
    lookup_id, call_id = ids.lookup_id(case), shown(run, case)["case"]["call_id"]
    for named in (case, case[:6], lookup_id, lookup_id.upper(), lookup_id[:8], call_id):
        assert shown(run, str(named))["lookup"]["lookup_id"] == lookup_id
    assert do(run, "facts", lookup_id[:8], "colour=黑")["case_id"] == case


@worker
def test_a_case_without_a_lookup_and_a_name_of_none_are_told_apart(run: Run) -> None:
    case = opened(run, "沈河区中街有人占道摆摊卖水果")
    with pytest.raises(NotFound, match="has no lookup"):
        run("lookup", "show", case)
    for named in (str(uuid4()), "p-unknown", "abc"):
        with pytest.raises(NotFound, match=f"no lookup or case is called {named}"):
            run("lookup", "show", named)


@worker
def test_who_may_not_is_refused_and_one_message_counts_once(run: Run) -> None:
    case, message = opened(run), str(uuid4())
    assert do(run, "cancel", case, "--reason", "x", "--role", "auditor", status=3)["refused"]["code"] == "D607"
    do(run, "facts", case, "colour=黑", "--message-id", message)
    assert do(run, "facts", case, "colour=黑", "--message-id", message, status=3)["refused"]["code"] == "D604"


@worker
def test_of_a_confidential_case_nothing_is_shown_that_anybody_said(run: Run) -> None:
    case = opened(run, LOST, "--confidential")
    do(run, "answer", case, "--database", "taxi", "--found", "--text", DRIVER, "--ref", "T-1")
    table = run("lookup", "show", case).stdout
    (entry,) = (line for line in run("lookup", "list").stdout.splitlines() if case[:8] in line)
    everything = table + entry + json.dumps([shown(run, case), listed(run)[case]], ensure_ascii=False)
    everything += run("lookup", "confirm", case, "--candidate", "1", "--by", "owner", "--text", "小黄鸭", *WAIT).stdout
    everything += run("lookup", "show", case).stdout + json.dumps(shown(run, case), ensure_ascii=False)
    assert "保密" in entry
    assert "保密" in table
    assert "待核" in table
    for secret in ("小黄鸭", "司机捡到", "尾号66", "*66"):
        assert secret not in everything, secret


@worker
def test_the_list_is_newest_first_and_filtered(run: Run) -> None:
    older, newer, person = opened(run), opened(run), opened(run, MISSING)
    order = list(listed(run, "--desk", "lost_item"))
    assert order.index(newer) < order.index(older)
    assert person not in order
    assert older not in listed(run, "--side", "found")
    assert len(listed(run, "--limit", "1")) == 1
    table = run("lookup", "list").stdout.splitlines()
    assert table[0].split() == ["lookup", "case", "desk", "status", "runs", "sought", "channels", "best", "ask", "next"]
    row = next(line for line in table if newer[:8] in line)
    for part in (ids.lookup_id(newer)[:8], "寻物", "查找中", "0/3", "有没有发票"):
        assert part in row


# -- before anything is sent -----------------------------------------------------------------------------------------

NOWHERE = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("answer", "x", "--database", "taxi", "--found"), "answer --found needs --text"),
        (("answer", "x", "--database", "taxi"), "answer needs --found or --nothing"),
        (("facts", "x"), "facts needs FACT=VALUE or --unknown"),
        (("facts", "x", "plate"), "is no FACT=VALUE"),
        (("facts", "x", "time=昨天下午"), "is no time such as"),
        (("facts", "x", "mode=fly"), "mode is one of walk"),
        (("facts", "x", "side=both"), "side is one of lost, found"),
        (("handover", "x", "--recipient", " ", "--document", "1"), "handover needs --recipient and --document"),
        (
            ("handover", "x", "--recipient", "王", "--document", "1", "--html", "/no/such/folder/r.html"),
            "cannot be written",
        ),
        (("confirm", "x", "--by", "owner"), "--text"),
        (("reject", "x", "--candidate", "1"), "--reason"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_needed_is_named_before_anything_is_sent(arguments: tuple[str, ...], told: str) -> None:
    result = CliRunner(env=NOWHERE).invoke(program, ["lookup", *arguments])
    assert result.exit_code == 2
    assert told in result.output


def test_a_slip_in_a_name_gets_the_near_ones() -> None:
    for arguments, meant in (
        (("facts", "x", "plat=1"), "plate"),
        (("facts", "x", "--unknown", "发票"), "invoice"),
        (("answer", "x", "--database", "视频", "--nothing"), "video"),
        (("sighting", "x", "--place", "北站", "--district", "沈河"), "shenhe"),
    ):
        with pytest.raises(NotFound) as caught:
            CliRunner(env=NOWHERE).invoke(program, ["lookup", *arguments], catch_exceptions=False)
        assert meant in caught.value.hint


@pytest.mark.parametrize(
    "arguments", [("list",), ("show", "x"), ("stats",), ("cancel", "x", "--reason", "x")], ids=" ".join
)
def test_no_broker_is_one_sentence(arguments: tuple[str, ...]) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with pytest.raises(ClusterUnreachable, match=f"no Kafka broker answers at {nowhere}"):
        CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": nowhere}).invoke(
            program, ["lookup", *arguments], catch_exceptions=False
        )


def test_every_action_has_a_command() -> None:
    assert {command.name for command in lookup_act.COMMANDS} == {str(action).replace("_", "-") for action in Action}


def test_every_code_has_a_word() -> None:
    assert set(lookup_words.REQUESTS) == set(RequestStatus)
    assert set(lookup_words.CANDIDATES) == set(CandidateStatus)
    assert set(lookup_words.CONFIRMED_BY) == set(ConfirmedBy)
    assert set(lookup_words.MODES) == set(Mode)
    assert set(lookup_words.TIMERS) == {kind for kind in TimerKind if kind.startswith("lookup_")}


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(-1, "0分钟"), (59.9, "59分钟"), (60, "1小时"), (200, "3小时20分"), (1440, "1天"), (3120, "2天4小时")],
)
def test_a_length_of_time_has_two_units_at_the_most(minutes: float, told: str) -> None:
    assert lookup_words.lasting(minutes) == told
