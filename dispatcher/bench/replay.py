"""Audit replay: calls of the authored corpus, worked off by real workers, then decided again; and a bare reading beside it."""

import asyncio
import contextlib
import json
import time
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from dispatcher.bench import facts
from dispatcher.client.reader import Reader
from dispatcher.domain import ids
from dispatcher.replay import plan, report
from dispatcher.replay.deciders import Artefacts
from dispatcher.replay.reading import Names
from dispatcher.replay.run import fresh, run
from dispatcher.replay.setup import Setup
from dispatcher.settings import SAMPLE_KEY
from dispatcher.stream import topics
from dispatcher.stream.cluster import Cluster
from dispatcher.stream.writer import partition_for

#: Of a hundred calls so many name their caller; callers call three times in two cases on average.
_NAMED = 85
_COMPARED = (topics.CALLS, topics.CASE_INBOX, topics.CASE_EVENTS)


def texts() -> list[str]:
    """The authored calls."""
    folder = resources.files("classifiers.corpus").joinpath("train")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".jsonl")), key=lambda file: file.name)
    return [json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines()]


async def publish(bootstrap: str, calls: int) -> None:
    """Write `calls` calls, no two with the same text, each under its right key."""
    material, begin = texts(), datetime.now(UTC) - timedelta(hours=6)
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=1 << 20) as producer:
        partitions = len(await producer.partitions_for(topics.CALLS))
        for number in range(calls):
            call_id = f"bench-{number}"
            fields: dict[str, Any] = {
                "call_id": call_id,
                "received_at": (begin + timedelta(seconds=number * 21600 // calls)).isoformat(timespec="seconds"),
                "text": f"{material[number * 7919 % len(material)]}（第{number}号来电）",
            }
            key = call_id
            if number % 100 < _NAMED:
                fields["caller"] = f"138{number * 31 % (calls * 2 // 3 + 1):08d}"
                key = ids.pseudonym(fields["caller"], SAMPLE_KEY)
            value = json.dumps(fields, ensure_ascii=False).encode()
            place = partition_for(key.encode(), partitions)
            await producer.send(topics.CALLS, value, key=key.encode(), partition=place)
        await producer.flush()


async def worked_off(bootstrap: str, group: str) -> float:
    """Wait until the group has taken every call and every message to a case; the seconds that it took."""
    begin = time.monotonic()
    cluster = Cluster(bootstrap)
    await cluster.start()
    try:
        async with Reader(bootstrap) as reader:
            places = reader.partitions(topics.CALLS, topics.CASE_INBOX)
            while True:
                # The markers of transactions lie behind the last record, and no offset is committed for them.
                floors = {place: await cluster.committed(group, place) for place in places}
                left = [record async for record in reader.read(floors, await reader.ends(places))]
                if not left:
                    return time.monotonic() - begin
                await asyncio.sleep(0.5)
    finally:
        await cluster.stop()


def replayed(bootstrap: str, artefacts: Artefacts, *, group: str, workers: int) -> dict[str, Any]:
    """One replay of all that is there: rates, and the most memory that each process took."""
    planned = asyncio.run(plan.make(bootstrap, Names(), group=group, warm_up_days=30.0))
    setup = Setup(bootstrap, Names(), planned, artefacts)
    most: dict[int, float] = {}
    spent: dict[int, float] = {}
    begin, at_work = time.monotonic(), 0.0

    def told(records: int) -> None:
        nonlocal at_work
        if records and not at_work:
            at_work = time.monotonic()
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):  # it has just ended
                if "multiprocessing.spawn" in " ".join(child.cmdline()):
                    most[child.pid] = max(most.get(child.pid, 0.0), facts.memory_mb(child.pid))
                    spent[child.pid] = facts.cpu_seconds([child.pid])

    parts = run(setup, fresh(setup), workers=workers, told=told)
    end = time.monotonic()
    found = report.made(planned, parts, model=None, policy=None, case=None)
    calls = found["counts"]["calls"]
    return {
        "calls": calls,
        "messages": found["counts"]["messages"],
        "events": found["counts"].get("events the same", 0),
        "differences": found["differences"],
        "digest": found["digest"],
        "seconds": round(end - begin, 2),
        "calls_per_second": round(calls / (end - begin), 1),
        "calls_per_second_without_the_start": round(calls / (end - at_work), 1),
        "cpu_us_per_call": round(1e6 * sum(spent.values()) / calls),
        "memory_mb": sorted(most.values()),
    }


async def bare(bootstrap: str, calls: int) -> dict[str, float]:
    """A bare aiokafka consumer that reads the same three topics and decodes each record, once, in one process."""
    async with Reader(bootstrap) as reader:
        places = reader.partitions(*_COMPARED)
        ends = await reader.ends(places)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        open_: set[TopicPartition] = {place for place in places if ends[place]}
        consumer.assign(list(open_))
        await consumer.seek_to_beginning(*open_)
        records, begin, cpu = 0, time.monotonic(), time.process_time()
        while open_:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                for record in batch:
                    orjson.loads(record.value)
                    records += 1
            open_ = {place for place in open_ if await consumer.position(place) < ends[place]}
        seconds, cpu = time.monotonic() - begin, time.process_time() - cpu
    finally:
        await consumer.stop()
    return {
        "records_per_second": round(records / seconds, 1),
        "calls_per_second": round(calls / seconds, 1),
        "cpu_us_per_call": round(1e6 * cpu / calls),
    }


async def measured(bootstrap: str, *, calls: int, group: str) -> dict[str, Any]:
    """Publish, and let the workers that run already work it off."""
    begin = time.monotonic()
    await publish(bootstrap, calls)
    await worked_off(bootstrap, group)
    return {"live_calls_per_second": round(calls / (time.monotonic() - begin), 1)}


def artefacts(home: Path, policy_dir: Path | None) -> Artefacts:
    """The program's own model and policy: nothing else has decided."""
    return Artefacts(Path("artefacts"), home, policy_dir, SAMPLE_KEY)
