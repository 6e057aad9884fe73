"""Lanes on a real broker: the service's own writer and chain, without anything to decide."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from dispatcher.audit.session import CHECKPOINTS
from dispatcher.broker import provision
from dispatcher.catalog import load_catalog
from dispatcher.client.reader import Reader
from dispatcher.stream import chain, topics
from dispatcher.stream.records import InputRecord, Output
from dispatcher.stream.state import load_state
from dispatcher.stream.writer import Writer, partition_for

CATALOG = load_catalog(Path(__file__).resolve().parents[2])
PARTITIONS = CATALOG.all_topics[topics.CASE_EVENTS].partitions


async def begin_anew(bootstrap: str) -> None:
    """All topics that an audit needs, and nothing on them."""
    names = (topics.CALLS, topics.CALLER_STATE, topics.CASE_INBOX, topics.CASE_STATE, topics.CASE_EVENTS)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = [name for name in await admin.list_topics() if not name.startswith("__")]
        if there:
            await admin.delete_topics(there, timeout_ms=30_000)
        while any(not name.startswith("__") for name in await admin.list_topics()):
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
    await provision.create(bootstrap, {name: CATALOG.all_topics[name] for name in names})
    await create(bootstrap, CHECKPOINTS, 1)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        while not {*names, CHECKPOINTS} <= set(await admin.list_topics()):  # the broker tells of them a little later
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def create(bootstrap: str, name: str, partitions: int = PARTITIONS) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1)], timeout_ms=30_000)
    finally:
        await admin.close()


async def cut(bootstrap: str, topic: str, until: dict[int, int]) -> None:
    """Delete what lies before these offsets, as retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        places = {TopicPartition(topic, p): RecordsToDelete(offset) for p, offset in until.items()}
        await admin.delete_records(places, timeout_ms=30_000)
    finally:
        await admin.close()


def events(seed: int, count: int, *, lane: int) -> list[Output]:
    """Events of cases of casework's lane `lane`."""
    dice = random.Random(f"{seed} {lane}")
    found: list[Output] = []
    while len(found) < count:
        key = str(UUID(int=dice.getrandbits(128))).encode()
        if partition_for(key, PARTITIONS) == lane:
            headers = (("ce_id", b"%d" % len(found)), ("ce_type", b"case.opened.v1"), ("ce_subject", key))
            found.append(Output(topics.CASE_EVENTS, key, b'{"n":%d}' % len(found), headers))
    return found


async def lanes_write(
    bootstrap: str, count: int, *, seed: int = 0, batch: int = 20, lanes: Sequence[int] = range(PARTITIONS)
) -> None:
    """`count` events by each lane of casework, in transactions that hold the head as well; and alerts by triage, which
    lie on any partition."""
    for lane in lanes:
        await _write(bootstrap, f"casework/{lane}", events(seed, count, lane=lane), batch)
    alerts = [event for lane in range(PARTITIONS) for event in events(seed + 1, 5, lane=lane)]
    random.Random(seed).shuffle(alerts)
    await _write(bootstrap, "triage/0", alerts, 3)


async def lose(bootstrap: str, lane: int, count: int) -> None:
    """A lane writes `count` events that nobody can read any more: the end of the partition has been cut off."""
    await _write(bootstrap, f"casework/{lane}", events(99, count, lane=lane), count, lost=True)


async def _write(bootstrap: str, name: str, outputs: list[Output], batch: int, *, lost: bool = False) -> None:
    stage, _, number = name.partition("/")
    source, state = {
        "casework": (topics.CASE_INBOX, topics.CASE_STATE),
        "triage": (topics.CALLS, topics.CALLER_STATE),
    }[stage]
    place = TopicPartition(state, int(number))
    writer = Writer(
        bootstrap,
        transactional_id=name.replace("/", "-"),
        topics=(topics.CASE_EVENTS, state, source),
        commit_seconds=30,
    )
    await writer.start()
    try:
        known = await load_state(bootstrap, place)
        head = chain.Head(name)
        head = head.at(known.get(head.key))
        for start in range(0, len(outputs), batch):
            head, linked = chain.link_all(head, outputs[start : start + batch], topics.CASE_EVENTS)
            told = Output(state, head.key, head.encode(), partition=int(number))
            at = TopicPartition(source, int(number))
            await writer.commit([told] if lost else [*linked, told], source=at, next_offset=0, group="audit-lanes")
    finally:
        await writer.stop()


async def records_of(bootstrap: str, topic: str = topics.CASE_EVENTS) -> list[InputRecord]:
    """All records, in order by partition."""
    async with Reader(bootstrap) as reader:
        places = reader.partitions(topic)
        found = await reader.all(await reader.begins(places), await reader.ends(places))
    return sorted(found, key=lambda r: (r.partition, r.offset))


async def copy(bootstrap: str, topic: str, change: Callable[[list[Any]], list[Any]]) -> None:
    """The ledger on another topic, after somebody has had his hands on it."""
    await create(bootstrap, topic)
    await publish(bootstrap, topic, change(await records_of(bootstrap)))


async def publish(bootstrap: str, topic: str, records: Sequence[InputRecord]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        for record in records:
            sent = await producer.send(
                topic, record.value, key=record.key, partition=record.partition, headers=list(record.headers)
            )
        await producer.flush()
        await sent
