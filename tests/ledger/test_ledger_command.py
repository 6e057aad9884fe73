"""The commands against a real broker, among them a process that is killed in the middle of its work."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner
from sqlalchemy.engine import URL

from dispatcher.bench.ledger import publish
from dispatcher.broker import EmbeddedBroker, provision
from dispatcher.catalog import load_catalog
from dispatcher.cli.ledger import ledger
from dispatcher.ledger import schema
from dispatcher.ledger.database import url_of
from dispatcher.ledger.digest import digest
from dispatcher.ledger.errors import LedgerElsewhere, LedgerMissing
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Store
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord

ROOT = Path(__file__).resolve().parents[2]
PROCESS = Path(__file__).with_name("ledger_process.py")
PATIENCE = 90.0


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory, city: list[InputRecord]) -> Iterator[str]:
    """A broker whose ``case-events`` holds the city's records in many transactions, and an aborted one among them."""
    with EmbeddedBroker(tmp_path_factory.mktemp("kafka"), port=0) as broker:

        async def fill() -> None:
            wanted = {topics.CASE_EVENTS: load_catalog(ROOT).all_topics[topics.CASE_EVENTS]}
            await provision.create(broker.bootstrap, wanted)
            await publish(broker.bootstrap, city[:1_000], in_a_transaction=100)
            await _abort(broker.bootstrap, city[0])
            await publish(broker.bootstrap, city[1_000:], in_a_transaction=100)

        asyncio.run(fill())
        yield broker.bootstrap


async def _abort(bootstrap: str, record: InputRecord) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id="aborts")
    await producer.start()
    await producer.begin_transaction()
    for _ in range(20):
        await producer.send(record.topic, b"never", partition=record.partition, headers=[("ce_type", b"note.added.v1")])
    await producer.flush()
    await producer.abort_transaction()
    await producer.stop()


def call(bootstrap: str, *arguments: str, url: URL) -> dict[str, Any]:
    """A command in this process; what it says with --json."""
    return said(bootstrap, *arguments, url=url)[-1]


def said(bootstrap: str, *arguments: str, url: URL) -> list[dict[str, Any]]:
    where = ["--url", url.render_as_string(hide_password=False)]
    runner = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": bootstrap})
    result = runner.invoke(ledger, [*arguments, *where, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def whole(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the digest is when nothing goes wrong."""
    at = url_of(str(tmp_path_factory.mktemp("whole") / "ledger.db"))
    call(bootstrap, "run", "--once", url=at)
    return call(bootstrap, "digest", url=at)


def start(bootstrap: str, url: URL, *arguments: str) -> subprocess.Popen[bytes]:
    where = ["--url", url.render_as_string(hide_password=False), "--bootstrap", bootstrap]
    return subprocess.Popen([sys.executable, str(PROCESS), "run", *arguments, *where], cwd=ROOT)


def records(store: Store) -> int:
    return sum(place.records for place in store.places().values())


def wait_for(process: subprocess.Popen[bytes], store: Store, number: int) -> int:
    """Return when so many records are in the tables; fails when the process ends first."""
    deadline = time.monotonic() + PATIENCE
    while (found := records(store)) < number:
        assert process.poll() is None, "it has ended before"
        assert time.monotonic() < deadline, f"only {found} records"
        time.sleep(0.005)
    return found


def test_killed_in_the_middle_it_goes_on_where_the_tables_are(
    url: URL, bootstrap: str, city: list[InputRecord], whole: dict[str, Any]
) -> None:
    with Store(url) as store:
        for share in (0.1, 0.5):
            process = start(bootstrap, url, "--batch", "20")
            wait_for(process, store, int(share * len(city)))
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            assert 0 < records(store) < len(city), "it had come to the end before it was killed"
            with store.snapshot() as connection:  # rows and offsets are of one moment
                kept = connection.scalar(sa.select(sa.func.count()).select_from(schema.events))
            assert kept == records(store)
        done = call(bootstrap, "run", "--once", url=url)
        assert 0 < done["records"] < len(city)
        assert records(store) == len(city)
    assert call(bootstrap, "digest", url=url) == whole | {"as_noted": None}


def test_rebuild_status_and_digest(url: URL, bootstrap: str) -> None:
    first = call(bootstrap, "run", "--once", url=url)
    assert first["folded"] + first["duplicates"] == first["records"]
    assert (first["unknown"], first["odd"], first["unread"]) == (0, 0, 0)
    before = call(bootstrap, "digest", url=url)
    rebuilt = said(bootstrap, "rebuild", "--batch", "777", url=url)
    assert rebuilt[0]["records"] == first["records"]
    assert rebuilt[1] == before | {"as_noted": True}
    status = call(bootstrap, "status", url=url)
    assert (status["behind"], status["behind_counted"]) == (0, True)
    assert status["digest"] == f"{before['digest']} {before['records']}"
    assert status["rows"]["events"] == first["folded"] == status["records"]["folded"]
    assert status["rows"]["calls"] > 0
    assert call(bootstrap, "run", "--once", url=url)["records"] == 0


def test_how_far_behind(bootstrap: str, city: list[InputRecord], tmp_path: Path) -> None:
    url = url_of(str(tmp_path / "ledger.db"))
    with Store(url) as store:
        Projector(store).take([record for record in city if record.offset < 20])
    behind = call(bootstrap, "status", url=url)
    assert behind["behind_counted"]
    assert behind["behind"] >= len(city) - 4 * 20


def test_tables_of_another_topic_are_refused(bootstrap: str, city: list[InputRecord], tmp_path: Path) -> None:
    url = url_of(str(tmp_path / "ledger.db"))
    with Store(url) as store:
        Projector(store).take([], ends={city[0].partition: 10_000_000})
        before = digest(store)
    with pytest.raises(LedgerElsewhere):
        call(bootstrap, "run", "--once", url=url)
    with Store(url) as store:
        assert digest(store) == before


def test_words_on_a_screen(bootstrap: str, tmp_path: Path) -> None:
    runner = CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "DISPATCHER_DATADIR": str(tmp_path)})
    with pytest.raises(LedgerMissing):
        runner.invoke(ledger, ["status"], catch_exceptions=False)
    ran = runner.invoke(ledger, ["run", "--once"], catch_exceptions=False)
    assert "records in" in ran.stdout
    told = runner.invoke(ledger, ["digest"], catch_exceptions=False).stdout
    assert len(told.split()[0]) == 64
    status = runner.invoke(ledger, ["status"], catch_exceptions=False).stdout
    assert told.split()[0] in status
    assert str(tmp_path / "ledger.db") in status


def test_it_follows_the_topic_without_end(bootstrap: str, city: list[InputRecord], tmp_path: Path) -> None:
    url = url_of(str(tmp_path / "ledger.db"))
    with Store(url) as store:
        process = start(bootstrap, url, "--json")
        wait_for(process, store, len(city))
        again = [record for record in city if record.partition == 0][:3]
        asyncio.run(publish(bootstrap, again))  # said again: counted, no more
        wait_for(process, store, len(city) + len(again))
        assert sum(place.duplicates for place in store.places().values()) >= len(again)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
