"""Only people find: proof of ownership, who may confirm, one found thing for one claimant, and the receipt."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from domain_world import OFFICE, context
from hypothesis import given
from hypothesis import strategies as st
from lookup_world import OLD_MAN, PHONE, PLATE, Desks, hit, kinds

from dispatcher.domain import casework, ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.inbox import Operation
from dispatcher.domain.lookups import proof
from dispatcher.domain.lookups.codes import Action, CandidateStatus, ConfirmedBy, LookupStatus, Notice
from dispatcher.domain.lookups.messages import LookupActed, LookupTold
from dispatcher.domain.messages import Message

MARK = "壳上刻着银杏叶"


@pytest.fixture
def phone(desks: Desks) -> str:
    """A lost telephone, and a driver who says what he has found."""
    case_id = desks.call("lost_item_taxi", extracted=PLATE | PHONE, text="黑色华为手机落在出租车上了")
    desks.answers(case_id, "taxi", hit(text=f"后座捡到黑色华为手机，{MARK}"))
    return case_id


def confirm(desks: Desks, case_id: str, **more: Any) -> list[Any]:
    return desks.acts(case_id, Action.CONFIRM, **({"candidate": "r-1", "by": ConfirmedBy.OWNER} | more))


def refusal(events: list[Any]) -> str:
    (one,) = events
    return str(one.code)


# -- proof -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    ["黑色华为手机", "我的手机，在后座", "手机壳是红的", "就是我的", "128G的", "捡到", "出租车后座上的黑色手机"],
)
def test_what_anybody_could_have_guessed_proves_nothing(desks: Desks, phone: str, told: str) -> None:
    assert refusal(confirm(desks, phone, text=told)) == "D608"
    assert desks.lookup(phone).status is LookupStatus.CANDIDATE


def test_a_mark_that_the_finder_bears_out_proves_it(desks: Desks, phone: str) -> None:
    (confirmed,) = confirm(desks, phone, text="后面刻着一片银杏叶")
    assert "银杏叶" in "".join(confirmed.agreed)
    lookup = desks.lookup(phone)
    assert (lookup.status, lookup.confirmation and lookup.confirmation.told) == (
        LookupStatus.CONFIRMED,
        "后面刻着一片银杏叶",
    )


def test_so_does_a_document(desks: Desks, phone: str) -> None:
    (confirmed,) = confirm(desks, phone, by=ConfirmedBy.OFFICER, text="发票与串号相符", document="发票")
    assert confirmed.agreed == ()
    assert desks.lookup(phone).status is LookupStatus.CONFIRMED


def test_a_claimants_own_report_is_no_proof_where_the_found_thing_has_the_lookup(desks: Desks) -> None:
    """What the claimant told when reporting the loss cannot bear out what the claimant tells now: the finder must have said it."""
    lost = desks.call("lost_item_other", extracted=PHONE, text="丢了手机，壳里夹着公园年票")
    found = desks.call("found_item", call_id="c-9", extracted=PHONE, text=f"捡到手机，{MARK}")
    desks.say(desks.matched(found, lost))
    candidate = ids.lookup_id(lost)
    assert refusal(confirm(desks, found, candidate=candidate, text="壳里夹着公园年票")) == "D608"
    (confirmed, *_) = confirm(desks, found, candidate=candidate, text="刻着银杏叶")
    assert confirmed.agreed


def test_what_the_finder_told_the_officer_counts_too(desks: Desks) -> None:
    lost = desks.call("lost_item_other", extracted=PHONE)
    found = desks.call("found_item", call_id="c-9", text="捡到一个包")
    desks.acts(found, Action.FACTS, facts={"contents": "一串佛珠和病历本"})
    desks.say(desks.matched(found, lost))
    (confirmed, *_) = confirm(desks, found, candidate=ids.lookup_id(lost), text="包里有病历本")
    assert confirmed.agreed == ("病历本",)


@given(st.text(max_size=12), st.text(max_size=12))
def test_what_is_agreed_was_said_by_both_and_is_public_to_neither(told: str, finder: str) -> None:
    desks = Desks()
    lookup = desks.lookup(desks.call("lost_item_taxi", extracted=PHONE))
    for piece in proof.agreed(told, finder, lookup, desks.policy.desks.no_mark, desks.policy.desks.public_words):
        assert piece in told.lower()
        assert piece in finder.lower()
        assert piece not in "".join(lookup.facts.values()).lower()
        assert len(piece) >= 2


def test_a_claimant_hears_nothing_of_the_finders(desks: Desks, phone: str) -> None:
    lookup = desks.lookup(phone)
    said = proof.for_claimant(lookup.candidates[0], lookup)
    assert said == "有一件可能相符的手机（11月24日），请说出它的特征以便核实"


# -- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "by", "code"),
    [
        ("lost_item_taxi", ConfirmedBy.FAMILY, "D607"),
        ("missing_vulnerable", ConfirmedBy.OWNER, "D607"),
        ("missing_vulnerable", ConfirmedBy.FAMILY, None),
        ("missing_vulnerable", ConfirmedBy.OFFICER, None),
    ],
)
def test_owners_confirm_things_and_families_people(
    desks: Desks, category: str, by: ConfirmedBy, code: str | None
) -> None:
    case_id = desks.call(category, extracted=PLATE | PHONE | OLD_MAN)
    desks.answers(case_id, "earlier_records", hit(text=MARK))
    (event,) = confirm(desks, case_id, by=by, text=MARK)
    assert getattr(event, "code", None) == code


@pytest.mark.parametrize("role", [ActorRole.SYSTEM, ActorRole.AUDITOR, ActorRole.UNIT_CLERK, ActorRole.CALL_TAKER])
def test_no_machine_and_no_stranger_confirms(desks: Desks, phone: str, role: ActorRole) -> None:
    assert refusal(confirm(desks, phone, text=MARK, document="证件", role=role)) == "D607"


def test_a_thing_is_confirmed_only_as_something_that_was_found(desks: Desks, phone: str) -> None:
    assert refusal(confirm(desks, phone, candidate=None, text=MARK, document="证件")) == "D608"
    assert refusal(confirm(desks, phone, candidate="r-9", text=MARK, document="证件")) == "D609"


def test_a_missing_person_may_simply_come_home(desks: Desks) -> None:
    case_id = desks.call("missing_contact")
    (confirmed,) = desks.acts(
        case_id, Action.CONFIRM, at=OFFICE + timedelta(minutes=95), by=ConfirmedBy.FAMILY, text="自己回来了"
    )
    assert (confirmed.ref, confirmed.found_after_minutes) == ("self", 95)


# -- the receipt -------------------------------------------------------------------------------------------------------


def test_nothing_is_handed_over_before_it_is_confirmed(desks: Desks, phone: str) -> None:
    assert refusal(desks.acts(phone, Action.HANDOVER, recipient="王某某", document="210100")) == "D602"


def test_a_receipt_masks_who_took_it(desks: Desks, phone: str) -> None:
    confirm(desks, phone, text=MARK)
    (handed,) = desks.acts(phone, Action.HANDOVER, recipient="王某某", document="2101 0019 5001 0100 1X")
    assert (handed.recipient, handed.document) == ("王**", "*" * 14 + "001X")
    assert handed.receipt == ids.receipt_id(ids.lookup_id(phone), "r-1") == desks.lookup(phone).receipt
    assert "王某某" not in desks.case(phone).encode().decode()


@given(st.text(max_size=20), st.text(max_size=24))
def test_masks_leave_a_family_name_and_four_characters(name: str, number: str) -> None:
    masked = proof.masked_name(name)
    assert masked == "" or (masked[0] == name.strip()[0] and set(masked[1:]) == {"*"})
    document = proof.masked_document(number)
    shown = document.lstrip("*")
    assert len(shown) <= max(4, len(number) - len(number.replace("*", "")))
    assert len("".join(number.split())) > 4 or set(document) <= {"*"}


# -- one thing, two claimants ---------------------------------------------------------------------------------------------


def _rivals() -> tuple[dict[str, CaseRecord], str, str, str, list[Message]]:
    """Two who lost a telephone and one who found it, each matched; both confirm before either case hears of the other."""
    desks = Desks()
    first = desks.call("lost_item_taxi", call_id="c-1", extracted=PHONE)
    second = desks.call("lost_item_taxi", call_id="c-2", extracted=PHONE)
    found = desks.call("found_item", call_id="c-9", extracted=PHONE, text=f"捡到手机，{MARK}")
    for lost in (first, second):
        desks.say(desks.matched(lost, found))
        desks.say(desks.matched(found, lost))
    confirms: list[Message] = [desks.confirmation(lost, found) for lost in (first, second)]
    return dict(desks.world.cases), first, second, found, confirms


def _orders(
    cases: dict[str, CaseRecord], queues: dict[str, tuple[Message, ...]], offset: int
) -> Iterator[dict[str, CaseRecord]]:
    """Every way in which the messages on the way may be delivered; those from one case to another stay in their order."""
    waiting = [key for key, queue in queues.items() if queue]
    if not waiting:
        yield cases
        return
    for key in waiting:
        message, *rest = queues[key]
        case_id: str = message.case_id  # type: ignore[attr-defined]
        work = casework.decide(cases[case_id], message, context(offset))
        new = dict(queues) | {key: tuple(rest)}
        for sent in work.sends:
            assert isinstance(sent, LookupTold)
            way = f"{case_id}>{sent.case_id}"
            new[way] = (*new.get(way, ()), sent)
        yield from _orders(cases | ({case_id: work.case} if work.case is not None else {}), new, offset + 1)


def _check_one_keeps_it(cases: dict[str, CaseRecord], claimants: tuple[str, ...], found: str) -> None:
    held = cases[found].lookup
    assert held is not None
    assert held.status is LookupStatus.CONFIRMED
    assert held.confirmation is not None
    keeps = []
    for case_id in claimants:
        lookup = cases[case_id].lookup
        assert lookup is not None
        if lookup.status is LookupStatus.CONFIRMED:
            keeps.append(lookup.lookup_id)
            continue
        assert lookup.status is LookupStatus.SEARCHING
        candidate = lookup.candidate(ids.lookup_id(found))
        assert candidate is not None
        assert candidate.status is CandidateStatus.REJECTED
    assert keeps == [held.confirmation.ref]


def test_exactly_one_of_two_claimants_keeps_it_whatever_the_order() -> None:
    cases, first, second, found, confirms = _rivals()
    ends = list(_orders(cases, {"one": (confirms[0],), "two": (confirms[1],)}, 1_000))
    assert len(ends) >= 6
    for end in ends:
        _check_one_keeps_it(end, (first, second), found)
    kept = {end[found].lookup.confirmation.ref for end in ends}  # type: ignore[union-attr]
    assert kept == {ids.lookup_id(first), ids.lookup_id(second)}, "the orders do differ"


def test_nothing_is_handed_over_before_the_finds_own_lookup_has_agreed_whatever_the_order() -> None:
    """Two confirm and hand over at once: the find's own case decides, and it is handed to one of them, never to both."""
    cases, first, second, found, confirms = _rivals()
    handovers = [
        LookupActed(
            message_id=f"over-{case_id}",
            case_id=case_id,
            action=Action.HANDOVER,
            actor="D001",
            role=ActorRole.DESK_OFFICER,
            recipient="王某",
            document="210100199001011234",
        )
        for case_id in (first, second)
    ]
    queues = {"one": (confirms[0], handovers[0]), "two": (confirms[1], handovers[1])}
    ends = list(_orders(cases, queues, 1_000))
    handed = []
    for end in ends:
        lookups = [end[case_id].lookup for case_id in (first, second)]
        over = [one.lookup_id for one in lookups if one is not None and one.status is LookupStatus.HANDED_OVER]
        assert len(over) <= 1
        if over:
            assert end[found].lookup.confirmation.ref == over[0]  # type: ignore[union-attr]
        handed.append(len(over))
    assert set(handed) == {0, 1}, "some hand over too soon and are refused, some wait for the word"


