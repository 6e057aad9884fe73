"""A lookup with its case: closed, withdrawn, merged, renamed, grown graver, put away; and written down."""

from datetime import UTC, datetime

from domain_world import OFFICE, POLICY, triaged_call
from lookup_world import DAY, HOUR, MAY, MINUTE, OLD_MAN, PHONE, PLATE, Desks, hit, kinds

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import CaseStatus, LinkKind, Outcome, Urgency
from dispatcher.domain.inbox import AgencyReplied, Operation, ReplyAction
from dispatcher.domain.lookups.codes import (
    Action,
    CandidateStatus,
    ConfirmedBy,
    Desk,
    LookupStatus,
    Mode,
    RequestStatus,
    Side,
)
from dispatcher.domain.lookups.records import Candidate, Confirmation, LookupRecord, Request, Sighting
from dispatcher.domain.messages import AttachedCall, Link

# -- with its case -----------------------------------------------------------------------------------------------------------


def finished(desks: Desks, case_id: str, at: datetime) -> None:
    for order in desks.case(case_id).orders:
        if order.open:
            desks.say(
                AgencyReplied(
                    message_id=f"done-{order.order_id}",
                    case_id=case_id,
                    order_id=order.order_id,
                    agency=order.agency,
                    action=ReplyAction.FINISH,
                    text="已办结",
                ),
                at,
            )


def test_units_may_be_through_and_the_search_goes_on_and_keeps_the_case_from_the_archive(desks: Desks) -> None:
    case_id = desks.call("missing_contact", at=MAY)
    finished(desks, case_id, MAY + HOUR)
    desks.decides(case_id, Operation.CLOSE, at=MAY + HOUR)
    archive = POLICY.casework.archive_days * DAY
    desks.advance(MAY + HOUR + archive + DAY)
    assert (desks.case(case_id).status, desks.lookup(case_id).status) == (CaseStatus.CLOSED, LookupStatus.SEARCHING)
    later = MAY + 3 * HOUR + archive + DAY
    desks.acts(case_id, Action.CONFIRM, at=later, by=ConfirmedBy.FAMILY, text="回来了")
    desks.advance(later)
    assert desks.case(case_id).status is CaseStatus.ARCHIVED
    assert desks.case(case_id).lookup is None


def test_withdrawn_it_ends_and_reopened_it_goes_on(desks: Desks) -> None:
    case_id = desks.call("missing_contact")
    told = desks.decides(case_id, Operation.WITHDRAW)
    assert (kinds(told)[-1], told[-1].by_service, told[-1].reason) == ("lookup.ended", True, "报警人撤销")
    desks.asks.clear()
    told = desks.decides(case_id, Operation.REOPEN, at=OFFICE + HOUR)
    assert kinds(told)[-2:] == ["lookup.resumed", "lookup.requested"]
    assert desks.asks
    assert desks.lookup(case_id).status is LookupStatus.SEARCHING


def test_merged_it_ends_and_unmerged_it_comes_back_with_its_candidates(desks: Desks) -> None:
    other = desks.call("lost_item_taxi", call_id="c-9")
    case_id = desks.call("lost_item_taxi", extracted=PLATE)
    desks.answers(case_id, "taxi", hit())
    desks.decides(case_id, Operation.MERGE, other=other)
    assert desks.lookup(case_id).status is LookupStatus.CANCELLED
    assert desks.lookup(other).status is LookupStatus.SEARCHING
    desks.decides(case_id, Operation.UNMERGE, at=OFFICE + HOUR)
    assert desks.lookup(case_id).status is LookupStatus.CANDIDATE


def test_what_a_person_cancelled_no_reopening_brings_back(desks: Desks) -> None:
    case_id = desks.call("missing_contact")
    desks.acts(case_id, Action.CANCEL)
    desks.decides(case_id, Operation.WITHDRAW)
    desks.decides(case_id, Operation.REOPEN)
    assert desks.lookup(case_id).status is LookupStatus.CANCELLED


