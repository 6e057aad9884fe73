"""The last resort: whatever may have been a call becomes a case, with or without the classifier's help."""

from collections.abc import Callable
from datetime import datetime

import pytest
from domain_world import CITY, POLICY, Heard, Spot, context, record, source

from dispatcher.domain import ids
from dispatcher.domain import triage as rules
from dispatcher.domain.calls import salvage
from dispatcher.domain.casework import NOTHING, decide
from dispatcher.domain.codes import CaseStatus, Outcome, Urgency
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.messages import CaseOpened, UnreadableCall


def unreadable(
    value: bytes = b"{", *, classify: Callable[[str, str | None], Heard], code: str = "D303"
) -> UnreadableCall:
    return rules.unreadable(
        salvage(value, policy=POLICY.intake),
        error=BadRecord("not JSON that can be read", code=code),
        caller=None,
        source=source(5, partition=2),
        classify=classify,
        policy=POLICY,
    )


@pytest.mark.parametrize(
    ("category", "urgency", "expected"),
    [("heating", "routine", Urgency.URGENT), ("heating", "emergency", Urgency.EMERGENCY)]
    + [(code, "routine", Urgency.EMERGENCY) for code, m in CITY.matters.items() if m.outcome in ("police", "joint")],
)
def test_always_before_a_person_and_at_once_where_it_smells_of_danger(
    category: str, urgency: str, expected: Urgency
) -> None:
    made = unreadable(classify=Heard(category=category, urgency=urgency, place=Spot(("heping",))).classify)
    assert (made.decision.outcome, made.decision.urgency) == (Outcome.REVIEW, expected)
    assert (made.decision.category, made.decision.rule) == (category, "intake.unreadable")
    assert "D303" in made.decision.reason
    assert made.place.district == "heping"
    assert made.case_id == ids.salvage_case_id("calls", 2, 5)


def failing(_text: str, _address: str | None) -> Heard:
    raise RuntimeError("a word that the model cannot bear")


def test_a_classifier_that_fails_does_not_take_the_caller_with_it() -> None:
    made = unreadable(record(), classify=failing, code="D311")
    assert (made.decision.outcome, made.decision.urgency) == (Outcome.REVIEW, Urgency.URGENT)
    assert (made.text, made.claimed_call_id) == ("楼下烧烤摊太吵", "c-1")


def test_the_classifier_is_not_asked_about_a_record_that_killed_the_worker() -> None:
    asked: list[str] = []

    def noting(text: str, _address: str | None, _at: datetime | None) -> Heard:
        asked.append(text)
        return Heard()

    made = unreadable(record(), classify=noting, code="D312")
    assert asked == []
    assert made.decision.outcome is Outcome.REVIEW
    unreadable(record(), classify=noting, code="D311")
    assert asked == ["楼下烧烤摊太吵"]


@pytest.mark.parametrize("value", [b"", b"\xff\x00", b"[]", record(text=None), record(call_id=7)])
def test_it_opens_one_case_that_waits_for_a_person(value: bytes) -> None:
    made = unreadable(value, classify=Heard().classify)
    assert UnreadableCall.model_validate_json(made.encode()) == made
    work = decide(None, made, context())
    (opening,) = work.events
    assert isinstance(opening, CaseOpened)
    assert work.case is not None
    assert (opening.status, work.case.status, work.orders) == (CaseStatus.REVIEW, CaseStatus.REVIEW, ())
    assert (opening.text, opening.call_id) == (made.text, "unread-calls-2-5")
    assert opening.dead_letter == "D303 not JSON that can be read"
    assert decide(work.case, made, context(1)) is NOTHING
