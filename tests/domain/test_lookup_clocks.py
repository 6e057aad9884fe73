"""What time does to a lookup: turns of the schedule, escalation, the end."""

from datetime import datetime, timedelta

import pytest
from domain_world import NIGHT, OFFICE, POLICY
from hypothesis import given
from hypothesis import strategies as st
from lookup_world import CHILD, DAY, HOUR, MAY, MINUTE, OLD_MAN, PLATE, Desks, kinds

from dispatcher.domain.inbox import DeadlineElapsed, TimerKind
from dispatcher.domain.lookups.clocks import risks
from dispatcher.domain.lookups.codes import (
    Action,
    Desk,
    LookupStatus,
    Side,
)
from dispatcher.domain.lookups.records import LookupRecord

# -- the schedule ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "first"),
    [("missing_contact", (30, 120, 360, 720, 1080, 1440)), ("lost_item_other", (360, 1440, 4320, 7200, 10080))],
)
def test_the_channels_are_asked_again_by_the_schedule_and_then_on_and_on(
    desks: Desks, category: str, first: tuple[int, ...]
) -> None:
    case_id = desks.call(category)
    desks.asks.clear()
    for number, minutes in enumerate(first, start=1):
        desks.advance(OFFICE + minutes * MINUTE - timedelta(seconds=1))
        assert [one for one in desks.asks if one.database == "bulletins"] == []
        desks.advance(OFFICE + minutes * MINUTE)
        assert [one.number for one in desks.asks if one.database == "bulletins"] == [number]
        desks.asks.clear()
    assert desks.lookup(case_id).round == len(first)


def test_a_turn_at_which_everybody_is_still_busy_is_told_all_the_same(desks: Desks) -> None:
    case_id = desks.call("missing_contact")
    desks.acts(case_id, Action.FACTS, at=OFFICE + 29 * MINUTE, facts={"name": "王某"})
    asked = len(desks.asks)
    told = desks.advance(OFFICE + 30 * MINUTE)
    busy = [one for one in told if one.ce_type == "lookup.requested.v1"]
    assert len(busy) == 1
    assert {one.database for one in busy[0].requests} == set(desks.asked()[asked:]) == {"rescue_station"}


def test_a_missing_person_is_never_given_up_by_a_clock(desks: Desks) -> None:
    case_id = desks.call("missing_vulnerable", extracted=OLD_MAN)
    desks.advance(OFFICE + 60 * DAY)
    assert desks.lookup(case_id).status is LookupStatus.SEARCHING


@pytest.mark.parametrize(
    ("category", "days"), [("lost_item_taxi", 30), ("found_item", POLICY.desks.give_up_found_days)]
)
def test_a_thing_is_given_up_some_day(desks: Desks, category: str, days: int) -> None:
    case_id = desks.call(category)
    desks.advance(OFFICE + days * DAY - MINUTE)
    assert desks.lookup(case_id).status is LookupStatus.SEARCHING
    told = desks.advance(OFFICE + days * DAY)
    assert "lookup.ended" in kinds(told)
    assert desks.lookup(case_id).status is LookupStatus.NOT_FOUND


def test_an_old_clock_strikes_nothing(desks: Desks) -> None:
    """It was answered, or it is over: what falls due then changes nothing."""
    case_id = desks.call("lost_item_taxi", extracted=PLATE)
    request = desks.latest(case_id, "taxi")
    late = DeadlineElapsed(
        case_id=case_id, kind=TimerKind.LOOKUP_REQUEST, subject=request.request_id, due_at=request.until
    )
    desks.answers(case_id, "taxi")
    assert desks.say(late, OFFICE + HOUR) == []
    desks.acts(case_id, Action.CANCEL, at=OFFICE + HOUR)
    turn = DeadlineElapsed(case_id=case_id, kind=TimerKind.LOOKUP_TURN, subject="0", due_at=OFFICE + 6 * HOUR)
    assert desks.say(turn, OFFICE + 7 * HOUR) == []


