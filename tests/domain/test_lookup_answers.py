"""What channels and the matcher say to a lookup: it counts once, nothing is lost, and a person looks at what is like enough."""

from datetime import timedelta
from typing import Any

import pytest
from domain_world import OFFICE, POLICY
from hypothesis import given
from hypothesis import strategies as st
from lookup_world import OLD_MAN, PHONE, PLATE, Desks, hit, kinds

from dispatcher.domain import ids
from dispatcher.domain.lookups.codes import (
    Action,
    AnswerStatus,
    CandidateStatus,
    ConfirmedBy,
    LookupStatus,
    RequestStatus,
)
from dispatcher.domain.lookups.messages import LookupAnswered


@pytest.fixture
def taxi(desks: Desks) -> str:
    """A telephone left in a taxi whose plate is known."""
    return desks.call("lost_item_taxi", extracted=PLATE | PHONE)


def test_an_answer_counts_once(desks: Desks, taxi: str) -> None:
    answer = desks.answer(taxi, "taxi", hit())
    first = desks.say(answer)
    assert kinds(first) == ["lookup.recorded", "lookup.candidate"]
    before = desks.case(taxi)
    assert desks.say(answer) == []
    assert desks.say(answer.model_copy(update={"hits": (hit("r-2"),)})) == [], "the same question, another answer"
    assert desks.case(taxi) == before


def test_a_late_answer_counts_and_says_that_it_is_late(desks: Desks, taxi: str) -> None:
    answer = desks.answer(taxi, "taxi", hit())
    fallen = desks.advance(OFFICE + timedelta(minutes=5))
    assert "taxi" in {one.database for one in fallen if one.ce_type == "lookup.silent.v1"}
    assert desks.latest(taxi, "taxi").status is RequestStatus.SILENT
    recorded = desks.say(answer, OFFICE + timedelta(hours=2))
    assert (recorded[0].late, recorded[0].found) == (True, True)
    assert desks.lookup(taxi).status is LookupStatus.CANDIDATE
    assert desks.latest(taxi, "taxi").status is RequestStatus.ANSWERED


def test_unavailable_is_not_the_last_word(desks: Desks, taxi: str) -> None:
    down = desks.answer(taxi, "taxi", status=AnswerStatus.UNAVAILABLE, text="超时")
    (said,) = desks.say(down)
    assert said.reason == "出租车平台暂不可用：超时"
    assert desks.say(down) == [], "that it is down is said once"
    (late, found) = desks.answers(taxi, "taxi", hit())
    assert (late.late, found.lookup_status) == (True, LookupStatus.CANDIDATE)
    assert desks.say(down) == [], "an answer is the last word"
    assert desks.latest(taxi, "taxi").status is RequestStatus.ANSWERED


@pytest.mark.parametrize("end", [Action.CANCEL, Action.NOT_FOUND])
def test_what_comes_after_the_end_stands_in_the_ledger_and_calls_nobody(desks: Desks, taxi: str, end: Action) -> None:
    answer = desks.answer(taxi, "taxi", hit())
    desks.acts(taxi, end)
    (recorded,) = desks.say(answer)
    assert [one.ref for one in recorded.hits] == ["r-1"]
    assert desks.lookup(taxi).candidates == ()
    assert desks.say(answer) == []


def test_an_answer_to_another_lookup_is_refused_and_changes_nothing(desks: Desks, taxi: str) -> None:
    before = desks.case(taxi)
    (refused,) = desks.answers(taxi, "taxi", hit(), lookup_id="another")
    assert refused.code == "D609"
    assert desks.case(taxi) == before


def test_an_answer_to_a_question_that_nobody_remembers_is_kept_once(desks: Desks, taxi: str) -> None:
    """Of old questions only the ledger tells; what they bring is not thrown away."""
    answer = desks.answer(taxi, "taxi", hit(), message_id="long-ago")
    assert kinds(desks.say(answer)) == ["lookup.recorded", "lookup.candidate"]
    assert desks.say(answer) == []
    unknown_down = answer.model_copy(update={"message_id": "other", "status": AnswerStatus.UNAVAILABLE})
    assert desks.say(unknown_down) == []