def test_so_it_is_where_the_finders_officer_decides_at_the_same_time() -> None:
    desks = Desks()
    first = desks.call("lost_item_taxi", call_id="c-1", extracted=PHONE)
    second = desks.call("lost_item_taxi", call_id="c-2", extracted=PHONE)
    found = desks.call("found_item", call_id="c-9", extracted=PHONE, text=f"捡到手机，{MARK}")
    for lost in (first, second):
        desks.say(desks.matched(lost, found))
        desks.say(desks.matched(found, lost))
    acts: dict[str, tuple[Message, ...]] = {
        "one": (desks.confirmation(first, found),),
        "two": (desks.confirmation(second, found),),
        "finder": (desks.confirmation(found, first),),
    }
    for end in _orders(dict(desks.world.cases), acts, 1_000):
        _check_one_keeps_it(end, (first, second), found)


def test_a_confirmation_taken_back_frees_the_other_side_whatever_the_order() -> None:
    """The first confirms, and takes it back; the second has confirmed meanwhile. Nobody stays bound to who is not."""
    cases, first, second, found, confirms = _rivals()
    desks = Desks()
    desks.said = 50
    back = desks.act(first, Action.CANCEL)
    for end in _orders(cases, {"one": (confirms[0], back), "two": (confirms[1],)}, 1_000):
        held = end[found].lookup
        assert held is not None
        mine = end[second].lookup
        assert mine is not None
        assert end[first].lookup.status is LookupStatus.CANCELLED  # type: ignore[union-attr]
        if mine.status is LookupStatus.CONFIRMED:
            assert held.confirmation is not None
            assert held.confirmation.ref == mine.lookup_id
        else:
            assert held.confirmation is None
            assert held.status in (LookupStatus.SEARCHING, LookupStatus.CANDIDATE)


