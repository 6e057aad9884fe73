"""Where a missing person may be: an area that grows, sightings that move it, an alert that widens."""

from datetime import datetime

import pytest
from domain_world import OFFICE, POLICY
from hypothesis import given
from hypothesis import strategies as st
from lookup_world import CHILD, DAY, HOUR, MAY, MINUTE, OLD_MAN, Desks, kinds

from dispatcher.domain.lookups.codes import (
    Action,
    Desk,
    Mode,
    Side,
)
from dispatcher.domain.lookups.reach import distance_km, reach
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.simulate.heard import Spot

# -- where they may be -----------------------------------------------------------------------------------------------------


def widened(desks: Desks, case_id: str) -> list[tuple[float, float]]:
    """(hours, kilometres) of each widening."""
    told = [one for one in desks.events if one.ce_type == "lookup.widened.v1" and one.case_id == case_id]
    return [((one.at - desks.lookup(case_id).since) / HOUR, one.reach.alert_km) for one in told]


def test_the_alert_for_a_child_is_the_national_systems(desks: Desks) -> None:
    case_id = desks.call("missing_vulnerable", extracted=CHILD, at=MAY)
    desks.advance(MAY + DAY)
    assert widened(desks, case_id) == [(0, 100), (1, 200), (2, 300), (3, 500)]


def test_for_others_it_widens_more_slowly(desks: Desks) -> None:
    case_id = desks.call("missing_contact", extracted=OLD_MAN, at=MAY)
    desks.advance(MAY + 25 * HOUR)
    assert widened(desks, case_id) == [(0, 3), (1, 6), (3, 15), (6, 30), (24, 100)]


def missing(**fields: object) -> LookupRecord:
    whole: dict[str, object] = {
        "lookup_id": "l",
        "desk": Desk.MISSING_PERSON,
        "side": Side.LOST,
        "opened_at": MAY,
        "since": MAY,
        "facts": {"last_place": "中街", "district": "shenhe"},
    }
    return LookupRecord.model_validate(whole | fields)


@given(st.floats(0, 200), st.floats(0, 200), st.sampled_from([None, *Mode]), st.sampled_from(["6", "70-79", "x"]))
def test_the_area_only_grows_and_the_alert_is_never_smaller(
    one: float, two: float, mode: Mode | None, age: str
) -> None:
    facts = {"last_place": "中街", "district": "shenhe", "age": age} | ({"mode": str(mode)} if mode else {})
    lookup = missing(facts=facts)
    first, second = (reach(lookup, MAY + hours * HOUR, POLICY.desks) for hours in sorted((one, two)))
    assert first.km <= second.km
    assert first.alert_km <= second.alert_km
    assert first.alert_km >= first.km
    assert first.districts == second.districts[: len(first.districts)]
    assert first.districts[:1] == ("shenhe",)
    if mode in (None, Mode.WALK):
        assert second.km <= POLICY.desks.walk_at_most_km


def test_who_may_have_taken_the_train_may_be_far() -> None:
    lookup = missing(facts={"district": "shenhe", "mode": "train"})
    assert reach(lookup, MAY + 2 * HOUR, POLICY.desks).km == 240
    assert set(reach(lookup, MAY + 2 * HOUR, POLICY.desks).districts) == set(POLICY.desks.centres)


def test_a_sighting_is_the_new_middle_and_time_begins_there_anew(desks: Desks) -> None:
    case_id = desks.call("missing_contact", at=MAY, spot=Spot(("shenhe",), landmark="中街"))
    before = reach(desks.lookup(case_id), MAY + 5 * HOUR, POLICY.desks)
    assert (before.centre, before.district, before.km) == ("中街", "shenhe", 15)
    desks.advance(MAY + 5 * HOUR)
    desks.asks.clear()
    (sighted, _) = desks.acts(
        case_id,
        Action.SIGHTING,
        at=MAY + 5 * HOUR,
        place="苏家屯站",
        district="sujiatun",
        mode=Mode.BUS,
        text="上了公交",
    )
    area = sighted.reach
    assert (area.centre, area.district, area.mode, area.km) == ("苏家屯站", "sujiatun", Mode.BUS, 0)
    assert area.alert_km == before.alert_km, "the alert goes by the hours since the person was missed"
    assert desks.asked() == ["video"], "who looks by place looks there"
    assert desks.lookup(case_id).facts["last_place"] == "苏家屯站"
    assert reach(desks.lookup(case_id), MAY + 6 * HOUR, POLICY.desks).km == 18


def test_an_older_sighting_told_later_moves_nothing(desks: Desks) -> None:
    case_id = desks.call("missing_contact", at=MAY)
    now = MAY + 3 * HOUR
    desks.acts(case_id, Action.SIGHTING, at=now, place="后来", text="")
    desks.acts(case_id, Action.SIGHTING, at=now, place="早先", text="")
    assert [one.place for one in desks.lookup(case_id).sightings] == ["后来", "早先"], (
        "of one moment, as they were told"
    )


@pytest.mark.parametrize(
    ("seen", "code"),
    [(OFFICE + 3 * MINUTE, "D606"), (OFFICE - 3 * HOUR, "D605"), (OFFICE.replace(tzinfo=None), "D606"), (OFFICE, None)],
)
def test_nobody_is_seen_in_the_future_or_before_they_were_last_seen(
    desks: Desks, seen: datetime, code: str | None
) -> None:
    case_id = desks.call("missing_contact", extracted={"times": [{"start": "2026-11-24T08:00+08:00"}]})
    message = desks.act(case_id, Action.SIGHTING, place="中街").model_copy(update={"at": seen})
    assert getattr(desks.say(message)[0], "code", None) == code


def test_who_was_seen_before_the_report_may_have_been_seen_where_nobody_said_when(desks: Desks) -> None:
    """No time was told, so it counts from the report; the sighting of an hour ago is news all the same."""
    case_id = desks.call("missing_contact")
    message = desks.act(case_id, Action.SIGHTING, place="中街").model_copy(update={"at": OFFICE - HOUR})
    assert kinds(desks.say(message))[0] == "lookup.sighted"


def test_a_degree_is_as_long_as_it_is() -> None:
    assert distance_km((41.0, 123.0), (42.0, 123.0)) == pytest.approx(111.2, abs=0.1)
    assert distance_km((0.0, 0.0), (0.0, 180.0)) == pytest.approx(20015, abs=1)
    assert distance_km((41.8, 123.4), (41.8, 123.4)) == 0
