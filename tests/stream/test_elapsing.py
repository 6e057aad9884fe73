"""Replies, decisions and elapsing deadlines are exactly once while workers are killed under a storm of all three."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from stream_casework import LIMIT, SHARES, People, at_work, short_clocks
from stream_cluster import ROOT, house, until
from stream_judge import drained
from stream_ledger import Ledger, nothing_due, opened
from stream_traffic import call, publish, texts

from dispatcher.catalog import Catalog, load_catalog
from dispatcher.domain.codes import Mark
from dispatcher.domain.inbox import DeadlineElapsed

CALLS, SECONDS = 400, 5.0
#: Seconds after the first call: among the first reminders and replies, in between, and among the cards.
KILLS = (4.0, 8.0, 30.0, 61.0, 63.5, 66.0)


async def _passed(bootstrap: str, catalog: Catalog, horizon: datetime) -> bool:
    return datetime.now(UTC) > horizon and await nothing_due(bootstrap, catalog, horizon)


async def test_deadlines_and_replies_are_exactly_once_while_workers_are_killed(tmp_path: Path) -> None:
    policy = short_clocks(tmp_path / "policy")
    catalog = load_catalog(ROOT, policy_dir=policy)
    dice = random.Random(7)
    calls = [
        call(f"t-{n:04d}", dice.choice(texts()), caller=f"1380007{n:04d}" if n % 5 else None) for n in range(CALLS)
    ]
    async with house(tmp_path) as (broker, crew):
        workers = [await crew.add(slot, wait=False, policy=str(policy)) for slot in ("a", "b")]
        await crew.ready()
        people = People(broker.bootstrap, seed=7)
        async with at_work(people):
            start = time.monotonic()
            await publish(broker.bootstrap, calls, rate=CALLS / SECONDS)
            for moment in KILLS:
                await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
                crew.workers[dice.choice("ab")].signal(signal.SIGKILL)
            last = await until("every call has opened its case", lambda: opened(broker.bootstrap, CALLS))
            assert last is not None
            horizon = last + LIMIT * SHARES[Mark.RED]  # by then each clock that began with a call has run out
            await until("every deadline has been decided", lambda: _passed(broker.bootstrap, catalog, horizon))
        await drained(broker.bootstrap)
        for slot in ("a", "b"):
            await crew.remove(slot)
        deaths = [status for worker in workers for status in worker.exits]

        ledger = await Ledger.read(broker.bootstrap, catalog)
        ledger.fold()
        refusals = ledger.judge_said(people.said)
        fallen = ledger.judge_time()
        silent = ledger.judge_silence(people.silent, horizon)
        served, missed = ledger.lateness(workers)
        print(f"{CALLS} calls, {len(people.said)} messages said, {people.forged} forged, refusals {dict(refusals)}")
        print(f"deaths {deaths}, {len(ledger.inbox)} records, fallen {dict(fallen)}, {silent} silent cases")
        said = sum(isinstance(message, DeadlineElapsed) for message in ledger.messages.values())
        print(f"{said} messages about time, {fallen.total()} of them at their time and for the first time")
        for name, late in (("served", served), ("partition down", missed)):
            print(f"{name}: {len(late)}, late by p50 {late[len(late) // 2]:.3f} s, max {late[-1]:.3f} s")
        assert deaths.count(-signal.SIGKILL) >= len(KILLS) - 1
        assert silent > CALLS / 5
        assert missed, "no deadline fell while its partition was down: the kills hit nothing"
        assert refusals["D603"]
        assert refusals["D604"]
        assert ledger.early
