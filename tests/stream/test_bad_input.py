"""Whatever a console may send: a dead letter with the reason in words, and a case for a person; the worker stays up."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.util import calc_crc32c
from stream_cluster import Crew, Worker, house, until
from stream_judge import Found, body, drained, everything, judge, kind, read
from stream_traffic import call, mixed, publish

from dispatcher.stream.valve import control_key, control_value

NOW = datetime.now(UTC).isoformat()


@asynccontextmanager
async def intake(bootstrap: str, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=12 << 20, **options)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def fields(call_id: str, **more: object) -> bytes:
    """A call's JSON with ASCII escapes, so that what is no character can be told too."""
    return json.dumps({"call_id": call_id, "received_at": NOW, "text": "楼道灯坏了", **more}).encode()


def letters(found: Found) -> dict[bytes | None, list[tuple[str, str]]]:
    """value -> (code, reason) of its dead letters."""
    told: dict[bytes | None, list[tuple[str, str]]] = {}
    for record in found.dead:
        headers = dict(record.headers)
        told.setdefault(record.value, []).append((headers["dl_code"].decode(), headers["dl_reason"].decode()))
    return told


LONG = "煤气味很大" * 200_000  # 1,000,000 characters, 3 MB
BAD: dict[str, tuple[bytes | None, str, str]] = {
    "no value": (None, "D301", "no value"),
    "not JSON": ("着火了，快来人！".encode(), "D303", "not JSON"),
    "not UTF-8": ("着火了".encode("gb18030"), "D303", "not JSON"),
    "cut off": (fields("cut")[:-9], "D303", "not JSON"),
    "a list": (b"[1, 2]", "D303", "not a JSON object"),
    "deep": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "D303", "not JSON"),
    "wrong types": (fields("types", text=17, caller=["a"]), "D304", "text"),
    "call_id missing": (fields("x").replace(b"call_id", b"callid"), "D304", "call_id"),
    "time without offset": (fields("offset", received_at="2026-11-21T18:05:00"), "D304", "received_at"),
    "empty text": (fields("empty", text="  \n"), "D305", "empty"),
    "1 MB of text": (fields("long", text="a" * 1_000_000), "D306", "1,000,000 characters"),
    "1 MB of Chinese": (json.dumps({"call_id": "zh", "text": LONG}, ensure_ascii=False).encode(), "D302", "bytes"),
    "control characters": (fields("control", text="门口有人\x00\x1b[2J"), "D307", "control"),
    "lone surrogates": (fields("surrogate", text="门口有人\ud83d打架"), "D303", "not JSON"),
    "future": (fields("f", received_at=(datetime.now(UTC) + timedelta(days=2)).isoformat()), "D308", "after"),
    "ancient": (fields("a", received_at="1949-10-01T15:00:00+08:00"), "D309", "before"),
    "the first day": (fields("one", received_at="0001-01-01T00:00:00+14:00"), "D309", "before"),
    "10 MB": (fields("ten", text="火" * 1_700_000), "D302", "bytes"),
}


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[tuple[str, Crew, Worker]]:
    async with house(tmp_path) as (broker, crew):
        worker = await crew.add("a")
        yield broker.bootstrap, crew, worker


async def test_each_bad_record_is_a_dead_letter_and_a_case_for_a_person(city: tuple[str, Crew, Worker]) -> None:
    bootstrap, _, worker = city
    async with intake(bootstrap) as producer:
        for n, (value, _, _) in enumerate(BAD.values()):
            await producer.send_and_wait("calls", value, key=b"c", partition=n % 4, headers=[("x-console", b"\xff")])
    good = await publish(bootstrap, mixed(21, 60))
    await drained(bootstrap)
    found = await everything(bootstrap)

    told = letters(found)
    for name, (value, code, words) in BAD.items():
        assert [c for c, _ in told[value]] == [code], name
        assert words in told[value][0][1], name
    assert sum(map(len, told.values())) == len(BAD)
    assert all(dict(record.headers)["orig_x-console"] == b"\xff" for record in found.dead)

    cases = [event for event in found.of("case.opened.v1") if event["dead_letter"]]
    assert sorted(c["dead_letter"].split()[0] for c in cases) == sorted(code for _, code, _ in BAD.values())
    assert all(c["status"] == c["outcome"] == "review" for c in cases)
    assert any(c["text"].startswith("着火了，快来人") for c in cases)
    assert {c["case_id"] for c in cases} == {c["case_id"] for c in cases if not c["orders"]}
    for case in cases:
        found.events.remove(("case.opened.v1", case))
    judge(found, good)
    assert not worker.exits


