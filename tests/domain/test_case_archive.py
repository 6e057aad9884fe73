"""An ended case leaves the working state, and its call_id is guarded for as long as the call could come again."""

from datetime import timedelta

from domain_world import CITY, OFFICE, POLICY, call

from dispatcher.domain.codes import ActorRole, CaseStatus, Urgency
from dispatcher.domain.inbox import Operation, OperatorDecided
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.world import Event, World

LOOP = POLICY.casework


def test_a_closed_case_becomes_a_guard_and_is_forgotten_later() -> None:
    told: list[Event] = []
    world = World(CITY, POLICY, on_event=told.append)
    answer = Heard.of("heating", None, Urgency.ROUTINE, ("shenhe",), None, CITY)
    received = call("c-1", OFFICE, caller="13800000001")
    case_id = world.call(received, answer, at=OFFICE)
    assert case_id is not None
    withdrawn = OperatorDecided(
        message_id="m-1",
        case_id=case_id,
        operation=Operation.WITHDRAW,
        actor="W001",
        role=ActorRole.DUTY_LEADER,
        reason="已解决",
    )
    world.say(withdrawn, at=OFFICE + timedelta(hours=1))
    ended = OFFICE + timedelta(hours=1)
    world.advance(ended + timedelta(days=LOOP.archive_days) - timedelta(seconds=1))
    assert world.cases[case_id].status is CaseStatus.CLOSED
    world.advance(ended + timedelta(days=LOOP.archive_days))
    assert told[-1].ce_type == "case.archived.v1"
    guard = world.cases[case_id]
    assert (guard.status, guard.text, guard.orders) == (CaseStatus.ARCHIVED, "", ())
    events = len(told)
    world.say(withdrawn.model_copy(update={"message_id": "m-2"}), at=ended + timedelta(days=LOOP.archive_days + 1))
    assert [event.ce_type for event in told[events:]] == ["message.rejected.v1"]
    world.advance(ended + timedelta(days=LOOP.forget_days))
    assert case_id not in world.cases
    assert world.next_moment() is None


def test_what_is_kept_of_a_call_outlives_the_age_at_which_it_is_refused() -> None:
    assert LOOP.forget_days > POLICY.intake.max_age_days
