"""A bug in our own code, a record that crashes the process, a hang, a stop, a pause: the stream goes on."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

from stream_cluster import house, until
from stream_judge import drained, everything, judge, judge_state
from stream_traffic import Sent, call, mixed, publish

CODE = "dl_code"
#: Exit statuses of a worker that was told to end: 143 is what a shell makes of -15.
GRACEFUL = {0, -15, 143}


def marked(number: int, mark: str, *, seed: int) -> list[Sent]:
    """Ordinary calls with one in the middle whose text carries `mark`."""
    calls = list(mixed(seed, number, wrong_keys=0))
    calls.insert(number // 2, call(f"bad-{seed}", f"燃气泄漏{mark}快来人", caller="13800009999"))
    return calls


async def judge_aside(bootstrap: str, sent: list[Sent], code: str) -> None:
    """Exactly the marked call is a dead letter and a case for a person; every other call went its way."""
    await drained(bootstrap)
    found = await everything(bootstrap)
    assert [dict(letter.headers)[CODE].decode() for letter in found.dead] == [code]
    bad = next(one for one in sent if one.call_id.startswith("bad-"))
    assert found.dead[0].value == bad.value
    opened = [event for event in found.of("case.opened.v1") if event["dead_letter"]]
    assert len(opened) == 1
    assert opened[0]["status"] == "review"
    assert opened[0]["dead_letter"].startswith(code)
    assert opened[0]["text"] == bad.text
    found.events.remove(("case.opened.v1", opened[0]))
    judge(found, [one for one in sent if one is not bad])


async def test_a_bug_on_one_call_sets_only_that_call_aside(tmp_path: Path) -> None:
    async with house(tmp_path) as (broker, crew):
        worker = await crew.add("a", launcher=True)
        sent = await publish(broker.bootstrap, marked(300, "【RAISE】", seed=11))
        await judge_aside(broker.bootstrap, sent, "D311")
        assert not worker.exits


async def test_a_call_that_kills_the_process_is_set_aside_after_three_deaths(tmp_path: Path) -> None:
    """All partitions are busy meanwhile: no other call may be taken for the culprit."""
    async with house(tmp_path) as (broker, crew):
        await crew.add("a", launcher=True)
        sent = await publish(broker.bootstrap, marked(1500, "【DIE】", seed=12))
        await judge_aside(broker.bootstrap, sent, "D312")
        assert crew.deaths() == [139] * 3


async def test_a_hang_turns_the_worker_unready_and_ends_it(tmp_path: Path) -> None:
    async with house(tmp_path) as (broker, crew):
        worker = await crew.add("a", launcher=True, watchdog_seconds="6", session_seconds="10")
        publishing = asyncio.create_task(publish(broker.bootstrap, marked(100, "【HANG】", seed=13)))

        async def unready() -> bool:
            status, report = await worker.report()
            return status == 503 and bool(report["stuck"])

        await until("the worker says that it is stuck", unready)
        await judge_aside(broker.bootstrap, await publishing, "D312")
        assert crew.deaths() == [70] * 3
        assert worker.said("worker.fatal")


async def test_sigterm_ends_a_busy_worker_in_good_order(tmp_path: Path) -> None:
    async with house(tmp_path) as (broker, crew):
        await crew.add("a")
        publishing = asyncio.create_task(publish(broker.bootstrap, mixed(14, 1200), rate=400))
        await asyncio.sleep(1)
        start = time.monotonic()
        assert await crew.remove("a") in GRACEFUL
        print(f"ended in {time.monotonic() - start:.2f} s")
        await crew.add("a")
        sent = await publishing
        await drained(broker.bootstrap)
        found = await everything(broker.bootstrap)
        judge(found, sent)
        assert not found.dead


async def test_a_paused_worker_is_fenced_when_it_resumes(tmp_path: Path) -> None:
    """SIGSTOP past the session under load, once replaced by its own slot and once by its neighbour."""
    for seed, heir in ((15, "a"), (16, "b")):
        folder = tmp_path / heir
        folder.mkdir()
        async with house(folder) as (broker, crew):
            await crew.add("a", session_seconds="2")
            zombie = crew.workers.pop("a")
            publishing = asyncio.create_task(publish(broker.bootstrap, mixed(seed, 2400), rate=300))
            await asyncio.sleep(1.5)
            zombie.signal(signal.SIGSTOP)
            try:
                await crew.add(heir, session_seconds="2")
                heir_worker = crew.workers[heir]
                zombie.signal(signal.SIGCONT)
                assert await zombie.ended() == 70
            finally:
                zombie.signal(signal.SIGKILL)
            sent = await publishing
            await drained(broker.bootstrap)
            found = await everything(broker.bootstrap)
            figures = judge(found, sent)
            assert not found.dead
            await judge_state(broker.bootstrap, found)
            print(f"heir {heir}: {figures}, heir's deaths {heir_worker.exits}")


async def watch_order(bootstrap: str, sent: list[Sent]) -> int:
    """Within each case the calls of one caller stand in the order in which they were published."""
    place = {one.call_id: n for n, one in reversed(list(enumerate(sent)))}
    by_case: dict[str, list[int]] = {}
    found = await everything(bootstrap)
    for event in found.of("case.opened.v1", "call.linked.v1"):
        by_case.setdefault(event["case_id"], []).append(place[event["call_id"]])
    assert max(map(len, by_case.values())) > 3
    wrong = {case: order for case, order in by_case.items() if order != sorted(order)}
    assert not wrong, f"{len(wrong)} of {len(by_case)} cases out of order: {list(wrong.values())[:5]}"
    return len(by_case)


async def test_workers_come_and_go_under_load(tmp_path: Path) -> None:
    """1 -> 3 -> 1 workers: nothing lost or doubled, order within each case kept, and nobody dies of it."""
    async with house(tmp_path) as (broker, crew):
        await crew.add("a")
        calls = mixed(17, 4000, callers=200, wrong_keys=0)
        publishing = asyncio.create_task(publish(broker.bootstrap, calls, rate=250))
        await asyncio.sleep(1)
        for slot in ("b", "c"):
            await crew.add(slot)
        exits = [await crew.remove(slot) for slot in ("b", "a")]
        await crew.ready()
        sent = await publishing
        await drained(broker.bootstrap)
        found = await everything(broker.bootstrap)
        figures = judge(found, sent)
        assert not found.dead
        await judge_state(broker.bootstrap, found)
        print(f"{figures}, exits {exits}, deaths {crew.deaths()}, cases {await watch_order(broker.bootstrap, sent)}")
        assert set(exits) <= GRACEFUL
        assert not crew.deaths()