def test_both_sides_hear_of_the_confirmation_and_of_the_handing_over(desks: Desks) -> None:
    lost = desks.call("lost_item_taxi", extracted=PHONE)
    found = desks.call("found_item", call_id="c-9", extracted=PHONE, text=f"捡到手机，{MARK}")
    desks.say(desks.matched(lost, found))
    told = confirm(desks, lost, candidate=ids.lookup_id(found), text="刻着银杏叶")
    assert kinds(told) == ["lookup.confirmed", "lookup.confirmed"]
    handed = desks.acts(lost, Action.HANDOVER, recipient="王某", document="210100195001010011")
    assert [one.case_id for one in handed] == [lost, found]
    assert desks.lookup(found).receipt == desks.lookup(lost).receipt
    assert {desks.lookup(one).status for one in (lost, found)} == {LookupStatus.HANDED_OVER}


def test_it_cannot_be_had_again_after_it_was_handed_over(desks: Desks) -> None:
    lost = desks.call("lost_item_taxi", extracted=PHONE)
    late = desks.call("lost_item_taxi", call_id="c-2", extracted=PHONE)
    found = desks.call("found_item", call_id="c-9", extracted=PHONE, text=f"捡到手机，{MARK}")
    for one in (lost, late):
        desks.say(desks.matched(one, found))
    confirm(desks, lost, candidate=ids.lookup_id(found), text=MARK)
    desks.acts(lost, Action.HANDOVER, recipient="王某", document="210100195001010011")
    told = confirm(desks, late, candidate=ids.lookup_id(found), text=MARK)
    assert kinds(told)[:2] == ["lookup.confirmed", "lookup.parted"]
    assert desks.lookup(late).status is LookupStatus.SEARCHING


