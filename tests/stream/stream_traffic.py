"""What the consoles of a city send: calls with repeats, the same call twice, and records under a wrong key."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from aiokafka import AIOKafkaProducer
from stream_cluster import ROOT

from dispatcher.domain import ids
from dispatcher.settings import SAMPLE_KEY


@dataclass(frozen=True, slots=True)
class Sent:
    """One record for ``calls``."""

    call_id: str
    caller: str | None
    key: bytes | None
    value: bytes
    text: str

    @property
    def pseudonym(self) -> str | None:
        return ids.pseudonym(self.caller, SAMPLE_KEY) if self.caller else None


@cache
def texts() -> tuple[str, ...]:
    """Authored calls of all categories."""
    files = sorted((ROOT / "classifiers/corpus/train").glob("*.jsonl"))
    return tuple(json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines())


def call(call_id: str, text: str, *, caller: str | None = None, at: datetime | None = None, **more: object) -> Sent:
    """A call as a console sends it, under its right key."""
    fields = {
        "call_id": call_id,
        "received_at": (at or datetime.now(UTC)).isoformat(timespec="seconds"),
        "text": text,
        "source": "110",
        **({"caller": caller} if caller else {}),
        **more,
    }
    key = (ids.pseudonym(caller, SAMPLE_KEY) if caller else call_id).encode()
    return Sent(call_id, caller, key, json.dumps(fields, ensure_ascii=False).encode(), text)


def mixed(seed: int, number: int, *, callers: int | None = None, wrong_keys: float = 0.04) -> Iterator[Sent]:
    """`number` records: about a third repeat a caller's matter, 1 in 25 is sent twice, as many under a wrong key."""
    dice = random.Random(seed)
    start = datetime.now(UTC) - timedelta(seconds=2 * number)
    pool = [f"1380{seed % 1000:03d}{n:04d}" for n in range(callers or max(1, number // 3))]
    said: dict[str, str] = {}
    earlier: list[Sent] = []
    for n in range(number):
        if earlier and dice.random() < 0.04:
            yield dice.choice(earlier[-300:])
            continue
        caller = dice.choice(pool) if dice.random() < 0.85 else None
        text = dice.choice(texts())
        if caller in said and dice.random() < 0.6:
            text = said[caller]
        if caller:
            said[caller] = text
        made = call(f"s{seed}-{n:05d}", text, caller=caller, at=start + timedelta(seconds=2 * n))
        if dice.random() < wrong_keys:
            made = Sent(made.call_id, made.caller, dice.choice((None, b"console-7")), made.value, made.text)
        earlier.append(made)
        yield made


async def publish(bootstrap: str, calls: Iterable[Sent], *, rate: float = 0.0) -> list[Sent]:
    """Send at `rate` a second (0: as fast as it goes); every record is acknowledged. Survives a broker's restart."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        max_request_size=12 << 20,
        request_timeout_ms=60_000,
        retry_backoff_ms=50,
        linger_ms=2,
    )
    await producer.start()
    try:
        start = time.monotonic()
        sent: list[Sent] = []
        waiting = []
        for one in calls:
            if rate and (ahead := len(sent) / rate - (time.monotonic() - start)) > 0.005:
                await asyncio.sleep(ahead)
            waiting.append(await producer.send("calls", one.value, key=one.key))
            sent.append(one)
        await asyncio.gather(*waiting)
        return sent
    finally:
        await producer.stop()
