"""Messages on the wire: complete for other systems, strict when read back."""

import json
from datetime import UTC, datetime

import pytest
from domain_world import context, decision, triaged_call
from pydantic import ValidationError

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.casework import decide
from dispatcher.domain.codes import CaseStatus, Urgency
from dispatcher.domain.messages import INBOX_TYPES, LEDGER_TYPES, Decision, LedgerEvent, TriagedCall, WorkOrder

WORK = decide(None, triaged_call("c-1", category="fire", urgency=Urgency.EMERGENCY), context())


def test_an_event_that_other_systems_read_has_every_field() -> None:
    for event in WORK.events:
        assert set(json.loads(event.encode())) == set(type(event).model_fields)
    opening = json.loads(WORK.events[1].encode())
    assert (opening["related_to"], opening["ask"], opening["dead_letter"]) == (None, None, None)


def test_an_order_has_the_fields_of_the_contract() -> None:
    for order in WORK.orders:
        told = json.loads(order.encode())
        assert set(told) == set(WorkOrder.model_fields)
        assert {
            "order_id", "case_id", "agency", "role", "category", "urgency", "text", "place", "issued_at", "deadlines",
            "reason",
        } <= set(told)  # fmt: skip
        assert set(told["deadlines"]) <= {"acknowledge", "first_answer", "finish"}
        assert datetime.fromisoformat(told["issued_at"]).tzinfo == UTC


def test_every_ledger_event_carries_the_fields_of_the_contract() -> None:
    contract = {
        "call_id", "case_id", "outcome", "category", "lead", "assist", "district", "urgency", "confidence", "reason",
        "rule", "model", "policy", "source",
    }  # fmt: skip
    for model in LEDGER_TYPES:
        if issubclass(model, LedgerEvent):
            assert contract <= set(model.model_fields), model


def test_names_of_events_are_in_the_past_tense_and_versioned() -> None:
    assert sorted(model.ce_type for model in LEDGER_TYPES) == [
        "alert.raised.v1", "call.linked.v1", "call.triaged.v1", "case.erased.v1", "case.opened.v1", "case.raised.v1",
    ]  # fmt: skip
    assert WorkOrder.ce_type == "work_order.issued.v1"
    assert len({model.ce_type for model in INBOX_TYPES}) == len(INBOX_TYPES)


def test_text_is_utf_8_and_not_escaped() -> None:
    assert "一句话".encode() in WORK.orders[0].encode()


def test_what_is_not_in_the_model_is_refused() -> None:
    told = json.loads(triaged_call("c-1", category="heating").encode())
    with pytest.raises(ValidationError, match="surprise"):
        TriagedCall.model_validate(told | {"surprise": 1})
    with pytest.raises(ValidationError):
        TriagedCall.model_validate({k: v for k, v in told.items() if k != "decision"})
    with pytest.raises(ValidationError):
        Decision.model_validate(decision().model_dump() | {"outcome": "perhaps"})


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        decision().rule = "other"  # type: ignore[misc]


def test_a_guard_is_small_and_survives_its_topic() -> None:
    guard = CaseRecord(case_id="a", call_id="b", fingerprint="f", status=CaseStatus.LINKED, linked_to="c")
    assert CaseRecord.model_validate_json(guard.encode()) == guard
    assert len(guard.encode()) < 250


def test_what_a_classifier_found_out_travels_whole() -> None:
    found = {"plate": "辽A1", "time": None, "items": [{"kind": "伞", "marks": None}], "n": 1.5}
    made = decision(extracted=found)
    assert Decision.model_validate_json(made.encode()).extracted == found