async def test_the_same_call_id_again(city: tuple[str, Crew, Worker]) -> None:
    """The same content changes nothing, whatever the key; other content is refused, with an alert and a case."""
    bootstrap, _, worker = city
    first = call("twice", "小区停水两天了", caller="13800000001")
    anonymous = call("nobody", "路灯不亮", at=datetime(2026, 11, 21, 8, tzinfo=UTC))
    await publish(bootstrap, [first, anonymous])
    await drained(bootstrap)
    before = await everything(bootstrap)
    async with intake(bootstrap) as producer:
        for key in (first.key, b"another", None):
            await producer.send_and_wait("calls", first.value, key=key)
    await publish(bootstrap, [anonymous, anonymous])
    await drained(bootstrap)
    assert await everything(bootstrap) == before

    reused = [
        call("twice", "有人持刀抢劫", caller="13800000001"),  # the same caller: triage knows the id
        call("twice", "电梯困人", caller="13800000002"),  # another one: the case knows it
        call("nobody", "井盖丢了"),
    ]
    await publish(bootstrap, reused)
    await drained(bootstrap)
    found = await everything(bootstrap)
    codes = [code for told in letters(found).values() for code, _ in told]
    assert codes == ["D310"] * 3
    alerts = found.of("alert.raised.v1")
    assert sorted((a["alert"], a["call_id"]) for a in alerts) == [
        ("call_id_reused", c) for c in ("nobody", "twice", "twice")
    ]
    cases = [event for event in found.of("case.opened.v1") if event["dead_letter"]]
    assert sorted(case["text"] for case in cases) == sorted(one.text for one in reused)
    assert len(found.of("call.triaged.v1")) == 2
    assert not worker.exits


class _BadHeader(BatchBuilder):
    """A batch whose header key is not UTF-8: aiokafka writes none such, but other clients do."""

    def _build(self) -> memoryview:
        raw = bytearray(super()._build()).replace(b"HEADERKEY", b"HEADER\xff\xfe\xfd")
        raw[17:21] = calc_crc32c(bytes(raw[21:])).to_bytes(4, "big")
        return memoryview(raw)


async def test_what_only_looks_odd_is_simply_taken(city: tuple[str, Crew, Worker]) -> None:
    """Compressed batches, no headers, unknown fields, CAD names, no key, emoji, a header key that is not UTF-8."""
    bootstrap, _, worker = city
    wanted = []
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        async with intake(bootstrap, compression_type=codec, linger_ms=50) as producer:
            for n in range(5):
                wanted.append(f"{codec}-{n}")
                await producer.send("calls", fields(wanted[-1]))
            await producer.flush()
    odd: dict[str, Callable[[str], bytes]] = {
        "unknown": lambda name: fields(name, weather="snow", **{f"x{n}": n for n in range(2000)}),
        "emoji": lambda name: fields(name, text="😱😱电梯坏了🆘"),
        "cad": lambda name: json.dumps(
            {"jjdbh": name, "jjsj": datetime.now().strftime("%Y-%m-%d %H:%M:%S"), "bjnr": "路灯坏了"}  # noqa: DTZ005
        ).encode(),
    }
    async with intake(bootstrap) as producer:
        for name, make in odd.items():
            wanted.append(name)
            await producer.send_and_wait("calls", make(name))
        wanted.append("header")
        batch = producer.create_batch()
        batch.append(timestamp=None, key=None, value=fields("header"), headers=[("HEADERKEY", b"1")])
        batch.__class__ = _BadHeader
        await (await producer.send_batch(batch, "calls", partition=2))
    await drained(bootstrap)
    found = await everything(bootstrap)
    assert sorted(event["call_id"] for event in found.of("call.triaged.v1")) == sorted(wanted)
    assert not found.dead
    assert not worker.exits


