"""The desks on real Kafka: a fan-out whose process is killed again and again, beside channels that hang, lie and flood."""

from __future__ import annotations

import asyncio
import csv
import random
import signal
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson
import yaml
from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from stream_cluster import Crew, Worker, house, until
from stream_judge import drained
from stream_traffic import call, publish

from dispatcher.client.reader import Reader
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.lookups.codes import AnswerStatus, RequestStatus
from dispatcher.domain.lookups.messages import DeskReply, LookupAsked, RawHit
from dispatcher.stream import topics

PEOPLE, THINGS, KILLS = 20, 20, 6
#: They answer; one hangs until the end of the test, and casework waits for it.
GOOD = ("taxi", "rescue_station", "bulletins", "hospitals", "earlier_records")
#: The time limits of this city's casework are minutes; the channels' own are seconds.
GUARD = {"try_seconds": 1.0, "total_seconds": 3.0, "tries": 2, "wait_seconds": 0.2, "failures": 1000, "at_once": 4}


@dataclass
class Outside:
    """Databases of other owners, and what they were asked: database -> the request_ids in order."""

    port: int = 0
    asked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    stalled: asyncio.Event = field(default_factory=asyncio.Event)

    async def wristband(self, request: web.Request) -> web.Response:
        """Hangs."""
        self.asked["wristband"].append(request.headers["X-Request-Id"])
        await self.stalled.wait()
        return web.json_response({"items": []})

    async def bulletins(self, request: web.Request) -> web.Response:
        """Floods: far more than anybody can look at."""
        self.asked["bulletins"].append(request.headers["X-Request-Id"])
        rows = [{"id": f"B-{n}", "text": f"启事第{n}号，寻物"} for n in range(300)]
        return web.json_response({"items": rows})

    async def earlier_records(self, request: web.Request) -> web.Response:
        """Lies: no JSON."""
        self.asked["earlier_records"].append(request.headers["X-Request-Id"])
        return web.Response(text="<html>登录</html>")


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    here = Outside()
    app = web.Application()
    for name in ("wristband", "bulletins", "earlier_records"):
        app.router.add_get(f"/{name}", getattr(here, name))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    here.port = runner.addresses[0][1]
    try:
        yield here
    finally:
        here.stalled.set()
        await runner.cleanup()


