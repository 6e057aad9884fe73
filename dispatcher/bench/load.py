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
    material = texts()
    decided = 0

    async def listen() -> None:
        nonlocal decided
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            decided = int(line)

    listener = asyncio.create_task(listen()) if rate == 0 else None
    sent: list[asyncio.Future[object]] = []
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=2) as producer:
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < seconds:
            due = int(now * rate) + 1 if rate else decided + WINDOW
            for number in range(len(sent), min(due, len(sent) + 200)):
                call_id = f"bench-{number}-{time.time_ns()}"
                value = {
                    "call_id": call_id,
                    "received_at": datetime.now(UTC).isoformat(),
                    "text": f"{material[number % len(material)]}（第{number}号来电）",
                    "source": "110",
                }
                data = json.dumps(value, ensure_ascii=False).encode()
                sent.append(await producer.send(topics.CALLS, data, key=call_id.encode()))
            await asyncio.sleep(0.002 if rate else 0.005)
        await asyncio.gather(*sent)
    if listener is not None:
        listener.cancel()
    return len(sent)


if __name__ == "__main__":
    print(asyncio.run(run(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))), flush=True)
