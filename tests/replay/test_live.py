"""A replay while the live system works, killed again and again: offsets, groups and output of the service are untouched."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
from aiokafka.admin import AIOKafkaAdminClient
from replay_town import PROGRAM, Town
from stream_cluster import ROOT, Crew, until
from stream_judge import body, committed, drained, kind, read
from stream_traffic import mixed, publish

CALLS, KILLS = 200, 2


async def groups(town: Town) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=town.bootstrap)
    await admin.start()
    try:
        return {name for name, *_ in await admin.list_consumer_groups()}
    finally:
        await admin.close()


async def killed_at_work(town: Town) -> int:
    """Start a replay, kill -9 it once its processes are at work, and see them gone; returns how many there were."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DISPATCHER_")}
    env |= {"KAFKA_BOOTSTRAP_SERVERS": town.bootstrap, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, "--workers", "2", "--artefacts", str(town.store)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = await asyncio.create_subprocess_exec(*command, cwd=town.folder, env=env, **quiet)
    seen: list[psutil.Process] = []

    async def at_work() -> bool:
        """Both processes have connected to the broker, or the replay was quicker than we."""
        seen[:] = psutil.Process(process.pid).children() if process.returncode is None else seen
        busy = [
            one for one in seen if one.is_running() and any(c.status == "ESTABLISHED" for c in one.net_connections())
        ]
        return len(busy) >= 2 or process.returncode is not None

    await until("the replay is at work", at_work)
    if process.returncode is None:
        process.kill()
    await process.wait()
    assert not (await asyncio.to_thread(psutil.wait_procs, seen, 30))[1]
    return len(seen)


async def test_a_replay_that_is_killed_leaves_the_live_system_as_it_is(town: Town, tmp_path: Path) -> None:
    before = await groups(town)
    start = await committed(town.bootstrap, "calls", "case-inbox")
    calls = list(mixed(11, CALLS))
    async with Crew(town.bootstrap, tmp_path) as crew:
        worker = await crew.add("b", policy=str(town.policy_dir))
        publishing = asyncio.create_task(publish(town.bootstrap, calls, rate=20))
        processes = 0
        for _ in range(KILLS):
            processes += await killed_at_work(town)
            now = await committed(town.bootstrap, "calls", "case-inbox")
            assert all(now[place] >= start[place] for place in start)
            assert await groups(town) == before
            start = now
        sent = await publishing
        await drained(town.bootstrap)
        await crew.remove("b")
    assert processes >= 2 * KILLS - 1
    assert worker.exits == []
    events = (await read(town.bootstrap, "case-events"))["case-events"]
    ours = Counter(body(r)["call_id"] for r in events if kind(r) == "call.triaged.v1")
    assert {call.call_id: ours[call.call_id] for call in sent} == dict.fromkeys((call.call_id for call in sent), 1)
    assert len({body(r)["event_id"] for r in events}) == len(events)
    found = await asyncio.to_thread(town.replayed)
    assert found["same"], found["findings"][:3]