def test_an_answer_for_no_case_is_a_dead_letter(desks: Desks) -> None:
    answer = LookupAnswered(message_id="q", case_id="none", lookup_id="l", channel="taxi", found=False)
    assert desks.say(answer) == []
    ((message, refused),) = desks.world.dead
    assert (message, refused.code) == (answer, "D601")


# -- candidates --------------------------------------------------------------------------------------------------------


def strong(score: float) -> bool:
    return score >= POLICY.desks.candidate_from


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), max_size=8))
def test_the_strong_call_a_person_the_weak_are_kept_and_the_rest_is_counted(found: list[tuple[str, float]]) -> None:
    desks = Desks()
    case_id = desks.call("lost_item_taxi", extracted=PLATE)
    told = desks.answers(case_id, "taxi", *(hit(ref, score) for ref, score in found))
    lookup = desks.lookup(case_id)
    best = {ref: max(score for one, score in found if one == ref) for ref, _ in found}
    kept = {ref: score for ref, score in best.items() if score >= POLICY.desks.silent_below}
    assert {one.ref: one.score for one in lookup.candidates} == kept
    assert {one.ref for one in lookup.candidates if not one.weak} == {ref for ref in kept if strong(kept[ref])}
    assert told[0].dropped == sum(score < POLICY.desks.silent_below for _, score in found)
    assert (lookup.status is LookupStatus.CANDIDATE) is any(map(strong, kept.values()))
    assert [one.score for one in told[0].hits] == [score for _, score in found], "the ledger has all"


@pytest.mark.parametrize(
    ("score", "weak", "events"),
    [
        (POLICY.desks.candidate_from, False, ["lookup.candidate"]),
        (POLICY.desks.candidate_from - 0.001, True, ["lookup.candidate"]),
        (POLICY.desks.silent_below, True, ["lookup.candidate"]),
        (POLICY.desks.silent_below - 0.001, None, []),
    ],
)
def test_the_thresholds_belong_to_the_side_above_them(
    desks: Desks, taxi: str, score: float, weak: bool | None, events: list[str]
) -> None:
    found = desks.call("found_item", call_id="c-9", extracted=PHONE)
    assert kinds(desks.say(desks.matched(taxi, found, score))) == events
    assert [one.weak for one in desks.lookup(taxi).candidates] == ([weak] if weak is not None else [])


def test_a_match_said_again_changes_nothing_unless_it_has_grown(desks: Desks, taxi: str) -> None:
    found = desks.call("found_item", call_id="c-9", extracted=PHONE)
    assert kinds(desks.say(desks.matched(taxi, found, 0.3))) == ["lookup.candidate"]
    assert desks.say(desks.matched(taxi, found, 0.3)) == []
    assert desks.say(desks.matched(taxi, found, 0.25)) == []
    assert desks.lookup(taxi).status is LookupStatus.SEARCHING
    (grown,) = desks.say(desks.matched(taxi, found, 0.8))
    assert (grown.candidate.weak, desks.lookup(taxi).status) == (False, LookupStatus.CANDIDATE)
    assert len(desks.lookup(taxi).candidates) == 1


def test_nobody_is_their_own_counterpart(desks: Desks, taxi: str) -> None:
    assert desks.say(desks.matched(taxi, taxi)) == []


def test_what_was_rejected_stays_rejected_whoever_says_it_again(desks: Desks, taxi: str) -> None:
    found = desks.call("found_item", call_id="c-9", extracted=PHONE)
    other = ids.lookup_id(found)
    desks.say(desks.matched(taxi, found))
    desks.acts(taxi, Action.REJECT, candidate=other)
    assert desks.lookup(taxi).status is LookupStatus.SEARCHING
    assert desks.say(desks.matched(taxi, found, 1.0)) == []
    assert kinds(desks.answers(taxi, "taxi", hit(other, 1.0))) == ["lookup.recorded"]
    video = desks.acts(taxi, Action.ANSWER, database="video", found=True, candidate=other, text="就是它")
    assert kinds(video) == ["lookup.recorded"]
    (candidate,) = desks.lookup(taxi).candidates
    assert candidate.status is CandidateStatus.REJECTED
    (refused,) = desks.acts(taxi, Action.CONFIRM, candidate=other, by=ConfirmedBy.OWNER, text="x", document="证件")
    assert refused.code == "D605"


