"""The caller's recent calls: duplicates, and the windows of rule 9.4 and 9.14 at their edges."""

from datetime import timedelta

import pytest
from domain_world import CITY, OFFICE, POLICY, Heard, Spot, call, taken, triage
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.domain import ids
from dispatcher.domain.codes import LinkKind, Outcome, Urgency
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.messages import Link, TriagedCall
from dispatcher.domain.triage import CallerHistory

SECOND = timedelta(seconds=1)
MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
#: minutes after the first call, category, and optionally the outcome
Said = tuple[timedelta, str] | tuple[timedelta, str, str]


def calls(*said: Said) -> list[TriagedCall]:
    """One caller's calls in the order in which they arrive: each (time after the first, category[, outcome])."""
    history, made = CallerHistory(), []
    for number, (after, category, *outcome) in enumerate(said):
        heard = Heard(category=category, outcome=outcome[0] if outcome else CITY.matters[category].outcome.value)
        done = triage(call(f"c-{number}", OFFICE + after), heard, history)
        assert done.call is not None
        made.append(done.call)
        history = done.history
    return made


def second(after: timedelta, category: str, *, first: str = "heating") -> TriagedCall:
    return calls((timedelta(0), first), (after, category))[1]


# -- the same call_id ----------------------------------------------------------------------------------


def test_the_same_call_again_changes_nothing() -> None:
    once = triage(call("c-1"), Heard())
    again = triage(call("c-1", console="C04", operator="W1"), Heard(category="heating"), once.history)
    assert (again.call, again.history) == (None, once.history)


def test_the_same_moment_written_otherwise_is_the_same_call() -> None:
    once = triage(call("c-1"), Heard())
    value = call("c-1").model_copy(update={"received_at": OFFICE.astimezone(None)})
    assert triage(value, Heard(), once.history).call is None


@pytest.mark.parametrize(
    "other",
    [
        {"text": "另一件事"}, {"caller": "13800000002"}, {"address": "和平区"}, {"source": "12345"},
        {"confidential": True}, {"at": OFFICE + SECOND},
    ],
)  # fmt: skip
def test_another_call_under_a_known_id_is_refused(other: dict[str, object]) -> None:
    once = triage(call("c-1"), Heard())
    with pytest.raises(BadRecord, match="other content") as caught:
        triage(call("c-1", **other), Heard(), once.history)  # type: ignore[arg-type]
    assert caught.value.code == "D310"


def test_a_duplicate_of_an_older_call_is_known_too() -> None:
    first = triage(call("c-1"), Heard())
    then = triage(call("c-2", OFFICE + 5 * HOURS), Heard(), first.history)
    assert triage(call("c-1"), Heard(), then.history).call is None


# -- windows (rule 9.4) --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (timedelta(0), LinkKind.CONTINUATION),
        (8 * MINUTES - SECOND, LinkKind.CONTINUATION),
        (8 * MINUTES, LinkKind.REPEAT),
        (60 * MINUTES, LinkKind.REPEAT),
        (60 * MINUTES + SECOND, None),
    ],
)
@pytest.mark.parametrize("direction", [1, -1])
def test_the_windows_of_an_ordinary_matter(after: timedelta, kind: LinkKind | None, direction: int) -> None:
    made = second(direction * after, "heating")
    expected = (
        Link(case_id=ids.case_id("c-0"), kind=kind, minutes_since=int(after / MINUTES), after=0) if kind else None
    )
    assert made.link == expected
    assert made.related_to == (None if kind else ids.case_id("c-0"))
    assert made.case_id == ids.case_id("c-1")


DISPUTES = (
    "neighbour_dispute", "family_dispute", "civil_dispute", "wage_labour", "consumer_dispute", "property_service",
    "medical_service",
)  # fmt: skip


@pytest.mark.parametrize("category", DISPUTES)
def test_disputes_are_repeated_for_72_hours(category: str) -> None:
    for after, linked in ((8 * MINUTES, True), (72 * HOURS, True), (72 * HOURS + SECOND, False)):
        link = second(after, category, first=category).link
        assert (link is not None) is linked
        assert link is None or link.kind is LinkKind.REPEAT


def test_the_shipped_list_of_disputes_is_the_rules() -> None:
    assert sorted(POLICY.repeat.disputes) == sorted(DISPUTES)


def test_another_matter_is_a_new_case_marked_related() -> None:
    made = second(5 * MINUTES, "noise_business")
    assert (made.link, made.related_to) == (None, ids.case_id("c-0"))


def test_lost_items_of_one_desk_are_one_matter() -> None:
    assert second(30 * MINUTES, "lost_item_metro", first="lost_item_taxi").link is not None


