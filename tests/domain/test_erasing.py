"""Erasing a person from a case: who may, when, what goes and what stays."""

from __future__ import annotations

import pytest
from domain_world import context, triaged_call

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.casework import NOTHING, decide
from dispatcher.domain.codes import ActorRole, CaseStatus
from dispatcher.domain.events import MessageRejected
from dispatcher.domain.inbox import EraseAsked
from dispatcher.domain.messages import CaseErased, Place
from dispatcher.domain.refusals import Code

SAID = "李奶奶家暖气不热，电话13800000001"
CASE = ids.case_id("c-1")


def case(status: CaseStatus) -> CaseRecord:
    call = triaged_call("c-1", category="heating").model_copy(
        update={"text": SAID, "caller": "0" * 32, "place": Place(district="shenhe", address="中街1号3-2-1")}
    )
    found = decide(None, call, context()).case
    assert found is not None
    return found.model_copy(update={"status": status})


def asked(role: ActorRole = ActorRole.AUDITOR, *, reason: str = "本人申请", **more: object) -> EraseAsked:
    fields = {
        "message_id": "m-1",
        "case_id": CASE,
        "keys": ("0123abcd",),
        "actor": "A001",
        "role": role,
        "reason": reason,
    }
    return EraseAsked.model_validate(fields | more)


def test_what_happened_stays_and_what_was_said_goes() -> None:
    before = case(CaseStatus.CLOSED)
    work = decide(before, asked(), context(9))
    assert work.case is not None
    assert work.erased == ("0123abcd",)
    left = work.case.encode().decode()
    assert not any(word in left for word in ("李奶奶", "13800000001", "3-2-1", "0" * 32))
    kept = ("case_id", "status", "category", "lead", "district", "orders", "finish", "opened_at", "fingerprint")
    assert all(getattr(work.case, name) == getattr(before, name) for name in kept)
    (event,) = work.events
    assert isinstance(event, CaseErased)
    assert (event.case_id, event.actor, event.reason, event.keys) == (CASE, "A001", "本人申请", ("0123abcd",))
    assert (work.orders, work.notices, work.sends) == ((), (), ())


def test_said_again_it_counts_once() -> None:
    work = decide(case(CaseStatus.CLOSED), asked(), context(9))
    assert decide(work.case, asked(), context(10)) is NOTHING


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (CaseStatus.DISPATCHED, asked(), Code.STATUS),
        (CaseStatus.REVIEW, asked(), Code.STATUS),
        (CaseStatus.CLOSED, asked(ActorRole.DUTY_LEADER), Code.ROLE),
        (CaseStatus.CLOSED, asked(reason=" "), Code.MISSING),
    ],
)
def test_refused(status: CaseStatus, message: EraseAsked, code: Code) -> None:
    work = decide(case(status), message, context(9))
    (event,) = work.events
    assert isinstance(event, MessageRejected)
    assert event.code == code
    assert (work.case, work.erased) == (None, None)


@pytest.mark.parametrize("status", [s for s in CaseStatus if s not in (CaseStatus.LINKED,)])
def test_an_open_case_only_when_that_is_said(status: CaseStatus) -> None:
    work = decide(case(status), asked(even_open=True), context(9))
    assert work.erased == ("0123abcd",)
    assert work.case is not None
    assert (work.case.status, work.case.text) == (status, "")


def test_a_case_that_has_been_forgotten_is_erased_by_its_keys_alone() -> None:
    work = decide(None, asked(), context(9))
    assert work.case is None
    assert work.erased == ("0123abcd",)
    (event,) = work.events
    assert isinstance(event, CaseErased)
    assert event.call_id is None


def test_a_case_of_which_there_is_nothing_is_refused() -> None:
    work = decide(None, asked(keys=()), context(9))
    assert work.refused is not None
    assert work.refused.code == Code.NO_CASE
