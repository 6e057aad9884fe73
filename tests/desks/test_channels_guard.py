"""The guard around adapters: a channel that hangs, lies, floods or is dead costs the others nothing, and comes back by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from channels_world import Owner, asked, over_http, owner

from dispatcher.desks.channels.guard import Guarded
from dispatcher.desks.channels.settings import GuardSettings, SqlSettings
from dispatcher.desks.channels.sql import SqlAdapter
from dispatcher.domain.lookups.codes import AnswerStatus
from dispatcher.domain.lookups.messages import MOST_HITS

QUICK = GuardSettings(try_seconds=60, total_seconds=120, tries=3, wait_seconds=0.001, failures=4, open_seconds=3600)


@pytest.fixture
async def other() -> AsyncIterator[Owner]:
    async with owner() as one:
        yield one


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


async def test_an_answer_comes_through(other: Owner) -> None:
    async with over_http(other.url) as adapter:
        outcome = await Guarded("taxi", adapter, QUICK).ask(asked(item="包"))
    assert (outcome.status, outcome.tries, outcome.text) == (AnswerStatus.FOUND, 1, "")
    assert [hit.ref for hit in outcome.hits] == ["N1"]


async def test_nothing_found_is_an_answer(other: Owner) -> None:
    other.rows = []
    async with over_http(other.url) as adapter:
        outcome = await Guarded("taxi", adapter, QUICK).ask(asked())
    assert (outcome.status, outcome.hits, outcome.more) == (AnswerStatus.NOTHING, (), 0)


async def test_what_is_down_is_tried_again_and_may_come_back(other: Owner) -> None:
    other.manner = "500"
    async with over_http(other.url, guard=QUICK) as adapter:
        one = Guarded("taxi", adapter, QUICK.model_copy(update={"tries": 1_000_000, "failures": 1_000_000}))
        asking = asyncio.create_task(one.ask(asked()))
        await until(lambda: len(other.heard) >= 2)
        other.manner = "good"
        outcome = await asking
    assert outcome.status is AnswerStatus.FOUND
    assert outcome.tries == len(other.heard) > 2
    assert one.state().failures == 0


async def test_what_stays_down_is_tried_so_often_and_no_more(other: Owner) -> None:
    other.manner = "500"
    async with over_http(other.url) as adapter:
        outcome = await Guarded("taxi", adapter, QUICK).ask(asked())
    assert (outcome.status, outcome.tries) == (AnswerStatus.UNAVAILABLE, QUICK.tries)
    assert "500" in outcome.text
    assert len(other.heard) == QUICK.tries


@pytest.mark.parametrize("manner", ["page", "word", "strange", "flood", "elsewhere"])
async def test_a_lie_is_not_asked_for_again(other: Owner, manner: str) -> None:
    other.manner = manner
    async with over_http(other.url) as adapter:
        one = Guarded("taxi", adapter, QUICK)
        outcome = await one.ask(asked())
    assert (outcome.status, outcome.tries) == (AnswerStatus.UNAVAILABLE, 1)
    assert one.state().failures == 1


async def test_a_flood_of_findings_is_cut(other: Owner) -> None:
    other.rows = [{"id": f"N{i}", "text": "x" * 9_000} for i in range(100)]
    async with over_http(other.url) as adapter:
        outcome = await Guarded("taxi", adapter, QUICK).ask(asked())
    assert (len(outcome.hits), outcome.more) == (MOST_HITS, 100 - MOST_HITS)


async def test_an_open_breaker_answers_at_once_and_says_until_when(other: Owner) -> None:
    other.manner = "500"
    async with over_http(other.url) as adapter:
        one = Guarded("taxi", adapter, QUICK)
        for _ in range(2):
            await one.ask(asked())
        assert one.state().state == "open"
        heard = len(other.heard)
        other.manner = "good"
        outcome = await one.ask(asked())
        state = one.state()
    assert heard == QUICK.failures  # the breaker ends the tries of a question too
    assert len(other.heard) == heard
    assert (outcome.status, outcome.tries) == (AnswerStatus.UNAVAILABLE, 0)
    assert state.until is not None
    assert f"{state.until:%H:%M}" in outcome.text
    assert "500" in outcome.text
    assert state.cause == "对方返回500"


async def test_a_question_whose_failure_opens_the_breaker_waits_for_no_further_try(other: Owner) -> None:
    other.manner = "500"
    settings = QUICK.model_copy(update={"failures": 1, "wait_seconds": 3600, "total_seconds": 2})
    async with over_http(other.url) as adapter:
        outcome = await Guarded("taxi", adapter, settings).ask(asked())
    assert (outcome.tries, outcome.text) == (1, "对方返回500")


async def test_a_breaker_closes_when_the_database_is_back(other: Owner) -> None:
    other.manner = "page"
    async with over_http(other.url) as adapter:
        one = Guarded("taxi", adapter, QUICK.model_copy(update={"failures": 2, "open_seconds": 0.02}))
        for _ in range(2):
            await one.ask(asked())
        await until(lambda: one.state().state == "half_open")
        assert (await one.ask(asked())).status is AnswerStatus.UNAVAILABLE  # one failure opens it again
        assert one.state().failures == 3
        other.manner = "good"
        await until(lambda: one.state().state == "half_open")
        assert (await one.ask(asked())).status is AnswerStatus.FOUND
        assert (one.state().state, one.state().failures, one.state().cause) == ("closed", 0, "")


async def test_half_open_lets_one_through(other: Owner) -> None:
    other.manner = "page"
    async with over_http(other.url) as adapter:
        one = Guarded("taxi", adapter, QUICK.model_copy(update={"failures": 1, "open_seconds": 0.02, "at_once": 1}))
        await one.ask(asked())
        await until(lambda: one.state().state == "half_open")
        other.manner = "hang"
        probe = asyncio.create_task(one.ask(asked()))
        await until(lambda: other.inside == 1)
        refused = await one.ask(asked())
        other.manner = "good"
        other.let_go.set()
        assert (refused.status, refused.tries) == (AnswerStatus.UNAVAILABLE, 0)
        assert (await probe).status is AnswerStatus.FOUND
        assert other.inside == 1


async def test_what_hangs_is_given_up(other: Owner) -> None:
    other.manner = "hang"
    async with over_http(other.url) as adapter:
        one = Guarded("taxi", adapter, QUICK.model_copy(update={"try_seconds": 0.02, "tries": 2}))
        outcome = await one.ask(asked())
    assert (outcome.status, outcome.tries) == (AnswerStatus.UNAVAILABLE, 2)
    assert "没有应答" in outcome.text


async def test_all_tries_together_have_an_end(other: Owner) -> None:
    other.manner = "500"
    async with over_http(other.url) as adapter:
        settings = {"tries": 1_000_000, "failures": 1_000_000, "total_seconds": 0.1}
        outcome = await Guarded("taxi", adapter, QUICK.model_copy(update=settings)).ask(asked())
    assert outcome.status is AnswerStatus.UNAVAILABLE
    assert "0.1秒" in outcome.text


async def test_one_that_hangs_keeps_no_other_waiting(other: Owner) -> None:
    """Fifty questions hang on one channel; the other channel answers all of its own meanwhile."""
    other.manner = "hang"
    async with owner() as good, over_http(other.url) as hangs, over_http(good.url) as answers:
        stuck = Guarded("taxi", hangs, QUICK)
        free = Guarded("metro", answers, QUICK)
        waiting = [asyncio.create_task(stuck.ask(asked())) for _ in range(50)]
        await until(lambda: other.inside == QUICK.at_once)
        outcomes = await asyncio.gather(*(free.ask(asked()) for _ in range(50)))
        assert {outcome.status for outcome in outcomes} == {AnswerStatus.FOUND}
        assert not any(task.done() for task in waiting)
        assert other.inside == QUICK.at_once  # no more at a time than agreed
        other.manner = "good"
        other.let_go.set()
        assert {(await task).status for task in waiting} == {AnswerStatus.FOUND}


async def test_behind_an_open_breaker_nobody_stands_in_line(other: Owner) -> None:
    other.manner = "hang"
    settings = QUICK.model_copy(update={"try_seconds": 0.05, "tries": 1, "failures": 1, "at_once": 1})
    async with over_http(other.url) as adapter:
        one = Guarded("taxi", adapter, settings)
        outcomes = await asyncio.gather(*(one.ask(asked()) for _ in range(200)))
    assert {outcome.status for outcome in outcomes} == {AnswerStatus.UNAVAILABLE}
    assert sum(outcome.tries for outcome in outcomes) == 1


async def test_a_cancelled_question_counts_for_nothing(other: Owner) -> None:
    other.manner = "500"
    async with over_http(other.url) as adapter:
        one = Guarded("taxi", adapter, QUICK)
        await one.ask(asked())
        failures = one.state().failures
        other.manner = "hang"
        asking = asyncio.create_task(one.ask(asked()))
        await until(lambda: other.inside == 1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert one.state().failures == failures == QUICK.tries


async def test_a_hung_database_uses_up_no_thread_of_the_loop(tmp_path: Path) -> None:
    """A lock that nobody lets go of; the loop's own threads and another database go on."""

    def made(name: str) -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / name, isolation_level=None)
        connection.execute("CREATE TABLE finds (id TEXT, text TEXT)")
        connection.execute("INSERT INTO finds VALUES ('N1', 'x')")
        return connection

    def over(name: str) -> SqlAdapter:
        url = f"sqlite:///{name}"
        hit = {"ref": "{id}", "text": "{text}"}
        settings = {"kind": "sql", "url": url, "table": "finds", "hit": hit, "timeout_seconds": 30, "at_once": 2}
        return SqlAdapter(SqlSettings.model_validate(settings), url, tmp_path)

    locked, open_ = made("locked.sqlite3"), made("open.sqlite3")
    locked.execute("BEGIN EXCLUSIVE")
    hung, free = over("locked.sqlite3"), over("open.sqlite3")
    waiting = [asyncio.create_task(Guarded("taxi", hung, QUICK).ask(asked())) for _ in range(40)]
    await asyncio.sleep(0)
    outcomes = await asyncio.gather(*(Guarded("metro", free, QUICK).ask(asked()) for _ in range(10)))
    assert await asyncio.to_thread(len, waiting) == 40  # the loop's own threads are free
    assert {outcome.status for outcome in outcomes} == {AnswerStatus.FOUND}
    assert not any(task.done() for task in waiting)
    locked.execute("ROLLBACK")
    assert {(await task).status for task in waiting} == {AnswerStatus.FOUND}
    for connection in (locked, open_):
        connection.close()
    await hung.close()
    await free.close()