@pytest.mark.parametrize(
    ("first", "then"),
    [(a, b) for members in POLICY.repeat.families.values() for a in members for b in members if a != b],
)
def test_a_family_is_one_matter_both_ways(first: str, then: str) -> None:
    assert second(30 * MINUTES, then, first=first).link is not None


@pytest.mark.parametrize(
    ("first", "then"), [(origin, grown) for grown, origins in POLICY.repeat.grows_from.items() for origin in origins]
)
def test_danger_may_have_grown_from_a_matter(first: str, then: str) -> None:
    assert second(30 * MINUTES, then, first=first).link is not None
    assert CITY.matters[then].outcome in (Outcome.POLICE, Outcome.JOINT)


def test_a_matter_does_not_shrink_to_what_it_grew_from() -> None:
    assert second(30 * MINUTES, "parking", first="public_order").link is None


@pytest.mark.parametrize("category", ["withdrawn", "misdial", "prank", "silent_call"])
@pytest.mark.parametrize("outcome", ["invalid", "non_police", "police"])
def test_a_withdrawal_is_never_a_repeat(category: str, outcome: str) -> None:
    made = calls((timedelta(0), category, outcome), (9 * MINUTES, category, outcome))
    assert made[1].link is None


@pytest.mark.parametrize("outcome", ["review", "invalid"])
def test_an_abstained_or_invalid_call_never_joins_by_itself(outcome: str) -> None:
    assert calls((timedelta(0), "heating"), (MINUTES, "heating", outcome))[1].link is None


def test_a_call_may_join_a_case_that_waits_for_a_person_but_no_invalid_one() -> None:
    assert calls((timedelta(0), "heating", "review"), (MINUTES, "heating"))[1].link is not None
    assert calls((timedelta(0), "heating", "invalid"), (MINUTES, "heating"))[1].link is None


# -- more than two calls -------------------------------------------------------------------------------


def test_a_chain_of_calls_stays_with_the_first_case() -> None:
    made = calls(*((n * 50 * MINUTES, "heating") for n in range(5)))
    assert {one.link.case_id for one in made[1:] if one.link} == {ids.case_id("c-0")}
    assert [one.link.minutes_since for one in made[1:] if one.link] == [50] * 4


def test_measured_from_the_last_call_on_the_case_whatever_it_was_about() -> None:
    made = calls((timedelta(0), "parking"), (50 * MINUTES, "public_order"), (100 * MINUTES, "parking"))
    assert made[2].link == Link(case_id=ids.case_id("c-0"), kind=LinkKind.REPEAT, minutes_since=50, after=0)


def test_a_dispute_stays_a_dispute_when_a_later_call_is_heard_as_noise() -> None:
    made = calls((timedelta(0), "neighbour_dispute"), (2 * HOURS, "noise_neighbour"), (5 * HOURS, "noise_neighbour"))
    assert made[2].link == Link(case_id=ids.case_id("c-0"), kind=LinkKind.REPEAT, minutes_since=180, after=0)


def test_a_call_between_two_matters_joins_its_own() -> None:
    made = calls((timedelta(0), "heating"), (MINUTES, "noise_business"), (2 * MINUTES, "heating"))
    assert made[1].link is None
    assert made[2].link is not None
    assert made[2].link.case_id == ids.case_id("c-0")


def test_of_two_cases_of_one_matter_the_nearest_is_joined_in_any_order_of_arrival() -> None:
    late = calls((3 * HOURS, "heating"), (timedelta(0), "heating"), (3 * HOURS + 20 * MINUTES, "heating"))
    assert late[1].link is None  # three hours apart are two cases, whichever arrives first
    assert late[2].link == Link(case_id=ids.case_id("c-0"), kind=LinkKind.REPEAT, minutes_since=20, after=0)


def test_a_call_that_was_overtaken_joins_all_the_same() -> None:
    made = calls((timedelta(0), "heating"), (-2 * MINUTES, "heating"))
    assert made[1].link == Link(case_id=ids.case_id("c-0"), kind=LinkKind.CONTINUATION, minutes_since=2, after=0)


# -- silent again (rule 9.14) --------------------------------------------------------------------------


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(
    ("after", "looked_at"),
    [(MINUTES, True), (30 * MINUTES, True), (60 * MINUTES, True), (60 * MINUTES + SECOND, False)],
)
def test_a_silent_caller_who_calls_again_is_looked_at(after: timedelta, looked_at: bool, direction: int) -> None:
    made = second(direction * after, "silent_call", first="silent_call").decision
    if looked_at:
        assert (made.outcome, made.urgency, made.rule) == (Outcome.REVIEW, Urgency.URGENT, "repeat.silent_again")
        assert "60分钟" in made.reason
    else:
        assert made.outcome is Outcome.INVALID


