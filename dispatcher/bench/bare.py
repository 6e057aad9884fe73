"""The rival: a bare aiokafka loop with transactions that decodes the same records and passes each on once.

No triage, no state, no routing, no ledger, one record out for one in: what the client library alone makes of the work.
"""

import asyncio
import time

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from dispatcher.stream import topics

OUTPUT = "bench-bare"
GROUP = "bench-bare"


async def passes_on(bootstrap: str, *, records: int) -> float:
    """Records per second over `records` records of ``calls``, 500 at most in a transaction."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id="bench-bare", retry_backoff_ms=10, linger_ms=0
    )
    await consumer.start()
    await producer.start()
    try:
        places = [TopicPartition(topics.CALLS, p) for p in await _partitions(consumer)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        done, begin = 0, time.monotonic()
        while done < records:
            batch = await consumer.getmany(timeout_ms=200, max_records=500)
            offsets = {place: found[-1].offset + 1 for place, found in batch.items()}
            if not offsets:
                continue
            async with producer.transaction():
                for found in batch.values():
                    for record in found:
                        await producer.send(OUTPUT, orjson.dumps(orjson.loads(record.value)), key=record.key)
                        done += 1
                await producer.send_offsets_to_transaction(offsets, GROUP)
        return done / (time.monotonic() - begin)
    finally:
        await producer.stop()
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer) -> list[int]:
    for _ in range(50):
        found = consumer.partitions_for_topic(topics.CALLS)
        if found:
            return sorted(found)
        await consumer._client.force_metadata_update()
        await asyncio.sleep(0.1)
    raise RuntimeError("topic calls has no partitions")