def test_a_clock_before_its_time_is_refused(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi")
    turn = DeadlineElapsed(case_id=case_id, kind=TimerKind.LOOKUP_TURN, subject="0", due_at=OFFICE + 6 * HOUR)
    assert [one.code for one in desks.say(turn, OFFICE + HOUR)] == ["D606"]


def test_what_stood_still_is_asked_anew_when_it_is_taken_up_again(desks: Desks) -> None:
    """Questions that waited at the end are long over: nobody answers them, and they are put again."""
    case_id = desks.call("missing_contact")
    desks.acts(case_id, Action.CANCEL, at=OFFICE + MINUTE)
    desks.asks.clear()
    told = desks.acts(case_id, Action.RESUME, at=OFFICE + 3 * DAY)
    assert kinds(told) == ["lookup.resumed", "lookup.requested"]
    assert {"bulletins", "earlier_records", "rescue_station"} <= set(desks.asked())
    assert "lookup.silent" not in kinds(desks.advance(OFFICE + 3 * DAY + MINUTE))


# -- escalation ----------------------------------------------------------------------------------------------------------


def steps(desks: Desks, case_id: str, since: datetime) -> list[int]:
    """Minutes after which each of the four is told."""
    desks.advance(since + 3 * DAY)
    told = [one for one in desks.events if one.ce_type == "lookup.escalated.v1" and one.case_id == case_id]
    assert [one.addressee for one in told] == ["desk_leader", "duty_leader", "bureau_leader", "city_leader"]
    return [one.minutes for one in told]


def test_who_is_told_rises_with_the_hours(desks: Desks) -> None:
    assert steps(desks, desks.call("missing_contact", at=MAY), MAY) == [30, 120, 360, 1440]


@pytest.mark.parametrize(
    ("at", "extracted", "found"),
    [
        (MAY, CHILD, {"child"}),
        (MAY, OLD_MAN, {"elder", "illness"}),
        (OFFICE, {}, {"cold"}),
        (MAY + 12 * HOUR, {}, {"night"}),
        (NIGHT, OLD_MAN, {"elder", "illness", "cold", "night"}),
    ],
)
def test_each_risk_brings_it_forward(desks: Desks, at: datetime, extracted: dict[str, object], found: set[str]) -> None:
    case_id = desks.call("missing_contact", at=at, extracted=extracted)
    known = risks(desks.lookup(case_id), POLICY.desks)
    assert set(known) == found
    sooner = 1 + sum(known.values())
    assert steps(desks, case_id, at) == [round(minutes / sooner) for minutes in (30, 120, 360, 1440)]


def test_a_risk_that_is_learnt_later_brings_forward_what_is_still_to_come(desks: Desks) -> None:
    case_id = desks.call("missing_contact", at=MAY)
    desks.advance(MAY + 50 * MINUTE)
    assert desks.lookup(case_id).step == 1
    desks.acts(case_id, Action.FACTS, at=MAY + 50 * MINUTE, facts={"age": "6", "illness": "autism"})
    told = desks.advance(MAY + 50 * MINUTE)
    assert [one.risks for one in told if one.ce_type == "lookup.escalated.v1"] == [("child", "illness")]


def test_found_people_and_things_escalate_to_nobody(desks: Desks) -> None:
    for number, category in enumerate(("found_item", "lost_item_taxi")):
        desks.call(category, call_id=f"c-{number}", at=MAY)
    desks.call("missing_contact", call_id="c-9", at=MAY, text="捡到一个老人")
    desks.advance(MAY + 3 * DAY)
    assert not {"lookup.escalated", "lookup.widened"} & set(kinds(desks.events))


@given(
    st.dictionaries(st.sampled_from(["age", "illness", "weather"]), st.sampled_from(["6", "70-79", "30", "病", "?"])),
    st.integers(0, 365 * 24),
)
def test_more_risk_is_never_later(facts: dict[str, str], hours: int) -> None:
    since = MAY + hours * HOUR
    plain = LookupRecord(lookup_id="l", desk=Desk.MISSING_PERSON, side=Side.LOST, opened_at=MAY, since=since)
    more = plain.model_copy(update={"facts": facts})
    assert risks(plain, POLICY.desks).items() <= risks(more, POLICY.desks).items()
