"""The load: a process of its own that publishes calls at a rate, or as fast as they are decided.

``python -m dispatcher.bench.load BOOTSTRAP RATE SECONDS``; a rate of 0 keeps a fixed number of calls undecided, told by
lines on standard input (each line: how many have been decided). Prints how many it has published when it ends.
A call's id carries the moment of its sending in nanoseconds, so that whoever reads an order knows how long it took.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from importlib import resources

from aiokafka import AIOKafkaProducer

from dispatcher.stream import topics

#: Calls under way in a run for the highest throughput.
WINDOW = 6000


def texts() -> list[str]:
    """The demonstration's calls, as material."""
    story = resources.files("dispatcher.demo").joinpath("story.jsonl").read_text("utf-8")
    return [json.loads(line)["text"] for line in story.splitlines()]


def sent_at(call_id: str) -> float:
    """When a call of this load was sent, in seconds since the epoch."""
    return int(call_id.rsplit("-", 1)[1]) / 1e9


async def run(bootstrap: str, rate: float, seconds: float) -> int:
    """Publish for `seconds`; returns how many calls the broker has acknowledged."""
    opening = json.dumps({"received_at": datetime.now(UTC).isoformat(), "source": "110"})[1:-1]
    material = [f'{opening},"text":{json.dumps(text, ensure_ascii=False)[:-1]}' for text in texts()]
    decided = 0

    async def listen() -> None:
        nonlocal decided
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            decided = int(line)

    listener = asyncio.create_task(listen()) if rate == 0 else None
    published = 0
    acknowledged: list[asyncio.Future[object]] = []
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", linger_ms=0, max_batch_size=1 << 20
    ) as producer:
        partitions = len(await producer.partitions_for(topics.CALLS))
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < seconds:
            due = int(now * rate) + 1 if rate else decided + WINDOW
            # The load shares the cores with what is measured: it writes whole batches, and no more JSON than it must.
            batches = [producer.create_batch() for _ in range(partitions)]
            for number in range(published, min(due, published + 400)):
                call_id = f"bench-{number}-{time.time_ns()}"
                value = f'{{"call_id":"{call_id}",{material[number % len(material)]}（第{number}号来电）"}}'
                batches[number % partitions].append(timestamp=None, key=call_id.encode(), value=value.encode())
            for partition, batch in enumerate(batches):
                if count := batch.record_count():
                    published += count
                    acknowledged.append(await producer.send_batch(batch, topics.CALLS, partition=partition))
            await asyncio.sleep(0.002 if rate else 0.005)
        await asyncio.gather(*acknowledged)
    if listener is not None:
        listener.cancel()
    return published


if __name__ == "__main__":
    print(asyncio.run(run(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))), flush=True)
