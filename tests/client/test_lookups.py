"""What of a lookup a list tells, and what the ledger's events come to: no broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.catalog import load_catalog
from dispatcher.client import happened, lookups
from dispatcher.client.lookup_facts import PRIVATE, said, sought
from dispatcher.client.lookup_stats import KINDS, Tally, median, nearest_rank
from dispatcher.domain.errors import NotFound
from dispatcher.domain.events.lookups import LOOKUP_EVENTS
from dispatcher.domain.lookups.codes import CandidateStatus, Desk, LookupStatus, RequestStatus, Side
from dispatcher.domain.lookups.records import Candidate, LookupRecord, Request
from dispatcher.settings import load

CITY = load_catalog(load().home).city
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def request(database: str, status: RequestStatus, *, channel: str = "", number: int = 0) -> Request:
    return Request(
        request_id=f"{database}-{number}",
        channel=channel or database,
        database=database,
        number=number,
        asked_at=AT,
        until=AT,
        status=status,
    )


def candidate(ref: str, score: float, status: CandidateStatus = CandidateStatus.OPEN) -> Candidate:
    return Candidate(ref=ref, database="taxi", score=score, text="", at=AT, status=status)


def lookup(**fields: Any) -> LookupRecord:
    given: dict[str, Any] = {"desk": Desk.LOST_ITEM, "side": Side.LOST, "opened_at": AT, "since": AT}
    return LookupRecord(lookup_id="l-1", **(given | fields))


# -- a list -----------------------------------------------------------------------------------------------------


def test_a_channel_has_answered_when_all_of_its_databases_have() -> None:
    found = lookups.progress(
        lookup(
            requests=(
                request("taxi", RequestStatus.ANSWERED),
                request("bulletins", RequestStatus.ANSWERED, channel="notices"),
                request("national", RequestStatus.WAITING, channel="notices"),
                request("hospitals", RequestStatus.UNAVAILABLE),
                request("video", RequestStatus.SILENT),
                request("population", RequestStatus.DEFERRED),
            )
        )
    )
    assert found == (4, 1, ("hospitals", "video"))


def test_of_a_database_that_was_asked_twice_the_latest_counts() -> None:
    asked = (request("taxi", RequestStatus.SILENT), request("taxi", RequestStatus.ANSWERED, number=1))
    assert lookups.progress(lookup(requests=asked)) == (1, 1, ())


def test_candidates_are_ranked_and_named_by_rank_or_ref() -> None:
    one = lookup(candidates=(candidate("a", 0.6), candidate("b", 0.9, CandidateStatus.REJECTED), candidate("c", 0.7)))
    assert [each.ref for each in lookups.ranked(one)] == ["b", "c", "a"]
    best = lookups.best(one)
    assert best is not None
    assert best.ref == "c"
    assert [lookups.candidate_ref(one, named) for named in ("1", "3", "c")] == ["b", "a", "c"]


@pytest.mark.parametrize("named", ["0", "4", "-1", "x", "", "１"])
def test_a_candidate_that_is_none_is_refused(named: str) -> None:
    one = lookup(candidates=(candidate("a", 0.6), candidate("b", 0.9), candidate("c", 0.7)))
    with pytest.raises(NotFound, match="no candidate"):
        lookups.candidate_ref(one, named)


def test_a_number_that_may_mean_two_candidates_means_neither() -> None:
    one = lookup(candidates=(candidate("2", 0.9), candidate("a", 0.6)))
    assert lookups.candidate_ref(one, "1") == "2"
    with pytest.raises(NotFound, match="2 is the rank of one candidate and the ref of another"):
        lookups.candidate_ref(one, "2")


def test_what_is_sought_never_tells_what_proves_ownership() -> None:
    facts = {"item": "双肩包", "colour": "黑色", "mark": "小黄鸭", "contents": "蓝色笔记本", "plate": "辽A12345"}
    assert sought(facts) == "黑色 双肩包 辽A12345"
    assert {"mark", "contents"} == PRIVATE


def test_a_name_is_told_masked() -> None:
    assert said("name", "王桂兰") == "王**"
    assert sought({"name": "王桂兰", "sex": "female", "age": "79"}) == "王** 女 79岁"


def test_values_are_told_in_words() -> None:
    assert said("age", "70-79") == "70-79岁"
    assert said("height", "160") == "160厘米"
    assert said("age", "七十多") == "七十多"
    assert said("illness", "dementia、lame") == "认知障碍、腿脚不便"
    assert said("item", "bus") == "bus"


# -- figures ----------------------------------------------------------------------------------------------------


class Ledger:
    """Events made by hand, of lookups named by a letter."""

    def __init__(self) -> None:
        self.tally = Tally(kept_from=0.2)
        self._desks: dict[str, tuple[Desk, Side]] = {}

    def opened(self, name: str, *, desk: Desk = Desk.LOST_ITEM, side: Side = Side.LOST, at: datetime = AT) -> None:
        self._desks[name] = (desk, side)
        self.say("lookup.opened", name, LookupStatus.SEARCHING, at=at.isoformat())

    def say(self, kind: str, name: str, status: LookupStatus, **more: Any) -> None:
        desk, side = self._desks.get(name, (Desk.LOST_ITEM, Side.LOST))
        event = {"lookup_id": name, "desk": desk.value, "side": side.value, "lookup_status": status.value}
        self.tally.take(f"{kind}.v1", event | more)

    def confirmed(self, name: str, minutes: int) -> None:
        self.say("lookup.confirmed", name, LookupStatus.CONFIRMED, found_after_minutes=minutes)

    def handed_over(self, name: str, receipt: str) -> None:
        self.say("lookup.handed_over", name, LookupStatus.HANDED_OVER, receipt=receipt)

    def asked(self, name: str, *requests: str, status: RequestStatus = RequestStatus.WAITING) -> None:
        told = [{"request_id": each, "database": each.split("-")[0], "status": status.value} for each in requests]
        self.say("lookup.requested", name, LookupStatus.SEARCHING, requests=told)

    def answered(
        self, request: str, *, score: float | None = None, seconds: float | None = 1.0, name: str = "a"
    ) -> None:
        found = score is not None
        told = {"request_id": request, "database": request.split("-")[0], "found": found, "seconds": seconds}
        hits = [{"score": score}] if found else []
        self.tally.take(
            "lookup.recorded.v1",
            told | {"lookup_id": name, "answer": "found" if found else "nothing", "hits": hits},
        )

    def down(self, request: str) -> None:
        told = {"request_id": request, "database": request.split("-")[0], "answer": "unavailable", "found": False}
        self.tally.take("lookup.recorded.v1", told | {"lookup_id": "a", "seconds": 9.0})

    def desk(self, desk: Desk = Desk.LOST_ITEM, *, after: timedelta = timedelta(days=3)) -> dict[str, Any]:
        (found,) = [one for one in self.tally.figures(AT + after)["desks"] if one["desk"] == desk]
        return dict(found)

    def database(self, code: str) -> dict[str, Any]:
        (found,) = [one for one in self.tally.figures(AT)["databases"] if one["database"] == code]
        return dict(found)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_every_kind_that_is_counted_is_an_event_of_a_lookup() -> None:
    assert {event.ce_type for event in LOOKUP_EVENTS} >= KINDS


def test_found_within_a_day_is_a_share_of_what_was_sought(ledger: Ledger) -> None:
    for name in "abcde":
        ledger.opened(name)
    ledger.confirmed("a", 30)
    ledger.confirmed("b", 24 * 60)
    ledger.confirmed("c", 24 * 60 + 1)
    ledger.say("lookup.ended", "d", LookupStatus.CANCELLED)
    ledger.say("lookup.ended", "e", LookupStatus.NOT_FOUND)
    found = ledger.desk()
    assert (found["opened"], found["found"], found["found_within_24h"]) == (5, 3, 2)
    assert found["share_within_24h"] == 0.5
    assert found["median_minutes"] == 24 * 60
    assert (found["cancelled"], found["not_found"], found["searching"]) == (1, 1, 0)


def test_a_search_that_is_not_a_day_old_is_not_held_against_the_share(ledger: Ledger) -> None:
    ledger.opened("a")
    ledger.opened("b")
    assert ledger.desk(after=timedelta(hours=23))["share_within_24h"] is None
    ledger.confirmed("a", 30)
    assert ledger.desk(after=timedelta(hours=23))["share_within_24h"] == 1.0
    assert ledger.desk(after=timedelta(hours=24))["share_within_24h"] == 0.5


def test_a_confirmation_that_was_taken_back_found_nothing(ledger: Ledger) -> None:
    ledger.opened("a")
    ledger.confirmed("a", 30)
    ledger.say("lookup.parted", "a", LookupStatus.SEARCHING)
    assert (ledger.desk()["found"], ledger.desk()["searching"]) == (0, 1)
    assert ledger.desk()["share_within_24h"] == 0.0
    ledger.confirmed("a", 5_000)
    assert (ledger.desk()["found"], ledger.desk()["found_within_24h"]) == (1, 0)


def test_a_pair_of_lost_and_found_counts_once(ledger: Ledger) -> None:
    ledger.opened("a")
    ledger.opened("b", side=Side.FOUND)
    for name in "ab":
        ledger.confirmed(name, 10)
        ledger.handed_over(name, "r-1")
    found = ledger.desk()
    assert (found["opened"], found["found"], found["returned"]) == (1, 1, 1)
    assert (found["offered"], found["offered_matched"]) == (1, 1)


def test_a_side_that_was_put_right_counts_where_it_belongs(ledger: Ledger) -> None:
    ledger.opened("a", desk=Desk.MISSING_PERSON)
    told = {"lookup_id": "a", "desk": "missing_person", "side": "found", "lookup_status": "searching"}
    ledger.tally.take("lookup.facts.v1", told)
    found = ledger.desk(Desk.MISSING_PERSON)
    assert (found["opened"], found["offered"]) == (0, 1)


def test_the_desks_are_counted_apart(ledger: Ledger) -> None:
    ledger.opened("a")
    ledger.opened("b", desk=Desk.MISSING_PERSON)
    ledger.confirmed("b", 90)
    assert (ledger.desk()["found"], ledger.desk(Desk.MISSING_PERSON)["found"]) == (0, 1)
    assert ledger.desk(Desk.MISSING_PERSON)["median_minutes"] == 90


def test_a_search_of_which_the_opening_is_not_in_the_range_does_not_count(ledger: Ledger) -> None:
    ledger.confirmed("a", 30)
    assert ledger.desk() | {"desk": 0} == Ledger().desk() | {"desk": 0}


def test_a_database_is_counted_by_what_became_of_its_questions(ledger: Ledger) -> None:
    ledger.opened("a")
    ledger.asked("a", "taxi-0", "taxi-1", "taxi-2", "taxi-3", "taxi-4")
    ledger.answered("taxi-0", score=1.0, seconds=2.0)
    ledger.answered("taxi-1", score=0.19, seconds=4.0)  # too unlike to be kept
    ledger.down("taxi-2")
    ledger.say("lookup.silent", "a", LookupStatus.SEARCHING, request_id="taxi-3")
    assert ledger.database("taxi") == {
        "database": "taxi", "asked": 5, "answered": 2, "unavailable": 1, "silent": 1, "hits": 1, "hit_rate": 0.5,
        "median_seconds": 3.0, "p95_seconds": 4.0,
    }  # fmt: skip


def test_an_answer_that_comes_late_is_one_and_a_failure_after_it_is_none(ledger: Ledger) -> None:
    ledger.opened("a")
    ledger.asked("a", "taxi-0", "taxi-1")
    ledger.down("taxi-0")
    ledger.say("lookup.silent", "a", LookupStatus.SEARCHING, request_id="taxi-1")
    ledger.answered("taxi-0", score=0.2)
    ledger.answered("taxi-1", score=0.2)
    ledger.down("taxi-0")
    found = ledger.database("taxi")
    assert (found["answered"], found["unavailable"], found["silent"], found["hit_rate"]) == (2, 0, 0, 1.0)


def test_a_question_put_off_is_asked_when_something_comes_of_it(ledger: Ledger) -> None:
    ledger.opened("a")
    ledger.asked("a", "national-0", "national-1", status=RequestStatus.DEFERRED)
    assert ledger.database("national")["asked"] == 0
    ledger.answered("national-1")
    assert ledger.database("national")["asked"] == 1


def test_what_a_person_found_unasked_counts_too(ledger: Ledger) -> None:
    ledger.opened("a")
    ledger.answered("video-x", score=1.0, seconds=None)
    found = ledger.database("video")
    assert (found["asked"], found["answered"], found["median_seconds"]) == (1, 1, None)


@pytest.mark.parametrize("kind", sorted(KINDS - {"lookup.recorded.v1"}))  # that one has no status
def test_an_event_of_another_version_is_refused_and_spoils_nothing(kind: str, ledger: Ledger) -> None:
    ledger.opened("a")
    with pytest.raises((LookupError, TypeError, ValueError)):
        ledger.tally.take(kind, {"lookup_id": "a", "lookup_status": "unheard_of"})
    assert ledger.desk()["opened"] == 1
    ledger.tally.take("unheard.of.v1", {})


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_middle_and_rank_lie_within_the_values(values: list[float]) -> None:
    middle, high = median(values), nearest_rank(values, 0.95)
    assert middle is not None
    assert high in values
    assert min(values) <= middle <= high
    assert sum(value <= high for value in values) >= 0.95 * len(values)


def test_of_nothing_there_is_no_middle() -> None:
    assert (median([]), nearest_rank([], 0.95)) == (None, None)
    assert (median([3, 1]), nearest_rank(range(1, 101), 0.95)) == (2, 95)


# -- events in words ---------------------------------------------------------------------------------------------


def tell(kind: str, *, hidden: bool = False, **value: Any) -> str:
    return happened.tell(f"{kind}.v1", value, CITY, hidden=hidden)


def test_a_line_of_the_ledger_says_that_a_mark_is_known_and_never_which() -> None:
    told = tell("lookup.facts", facts={"plate": "辽A12345", "mark": "小黄鸭"}, unknown=["invoice"], reason="补充情况")
    assert told == "补充情况 车牌=辽A12345 记号已记, not known: 发票或订单: 补充情况"


def test_a_candidate_is_told_by_its_ref_and_never_in_the_finders_words() -> None:
    found = {"ref": "taxi/1", "score": 0.85, "text": "挂着小黄鸭", "reasons": ["记号"]}
    assert tell("lookup.candidate", candidate=found) == "线索 taxi/1 85%"
    assert (
        tell("lookup.acted", action="confirm", candidate="taxi/1", by="owner")
        == "专席操作 confirm, taxi/1, confirmed by owner"
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("lookup.opened", {"facts": {"item": "SECRET"}}),
        ("lookup.candidate", {"candidate": {"ref": "SECRET", "score": 0.5}}),
        ("lookup.sighted", {"sighting": {"place": "SECRET", "at": "2026-11-24T02:00:00Z"}}),
        ("lookup.acted", {"place": "SECRET", "text": "SECRET", "recipient": "SECRET", "document": "SECRET"}),
        ("lookup.recorded", {"text": "SECRET", "reason": "SECRET"}),
        ("lookup.confirmed", {"told": "SECRET", "agreed": ["SECRET"]}),
    ],
)
def test_of_a_confidential_case_a_line_quotes_nobody(kind: str, value: dict[str, Any]) -> None:
    assert "SECRET" not in tell(kind, hidden=True, **value)
