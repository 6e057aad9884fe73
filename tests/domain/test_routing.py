"""From a decision to units: every category in every situation, then each rule by name."""

from datetime import date, datetime
from itertools import product

import pytest
from domain_world import CITY, NIGHT, OFFICE, POLICY

from dispatcher.domain.codes import Capacity, Outcome, Role, Urgency
from dispatcher.domain.messages import Place
from dispatcher.domain.routing import Assignment, Plan, route
from dispatcher.domain.units import DISTRICT, City, Hours, Unit

NOWHERE, HERE = Place(), Place(district="shenhe")
BORDER = Place(district="tiexi", districts=("tiexi", "heping"))
ELSEWHERE = Place(outside_city="大连")
PLACES = (NOWHERE, HERE, BORDER, ELSEWHERE)
POLICE = POLICY.routing.police_unit
L3 = sorted(code for code, unit in CITY.units.items() if unit.hours is Hours.L3)


def plan(
    category: str,
    *,
    outcome: Outcome | None = None,
    urgency: Urgency = Urgency.ROUTINE,
    place: Place = HERE,
    at: datetime = OFFICE,
    city: City = CITY,
) -> Plan:
    return route(
        outcome=outcome or city.matters[category].outcome,
        category=category,
        urgency=urgency,
        place=place,
        at=at,
        city=city,
        policy=POLICY.routing,
        hours=POLICY.hours,
    )


def city_with(*units: Unit, **leads: str) -> City:
    """The shipped city with some units replaced or added, and some categories given another lead."""
    matters = {
        code: matter.model_copy(update={"lead": leads.get(code, matter.lead)}) for code, matter in CITY.matters.items()
    }
    return CITY.model_copy(
        update={"units": {**CITY.units, **{u.code: u for u in units}}, "matters": matters, "listed": {}}
    )


@pytest.mark.parametrize("category", sorted(CITY.matters))
def test_exactly_one_leads_whatever_the_situation(category: str) -> None:
    for outcome, urgency, place, at in product(Outcome, Urgency, PLACES, (OFFICE, NIGHT)):
        made = plan(category, outcome=outcome, urgency=urgency, place=place, at=at)
        situation = f"{category} {outcome} {urgency} {place} {at}: {made}"
        units = [given.agency for given in made.assignments]
        leads = [given for given in made.assignments if given.role is Role.LEAD]
        assert made.why, situation
        assert len(set(units)) == len(units), situation
        assert all(CITY.units[code].valid_at(at) for code in units), situation
        if outcome is Outcome.INVALID:
            assert not units, situation
            assert not made.waits_for_person, situation
            continue
        if made.waits_for_person:
            assert not units, situation
            assert made.lead is None, situation
            assert outcome is Outcome.REVIEW or made.ask, situation
            continue
        assert [made.lead] == [given.agency for given in leads], situation
        assert set(made.assist) == set(units) - {made.lead}, situation
        assert leads[0].agency in made.why or CITY.unit_name(leads[0].agency) in made.why or made.out_of_area, situation
        covers = leads[0].covers_for
        assert (leads[0].capacity is Capacity.FALLBACK) is (covers is not None), situation
        assert CITY.units[leads[0].agency].hours is not Hours.L3 or at is OFFICE, situation
        if covers is not None:
            assert CITY.units[covers].hours is Hours.L3, situation
            assert at is NIGHT, situation


@pytest.mark.parametrize("category", sorted(CITY.matters))
def test_police_and_joint_calls_always_order_the_police(category: str) -> None:
    for outcome, urgency, place, at in product(
        (Outcome.POLICE, Outcome.JOINT), Urgency, (NOWHERE, HERE, BORDER), (OFFICE, NIGHT)
    ):
        made = plan(category, outcome=outcome, urgency=urgency, place=place, at=at)
        assert not made.waits_for_person
        assert POLICE in {given.agency for given in made.assignments}
        if outcome is Outcome.POLICE:
            assert made.lead == POLICE


@pytest.mark.parametrize("category", sorted(CITY.matters))
def test_a_review_waits_for_a_person_wherever_it_is(category: str) -> None:
    for place in PLACES:
        made = plan(category, outcome=Outcome.REVIEW, place=place)
        assert (made.assignments, made.waits_for_person) == ((), True)


