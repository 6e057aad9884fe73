"""What the board knows after the records that it was told."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from dispatcher.console.ledger import Alarm, Row
from dispatcher.console.view import HIDDEN, HIDDEN_REASON
from dispatcher.domain.codes import Outcome
from dispatcher.domain.events import CaseReopened, ConfidentialitySet, NoteAdded, ReviewClaimed
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord

AT = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)

if TYPE_CHECKING:
    from tests.console.conftest import Told


def test_a_call_becomes_a_row_with_its_latency(told: "Told") -> None:
    source = told.source(at_ms=1_000_000)
    [row] = told.opened("楼道灯坏了", source=source, seen_ms=1_000_048)
    assert isinstance(row, Row)
    assert (row.text, row.category, row.lead, row.district, row.linked) == (
        "楼道灯坏了",
        "property_service",
        "housing",
        "shenhe",
        False,
    )
    assert told.ledger.latency(row) == 48
    assert told.ledger.outcomes[Outcome.NON_POLICE] == 1


def test_without_the_call_s_own_record_there_is_no_latency(told: "Told") -> None:
    [row] = told.opened("灯坏了", source=told.source(known=False))
    assert told.ledger.latency(row) is None
    assert told.ledger.latencies() == []


def test_a_confidential_call_is_a_row_without_text_and_without_the_reason_that_quotes_it(told: "Told") -> None:
    [row] = told.opened("举报村长", source=told.source(), confidential=True, reason="依据“举报村长”判断")
    assert (row.text, row.reason) == (HIDDEN, HIDDEN_REASON)


@pytest.mark.parametrize("confidential", [True, False])
def test_a_repeat_call_is_hidden_if_its_case_is_confidential(confidential: bool, told: "Told") -> None:
    [row] = told.linked("又来电", source=told.source(), confidential=confidential)
    assert (row.text == HIDDEN) is confidential
    assert row.linked


def test_a_repeat_call_is_counted_as_such_and_not_as_an_outcome(told: "Told") -> None:
    told.opened("第一次", source=told.source())
    told.linked("又来电", source=told.source())
    assert (told.ledger.decided, told.ledger.linked, told.ledger.outcomes.total()) == (2, 1, 1)


def test_cases_for_a_person_queue_up(told: "Told") -> None:
    told.opened("喂", source=told.source(), outcome=Outcome.REVIEW, lead=None, case_id="a")
    told.opened("喂喂", source=told.source(), outcome=Outcome.REVIEW, lead=None, case_id="b")
    assert told.ledger.waiting_for_review == 2


def test_a_case_that_was_raised_waits_no_more_and_stands_out(told: "Told") -> None:
    told.opened("喂", source=told.source(), outcome=Outcome.REVIEW, lead=None)
    [alarm] = told.raised(source=told.source(), reason="提到“刀”")
    assert (alarm.kind, alarm.text) == ("raised", "警情升级 again：提到“刀”")
    assert told.ledger.waiting_for_review == 0


def test_why_a_confidential_case_was_raised_is_not_shown(told: "Told") -> None:
    told.opened("举报", source=told.source(), confidential=True)
    [alarm] = told.raised(source=told.source(), reason="提到“村长”")
    assert "村长" not in alarm.text


def test_nor_why_a_case_was_raised_of_which_nothing_is_known(told: "Told") -> None:
    [alarm] = told.raised(source=told.source(), reason="提到“村长”")
    assert "村长" not in alarm.text


def test_a_case_that_was_decided_waits_no_more_and_one_that_comes_back_waits_again(told: "Told") -> None:
    told.opened("喂", source=told.source(), outcome=Outcome.REVIEW, lead=None)
    told.later(ReviewClaimed, status="review", until=AT)
    assert told.ledger.waiting_for_review == 1
    told.later(NoteAdded, status="dispatched", text="x")
    assert told.ledger.waiting_for_review == 0
    told.later(NoteAdded, status="review", text="x")
    assert told.ledger.waiting_for_review == 1
    assert told.ledger.decided == 1


def test_a_case_that_is_reopened_stands_out_and_one_that_goes_on_does_not(told: "Told") -> None:
    told.opened("灯坏了", source=told.source(), confidential=False)
    assert told.later(NoteAdded, status="dispatched", text="x") == []
    [alarm] = told.later(CaseReopened, status="reopened", reason="群众不满意", deadline=None)
    assert (alarm.kind, alarm.text) == ("notice", "重办 c：群众不满意")


def test_why_a_confidential_case_was_reopened_is_not_shown(told: "Told") -> None:
    told.opened("灯坏了", source=told.source(), confidential=False)
    told.later(ConfidentialitySet, status="dispatched", confidential=True)
    [alarm] = told.later(CaseReopened, status="reopened", reason="举报人不满意", deadline=None)
    assert "举报人" not in alarm.text


def test_an_event_of_a_newer_version_changes_nothing(told: "Told") -> None:
    assert told.opened("灯坏了", source=told.source()) != []
    event = b'{"case_id": "x", "call_id": "y", "outcome": "unheard_of"}'
    newer = InputRecord(topics.CASE_EVENTS, 0, 0, 0, b"k", event, (("ce_type", b"case.opened.v1"),))
    assert told.ledger.take([newer], seen_ms=0, live=True) == []


def test_an_alert_stands_out_and_shows_no_number(told: "Told") -> None:
    [alarm] = told.alerted("call_id 13812345678 was used before")
    assert isinstance(alarm, Alarm)
    assert alarm.kind == "alert"
    assert "13812345678" not in alarm.text


def test_a_dead_letter_tells_its_reason_and_never_its_content(told: "Told") -> None:
    headers = (
        ("dl_code", b"D303"),
        ("dl_reason", b"not JSON"),
        ("dl_topic", b"calls"),
        ("dl_partition", b"2"),
        ("dl_offset", b"10"),
    )
    letter = InputRecord(topics.DEAD_LETTERS, 0, 0, 0, b"k", "他的话".encode(), headers)
    [alarm] = told.ledger.take([letter], seen_ms=0, live=True)
    assert alarm.text == "死信 D303 calls/2@10：not JSON"  # type: ignore[union-attr]
    assert told.ledger.dead == 1


@pytest.mark.parametrize("value", [None, b"", b"not JSON", b"[1]", b"{}", b'{"case_id": "x"}'])
def test_a_record_that_is_no_event_of_ours_changes_nothing(value: bytes | None, told: "Told") -> None:
    assert told.ledger.take([InputRecord(topics.CASE_EVENTS, 0, 0, 0, b"k", value, ())], seen_ms=0, live=True) == []


def test_the_past_is_counted_but_is_no_news(told: "Told") -> None:
    told.opened("灯坏了", source=told.source(), live=False)
    assert (told.ledger.decided, told.ledger.decided_live) == (1, 0)
    assert told.ledger.rate(now_ms=0) == 0
