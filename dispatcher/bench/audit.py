"""`audit verify` measured: a ledger as lanes write it, verified by one process and by two, beside a bare consumer."""

import asyncio
import json
import time
from collections.abc import Callable
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaConsumer, TopicPartition

from dispatcher.audit import session
from dispatcher.audit.session import Wanted
from dispatcher.catalog import Catalog
from dispatcher.stream import chain, topics
from dispatcher.stream.records import Headers, Output
from dispatcher.stream.writer import Writer, partition_for

Say = Callable[[str], None]
#: Events in a transaction.
_BATCH = 2000


async def write(bootstrap: str, catalog: Catalog, events: int, say: Say) -> None:
    """A ledger of about as many `events`, each lane's in its own partition, in transactions with the lane's head."""
    partitions = catalog.all_topics[topics.CASE_EVENTS].partitions
    example = json.dumps(catalog.all_topics[topics.CASE_EVENTS].example, ensure_ascii=False).encode()
    cases: dict[int, list[bytes]] = {n: [] for n in range(partitions)}
    for number in range(events // 6 + partitions):  # about six events a case
        key = str(uuid5(NAMESPACE_URL, f"bench/{number}")).encode()
        cases[partition_for(key, partitions)].append(key)
    for lane in range(partitions):
        await _lane(bootstrap, lane, cases[lane], example, events // partitions)
        say(f"{(lane + 1) * (events // partitions):,} events written")


async def _lane(bootstrap: str, lane: int, cases: list[bytes], example: bytes, events: int) -> None:
    writer = Writer(
        bootstrap,
        transactional_id=f"bench-audit-{lane}",
        topics=(topics.CASE_EVENTS, topics.CASE_STATE, topics.CASE_INBOX),
        commit_seconds=60,
    )
    await writer.start()
    try:
        head = chain.Head(f"casework/{lane}")
        for start in range(0, events, _BATCH):
            outputs: list[Output] = []
            for number in range(start, min(events, start + _BATCH)):
                key = cases[number % len(cases)]
                output = Output(topics.CASE_EVENTS, key, example, _headers(number, key), lane)
                head, output = head.link(output)
                outputs.append(output)
            outputs.append(Output(topics.CASE_STATE, head.key, head.encode(), partition=lane))
            source = TopicPartition(topics.CASE_INBOX, lane)
            await writer.commit(outputs, source=source, next_offset=0, group="bench-audit")
            await asyncio.sleep(0)
    finally:
        await writer.stop()


def _headers(number: int, key: bytes) -> Headers:
    """As long as those of an event."""
    return (
        ("ce_id", b"1f0c3f0e-0000-5000-8000-%012d" % number),
        ("ce_type", b"case.opened.v1"),
        ("ce_source", b"/dispatcher"),
        ("ce_specversion", b"1.0"),
        ("ce_time", b"2026-11-21T10:05:00.123456+00:00"),
        ("ce_subject", key),
        ("content-type", b"application/json; charset=utf-8"),
        ("traceparent", b"00-%032d-1f0c3f0e00000000-01" % number),
    )


async def verified(bootstrap: str, *, workers: int, events: int) -> float:
    """Seconds of a whole `audit verify`, the start of its processes included."""
    done = await session.verify(Wanted(bootstrap, workers=workers))
    if not done.report.whole or done.report.records != events:
        raise RuntimeError(f"the bench's own ledger is not whole: {done.report}")
    return done.seconds


async def bare(bootstrap: str, partitions: int) -> float:
    """Seconds in which one aiokafka consumer hands out the same records, and nobody looks at them."""
    begin = time.monotonic()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        max_partition_fetch_bytes=1 << 20,
    )
    await consumer.start()
    try:
        places = [TopicPartition(topics.CASE_EVENTS, n) for n in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        left = set(places)
        while left:
            await consumer.getmany(*left, timeout_ms=200)
            left = {place for place in left if await consumer.position(place) < ends[place]}
    finally:
        await consumer.stop()
    return time.monotonic() - begin