@pytest.mark.parametrize("category", sorted(CITY.matters))
def test_the_categorys_lead_leads_in_office_hours(category: str) -> None:
    matter = CITY.matters[category]
    if matter.outcome is Outcome.INVALID:
        assert plan(category).assignments == ()
        return
    expected = "district-shenhe" if matter.lead == DISTRICT else matter.lead
    made = plan(category)
    assert made.lead == expected
    assert set(made.assist) == set(matter.assist)
    assert made.assignments[0] == Assignment(str(expected), Role.LEAD)


# -- joint (rule 9.7) ----------------------------------------------------------------------------------


def test_units_that_may_own_a_matter_do_not_assist() -> None:
    made = plan("public_hazard")
    assert (made.lead, made.assist) == ("emergency-management", ("public-security",))


def test_a_call_that_a_rule_makes_joint_keeps_its_unit_and_adds_the_police() -> None:
    made = plan("house_trouble", outcome=Outcome.JOINT)
    assert (made.lead, made.assist) == ("housing", (POLICE,))


def test_a_call_that_a_rule_gives_to_the_police_still_calls_the_fire_brigade() -> None:
    made = plan("fire", outcome=Outcome.POLICE)
    assert made.lead == POLICE
    assert set(made.assist) == {"fire-rescue", "medical-emergency"}


# -- hours and fallback (rule 9.6) ---------------------------------------------------------------------


@pytest.mark.parametrize("code", L3)
def test_off_hours_an_l3_units_matter_goes_to_its_named_fallback(code: str) -> None:
    city = city_with(sanitation=code)
    first = CITY.units[code].fallback[0]
    expected = "district-shenhe" if first == DISTRICT else first
    assert plan("sanitation", city=city).assignments == (Assignment(code, Role.LEAD),)
    night = plan("sanitation", city=city, at=NIGHT)
    assert night.assignments == (Assignment(expected, Role.LEAD, Capacity.FALLBACK, covers_for=code),)
    assert CITY.unit_name(code) in night.why
    assert CITY.unit_name(expected) in night.why


@pytest.mark.parametrize("code", sorted(set(CITY.units) - set(L3)))
def test_an_l1_or_l2_unit_never_has_a_fallback(code: str) -> None:
    city = city_with(sanitation=code)
    for at in (OFFICE, NIGHT):
        assert plan("sanitation", city=city, at=at).assignments == (Assignment(code, Role.LEAD),)


def test_without_a_district_the_next_fallback_covers() -> None:
    city = city_with(sanitation="justice")
    made = plan("sanitation", city=city, at=NIGHT, place=NOWHERE)
    assert made.assignments == (Assignment("hotline-12345", Role.LEAD, Capacity.FALLBACK, covers_for="justice"),)


def test_on_a_border_the_district_named_first_covers() -> None:
    city = city_with(sanitation="justice")
    assert plan("sanitation", city=city, at=NIGHT, place=BORDER).lead == "district-tiexi"


def test_a_fallback_that_is_at_home_too_is_passed_over() -> None:
    asleep = Unit(code="x", name="甲", hours=Hours.L3, fallback=("tobacco", "heating"), valid_from=date(2020, 1, 1))
    made = plan("sanitation", city=city_with(asleep, sanitation="x"), at=NIGHT)
    assert made.lead == "heating"


def test_the_noon_hour_is_no_off_hours() -> None:
    assert plan("education", at=OFFICE.replace(hour=12, minute=30)).lead == "education"


def test_the_police_as_fallback_are_ordered_once() -> None:
    city = city_with(sanitation="women-federation")
    made = plan("sanitation", outcome=Outcome.JOINT, city=city, at=NIGHT, place=NOWHERE)
    assert made.assignments == (Assignment(POLICE, Role.LEAD, Capacity.FALLBACK, covers_for="women-federation"),)


