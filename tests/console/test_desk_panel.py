"""The desks on the board: what it knows of their lookups, and that nothing which proves ownership is on it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from dispatcher.console import board, lookups, view
from dispatcher.console.ledger import Alarm
from dispatcher.console.words import Words
from dispatcher.domain.events.lookups import (
    CandidateFound,
    ConfirmationTakenBack,
    FactsLearnt,
    LookupConfirmed,
    LookupEnded,
    LookupEscalated,
    LookupHandedOver,
    LookupOpened,
    LookupRequested,
    LookupSilent,
    PersonSighted,
)
from dispatcher.domain.lookups.codes import Desk, LookupStatus, RequestStatus, Side
from dispatcher.domain.lookups.reach import Reach
from dispatcher.domain.lookups.records import Candidate, Request, Sighting

if TYPE_CHECKING:
    from tests.console.conftest import Told

AT = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
BAG = {"item": "双肩包", "colour": "黑色", "plate_part": "*66", "mark": "小黄鸭", "contents": "蓝色笔记本"}


def opened(told: "Told", lookup_id: str = "l", **more: Any) -> Any:
    return told.lookup(
        LookupOpened, **{"lookup_id": lookup_id, "facts": BAG, "since": AT, "question": "车牌号是多少？", **more}
    )


def asked(told: "Told", *databases: str, status: RequestStatus = RequestStatus.WAITING) -> None:
    requests = tuple(
        Request(
            request_id=f"r-{code}", channel=f"c-{code}", database=code, number=0, asked_at=AT, until=AT, status=status
        )
        for code in databases
    )
    told.lookup(LookupRequested, requests=requests, round=0, question="车牌号是多少？")


def candidate(**more: Any) -> Candidate:
    return Candidate(
        ref="taxi/1", database="taxi", score=0.85, text="包上挂着小黄鸭", at=AT, reasons=("记号：小黄鸭",), **more
    )


def public(told: "Told") -> None:
    """The case is known to be confidential no more."""
    told.opened("双肩包落在出租车上了", source=told.source(), confidential=False)


def screen(told: "Told", words: Words, *, width: int = 100, height: int = 24) -> list[str]:
    facts = board.Facts(address="", workers=1, ready=1, restarts=0, demo="", hint="", rate=0.0)
    return [line.plain for line in board.lines(told.ledger, facts, words, width=width, height=height)]


def test_a_running_lookup_is_on_the_board_with_its_channels_and_its_next_question(told: "Told", words: Words) -> None:
    public(told)
    opened(told)
    asked(told, "taxi", "bulletins", "earlier_records")
    asked(told, "national", status=RequestStatus.DEFERRED)
    told.answered("taxi")
    told.answered("bulletins", answer="unavailable")
    shown = screen(told, words)
    assert any(" 寻物 查找中 1/3渠道 问:车牌号是多少？ 黑色 双肩包 *66" in line for line in shown)
    assert any("专席 失物 1 走失 0  有线索 0  24小时内找到 0/0" in line for line in shown)


def test_a_silent_database_has_not_answered(told: "Told") -> None:
    opened(told)
    asked(told, "taxi", "bulletins")
    told.answered("taxi")
    told.lookup(LookupSilent, request_id="r-bulletins", channel="c-bulletins", database="bulletins")
    assert told.ledger.lookups.latest(1)[0].progress == (2, 1, ("c-bulletins",))


def test_the_desks_in_numbers(told: "Told") -> None:
    for name in "abcdef":
        opened(
            told, name, desk="missing_person" if name in "ef" else "lost_item", side="found" if name == "d" else "lost"
        )
    told.lookup(CandidateFound, lookup_id="a", status="candidate", candidate=candidate())
    for name, minutes in (("b", 1440), ("c", 1441)):
        told.lookup(
            LookupConfirmed,
            lookup_id=name,
            status="confirmed",
            ref="taxi/1",
            by="owner",
            told="x",
            found_after_minutes=minutes,
        )
    told.lookup(LookupEnded, lookup_id="f", status="not_found", desk="missing_person")
    totals = told.ledger.lookups.totals()
    assert totals == ({Desk.LOST_ITEM: 2, Desk.MISSING_PERSON: 1}, 1, 2, 1)
    told.lookup(ConfirmationTakenBack, lookup_id="b", status="searching", ref="taxi/1")
    assert told.ledger.lookups.totals() == ({Desk.LOST_ITEM: 3, Desk.MISSING_PERSON: 1}, 1, 1, 0)


def test_each_step_is_news_in_words(told: "Told") -> None:
    public(told)
    news = [
        *opened(told),
        *told.lookup(CandidateFound, status="candidate", candidate=candidate()),
        *told.lookup(
            LookupConfirmed,
            status="confirmed",
            ref="taxi/1",
            by="owner",
            told="挂着小黄鸭",
            agreed=("小黄鸭",),
            found_after_minutes=12,
        ),
        *told.lookup(
            LookupHandedOver, status="handed_over", receipt="r-1", recipient="王**", document="**1234", ref="taxi/1"
        ),
    ]
    assert [(one.kind, one.text) for one in news] == [
        ("lookup.opened", "寻物 case-c 开始查找：黑色 双肩包 *66"),
        ("lookup.candidate", "寻物 case-c 有线索 85%：黑色 双肩包 *66"),
        ("lookup.confirmed", "寻物 case-c 确认找到，用时12分钟：黑色 双肩包 *66"),
        ("lookup.handed_over", "寻物 case-c 已交接：黑色 双肩包 *66"),
    ]
    known = {"lookup_id": "l", "case_id": "case-c", "desk": "lost_item", "side": "lost"}
    assert [dict(one.facts) for one in news] == [
        known | {"status": "searching"},
        known | {"status": "candidate", "score": 0.85},
        known | {"status": "confirmed", "minutes": 12},
        known | {"status": "handed_over"},
    ]
    assert told.ledger.alarms == type(told.ledger.alarms)()  # they have a place of their own


def test_a_weak_candidate_is_no_news(told: "Told") -> None:
    opened(told)
    assert told.lookup(CandidateFound, candidate=candidate(weak=True)) == []


def test_an_escalation_stands_among_the_alarms(told: "Told") -> None:
    public(told)
    opened(told, desk="missing_person")
    [alarm] = told.lookup(
        LookupEscalated,
        desk="missing_person",
        reason="失联36分钟未找到（老人）",
        addressee="duty_leader",
        step=1,
        minutes=36,
        risks=(),
    )
    assert isinstance(alarm, Alarm)
    assert (alarm.kind, alarm.text) == ("lookup.escalated", "寻人 case-c 上报duty_leader：失联36分钟未找到（老人）")
    assert list(told.ledger.alarms) == [alarm]


def test_private_marks_are_never_on_the_board(told: "Told", words: Words) -> None:
    public(told)
    opened(told)
    told.lookup(FactsLearnt, facts={"mark": "拉链上小黄鸭", "brand": "耐克"}, unknown=())
    told.lookup(CandidateFound, status="candidate", candidate=candidate(), reason="疑似：记号：小黄鸭")
    shown = "\n".join(screen(told, words, width=300))
    assert "黑色 耐克 双肩包" in shown
    assert "小黄鸭" not in shown
    assert "笔记本" not in shown


@pytest.mark.parametrize("known", [True, False])
def test_of_a_confidential_case_nothing_is_told_that_anybody_said(told: "Told", words: Words, known: bool) -> None:
    if known:
        told.opened("保密", source=told.source(), confidential=True)
    [news] = opened(told)
    [alarm] = told.lookup(
        LookupEscalated, reason="失联36分钟（双肩包）", addressee="desk_leader", step=0, minutes=36, risks=()
    )
    told.lookup(FactsLearnt, facts={"last_place": "中街"}, unknown=())
    everything = "\n".join((*screen(told, words, width=300), news.text, alarm.text))
    assert view.HIDDEN_REASON in everything
    assert "双肩包" not in everything
    assert "中街" not in everything


def test_a_sighting_moves_the_last_place(told: "Told") -> None:
    public(told)
    opened(told, desk="missing_person", facts={"sex": "female", "age": "75", "last_place": "中街"})
    area = Reach(
        centre="北站",
        district=None,
        since=AT,
        hours=0,
        mode="walk",
        km=0,
        alert_km=3,
        districts=(),  # type: ignore[arg-type]
    )
    told.lookup(PersonSighted, desk="missing_person", sighting=Sighting(at=AT, place="北站"), reach=area)
    assert told.ledger.lookups.latest(1)[0].seeks == "女 75岁 北站"


def test_the_latest_three_are_shown_the_last_one_first(told: "Told", words: Words) -> None:
    public(told)
    for number in range(5):
        opened(told, f"l-{number}", facts={"item": f"第{number}件"}, at_ms=1_000 * number)
    shown = [line for line in screen(told, words) if "第" in line]
    assert [line.split()[-1] for line in shown] == ["第4件", "第3件", "第2件"]


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (40, 12), (20, 5), (300, 80), (20, 30)])
def test_the_screen_is_filled_and_never_overrun_with_lookups_on_it(
    size: tuple[int, int], told: "Told", words: Words
) -> None:
    width, height = size
    public(told)
    for number in range(50):
        told.opened("楼道灯坏了", source=told.source(), call_id=f"c{number}")
        opened(told, f"l-{number}", facts={"item": "双肩包\x1b[2J" * 40})
    told.alerted("编号重复")
    lines = screen(told, words, width=width, height=height)
    assert len(lines) == height
    assert all(cell_len(line) <= width for line in lines)
    assert not any("\x1b" in line for line in lines)
    assert any("专席" in line for line in lines) is (height >= 12)


@pytest.mark.parametrize("most", [0, 1, 2, 4])
def test_the_panel_alone_fits_into_every_width(most: int, told: "Told") -> None:
    public(told)
    for number in range(5):
        opened(told, f"l-{number}")
    for width in range(1, 200):
        lines = lookups.panel(told.ledger.lookups, width, most=most)
        assert len(lines) == most
        assert all(cell_len(line.plain) <= width for line in lines)


def test_without_lookups_the_board_is_as_it_was(told: "Told", words: Words) -> None:
    public(told)
    assert not any("专席" in line for line in screen(told, words))
    assert lookups.panel(told.ledger.lookups, 80, most=4) == []


def test_an_answer_to_a_lookup_that_was_never_heard_of_changes_nothing(told: "Told") -> None:
    assert told.answered("taxi") == []
    assert len(told.ledger.lookups) == 0


def test_every_status_and_every_search_has_a_name() -> None:
    assert set(view.LOOKUPS) == set(LookupStatus)
    assert set(view.DESKS) == {(desk, side) for desk in Desk for side in Side}
