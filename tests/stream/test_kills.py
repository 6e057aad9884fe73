"""Exactly once while workers and the broker are killed under load."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import pytest
from stream_cluster import house
from stream_judge import drained, everything, judge, judge_state
from stream_traffic import mixed, publish

CALLS, RATE, KILLS = 3000, 400.0, 6


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_workers_killed_at_random_moments_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    async with house(tmp_path) as (broker, crew):
        for slot in ("a", "b"):
            await crew.add(slot, wait=False)
        await crew.ready()
        dice = random.Random(seed)
        start = time.monotonic()
        publishing = asyncio.create_task(publish(broker.bootstrap, mixed(seed, CALLS), rate=RATE))
        for moment in sorted(dice.uniform(0.5, CALLS / RATE + 1) for _ in range(KILLS)):
            await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
            crew.workers[dice.choice("ab")].signal(signal.SIGKILL)
        sent = await publishing
        await drained(broker.bootstrap)
        seconds = time.monotonic() - start

        found = await everything(broker.bootstrap)
        figures = judge(found, sent)
        assert not found.dead
        figures |= await judge_state(broker.bootstrap, found)
        print(f"seed {seed}: {figures}, deaths {crew.deaths()}, {seconds:.1f} s")
        assert crew.deaths().count(-signal.SIGKILL) >= 1

        # What a fresh process rebuilds is what the dead ones knew: every call sent once more changes nothing.
        await asyncio.gather(*(crew.remove(slot) for slot in ("a", "b")))
        await crew.add("c")
        await publish(broker.bootstrap, sent)
        await drained(broker.bootstrap)
        again = await everything(broker.bootstrap)
        # A search for a person goes on by the clock meanwhile (escalation, radius): what calls have caused is what counts.
        first, second = ([(kind, e) for kind, e in one.events if "lookup_id" not in e] for one in (found, again))
        assert len(second) == len(first)
        assert second == first
        assert (again.orders, again.by_agency, again.dead) == (found.orders, found.by_agency, found.dead)


async def test_a_killed_broker_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as (broker, crew):
        for slot in ("a", "b"):
            await crew.add(slot, wait=False)
        await crew.ready()
        publishing = asyncio.create_task(publish(broker.bootstrap, mixed(4, CALLS), rate=RATE))
        for _ in range(2):
            await asyncio.sleep(2)
            pid = (await asyncio.to_thread(broker.status)).pid
            assert pid is not None
            port = broker.port
            os.kill(pid, signal.SIGKILL)
            broker._port = port  # the clients know this one
            await broker.start_async()
        sent = await publishing
        await drained(broker.bootstrap)
        found = await everything(broker.bootstrap)
        figures = judge(found, sent)
        assert not found.dead
        figures |= await judge_state(broker.bootstrap, found)
        print(f"{figures}, deaths {crew.deaths()}")
