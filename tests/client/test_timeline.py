"""The story of a case as entries and as a page: on cases that the service's own functions have made, without a broker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import orjson
import pytest
from timeline_world import CATALOG, CITY, POLICY, STORIES, TEN, WORDS, Town, called, decide, played, record, reply

from dispatcher.cli.trace_page import page
from dispatcher.client import story
from dispatcher.client.timeline import Entry, timeline
from dispatcher.client.timeline_head import head, main_case
from dispatcher.client.timeline_words import shown
from dispatcher.client.trace import Step, step
from dispatcher.domain import ids
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.codes import Urgency
from dispatcher.domain.events import CASE_EVENTS
from dispatcher.domain.inbox import Operation, ReplyAction
from dispatcher.domain.messages import LEDGER_TYPES
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.story import read_stories

HOSTILE = (
    "</title><script>alert(1)</script><img src=http://x.example/a onerror=alert(1)>{{ 7*7 }}\x1b[31m\u202e\x00\"'>"
)


def entries(town: Town, case_id: str, *, hidden: bool = False) -> list[Entry]:
    return timeline(town.of(case_id), WORDS, hidden=hidden)


def one(found: list[Entry], title: str) -> Entry:
    """The only entry of that title."""
    (entry,) = [entry for entry in found if entry.title == title]
    return entry


def beneath(entry: Entry, label: str) -> list[str]:
    return [part.text for part in entry.parts if part.label == label]


def as_page(town: Town, case_id: str, *, hidden: bool = False) -> str:
    top = head(case_id, town.of(case_id), town.cases.get(case_id), WORDS, hidden=hidden)
    return page(top, entries(town, case_id, hidden=hidden))


# -- who, when, why, under which rule, and what came of it -----------------------------------------------------


def test_an_opening_tells_its_order_with_the_reasons_of_its_deadlines_and_where_it_was_delivered() -> None:
    town = Town()
    case_id = called(town)
    opened = one(entries(town, case_id), "立案")
    assert (opened.at, opened.who, opened.status, opened.outcome) == (TEN, "系统", "dispatched", "non_police")
    assert opened.cause == "研判 case-inbox/0/0，来电 calls/0/0"
    assert (opened.model, opened.policy) == ("given", POLICY.sha256)
    (order,) = [part for part in opened.parts if part.label == "派单"]
    unit = CITY.unit_name("urban-management")
    assert order.text.startswith(f"主办 {unit}，签收 11-24 15:00（一般签收时限4个工作小时，自11-24 10:00派单起算）")
    assert "办结 12-08 17:00（一般办结时限10个工作日" in order.text
    assert order.places == ("agency.urban-management/0/0", "work-orders/0/0")


def test_what_a_unit_and_a_person_do_stands_with_role_reason_rule_and_message() -> None:
    town = Town()
    case_id = called(town)
    reply(town, case_id, ReplyAction.RETURN, clerk="C001", text="不归我局", proposed="housing")
    decide(town, case_id, Operation.NOTE, minutes=20, text="请致电13800000001", reason="备忘")
    found = entries(town, case_id)
    unit = CITY.unit_name("urban-management")
    returned = one(found, "退单")
    assert returned.who == f"{unit}:C001 联动单位经办人"
    assert (returned.reason, returned.rule) == ("不归我局", "9.5")
    assert returned.cause.startswith("单位回复 退单 case-inbox/0/")
    assert returned.what == f"{unit}，建议转市房产局，第1次退单"
    note = one(found, "备注")
    assert (note.who, note.what) == ("W001 值班长", "“请致电138****0001”")
    assert (note.reason, note.cause.split(" case-inbox")[0]) == ("备忘", "人工操作 备注")
    assert [entry.at for entry in found] == sorted(entry.at for entry in found)


def test_every_notice_stands_beneath_the_event_that_sent_it() -> None:
    town = Town()
    case_id = called(town)
    decide(town, case_id, Operation.URGE, reason="群众着急")
    town.advance(TEN + timedelta(days=30))
    found = entries(town, case_id)
    assert beneath(one(found, "催办"), "通知")[0].startswith("催办 致")
    cards = [entry for entry in found if entry.title == "督办"]
    assert {entry.what.split("，")[0] for entry in cards} == {"蓝牌", "黄牌", "红牌"}
    assert all(beneath(entry, "通知") for entry in cards)
    sent = [step for step in town.of(case_id) if step.record.topic == "order-notices"]
    assert sum(len(beneath(entry, "通知")) for entry in found) == len(sent)
    assert "通知" not in {entry.title for entry in found}


def test_a_message_that_changes_nothing_and_one_whose_event_is_lost_are_entries() -> None:
    town = Town()
    case_id = called(town)
    decide(town, case_id, Operation.URGE, reason="群众着急")
    without = [step for step in town.of(case_id) if step.record.topic != "case-events"]
    found = timeline(without, WORDS)
    assert one(found, "人工操作 催办").what == "未引起变化"
    assert one(found, "派单").parts[0].places == ("agency.urban-management/0/0", "work-orders/0/0")
    assert one(found, "通知").parts[0].text.startswith("催办 致")
    assert len(found) == 4  # and the call, of which nothing came


def test_a_repeat_call_is_told_in_its_own_case_and_in_that_which_it_joined() -> None:
    town = Town()
    case_id = called(town, caller="13800000002")
    heard = Heard.of("street_vending", None, Urgency.ROUTINE, ("shenhe",), None, CITY)
    again = TEN + timedelta(hours=1)
    call = CallReceived(call_id="c-2", received_at=again.isoformat(), text="还在摆", caller="13800000002")
    town.call(call, heard, at=again)
    found = timeline(town.steps, WORDS)
    assert one(found, "研判").what == f"属于案件 {case_id}，转往该案"
    linked = one(found, "再次来电")
    assert linked.cause == "转入本案 case-inbox/0/3，来电 calls/0/1"
    assert linked.what.startswith("非警务，占道经营，一般，置信度100%，重复来电，距上次60分钟，累计重复1次")
    for named in ("c-1", "c-2", case_id, ids.case_id("c-2")):
        assert main_case(named, town.steps, town.cases) == case_id
        assert main_case(named, town.steps, {}) == case_id or named == ids.case_id("c-2")


def test_a_lookup_is_told_with_questions_answers_candidates_and_the_circle() -> None:
    town = Town()
    for file in ("desks/channels.yaml", "desks/people.yaml"):
        for told in read_stories(STORIES / file):
            town.steps += played(told).steps if not told.needs_classifier else []
    found = timeline(town.steps, WORDS)
    texts = {
        label: " ".join(t for entry in found for t in beneath(entry, label))
        for label in ("询问", "线索", "目击", "范围", "情况")
    }
    assert "地铁公交失物登记（交通运营），答复时限 11-24 14:05" in texts["询问"]
    assert "第2次" in texts["询问"]
    assert "m-5" in texts["线索"]
    assert "“1号线黎明广场终点清车，小提琴一把，黑琴盒上贴枫叶”" in texts["线索"]
    assert "协查200.0公里" in texts["范围"]
    assert texts["目击"]
    assert "物品：小提琴" in texts["情况"]
    answered = next(entry for entry in found if "暂不可用" in entry.what)
    assert answered.who == "交通运营 专席人员"  # a channel, not the unit of the same code
    assert any("确认" in entry.what for entry in found if entry.title == "确认找到")


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "2026-11-24T10:00:00", "soon"]
)
def test_a_moment_that_cannot_be_is_that_of_the_broker(at: str) -> None:
    value = orjson.dumps({"case_id": "\x1b[31mk", "at": at, "due_at": at, "until": at})
    (entry,) = timeline([step(record("case-events", 0, "k", value, at=TEN, kind="card.issued.v1"))], WORDS)
    assert (entry.at, entry.case_id) == (TEN, "[31mk")
    assert page(head("k", [], None, WORDS), [entry]).count("<li") == 1


def test_the_head_tells_the_case_now_and_the_first_decision_with_its_cues() -> None:
    town = Town()
    case_id = called(town, "摆摊")
    steps = [
        step(replace(one.record, value=_with(one.record.value, cues=[_cue("摆", 0.5), _cue("摊", -1.25)])))
        if one.type == "call.triaged.v1"
        else one
        for one in town.of(case_id)
    ]
    reply(town, case_id, ReplyAction.ACKNOWLEDGE)
    found = head(case_id, steps, town.state(case_id), WORDS)
    now, first = dict(found.now), dict(found.first)
    assert (now["现状"], now["性质"], now["内容"]) == ("签收", "非警务，占道经营，一般", "摆摊")
    assert (first["置信度"], first["模型"], first["输入记录"]) == ("100%", "given", "calls/0/0")
    assert first["政策"] == POLICY.sha256[:12]
    assert [(cue.text, cue.weight) for cue in found.cues] == [("摊", -1.25), ("摆", 0.5)]
    archived = head(case_id, steps, None, WORDS)  # the ledger alone knows it
    assert dict(archived.now)["性质"] == now["性质"]
    assert dict(archived.now)["内容"] == "摆摊"


def _with(value: bytes | None, **fields: object) -> bytes:
    return orjson.dumps(orjson.loads(value or b"{}") | fields)


def _cue(text: str, weight: float) -> dict[str, object]:
    return {"text": text, "weight": weight}


# -- the page ----------------------------------------------------------------------------------------------------


class Seen(HTMLParser):
    """Every tag and attribute of a page."""

    VOID = frozenset(("meta",))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_hostile_text_stays_text_and_the_page_stands_alone() -> None:
    town = Town()
    case_id = called(town, HOSTILE)
    decide(town, case_id, Operation.NOTE, text=HOSTILE, reason=HOSTILE)
    calm = Town()
    usual = Seen(as_page(calm, called(calm)))
    told = as_page(town, case_id)
    seen = Seen(told)
    assert seen.open == ["html"] or seen.open == []
    assert seen.tags == usual.tags
    assert {name for name, _ in seen.attributes} == {name for name, _ in usual.attributes}
    assert not seen.tags & {"script", "img", "link", "iframe", "a"}
    assert "@import" not in told
    assert "url(" not in told
    assert "49" not in told.split("alert(1)")[1].split("</dd>")[0]
    assert not set(told) & {"\x1b", "\x00", "\u202e"}
    assert told.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


def test_what_is_sealed_is_said_to_be_so() -> None:
    town = Town()
    case_id = called(town, "§1:AAECAwQ")
    told = as_page(town, case_id)
    assert "（已封存）" in told
    assert "AAECAwQ" not in told
    assert all("AAECAwQ" not in story.tell(one, CITY) for one in town.steps)


@pytest.mark.parametrize("value", [None, 7, 1.5, "x", [], {}, [None], [{}], [{"a": 1}], {"a": 1}, True])
def test_a_record_of_another_version_is_told_as_far_as_it_goes(value: object) -> None:
    models = (*CASE_EVENTS, *LEDGER_TYPES)
    fields = {name for model in models for name in model.model_fields} | {"decision", "call", "link"}
    topics = ("calls", "case-inbox", "case-events", "work-orders", "order-notices", "lookups", "dead-letters")
    steps = [
        Step(record(topic, offset, "k", b"", at=TEN, kind=""), kind, {name: value})
        for topic in topics
        for kind in ("case.done.v1", "triage.decided.v1", "unheard.of.v1")
        for offset, name in enumerate(sorted(fields))
    ]
    for hidden in (False, True):
        found = timeline(steps, WORDS, hidden=hidden)
        assert len(found) > len(fields)
        assert page(head("k", steps, None, WORDS, hidden=hidden), found).startswith("<!doctype html>")


def test_what_is_shown_is_one_line_and_not_without_end() -> None:
    assert shown("一\n二\t三") == "一 二 三"
    assert len(shown("长" * 5_000)) == 2_001
    assert shown("长" * 1_995 + "13800000004").endswith("138**…")


def test_the_catalog_of_the_desks_names_every_channel() -> None:
    for database in CATALOG.policy.desks.databases:
        assert WORDS.database(database.code) == database.name
        assert WORDS.channel(database.channel) == CATALOG.policy.desks.channels[database.channel]
