"""Corners that the laws have led to, each as short as it can be told."""

from datetime import timedelta

import pytest
from casework_sayings import SAYINGS
from casework_states import CALLER, LATER, STANDINGS, Scene
from casework_world import OFFICE, POLICE, WatchedWorld, codes, latest_order

from dispatcher.domain.codes import ACTIVE, CaseStatus, OrderStatus, Outcome, Role, Urgency
from dispatcher.domain.inbox import Operation, ReplyAction
from dispatcher.domain.units import City


@pytest.fixture
def world() -> WatchedWorld:
    return WatchedWorld()


def reach(name: str) -> Scene:
    return next(standing for standing in STANDINGS if standing.name == name).reach()


def without(city: City, category: str) -> City:
    """The city's lists, edited."""
    matters = {code: matter for code, matter in city.matters.items() if code != category}
    return city.model_copy(update={"matters": matters})


def kinds(world: WatchedWorld, since: int = 0) -> list[str]:
    return [event.ce_type.removesuffix(".v1") for event in world.events[since:]]


# -- orders ----------------------------------------------------------------------------------------------------


def test_a_whistle_that_names_a_unit_twice_asks_it_once() -> None:
    scene = reach("dis")
    scene.person(Operation.WHISTLE, units=("ecology", "ecology"))
    assert scene.case is not None
    assert [order.agency for order in scene.case.orders] == ["district-heping", "ecology"]
    scene.world.advance(LATER + timedelta(days=60))


@pytest.mark.parametrize("operation", [Operation.ADD_ASSIST, Operation.WHISTLE])
def test_a_lead_that_is_done_does_not_assist_itself(operation: Operation) -> None:
    scene = reach("dis")
    scene.person(Operation.ADD_ASSIST, unit="ecology")
    scene.unit(ReplyAction.FINISH)
    assert scene.case is not None
    lead = scene.case.lead
    scene.person(operation, unit=lead, units=(lead,))
    assert lead not in scene.case.assist


def test_a_reopened_case_goes_to_who_had_it_last_not_to_a_unit_of_another_matter() -> None:
    """The first lead is done, the matter is renamed, withdrawn and reopened: the renamed matter's owner has it."""
    scene = reach("dis")
    scene.person(Operation.ADD_ASSIST, unit="ecology")
    scene.unit(ReplyAction.FINISH)
    scene.person(Operation.RECATEGORISE, category="noise_business")
    scene.person(Operation.WITHDRAW)
    scene.person(Operation.REOPEN)
    assert scene.case is not None
    assert (scene.case.category, scene.case.lead) == ("noise_business", "urban-management")


def test_danger_that_is_reopened_is_dispatched_by_the_list_and_not_to_a_platform_that_was_through_with_it(
    world: WatchedWorld,
) -> None:
    """Taken by 12345, taken back before a person, grown to a gas leak elsewhere, withdrawn by mistake, reopened."""
    case_id = world.ring("c-1", "gas_supply", at=OFFICE, caller=CALLER)
    world.person_says(case_id, Operation.TRANSFER, at=OFFICE, platform="12345")
    world.person_says(case_id, Operation.TRANSFER_ANSWER, at=OFFICE, accepted=True)
    world.person_says(case_id, Operation.REOPEN, at=OFFICE)
    world.ring("c-2", "gas_leak", at=OFFICE + timedelta(minutes=20), caller=CALLER, outside_city="大连")
    assert world.cases[case_id].outcome is Outcome.JOINT
    for operation in (Operation.WITHDRAW, Operation.REOPEN):
        world.person_says(case_id, operation, at=OFFICE + timedelta(minutes=21))
    case = world.cases[case_id]
    assert case.status is CaseStatus.REVIEW or POLICE in {case.lead, *case.assist}


# -- transfers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accepted", [True, False])
def test_a_platforms_answer_is_about_its_own_order(world: WatchedWorld, accepted: bool) -> None:
    """Asked of 120; then the fire turns out to be a gas leak, which another unit leads: the answer comes too late."""
    case_id = world.ring("c-1", "fire", at=OFFICE)
    world.person_says(case_id, Operation.TRANSFER, at=OFFICE, platform="120")
    world.person_says(case_id, Operation.RECATEGORISE, at=OFFICE, category="gas_leak")
    assert world.cases[case_id].lead == "gas-group"
    world.person_says(case_id, Operation.TRANSFER_ANSWER, at=OFFICE, accepted=accepted)
    case = world.cases[case_id]
    assert (case.status, case.lead) == (CaseStatus.DISPATCHED, "gas-group")
    order = latest_order(case, "gas-group")
    assert order is not None
    assert order.status is OrderStatus.ISSUED


