"""Who may see what of a case's story: hidden cases, masked numbers; on cases that the service's own functions have made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from timeline_world import CITY, POLICY, STORIES, TEN, WORDS, Town, called, decide, played, record

from dispatcher.cli.trace_page import page
from dispatcher.client import story
from dispatcher.client.timeline import timeline
from dispatcher.client.timeline_head import head
from dispatcher.client.trace import step
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.codes import ActorRole, CaseStatus, Urgency
from dispatcher.domain.inbox import Operation
from dispatcher.domain.visibility import Viewer
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.story import read_stories

#: Fields of records that quote people or were made out of their words, with all that lies in them.
QUOTING = {
    "text", "reason", "reasons", "told", "agreed", "ref", "who", "address", "caller", "contact", "place", "facts", "unknown", "cues",
    "extracted", "sighting", "reach", "routing", "ask", "question", "recipient", "document", "risks", "suggestions",
}  # fmt: skip
PLAYED = [
    "returns.yaml",
    "together.yaml",
    "clocks.yaml",
    "desks/channels.yaml",
    "desks/people.yaml",
    "desks/missing1.yaml",
]
MARK = "※"


def marked(value: Any, *, quoting: bool = False) -> Any:
    """`value` with a mark in every text that quotes somebody, and behind the rule's own words in a deadline's reason."""
    if isinstance(value, dict):
        found = {}
        for name, inner in value.items():
            if name == "why":
                found[name] = f"{inner}；延期：{MARK}"
            else:
                found[name] = marked(inner, quoting=quoting or name in QUOTING)
        return found
    if isinstance(value, list):
        return [marked(inner, quoting=quoting) for inner in value]
    return f"{MARK}{value}" if quoting and isinstance(value, str) else value


@pytest.mark.parametrize("file", PLAYED)
def test_of_a_hidden_case_neither_page_nor_records_quote_anybody(file: str) -> None:
    seen: set[bool] = set()
    for told in read_stories(STORIES / file):
        if told.needs_classifier:
            continue
        town = played(told)
        for case_id, case in town.cases.items():
            steps = [replace(one, value=marked(one.value)) for one in town.of(case_id)]
            case = case.model_copy(update={"text": MARK, "place": case.place.model_copy(update={"street": MARK})})
            pages = [
                page(head(case_id, steps, case, WORDS, hidden=hidden), timeline(steps, WORDS, hidden=hidden))
                for hidden in (False, True)
            ]
            lines = "\n".join(story.tell(one, CITY, hidden=True) for one in steps)
            values = "\n".join(str(story.outline(one.value or {})) for one in steps)
            assert MARK not in pages[1]
            assert MARK not in lines
            assert MARK not in values
            assert MARK in pages[0]
            seen.add("签收时限" in pages[1])  # its clocks are shown
    assert True in seen


@pytest.mark.parametrize(
    "role", [ActorRole.CALL_TAKER, ActorRole.DUTY_LEADER, ActorRole.AUDITOR, ActorRole.ADMINISTRATOR]
)
def test_only_duty_leaders_and_auditors_see_a_confidential_case(role: ActorRole) -> None:
    trusted = role in (ActorRole.DUTY_LEADER, ActorRole.AUDITOR)
    for confidential in (False, True):
        town = Town()
        case_id = called(town, confidential=confidential)
        for cases in ({case_id: town.state(case_id)}, {}):  # also where it has left the state
            hidden = story.hidden(town.steps, cases, Viewer(role), POLICY)
            assert hidden is (confidential and not trusted)


def test_an_archived_case_is_as_confidential_as_it_was_last() -> None:
    town = Town()
    case_id = called(town)
    viewer = Viewer(ActorRole.ADMINISTRATOR)
    guard = town.state(case_id).model_copy(update={"status": CaseStatus.ARCHIVED})
    assert not story.hidden(town.steps, {case_id: guard}, viewer, POLICY)
    decide(town, case_id, Operation.CONFIDENTIAL, confidential=True, reason="线索")
    assert story.hidden(town.steps, {case_id: guard}, viewer, POLICY)
    decide(town, case_id, Operation.CONFIDENTIAL, minutes=9, confidential=False, reason="解密")
    assert not story.hidden(town.steps, {case_id: guard}, viewer, POLICY)


def test_one_confidential_call_hides_the_case_that_it_joined_until_a_person_opens_it() -> None:
    town = Town()
    case_id = called(town, caller="13800000005")
    heard = Heard.of("street_vending", None, Urgency.ROUTINE, ("shenhe",), None, CITY)
    again = TEN + timedelta(minutes=30)
    call = CallReceived(
        call_id="c-2", received_at=again.isoformat(), text="是老张摆的", caller="13800000005", confidential=True
    )
    assert town.call(call, heard, at=again) == case_id
    viewer = Viewer(ActorRole.ADMINISTRATOR)
    assert story.hidden(town.steps, town.cases, viewer, POLICY)
    assert story.hidden(town.steps, {}, viewer, POLICY)
    decide(town, case_id, Operation.CONFIDENTIAL, minutes=40, confidential=False, reason="解密")
    assert not story.hidden(town.steps, town.cases, viewer, POLICY)


@pytest.mark.parametrize(
    ("field", "hidden"), [({"confidential": True}, True), ({"sfbm": "1"}, True), ({"sfbm": "否"}, False), ({}, False)]
)
def test_a_call_that_is_not_yet_triaged_is_as_confidential_as_it_says(field: dict[str, object], hidden: bool) -> None:
    value = orjson.dumps({"call_id": "c-9", "text": "线人来电"} | field)
    steps = [step(record("calls", 0, "k", value, at=TEN, kind="call.received.v1"))]
    assert story.hidden(steps, {}, Viewer(ActorRole.ADMINISTRATOR), POLICY) is hidden
    (entry,) = timeline(steps, WORDS, hidden=hidden)
    assert (entry.title, "线人来电" in entry.what) == ("来电", not hidden)


def test_a_record_that_could_not_be_read_is_hidden_with_its_case() -> None:
    secret = "线人在和平区"
    unreadable = {"case_id": "k", "call_id": "unread-calls-0-0", "confidential": True, "text": secret, "error": secret}
    headers = (("dl_reason", secret.encode()), ("dl_code", b"D301"))
    letter = replace(record("dead-letters", 0, "k", secret.encode(), at=TEN), headers=headers)
    steps = [
        step(record("case-inbox", 0, "k", orjson.dumps(unreadable), at=TEN, kind="call.unreadable.v1")),
        step(letter),
    ]
    assert story.hidden(steps, {}, Viewer(ActorRole.ADMINISTRATOR), POLICY)
    assert not story.hidden(steps, {}, Viewer(ActorRole.AUDITOR), POLICY)
    for hidden in (True, False):
        told = page(head("k", steps, None, WORDS, hidden=hidden), timeline(steps, WORDS, hidden=hidden))
        told += "".join(story.tell(one, CITY, hidden=hidden) for one in steps)
        assert "D301" in told
        assert (secret in told) is not hidden


def test_numbers_are_masked_and_so_is_the_name_of_a_missing_person() -> None:
    town = Town()
    case_id = called(town, "我是１３８００００００03，身份证210102199001011234", caller="13800000003")
    event = {"case_id": case_id, "at": TEN.isoformat(), "facts": {"name": "王小明", "mark": "左手有疤"}}
    facts = step(record("case-events", 99, case_id, orjson.dumps(event), at=TEN, kind="lookup.facts.v1"))
    told = page(head(case_id, town.steps, None, WORDS), timeline([*town.steps, facts], WORDS))
    for secret in ("13800000003", "１３８", "199001011234", "小明", "左手有疤"):
        assert secret not in told
    assert "姓名：王**" in told
    assert "记号已记" in told