async def test_a_blown_fuse_stops_one_partition_until_a_person_resumes_it(tmp_path: Path) -> None:
    async with house(tmp_path) as (broker, crew):
        worker = await crew.add("a", batch="20")
        bootstrap, stopped = broker.bootstrap, TopicPartition("calls", 1)
        async with intake(bootstrap) as producer:
            for n in range(300):  # a console gone mad: every third record is rubbish
                value = b"rubbish" if n % 3 == 0 else fields(f"mad-{n}", caller=f"1380005{n:04d}")
                await producer.send("calls", value, partition=1, headers=[("x-rekeyed-from", b"calls/1/0")])
            await producer.flush()

        async def alerted() -> bool:
            events = (await read(bootstrap, "case-events"))["case-events"]
            return any(kind(r) == "alert.raised.v1" and body(r)["alert"] == "intake_stopped" for r in events)

        await until("the fuse blows", alerted)
        # Other partitions go on, although the stopped one has more waiting than its queue holds.
        others = [one for one in mixed(22, 400, wrong_keys=0) if producer_partition(one.key) != 1]
        await publish(bootstrap, others)
        await drained(bootstrap, apart_from=[stopped])
        found = await everything(bootstrap)
        triaged = {event["call_id"] for event in found.of("call.triaged.v1")}
        assert {one.call_id for one in others} <= triaged
        assert "mad-299" not in triaged
        dead = len(found.dead)
        assert 20 < dead < 40
        status, report = await worker.report()
        assert (status, report["lanes"]["calls/1"]["stopped"]) == (200, True)

        # A restart does not resume it.
        assert await crew.remove("a") in {0, -15, 143}
        worker = await crew.add("b", batch="20")

        async def still() -> bool:
            return bool((await worker.report())[1]["lanes"]["calls/1"]["stopped"])

        await until("the successor knows that the partition is stopped", still)
        more = await publish(
            bootstrap, [one for one in mixed(23, 200, wrong_keys=0) if producer_partition(one.key) != 1]
        )
        await drained(bootstrap, apart_from=[stopped])
        assert len((await everything(bootstrap)).dead) == dead

        # A person resumes, as often as the fuse blows anew; then nothing has been lost.
        async def resumed() -> bool:
            if (await worker.report())[1]["lanes"]["calls/1"]["stopped"]:
                async with intake(bootstrap) as producer:
                    await producer.send_and_wait(
                        "intake-control",
                        control_value(stopped=False, reason="console repaired"),
                        key=control_key(stopped),
                        partition=0,
                    )
            return len((await everything(bootstrap)).dead) == 100

        await until("all rubbish is set aside", resumed)
        await drained(bootstrap)
        found = await everything(bootstrap)
        wanted = {f"mad-{n}" for n in range(300) if n % 3} | {one.call_id for one in (*others, *more)}
        triaged_ids = [event["call_id"] for event in found.of("call.triaged.v1")]
        assert sorted(triaged_ids) == sorted(wanted)
        assert len([e for e in found.of("case.opened.v1") if e["dead_letter"]]) == 100
        assert len([a for a in found.of("alert.raised.v1") if a["alert"] == "intake_stopped"]) >= 2
        assert not worker.exits


def producer_partition(key: bytes | None) -> int:
    from dispatcher.stream.writer import partition_for

    assert key is not None
    return partition_for(key, 4)
