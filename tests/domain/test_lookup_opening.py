"""A lookup opens beside its case, with what triage extracted, and asks whom it can ask and the caller what is missing."""

from datetime import UTC, datetime, timedelta

import pytest
from domain_world import CHINA, CITY, NIGHT, OFFICE, POLICY
from hypothesis import given
from hypothesis import strategies as st
from lookup_world import HALF_A_PLATE, OLD_MAN, PHONE, PLATE, Desks, kinds, of_lookup

from dispatcher.domain.codes import CaseStatus
from dispatcher.domain.inbox import Operation
from dispatcher.domain.lookups import asking
from dispatcher.domain.lookups.beside import desk_of
from dispatcher.domain.lookups.codes import Action, Desk, LookupStatus, RequestStatus, Side
from dispatcher.domain.lookups.facts import FACTS
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.simulate.heard import Spot

# -- when ------------------------------------------------------------------------------------------------------------


def test_police_and_desk_look_for_a_missing_elder_at_the_same_moment(desks: Desks) -> None:
    """Rule 9.7: the police lead, and the desk's questions go out in the same transaction."""
    case_id = desks.call("missing_vulnerable", extracted=OLD_MAN, urgency="emergency")
    case, lookup = desks.case(case_id), desks.lookup(case_id)
    assert case.lead == POLICY.routing.police_unit
    assert (lookup.desk, lookup.side, lookup.status) == (Desk.MISSING_PERSON, Side.LOST, LookupStatus.SEARCHING)
    assert {one.at for one in desks.events} == {lookup.opened_at} == {one.asked_at for one in desks.asks}
    assert kinds(desks.events)[-2:] == ["lookup.opened", "lookup.requested"]


def test_a_call_before_a_person_opens_no_lookup_until_it_is_decided(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi", outcome="review", extracted=PLATE | PHONE)
    assert desks.case(case_id).lookup is None
    desks.decides(case_id, Operation.DECIDE, category="lost_item_taxi", district="shenhe")
    lookup = desks.lookup(case_id)
    assert (lookup.facts["plate"], lookup.facts["item"]) == ("辽A12345", "手机"), (
        "what triage had extracted is not lost"
    )
    assert "taxi" in desks.asked()


@pytest.mark.parametrize("category", ["noise_business", "violent_crime", "police_complaint", "prank"])
def test_other_matters_open_none(desks: Desks, category: str) -> None:
    assert desks.case(desks.call(category)).lookup is None


def test_each_category_of_the_desks_opens_one() -> None:
    found = {code: desk for code in CITY.matters if (desk := desk_of(code, CITY, POLICY)) is not None}
    assert {code for code, desk in found.items() if desk is Desk.MISSING_PERSON} == {
        "missing_vulnerable",
        "missing_contact",
    }
    assert len(found) == 8
    for code, desk in found.items():
        desks = Desks()
        assert desks.lookup(desks.call(code)).desk is desk


def test_a_matter_that_grows_into_one_of_a_desk_opens_it_with_what_the_later_call_says(desks: Desks) -> None:
    case_id = desks.call("family_dispute", caller="13800000001")
    assert desks.case(case_id).lookup is None
    desks.call(
        "missing_vulnerable",
        call_id="c-2",
        at=OFFICE + timedelta(minutes=5),
        caller="13800000001",
        outcome="police",
        urgency="emergency",
        extracted=OLD_MAN,
    )
    opened = [one for one in desks.world.cases.values() if one.lookup is not None]
    assert len(opened) == 1
    assert opened[0].lookup is not None
    assert opened[0].lookup.facts["illness"] == "dementia"


# -- which side --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "text", "side"),
    [
        ("found_item", "我在车上捡到一个钱包", Side.FOUND),
        ("lost_item_other", "我捡到一个又丢了", Side.LOST),
        ("missing_contact", "我们小区捡到一个老人", Side.FOUND),
        ("missing_vulnerable", "路口有个孩子说不清家住哪儿", Side.FOUND),
        ("missing_vulnerable", "我爸走丢了", Side.LOST),
    ],
)
def test_the_side_is_heard(desks: Desks, category: str, text: str, side: Side) -> None:
    assert desks.lookup(desks.call(category, text=text)).side is side


