"""The transactional writer on a real broker: all or nothing, fencing, and the size of a batch."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st
from stream_cluster import until

from dispatcher.stream.records import Output
from dispatcher.stream.writer import Writer, partition_for


@given(st.binary(max_size=40), st.integers(1, 64))
def test_a_key_goes_where_every_kafka_client_sends_it(key: bytes, partitions: int) -> None:
    every = list(range(partitions))
    assert partition_for(key, partitions) == DefaultPartitioner()(key, every, every)


async def topics(bootstrap: str, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 2, 1) for name in names])
    await admin.close()


def writer(bootstrap: str, name: str) -> Writer:
    return Writer(bootstrap, transactional_id=f"id-{name}", topics=(name,), commit_seconds=10)


async def read(bootstrap: str, topic: str, *, isolation: str = "read_committed") -> list[bytes]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        values: list[bytes] = []
        for place in places:
            while await consumer.position(place) < ends[place]:
                values += [r.value for r in (await consumer.getmany(place, timeout_ms=100)).get(place, ())]
        return sorted(values)
    finally:
        await consumer.stop()


async def seen(bootstrap: str, topic: str, number: int) -> list[bytes]:
    """The values, once `number` are visible: a commit returns when it is certain, its markers follow a moment later."""

    async def enough() -> bool:
        return len(await read(bootstrap, topic)) >= number

    await until(f"{number} records on {topic}", enough)
    return await read(bootstrap, topic)


async def offset(bootstrap: str, group: str, place: TopicPartition) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return int((await admin.list_consumer_group_offsets(group, partitions=[place]))[place].offset)
    finally:
        await admin.close()


async def test_records_and_offset_appear_together_in_all_partitions(broker: str) -> None:
    await topics(broker, "w-together")
    made = writer(broker, "w-together")
    await made.start()
    place = TopicPartition("w-together", 1)
    outputs = [Output("w-together", b"%d" % n, b"%03d" % n) for n in range(100)]
    await made.commit(outputs, source=place, next_offset=17, group="g-together")
    await made.stop()
    assert await seen(broker, "w-together", 100) == [b"%03d" % n for n in range(100)]

    async def known() -> bool:
        return await offset(broker, "g-together", place) == 17

    await until("the offset is committed", known)


async def test_a_successor_fences_the_zombie_and_what_it_left_open_is_never_seen(broker: str) -> None:
    await topics(broker, "w-fence")
    place = TopicPartition("w-fence", 0)
    zombie = writer(broker, "w-fence")
    await zombie.start()
    await zombie._producer.begin_transaction()
    await (await zombie._producer.send("w-fence", b"left open", partition=0))
    await zombie._producer.send_offsets_to_transaction({place: 99}, "g-fence")

    heir = writer(broker, "w-fence")
    await heir.start()
    assert await offset(broker, "g-fence", place) == -1
    await heir.commit([Output("w-fence", None, b"heir's", partition=0)], source=place, next_offset=1, group="g-fence")
    with pytest.raises(KafkaError):
        await zombie._producer.commit_transaction()
    assert await seen(broker, "w-fence", 1) == [b"heir's"]
    assert b"left open" in await read(broker, "w-fence", isolation="read_uncommitted")

    async def known() -> bool:
        return await offset(broker, "g-fence", place) == 1

    await until("the offset is committed", known)
    await heir.stop()
    await zombie.stop()


async def test_no_record_is_too_much_for_a_batch(broker: str) -> None:
    """Records beyond a batch's size go into batches of their own, in order, and none is dropped."""
    await topics(broker, "w-large")
    made = writer(broker, "w-large")
    await made.start()
    values = [b"%02d" % n + b"x" * size for n, size in enumerate([10, 900_000, 900_000, 5_000_000, 10, 10_500_000, 1])]
    outputs = [Output("w-large", None, value, partition=1) for value in values]
    await made.commit(outputs, source=TopicPartition("w-large", 0), next_offset=1, group="g-large")
    await made.stop()
    assert await seen(broker, "w-large", len(values)) == values
