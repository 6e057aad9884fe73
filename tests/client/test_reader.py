"""Ranges of committed records, on the real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from dispatcher.client.publisher import Publisher
from dispatcher.client.reader import Reader
from dispatcher.domain.errors import TopicMismatch
from dispatcher.stream.records import InputRecord


@pytest.fixture
async def topic(broker: str) -> AsyncIterator[str]:
    """A topic of two partitions, for one test."""
    name = f"reader-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 2, 1)])
        yield name
        await admin.delete_topics([name])
    finally:
        await admin.close()


@asynccontextmanager
async def reader_uncommitted(broker: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that sees everything; its ends are ahead of ours while a transaction is open."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def write(broker: str, topic: str, count: int, *, partition: int, first: int = 0) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    try:
        for n in range(first, first + count):
            await producer.send(topic, str(n).encode(), partition=partition, timestamp_ms=1_700_000_000_000 + n * 1000)
    finally:
        await producer.stop()


async def test_a_range_ends_where_it_was_pinned(broker: str, topic: str) -> None:
    await write(broker, topic, 30, partition=0)
    await write(broker, topic, 20, partition=1, first=100)
    async with Reader(broker) as reader:
        places = reader.partitions(topic)
        begins, ends = await asyncio.gather(reader.begins(places), reader.ends(places))
        await write(broker, topic, 10, partition=0, first=30)
        found = await reader.all(begins, ends)
    assert [record.value for record in found] == [str(n).encode() for n in (*range(30), *range(100, 120))]


async def test_an_open_transaction_neither_shows_nor_holds_up(broker: str, topic: str) -> None:
    await write(broker, topic, 3, partition=0)

    async def settled(reader: Reader) -> list[InputRecord]:
        """What is there once the broker has put the mark at the transaction's end, which it does after answering."""
        places = reader.partitions(topic)
        async with asyncio.timeout(60), reader_uncommitted(broker) as raw:
            while await reader.ends(places) != await raw.end_offsets(places):
                await asyncio.sleep(0.02)
        return await reader.all(await reader.begins(places), await reader.ends(places))

    producer = AIOKafkaProducer(bootstrap_servers=broker, transactional_id=f"reader-{uuid4()}")
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"not yet", partition=0)
        async with Reader(broker) as reader:
            places = reader.partitions(topic)
            before = await reader.all(await reader.begins(places), await reader.ends(places))
            await producer.commit_transaction()
            after = await settled(reader)
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"never", partition=0)
            await producer.abort_transaction()
            aborted = await settled(reader)
    finally:
        await producer.stop()
    assert [record.value for record in before] == [b"0", b"1", b"2"]
    assert [record.value for record in after] == [record.value for record in aborted] == [b"0", b"1", b"2", b"not yet"]


async def test_the_tail_is_the_newest_by_time_over_all_partitions(broker: str, topic: str) -> None:
    await write(broker, topic, 200, partition=0)
    await write(broker, topic, 5, partition=1, first=190)
    async with Reader(broker) as reader:
        places = reader.partitions(topic)
        newest = await reader.tail(places, 12)
        few = await reader.tail(places, 2, keep=lambda record: len(record.value or b"") == 1)
        every = await reader.tail(places, 1000)
    assert [int(record.value or b"") for record in newest] == [
        191,
        191,
        192,
        192,
        193,
        193,
        194,
        194,
        *range(195, 199 + 1),
    ][-12:]
    assert [record.value for record in few] == [b"8", b"9"]
    assert len(every) == 205


async def test_a_place_in_time(broker: str, topic: str) -> None:
    await write(broker, topic, 50, partition=0)
    async with Reader(broker) as reader:
        places = reader.partitions(topic)
        at = await reader.at_time(places, 1_700_000_020_000)
        late = await reader.at_time(places, 1_800_000_000_000)
        assert at == {TopicPartition(topic, 0): 20, TopicPartition(topic, 1): 0}
        assert late == await reader.ends(places)
        assert (await reader.one(TopicPartition(topic, 0), 7)) is not None
        assert await reader.one(TopicPartition(topic, 0), 50) is None


async def test_following_goes_on(broker: str, topic: str) -> None:
    async with Reader(broker) as reader:
        starts = await reader.ends(reader.partitions(topic))
        follow = reader.follow(starts)
        coming = asyncio.ensure_future(anext(follow))
        await write(broker, topic, 1, partition=1, first=7)
        assert [record.value for record in await asyncio.wait_for(coming, 60)] == [b"7"]
        await follow.aclose()


async def test_a_topic_that_is_not_there(broker: str) -> None:
    async with Reader(broker) as reader:
        with pytest.raises(TopicMismatch, match="topics create"):
            reader.partitions("no-such-topic")

    with pytest.raises(TopicMismatch, match="topics create"):
        async with Publisher(broker, pseudonym_key="k", topics=("no-such-topic",)):
            pass