def test_an_officer_who_says_a_match_again_does_not_cut_it_off_from_its_case(desks: Desks, taxi: str) -> None:
    """Both lookups must hear of the end."""
    found = desks.call("found_item", call_id="c-9", extracted=PHONE)
    other = ids.lookup_id(found)
    desks.say(desks.matched(taxi, found))
    desks.acts(taxi, Action.ANSWER, database="video", found=True, candidate=other, text="监控里是这部")
    desks.acts(taxi, Action.CONFIRM, candidate=other, by=ConfirmedBy.OFFICER, text="当面核对", document="210100")
    assert desks.lookup(found).status is LookupStatus.CONFIRMED


def test_two_databases_may_name_different_things_alike(desks: Desks, taxi: str) -> None:
    desks.answers(taxi, "taxi", hit("17", 0.6, text="后座的手机"))
    desks.answers(taxi, "bulletins", hit("17", 0.9, text="公告里的手机"))
    desks.answers(taxi, "earlier_records", hit("17", 0.3, text="旧警情里的手机"))
    found = {one.ref: one.text for one in desks.lookup(taxi).candidates}
    assert found == {"17": "后座的手机", "bulletins/17": "公告里的手机", "earlier_records/17": "旧警情里的手机"}
    desks.acts(taxi, Action.REJECT, candidate="17")
    assert desks.lookup(taxi).status is LookupStatus.CANDIDATE, "the other one is not rejected with it"


def test_a_match_less_like_than_what_a_database_said_still_links_both(desks: Desks, taxi: str) -> None:
    """Earlier records may name the other lookup first, and more surely, without knowing that it is one."""
    found = desks.call("found_item", call_id="c-9", extracted=PHONE)
    other = ids.lookup_id(found)
    desks.answers(taxi, "earlier_records", hit(other, 0.9))
    desks.say(desks.matched(taxi, found, 0.6))
    (candidate,) = desks.lookup(taxi).candidates
    assert (candidate.case_id, candidate.score) == (found, 0.9)
    assert desks.say(desks.matched(taxi, found, 0.6)) == []


# -- people who look -----------------------------------------------------------------------------------------------------


def test_what_a_person_has_seen_answers_the_question_of_that_channel(desks: Desks, taxi: str) -> None:
    (recorded, found) = desks.acts(
        taxi, Action.ANSWER, at=OFFICE + timedelta(minutes=12), database="video", found=True, text="乘客下车时落下"
    )
    assert (recorded.request_id, recorded.seconds) == (desks.latest(taxi, "video").request_id, 720)
    assert (found.candidate.database, found.candidate.score) == ("video", 1.0)
    assert desks.latest(taxi, "video").status is RequestStatus.ANSWERED


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"database": "nowhere", "found": True}, "D609"),
        ({"database": "video"}, "D608"),
        ({"found": True}, "D608"),
    ],
)
def test_an_answer_without_a_channel_or_a_finding_is_refused(
    desks: Desks, taxi: str, fields: dict[str, Any], code: str
) -> None:
    assert [one.code for one in desks.acts(taxi, Action.ANSWER, **fields)] == [code]


# -- all together --------------------------------------------------------------------------------------------------------

DATABASES = ("earlier_records", "rescue_station", "hospitals", "wristband")


@given(
    st.permutations([(name, twice) for name in DATABASES for twice in (False, True)]),
    st.sets(st.sampled_from(DATABASES)),
)
def test_in_whatever_order_answers_come_and_come_again_the_end_is_the_same(
    order: list[tuple[str, bool]], finds: set[str]
) -> None:
    desks = Desks()
    case_id = desks.call("missing_vulnerable", extracted=OLD_MAN)
    answers = {
        name: desks.answer(case_id, name, *([hit(f"{name}/1", 0.7)] if name in finds else [])) for name in DATABASES
    }
    for name, _ in order:
        desks.say(answers[name])
    lookup = desks.lookup(case_id)
    assert sorted(one.ref for one in lookup.candidates) == sorted(f"{name}/1" for name in finds)
    assert {one.status for one in lookup.requests if one.database in DATABASES} == {RequestStatus.ANSWERED}
    assert kinds(desks.events).count("lookup.recorded") == len(DATABASES)