async def hospitals(bootstrap: str, asked: list[str], dice: random.Random) -> None:
    """A database that answers by Kafka: some at once, some after a while, some twice."""
    consumer = AIOKafkaConsumer(
        topics.DESK_REQUESTS, bootstrap_servers=bootstrap, group_id="hospitals", auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await consumer.start()
    await producer.start()

    async def reply(question: LookupAsked) -> None:
        await asyncio.sleep(dice.choice((0.0, 0.3, 1.5)))
        hit = RawHit(ref=f"H-{question.request_id[:8]}", text="女，约七十岁，穿红色羽绒服，说不清姓名")
        value = DeskReply(request_id=question.request_id, hits=(hit,)).encode()
        for _ in range(dice.choice((1, 2))):
            await producer.send_and_wait(topics.DESK_REPLIES, key=question.request_id.encode(), value=value)

    waiting: set[asyncio.Task[None]] = set()
    try:
        async for record in consumer:
            question = LookupAsked.model_validate_json(record.value)
            if question.database == "hospitals":
                asked.append(question.request_id)
                task = asyncio.create_task(reply(question))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
    finally:
        await consumer.stop()
        await producer.stop()


def channels(folder: Path, port: int) -> Path:
    """A city with two good databases of files, three bad ones behind HTTP, and one behind Kafka."""
    with sqlite3.connect(folder / "taxi.sqlite") as sql:
        sql.execute("create table found (id text, plate text, what text, at text)")
        sql.executemany(
            "insert into found values (?, ?, ?, ?)",
            [
                (f"T-{n}", f"辽A{n:05d}", f"后座黑色双肩包一个，挂件第{n}号", datetime.now(UTC).isoformat())
                for n in range(100)
            ],
        )
    with (folder / "rescue.csv").open("w", encoding="utf-8", newline="") as register:
        writer = csv.writer(register)
        writer.writerow(("编号", "情况"))
        writer.writerows((f"R-{n}", f"老年女性，约{60 + n}岁，穿红色羽绒服") for n in range(10))

    def http(name: str) -> dict[str, object]:
        return {
            "kind": "http_json",
            "url": f"http://127.0.0.1:{port}/{name}",
            "query": {"q": "text"},
            "items": "items",
            "hit": {"ref": "{id}", "text": "{text}"},
            "guard": GUARD if name != "wristband" else GUARD | {"try_seconds": 600.0, "total_seconds": 600.0},
        }

    written = {
        "databases": {
            "taxi": {
                "kind": "sql",
                "url": "sqlite:///taxi.sqlite",
                "table": "found",
                "hit": {"ref": "{id}", "text": "{what}"},
                "guard": GUARD,
            },
            "rescue_station": {
                "kind": "register",
                "path": "rescue.csv",
                "encoding": "utf-8",
                "hit": {"ref": "{编号}", "text": "{情况}"},
                "guard": GUARD,
            },
            **{name: http(name) for name in ("wristband", "bulletins", "earlier_records")},
            "hospitals": {"kind": "kafka"},
            "video": {"kind": "person"},
        }
    }
    path = folder / "channels.yaml"
    path.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    return path


async def states(bootstrap: str) -> list[CaseRecord]:
    """Every case with a lookup, as it is now."""
    async with Reader(bootstrap) as reader:
        places = reader.partitions(topics.CASE_STATE)
        latest: dict[bytes, CaseRecord] = {}
        async for record in reader.read(await reader.begins(places), await reader.ends(places)):
            if record.value is not None and b'"lookup":' in record.value:
                latest[record.key or b""] = CaseRecord.model_validate_json(record.value)
    return list(latest.values())


async def values(bootstrap: str, topic: str) -> list[dict[str, object]]:
    """All committed records of a topic."""
    async with Reader(bootstrap) as reader:
        places = reader.partitions(topic)
        found = await reader.all(await reader.begins(places), await reader.ends(places))
    return [orjson.loads(record.value or b"{}") for record in found]


def statuses(cases: list[CaseRecord], *databases: str) -> list[RequestStatus]:
    """Of all questions to these databases."""
    lookups = [case.lookup for case in cases if case.lookup is not None]
    return [one.status for lookup in lookups for one in lookup.requests if one.database in databases]


async def test_a_fan_out_is_whole_however_often_its_process_is_killed(tmp_path: Path) -> None:
    dice = random.Random(6)
    calls = [
        call(
            f"m-{n}",
            f"我妈走丢了，{65 + n % 20}岁，老年痴呆，穿红色羽绒服，今天早上在北陵公园附近不见的",
            caller=f"1380011{n:04d}",
        )
        for n in range(PEOPLE)
    ]
    calls += [
        call(f"l-{n}", f"我的黑色双肩包落在出租车上了，车牌辽A{n:05d}，上面有挂件，第{n}号", caller=f"1380012{n:04d}")
        for n in range(THINGS)
    ]
    by_kafka: list[str] = []
    async with house(tmp_path) as (broker, crew), outside() as others, Crew(broker.bootstrap, tmp_path) as supervised:
        await crew.add("a")
        settings = {"DISPATCHER_CHANNELS": str(channels(tmp_path, others.port))}
        desks = Worker(broker.bootstrap, "desks", tmp_path, settings, program="desks")
        desks.start()
        supervised.workers["desks"] = desks
        await until("the desks are ready", desks.ready)
        answering = asyncio.create_task(hospitals(broker.bootstrap, by_kafka, dice))
        telling = asyncio.create_task(publish(broker.bootstrap, calls, rate=2))
        for _ in range(KILLS):
            await asyncio.sleep(dice.uniform(0.1, 1.5))
            desks.signal(signal.SIGKILL)
            await until("the desks are back", desks.ready)
        await telling

        async def answered() -> bool:
            cases = await states(broker.bootstrap)
            known = statuses(cases, *GOOD)
            over = (RequestStatus.ANSWERED, RequestStatus.UNAVAILABLE)
            return len(cases) == len(calls) and bool(known) and all(status in over for status in known)

        await until("all channels but the one that hangs have answered", answered)
        hanging = statuses(await states(broker.bootstrap), "wristband")
        assert len(hanging) == PEOPLE
        assert RequestStatus.ANSWERED not in hanging, "nobody waited for it"
        others.stalled.set()

        async def all_answered() -> bool:
            return set(statuses(await states(broker.bootstrap), "wristband")) == {RequestStatus.ANSWERED}

        await until("the one that hung has answered too", all_answered)
        await drained(broker.bootstrap)
        answering.cancel()

        asked = await values(broker.bootstrap, topics.LOOKUPS)
        recorded = [
            one for one in await values(broker.bootstrap, topics.CASE_EVENTS) if "hits" in one and "answer" in one
        ]
    judge(asked, recorded, others.asked | {"hospitals": by_kafka})
    assert desks.exits.count(-signal.SIGKILL) == KILLS
    again = {name: len(known) - len(set(known)) for name, known in (others.asked | {"hospitals": by_kafka}).items()}
    print(
        f"{len(calls)} lookups, {len(asked)} questions, {len(recorded)} answers, {KILLS} kill -9; put again under the same id: {again}"
    )
    assert sum(again.values()), "no kill hit a question on its way"


def judge(
    asked: list[dict[str, object]], recorded: list[dict[str, object]], outside_asked: dict[str, list[str]]
) -> None:
    """Each question once on the topic, under one id whoever hears it; each answer once in the ledger."""
    ids = {(one["lookup_id"], one["database"], one["number"]): one["request_id"] for one in asked}
    assert len(ids) == len(asked) == len({one["request_id"] for one in asked})
    for database, heard in outside_asked.items():
        assert set(heard) == {one["request_id"] for one in asked if one["database"] == database}, database
    answers: dict[object, list[object]] = defaultdict(list)
    for one in recorded:
        answers[one["request_id"]].append(one["answer"])
    for one in asked:
        said = answers[one["request_id"]]
        down = [answer for answer in said if answer == AnswerStatus.UNAVAILABLE]
        real = [answer for answer in said if answer != AnswerStatus.UNAVAILABLE]
        expected = {
            "taxi": [AnswerStatus.FOUND],
            "rescue_station": [AnswerStatus.FOUND],
            "bulletins": [AnswerStatus.FOUND],
            "hospitals": [AnswerStatus.FOUND],
            "wristband": [AnswerStatus.NOTHING],
            "earlier_records": [],
        }.get(str(one["database"]))
        if expected is None:
            continue  # people's channels, and those not connected here
        assert real == expected, (one, said)
        assert len(down) == (1 if one["database"] == "earlier_records" else len(down[:1])), (one, said)
    flooded = [one for one in recorded if one["database"] == "bulletins" and one["answer"] == AnswerStatus.FOUND]
    assert flooded
    assert all(len(one["hits"]) <= 20 and one["dropped"] >= 280 for one in flooded)  # type: ignore[arg-type,operator]