# -- validity ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "leads"),
    [
        (date(2026, 11, 24), None, True),
        (date(2026, 11, 25), None, False),
        (date(2020, 1, 1), date(2026, 11, 24), True),
        (date(2020, 1, 1), date(2026, 11, 23), False),
    ],
)
def test_a_unit_leads_from_its_first_to_its_last_day(valid_from: date, valid_to: date | None, leads: bool) -> None:
    dated = Unit(code="x", name="甲", hours=Hours.L1, fallback=("heating",), valid_from=valid_from, valid_to=valid_to)
    made = plan("sanitation", city=city_with(dated, sanitation="x"))
    expected = Assignment("x", Role.LEAD) if leads else Assignment("heating", Role.LEAD, Capacity.FALLBACK, "x")
    assert made.assignments == (expected,)


def test_the_day_of_validity_is_the_citys() -> None:
    dated = Unit(code="x", name="甲", hours=Hours.L1, valid_from=date(2026, 11, 25))
    city = city_with(dated, sanitation="x")
    assert plan("sanitation", city=city, at=datetime.fromisoformat("2026-11-24T16:00:00+00:00")).lead == "x"
    assert plan("sanitation", city=city, at=datetime.fromisoformat("2026-11-24T15:59:59+00:00")).lead != "x"


def test_a_unit_that_has_left_gets_no_assisting_order() -> None:
    gone = CITY.units["medical-emergency"].model_copy(update={"valid_to": date(2026, 1, 1)})
    assert plan("fire", city=city_with(gone)).assist == (POLICE,)


def test_a_matter_of_a_unit_without_any_fallback_goes_to_the_hotline() -> None:
    gone = Unit(code="x", name="甲", hours=Hours.L1, valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1))
    made = plan("sanitation", city=city_with(gone, sanitation="x"))
    assert made.assignments == (Assignment("hotline-12345", Role.LEAD, Capacity.FALLBACK, "x"),)


# -- place (rules 9.8 and 9.13) ------------------------------------------------------------------------


def test_on_a_border_both_districts_get_it_and_the_one_named_first_leads() -> None:
    made = plan("neighbour_dispute", place=BORDER)
    assert made.assignments == (Assignment("district-tiexi", Role.LEAD), Assignment("district-heping", Role.ASSIST))
    turned = plan("neighbour_dispute", place=Place(district="heping", districts=("heping", "tiexi")))
    assert (turned.lead, turned.assist) == ("district-heping", ("district-tiexi",))


def test_a_city_units_matter_on_a_border_orders_no_district() -> None:
    assert plan("heating", place=BORDER).assignments == (Assignment("heating", Role.LEAD),)


def test_a_dispute_with_risk_on_a_border_orders_both_districts_and_the_police() -> None:
    made = plan("dispute_risk", place=BORDER, urgency=Urgency.EMERGENCY)
    assert (made.lead, set(made.assist)) == ("district-tiexi", {"district-heping", POLICE})


def test_a_districts_matter_without_a_place_waits_with_the_question() -> None:
    made = plan("neighbour_dispute", place=NOWHERE)
    assert (made.assignments, made.ask, made.waits_for_person) == ((), POLICY.routing.place_question, True)


def test_a_city_units_matter_goes_on_without_a_place() -> None:
    made = plan("heating", place=NOWHERE)
    assert (made.lead, made.ask, made.waits_for_person) == ("heating", None, False)


def test_danger_never_waits_for_the_place() -> None:
    made = plan("dispute_risk", place=NOWHERE)
    assert (made.assignments, made.ask) == ((Assignment(POLICE, Role.LEAD),), POLICY.routing.place_question)
    fire = plan("fire", place=NOWHERE)
    assert (fire.lead, fire.ask) == ("fire-rescue", POLICY.routing.place_question)
    assert plan("fire", place=HERE).ask is None


@pytest.mark.parametrize("category", ["heating", "neighbour_dispute", "errand"])
def test_a_place_outside_the_city_is_registered_by_the_hotline(category: str) -> None:
    made = plan(category, place=ELSEWHERE)
    assert (made.assignments, made.out_of_area) == ((Assignment("hotline-12345", Role.LEAD),), True)


@pytest.mark.parametrize(("category", "urgency"), [("heating", Urgency.EMERGENCY), ("fire", Urgency.ROUTINE)])
def test_an_emergency_outside_the_city_is_looked_at_at_once(category: str, urgency: Urgency) -> None:
    made = plan(category, urgency=urgency, place=ELSEWHERE)
    assert (made.assignments, made.ask, made.waits_for_person) == ((), "转大连110", True)