def test_what_has_been_put_away_is_nobodys_counterpart(desks: Desks) -> None:
    """The found thing's case is long archived: nobody can say to whom it went, so it is not given a second time."""
    lost = desks.call("lost_item_taxi", extracted=PHONE)
    found = desks.call("found_item", call_id="c-9", extracted=PHONE, text=f"捡到手机，{MARK}")
    desks.say(desks.matched(lost, found))
    del desks.world.cases[found]
    told = confirm(desks, lost, candidate=ids.lookup_id(found), text=MARK)
    assert kinds(told)[:2] == ["lookup.confirmed", "lookup.parted"]
    assert desks.lookup(lost).confirmation is None


@pytest.mark.parametrize("notice", [Notice.REFUSED, Notice.PARTED, Notice.HANDED_OVER])
def test_a_word_from_another_than_the_counterpart_changes_nothing(desks: Desks, phone: str, notice: Notice) -> None:
    confirm(desks, phone, text=MARK)
    before = desks.lookup(phone)
    told = LookupTold(
        message_id="t-1",
        case_id=phone,
        notice=notice,
        other_case="c-8",
        other_lookup="l-8",
        actor="D002",
        role=ActorRole.DESK_OFFICER,
        by=ConfirmedBy.OWNER,
    )
    assert desks.say(told) == []
    assert desks.lookup(phone) == before