def test_silence_after_a_call_that_spoke_is_only_silence() -> None:
    assert second(MINUTES, "silent_call").decision.outcome is Outcome.INVALID
    assert second(MINUTES, "misdial", first="silent_call").decision.outcome is Outcome.INVALID


def test_silence_that_the_classifier_doubts_is_urgent_too() -> None:
    made = calls((timedelta(0), "silent_call"), (MINUTES, "silent_call", "review"))[1].decision
    assert (made.outcome, made.urgency) == (Outcome.REVIEW, Urgency.URGENT)


def test_silence_in_danger_stays_danger() -> None:
    made = calls((timedelta(0), "silent_call"), (MINUTES, "silent_call", "police"))[1].decision
    assert made.outcome is Outcome.POLICE


# -- history -------------------------------------------------------------------------------------------


def test_history_forgets_after_72_hours_and_never_holds_more_than_its_bound() -> None:
    history = CallerHistory()
    for number in range(40):
        history = triage(call(f"c-{number}", OFFICE + number * MINUTES), Heard(), history).history
    assert len(history.calls) == POLICY.repeat.remembered_calls
    assert history.calls[-1].call_id == "c-39"
    later = triage(call("late", OFFICE + 73 * HOURS), Heard(), history).history
    assert [known.call_id for known in later.calls] == ["late"]


CATEGORIES = st.sampled_from(["heating", "noise_neighbour", "neighbour_dispute", "parking", "public_order", "misdial"])
SAID = st.lists(st.tuples(st.timedeltas(-80 * HOURS, 80 * HOURS), CATEGORIES), min_size=1, max_size=12)


@given(SAID)
def test_a_link_always_leads_to_the_own_case_of_an_earlier_call(said: list[tuple[timedelta, str]]) -> None:
    made = calls(*said)
    opened: set[str] = set()
    for one in made:
        if one.link is None:
            opened.add(one.case_id)
        else:
            assert one.link.case_id in opened
            assert one.related_to is None
            assert 0 <= one.link.minutes_since <= 72 * 60
            assert (one.link.kind is LinkKind.CONTINUATION) is (one.link.minutes_since < 8)


@given(SAID)
def test_a_history_survives_its_topic(said: list[tuple[timedelta, str]]) -> None:
    history = CallerHistory()
    for number, (after, category) in enumerate(said):
        history = triage(call(f"c-{number}", OFFICE + after), Heard(category=category), history).history
    assert CallerHistory.model_validate_json(history.encode()) == history


def test_what_a_call_carries_on() -> None:
    received = call(
        "c-1", caller="13800000001", address="北站街道", console="C03", operator="W017", confidential=True, zz=1
    )
    heard = Heard(place=Spot(("tiexi", "heping"), street="北站", landmark="大悦城"), extracted={"plate": "A1"})
    made = taken(received, heard, offset=42)
    assert (made.caller, made.console, made.operator, made.channel) == ("p" * 32, "C03", "W017", "110")
    assert (made.confidential, made.unknown_fields) == (True, ("zz",))
    assert (made.place.district, made.place.districts) == ("tiexi", ("tiexi", "heping"))
    assert (made.place.street, made.place.landmark, made.place.address) == ("北站", "大悦城", "北站街道")
    assert (made.source.topic, made.source.offset) == ("calls", 42)
    assert (made.decision.model, made.decision.policy) == ("model-1", POLICY.sha256)
    assert made.decision.extracted == {"plate": "A1"}
    assert "13800000001" not in made.encode().decode()
    assert TriagedCall.model_validate_json(made.encode()) == made


def test_one_district_is_no_border() -> None:
    assert taken(call(), Heard(place=Spot(("tiexi",)))).place.districts == ()


def test_the_same_input_gives_the_same_bytes() -> None:
    one, other = (triage(call(), Heard()) for _ in range(2))
    assert one.call is not None
    assert other.call is not None
    assert one.call.encode() == other.call.encode()
    assert one.history.encode() == other.history.encode()


def test_a_dispute_of_exactly_72_hours_ago_is_still_remembered_after_another_call() -> None:
    made = calls((timedelta(0), "neighbour_dispute"), (72 * HOURS, "heating"), (72 * HOURS, "neighbour_dispute"))
    assert made[2].link == Link(case_id=ids.case_id("c-0"), kind=LinkKind.REPEAT, minutes_since=72 * 60, after=0)
