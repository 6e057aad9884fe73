"""The whole screen, at any size."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dispatcher.console import board
from dispatcher.console.ledger import Alarm
from dispatcher.console.words import Words
from dispatcher.domain.codes import Outcome

if TYPE_CHECKING:
    from tests.console.conftest import Told


def facts(**more: object) -> board.Facts:
    given: dict[str, object] = {
        "address": "127.0.0.1:19092",
        "workers": 1,
        "ready": 1,
        "restarts": 0,
        "demo": "演示 3/182",
        "hint": " Ctrl-C 结束",
        "rate": 2.0,
        **more,
    }
    return board.Facts(**given)  # type: ignore[arg-type]


@given(st.integers(1, 400))
def test_columns_fit_into_every_width(width: int) -> None:
    cells = board.columns(width)
    assert sum(cells.values()) + len(cells) - 1 <= width or width < 8


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (40, 12), (20, 5), (300, 80)])
def test_the_screen_is_filled_and_never_overrun(size: tuple[int, int], told: "Told", words: Words) -> None:
    width, height = size
    for number in range(100):
        told.opened("楼道灯坏了半个月没人换，物业总说明天" * 2, source=told.source(), call_id=f"c{number}")
    told.alerted("编号重复" * 40)
    lines = board.lines(told.ledger, facts(), words, width=width, height=height)
    assert len(lines) == height
    assert all(cell_len(line.plain) <= width for line in lines)


def test_a_row_names_outcome_matter_and_unit_in_chinese(told: "Told", words: Words) -> None:
    told.opened("煤气味", source=told.source(), assist=("fire-rescue", "public-security"), outcome=Outcome.JOINT)
    text = "\n".join(line.plain for line in board.lines(told.ledger, facts(), words, width=160, height=24))
    for shown in ("煤气味", "联动", "物业", "市房产局 +2", "沈河区", "model：依据“楼道灯”判断"):
        assert shown in text


def test_assisting_units_are_counted_even_where_the_name_is_cut(told: "Told", words: Words) -> None:
    told.opened("煤气味", source=told.source(), lead="fire-rescue", assist=("public-security",))
    lines = [line.plain for line in board.lines(told.ledger, facts(), words, width=80, height=24)]
    assert any("市消防救援…" in line and "+1" in line for line in lines)


def test_on_a_narrow_screen_the_newest_call_is_explained_below(told: "Told", words: Words) -> None:
    told.opened("煤气味", source=told.source())
    lines = [line.plain for line in board.lines(told.ledger, facts(), words, width=80, height=24)]
    assert any("煤气味 ← model：依据“楼道灯”判断" in line for line in lines)


def test_a_repeat_call_shows_as_linked(told: "Told", words: Words) -> None:
    told.opened("第一次", source=told.source())
    told.linked("又来电", source=told.source())
    lines = [line.plain for line in board.lines(told.ledger, facts(), words, width=80, height=24)]
    assert any("又来电" in line and "关联" in line for line in lines)


def test_workers_that_are_not_ready_and_what_the_supervisor_says_are_seen(told: "Told", words: Words) -> None:
    said = Alarm(kind="notice", at_ms=0, text="worker-1 was ended by signal 9", live=True)
    lines = board.lines(told.ledger, facts(ready=0, restarts=1, notices=(said,)), words, width=80, height=24)
    assert "工作进程 0/1 重启 1" in lines[0].plain
    assert any("worker-1 was ended by signal 9" in line.plain for line in lines)