def test_an_officer_puts_the_side_right(desks: Desks) -> None:
    case_id = desks.call("missing_contact", extracted=OLD_MAN)
    assert "hospitals" in desks.asked()
    desks.acts(case_id, Action.FACTS, facts={"side": "found"})
    lookup = desks.lookup(case_id)
    assert lookup.side is Side.FOUND
    assert "side" not in lookup.facts
    refused = desks.acts(case_id, Action.FACTS, facts={"side": "both"})
    assert [one.code for one in refused] == ["D609"]


def test_renamed_from_lost_to_found_it_changes_its_side_and_renamed_to_another_way_its_system(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi", extracted=PHONE)
    desks.decides(case_id, Operation.RECATEGORISE, category="lost_item_metro")
    assert desks.lookup(case_id).facts["system"] == "metro"
    assert desks.asked()[-1] == "metro_bus", "the right register is asked at once"
    desks.decides(case_id, Operation.RECATEGORISE, category="found_item")
    assert (desks.lookup(case_id).side, desks.lookup(case_id).status) == (Side.FOUND, LookupStatus.SEARCHING)


# -- what it knows -----------------------------------------------------------------------------------------------------


def test_facts_come_from_the_extraction(desks: Desks) -> None:
    case_id = desks.call(
        "missing_vulnerable",
        extracted=OLD_MAN | {"times": [{"start": "2026-11-24T08:30+08:00"}]},
        spot=Spot(("shenhe",), landmark="中街"),
    )
    lookup = desks.lookup(case_id)
    assert lookup.facts == {
        "sex": "male",
        "age": "70-79",
        "height": "155-165",
        "clothes": "黑棉袄",
        "illness": "dementia",
        "time": "2026-11-24T08:30+08:00",
        "last_place": "中街",
        "district": "shenhe",
    }
    assert lookup.since == datetime(2026, 11, 24, 8, 30, tzinfo=CHINA)
    assert lookup.since.tzname() == "UTC", "one moment is one text"


@pytest.mark.parametrize("said", ["2026-11-24T12:00+08:00", "昨天", "2026-11-24T08:00", ""])
def test_a_time_to_come_or_none_counts_from_the_report(desks: Desks, said: str) -> None:
    lookup = desks.lookup(desks.call("missing_contact", extracted={"times": [{"start": said}]}))
    assert lookup.since == OFFICE


def test_where_the_missing_was_last_seen_is_not_where_the_caller_stands(desks: Desks) -> None:
    old_man = {"persons": [{"missing": True, "last_seen": {"place": {"text": "北陵公园"}}}]}
    case_id = desks.call("missing_contact", extracted=old_man, spot=Spot(("shenhe",), landmark="中街"))
    assert desks.lookup(case_id).facts["last_place"] == "北陵公园"


def test_a_part_of_a_plate_is_one_with_gaps(desks: Desks) -> None:
    assert desks.lookup(desks.call("lost_item_taxi", extracted=HALF_A_PLATE)).facts["plate_part"] == "辽A*66"


def test_a_later_call_adds_what_the_first_did_not_say_and_changes_nothing_said(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi", extracted=PHONE, caller="13800000001")
    again = {"plates": PLATE["plates"], "items": [{"text": "平板", "colour": "白色"}]}
    later = OFFICE + timedelta(minutes=20)
    assert desks.call("lost_item_taxi", call_id="c-2", at=later, caller="13800000001", extracted=again) == case_id
    lookup = desks.lookup(case_id)
    assert (lookup.facts["plate"], lookup.facts["item"], lookup.facts["colour"]) == ("辽A12345", "手机", "黑色")
    assert of_lookup(desks.events)[-2:] == ["lookup.facts", "lookup.requested"]


def test_when_it_was_last_seen_may_be_told_later(desks: Desks) -> None:
    case_id = desks.call("missing_contact")
    desks.acts(case_id, Action.FACTS, facts={"time": "2026-11-24T07:00+08:00"})
    assert desks.lookup(case_id).since == datetime(2026, 11, 24, 7, 0, tzinfo=CHINA)
    desks.acts(case_id, Action.FACTS, facts={"time": "记不清"})
    assert desks.lookup(case_id).since == OFFICE


# -- the next question -------------------------------------------------------------------------------------------------


def test_of_a_taxi_the_plate_is_asked_else_the_invoice_else_time_and_places(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi", extracted=PHONE)
    asked = []
    for fact in ("plate", "invoice", "company", "time", "boarded", "alighted", "seat", "mark"):
        asked.append(desks.question(case_id))
        desks.acts(case_id, Action.FACTS, unknown=(fact,))
    words = [one or "" for one in asked]
    cues = ("车牌", "发票", "哪家公司", "几点上车", "哪儿上的车", "哪儿下的车", "前排还是后排", "记号")
    assert all(cue in said for cue, said in zip(cues, words, strict=True))
    assert desks.question(case_id) is None


def test_who_has_the_plate_is_not_asked_for_invoice_and_places(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi", extracted=PLATE | PHONE)
    asked = []
    while (question := desks.question(case_id)) is not None:
        fact = next(one.fact for one in POLICY.desks.questions["lost_item_taxi"] if one.ask == question)
        asked.append(fact)
        desks.acts(case_id, Action.FACTS, facts={fact: "x"})
    assert asked == ["time", "seat", "mark"]


def test_half_a_plate_is_all_they_know_of_it(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi", extracted=HALF_A_PLATE)
    assert "发票" in (desks.question(case_id) or "")


def test_the_finder_is_asked_what_a_finder_knows(desks: Desks) -> None:
    assert desks.question(desks.call("found_item")) == "捡到的是什么？"


@given(
    category=st.sampled_from([*POLICY.desks.questions, "lost_item_other", "missing_contact"]),
    known=st.sets(st.sampled_from(list(FACTS))),
    unknown=st.sets(st.sampled_from(list(FACTS))),
)
def test_what_is_known_or_unknown_is_never_asked_and_the_list_is_gone_through_in_order(
    category: str, known: set[str], unknown: set[str]
) -> None:
    desk = Desk.MISSING_PERSON if category.startswith("missing") else Desk.LOST_ITEM
    lookup = LookupRecord(
        lookup_id="l-1",
        desk=desk,
        side=Side.LOST,
        opened_at=OFFICE,
        since=OFFICE,
        facts=dict.fromkeys(known, "x"),
        unknown=tuple(unknown),
    )
    listed = POLICY.desks.questions.get(category) or POLICY.desks.questions[desk]
    question = asking.next_question(lookup, category, POLICY.desks)
    open_ = [
        one.ask
        for one in listed
        if one.fact not in known | unknown
        and not known & set(one.unless)
        and not (one.fact == "plate" and "plate_part" in known)
    ]
    assert question == (open_[0] if open_ else None)


# -- whom it asks ------------------------------------------------------------------------------------------------------


def test_channels_are_chosen_by_what_is_known(desks: Desks) -> None:
    desks.call("lost_item_taxi")
    assert sorted(desks.asked()) == ["bulletins", "earlier_records"]
    desks.asks.clear()
    desks.call("lost_item_taxi", call_id="c-2", extracted=PLATE)
    assert sorted(desks.asked()) == ["bulletins", "earlier_records", "taxi", "video"]
    desks.asks.clear()
    desks.call("lost_item_metro", call_id="c-3", extracted=PHONE)
    assert sorted(desks.asked()) == ["bulletins", "earlier_records", "metro_bus"]
    desks.asks.clear()
    desks.call("found_item", call_id="c-4", extracted=PHONE)
    assert sorted(desks.asked()) == ["bulletins", "earlier_records"]


def test_outside_office_hours_what_is_closed_is_put_off_and_asked_at_opening(desks: Desks) -> None:
    """A Saturday night: the others are asked at once, side by side."""
    case_id = desks.call("missing_vulnerable", extracted=OLD_MAN, at=NIGHT)
    assert "national_missing" not in desks.asked()
    assert {"rescue_station", "hospitals", "wristband"} <= set(desks.asked())
    put_off = desks.latest(case_id, "national_missing")
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)
    assert (put_off.status, put_off.until) == (RequestStatus.DEFERRED, monday)
    desks.acts(case_id, Action.FACTS, at=NIGHT + timedelta(hours=1), facts={"name": "王某"})
    desks.advance(monday - timedelta(seconds=1))
    assert "national_missing" not in desks.asked()
    desks.advance(monday)
    sent = [one for one in desks.asks if one.database == "national_missing"]
    assert [(one.request_id, one.asked_at, one.facts["name"]) for one in sent] == [(put_off.request_id, monday, "王某")]
    assert desks.latest(case_id, "national_missing").status is RequestStatus.WAITING


def test_a_database_is_asked_again_at_once_only_when_what_it_uses_has_changed(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi", extracted=PLATE)
    desks.asks.clear()
    desks.acts(case_id, Action.FACTS, facts={"seat": "后座"})
    assert desks.asked() == []
    desks.acts(case_id, Action.FACTS, facts={"plate": "辽A54321"})
    assert sorted(desks.asked()) == ["taxi", "video"]
    assert [one.number for one in desks.asks] == [1, 1]
    desks.acts(case_id, Action.FACTS, facts={"plate": "辽A54321"})
    assert sorted(desks.asked()) == ["taxi", "video"]


def test_a_question_put_anew_takes_the_place_of_the_one_that_waits_and_both_answers_count(desks: Desks) -> None:
    case_id = desks.call("lost_item_taxi", extracted=PLATE)
    first = desks.answer(case_id, "taxi")
    desks.acts(case_id, Action.FACTS, facts={"plate": "辽A54321"})
    statuses = [one.status for one in desks.lookup(case_id).requests if one.database == "taxi"]
    assert statuses == [RequestStatus.SUPERSEDED, RequestStatus.WAITING]
    assert kinds(desks.say(first)) == ["lookup.recorded"]
    assert desks.say(first) == []
    assert kinds(desks.answers(case_id, "taxi")) == ["lookup.recorded"]


def test_a_confidential_question_carries_facts_and_no_words(desks: Desks) -> None:
    desks.call("lost_item_taxi", extracted=PLATE, text="机密", confidential=True)
    assert {(one.text, one.confidential) for one in desks.asks} == {("", True)}
    assert all(one.facts["plate"] == "辽A12345" for one in desks.asks)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["plate", "item", "time", "seat", "boarded"]),
            st.sampled_from(["一", "二", "三"]),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_every_question_has_an_id_of_its_own_and_none_waits_beside_another(said: list[tuple[str, str, bool]]) -> None:
    desks = Desks()
    case_id = desks.call("lost_item_taxi")
    now = OFFICE
    for fact, value, waits in said:
        now += timedelta(hours=7 if waits else 0, minutes=1)
        desks.advance(now)
        desks.acts(case_id, Action.FACTS, at=now, facts={fact: value})
        waiting = [one.database for one in desks.lookup(case_id).requests if one.status is RequestStatus.WAITING]
        assert len(set(waiting)) == len(waiting)
    put = [one.request_id for one in desks.asks]
    assert len(set(put)) == len(put)
    assert all(one.case_id == case_id for one in desks.asks)
    assert desks.lookup(case_id).opened_at == OFFICE.astimezone(UTC)
    assert desks.case(case_id).status is not CaseStatus.REVIEW