def test_renamed_to_what_is_no_desks_it_ends_and_renamed_back_it_goes_on(desks: Desks) -> None:
    case_id = desks.call("lost_item_other", extracted=PHONE)
    desks.decides(case_id, Operation.RECATEGORISE, category="noise_business")
    assert (desks.lookup(case_id).status, desks.lookup(case_id).cause) == (LookupStatus.CANCELLED, "案件已改类")
    desks.decides(case_id, Operation.RECATEGORISE, category="lost_item_other")
    assert desks.lookup(case_id).status is LookupStatus.SEARCHING


def test_renamed_to_the_other_desks_matter_that_desk_begins_at_once_and_anew(desks: Desks) -> None:
    """“我妈丢了” was heard as a thing. What looked like a telephone is no candidate for a person."""
    case_id = desks.call("lost_item_other", extracted=PHONE)
    desks.answers(case_id, "bulletins", hit())
    desks.asks.clear()
    desks.decides(case_id, Operation.RECATEGORISE, category="missing_vulnerable", outcome="police")
    lookup = desks.lookup(case_id)
    assert (lookup.desk, lookup.side, lookup.status) == (Desk.MISSING_PERSON, Side.LOST, LookupStatus.SEARCHING)
    assert lookup.candidates == ()
    assert "rescue_station" in desks.asked()
    assert lookup.facts["district"] == "shenhe"


def test_a_graver_call_does_not_end_the_search_for_who_is_missing(desks: Desks) -> None:
    """The category may become the danger's; the old man is missing all the same."""
    case_id = desks.call("missing_contact", extracted=OLD_MAN)
    link = Link(case_id=case_id, kind=LinkKind.CONTINUATION, minutes_since=3)
    graver = triaged_call(
        "c-2", category="dispute_risk", outcome=Outcome.JOINT, urgency=Urgency.EMERGENCY, link=link, offset=5
    )
    desks.say(AttachedCall(case_id=case_id, call=graver), OFFICE + 3 * MINUTE)
    assert desks.case(case_id).category == "dispute_risk"
    assert desks.lookup(case_id).status is LookupStatus.SEARCHING
    desks.advance(OFFICE + 40 * MINUTE)
    assert desks.lookup(case_id).round == 1


# -- as bytes ------------------------------------------------------------------------------------------------------------------


def test_a_lookup_with_everything_set_survives_being_written_down(desks: Desks) -> None:
    case_id = desks.call("missing_contact")
    now = OFFICE.astimezone(UTC)
    whole = LookupRecord(
        lookup_id="l-1",
        desk=Desk.LOST_ITEM,
        side=Side.FOUND,
        status=LookupStatus.HANDED_OVER,
        opened_at=now,
        since=now - HOUR,
        facts={"item": "手机", "colour": "黑"},
        unknown=("plate",),
        requests=tuple(
            Request(
                request_id=f"q-{status}",
                channel="transport",
                database="taxi",
                number=number,
                asked_at=now,
                until=now + HOUR,
                status=status,
                found=True,
                used="f" * 16,
            )
            for number, status in enumerate(RequestStatus)
        ),
        candidates=tuple(
            Candidate(
                ref=f"r-{status}",
                database="desk",
                score=0.75,
                text="💥\n\u202e“x”",
                at=now,
                status=status,
                weak=True,
                reasons=("品牌相同",),
                case_id="c",
                contact="13800000000",
            )
            for status in CandidateStatus
        ),
        sightings=(Sighting(at=now, place="中街", district="shenhe", mode=Mode.BUS, text="上车"),),
        round=3,
        step=2,
        widened=1,
        confirmation=Confirmation(ref="r-1", by=ConfirmedBy.OWNER, told="银杏叶", actor="D001", at=now, case_id="c-9"),
        receipt="receipt",
        found_at=now,
        ended_at=now,
        resumed_at=now,
        cause="已转其他平台",
    )
    assert set(whole.model_fields_set) == set(LookupRecord.model_fields), "a new field must be tried too"
    case = desks.case(case_id).model_copy(update={"lookup": whole})
    again = CaseRecord.model_validate_json(case.encode())
    assert again == case
    assert again.encode() == case.encode()