# -- back again --------------------------------------------------------------------------------------------------------


def test_what_was_given_up_may_be_taken_up_again_and_has_its_time(desks: Desks, phone: str) -> None:
    day = timedelta(days=1)
    desks.advance(OFFICE + 30 * day)
    assert desks.lookup(phone).status is LookupStatus.NOT_FOUND
    resumed = OFFICE + 31 * day
    desks.acts(phone, Action.RESUME, at=resumed)
    assert desks.lookup(phone).status is LookupStatus.CANDIDATE, "the driver's telephone still lies there"
    desks.advance(resumed + 29 * day)
    assert desks.lookup(phone).status is LookupStatus.CANDIDATE
    desks.advance(resumed + 30 * day)
    assert desks.lookup(phone).status is LookupStatus.NOT_FOUND


def test_a_confirmation_taken_back_puts_the_candidate_out_and_asks_everybody_again(desks: Desks, phone: str) -> None:
    confirm(desks, phone, text=MARK)
    desks.asks.clear()
    later = OFFICE + timedelta(hours=3)
    told = desks.acts(phone, Action.RESUME, at=later)
    assert kinds(told) == ["lookup.parted", "lookup.requested"]
    lookup = desks.lookup(phone)
    assert (lookup.status, lookup.confirmation, lookup.found_at) == (LookupStatus.SEARCHING, None, None)
    assert lookup.candidates[0].status is CandidateStatus.REJECTED
    assert set(desks.asked()) == {"earlier_records", "bulletins", "taxi", "video"}


def test_cancelled_after_it_was_confirmed_nothing_is_confirmed_any_more(desks: Desks, phone: str) -> None:
    confirm(desks, phone, text=MARK)
    desks.acts(phone, Action.CANCEL)
    lookup = desks.lookup(phone)
    assert (lookup.status, lookup.confirmation, lookup.found_at) == (LookupStatus.CANCELLED, None, None)


def test_a_search_is_not_taken_up_beside_a_case_that_is_part_of_another(desks: Desks, phone: str) -> None:
    other = desks.call("lost_item_taxi", call_id="c-5", extracted=PHONE)
    desks.decides(phone, Operation.MERGE, other=other)
    assert refusal(desks.acts(phone, Action.RESUME)) == "D602"