def test_a_refused_transfer_does_not_take_the_police_off_what_has_grown_to_violence() -> None:
    scene = reach("tra")
    scene.world.ring("c-2", "violent_crime", at=LATER, caller=CALLER)
    assert scene.case is not None
    assert scene.case.lead == POLICE
    scene.person(Operation.TRANSFER_ANSWER, accepted=False)
    order = latest_order(scene.case, POLICE)
    assert order is not None
    assert (scene.case.lead, order.role, order.status) == (POLICE, Role.LEAD, OrderStatus.ISSUED)


# -- calls -------------------------------------------------------------------------------------------------------


def test_a_faster_call_without_a_place_is_not_buried_in_a_withdrawn_case(world: WatchedWorld) -> None:
    case_id = world.ring("c-1", "neighbour_dispute", at=OFFICE, districts=(), caller=CALLER)
    world.person_says(case_id, Operation.WITHDRAW, at=OFFICE)
    again = world.ring(
        "c-2",
        "neighbour_dispute",
        at=OFFICE + timedelta(minutes=20),
        districts=(),
        caller=CALLER,
        urgency=Urgency.URGENT,
    )
    assert again == case_id
    assert world.cases[case_id].status in ACTIVE | {CaseStatus.REVIEW}


# -- reviews -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [ReplyAction.PROGRESS, ReplyAction.FINISH, ReplyAction.RETURN])
def test_a_units_word_leaves_a_case_before_the_person_who_must_decide(action: ReplyAction) -> None:
    """Danger outside the city: the unit at work on the old matter must not take it out of the queue."""
    scene = reach("rev+")
    scene.unit(action, proposed="housing")
    assert scene.case is not None
    assert scene.case.status is CaseStatus.REVIEW
    assert scene.case.review_since is not None


# -- clocks ------------------------------------------------------------------------------------------------------


def test_a_deadline_that_ends_earlier_is_told(world: WatchedWorld) -> None:
    case_id = world.ring("c-1", "noise_business", at=OFFICE)
    before = world.cases[case_id].finish
    seen = len(world.events)
    world.person_says(case_id, Operation.RECATEGORISE, at=OFFICE, category="education", urgency=Urgency.EMERGENCY)
    after = world.cases[case_id].finish
    assert before is not None
    assert after is not None
    assert after.due_at < before.due_at
    assert "deadline.moved" in kinds(world, seen)


@pytest.mark.parametrize("minutes", [10**12, 10**20, 0, -1, -(10**12)])
def test_a_whistle_for_ages_is_refused(minutes: int) -> None:
    scene = reach("dis")
    scene.person(Operation.WHISTLE, units=("ecology",), minutes=minutes)
    assert codes(scene.world.events) == ["D612"]


def test_time_does_not_run_backwards_when_a_case_is_its_own_again() -> None:
    """What fell due while it was part of another falls at the moment of parting, not before it."""
    scene = reach("mer")
    later = LATER + timedelta(days=40)
    scene.world.person_says(scene.case_id, Operation.UNMERGE, at=later)
    scene.world.advance(later + timedelta(days=1))
    told = [event.at for event in scene.world.events if event.case_id == scene.case_id]
    assert told == sorted(told)


def test_mediation_ends_with_the_unit_that_mediated() -> None:
    """Handed to another platform and taken back before a person: no rung of the ladder is waited for."""
    scene = reach("dis")
    scene.person(Operation.MEDIATE)
    scene.person(Operation.TRANSFER, platform="119")
    scene.person(Operation.REOPEN)
    assert scene.case is not None
    assert (scene.case.status, scene.case.mediation) == (CaseStatus.REVIEW, None)


# -- between cases -------------------------------------------------------------------------------------------------


def test_a_split_whose_category_a_city_has_dropped_meanwhile_goes_before_a_person() -> None:
    scene = reach("none")
    split = next(said for said in SAYINGS if said.name == "split off").make(scene)
    scene.world.say(split.model_copy(update={"category": "no_more"}), at=LATER)
    assert scene.case is not None
    assert scene.case.status is CaseStatus.REVIEW


def test_a_case_whose_category_a_city_has_dropped_meanwhile_can_be_reopened() -> None:
    scene = reach("dis")
    scene.person(Operation.WITHDRAW)
    scene.world.city = without(scene.world.city, "civil_dispute")
    scene.person(Operation.REOPEN)
    assert scene.case is not None
    assert scene.case.status in ACTIVE | {CaseStatus.REVIEW}


def test_a_notice_between_cases_is_one_of_those_that_there_are() -> None:
    """Only merge, unmerge, link and close travel; another operation is no link."""
    scene = reach("dis")
    notice = next(said for said in SAYINGS if said.name == "notice: link").make(scene)
    scene.world.say(notice.model_copy(update={"operation": Operation.REVISIT}), at=LATER)
    assert scene.case is not None
    assert scene.case.related == ()


def test_a_reason_is_more_than_blanks() -> None:
    scene = reach("dis")
    scene.person(Operation.WITHDRAW, reason=" \n ")
    assert codes(scene.world.events) == ["D608"]
