"""Batches into both databases: the same rows and digest, whatever the batches, the repetitions and the odd ones among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from dispatcher.ledger import schema
from dispatcher.ledger.database import url_of
from dispatcher.ledger.digest import digest
from dispatcher.ledger.errors import LedgerBusy
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Place, Store
from dispatcher.stream.records import InputRecord


def project(store: Store, records: Sequence[InputRecord], batch: int) -> None:
    projector = Projector(store)
    for start in range(0, len(records), batch):
        projector.take(records[start : start + batch])


def total(places: Iterable[Place], kind: str) -> int:
    return sum(getattr(place, kind) for place in places)


@pytest.fixture(scope="module")
def straight(city: list[InputRecord], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    """The digest of the city's records, taken at once."""
    with Store(url_of(str(tmp_path_factory.mktemp("straight") / "ledger.db"))) as store:
        project(store, city, len(city))
        return digest(store)


@pytest.mark.parametrize("batch", [147, 1_000])
def test_the_digest_is_of_the_records_alone(
    url: URL, batch: int, city: list[InputRecord], straight: tuple[str, int]
) -> None:
    """Neither of the database nor of the batches; each batch by a process of its own, as after a restart."""
    for start in range(0, len(city), batch):
        with Store(url) as store:
            Projector(store).take(city[start : start + batch])
    with Store(url) as store:
        assert digest(store) == straight
        assert straight[1] == len(city)


def test_one_changed_letter_changes_the_digest(city: list[InputRecord], straight: tuple[str, int], url: URL) -> None:
    changed = city[1_234]
    value = orjson.loads(changed.value or b"") | {"reason": "另一个理由"}
    with Store(url) as store:
        project(store, [*city[:1_234], replace(changed, value=orjson.dumps(value)), *city[1_235:]], 1_000)
        assert digest(store)[0] != straight[0]


def test_rebuilt_from_nothing_it_is_the_same(url: URL, city: list[InputRecord]) -> None:
    with Store(url) as store:
        project(store, city, 500)
        before = digest(store)
        store.clear()
        assert store.places() == {}
        assert digest(store) != before
        project(store, city, 811)
        assert digest(store) == before


def test_what_is_read_again_changes_nothing(url: URL, city: list[InputRecord]) -> None:
    with Store(url) as store:
        project(store, city, 500)
        before, places = digest(store), store.places()
        project(store, city, 1_000)
        assert (digest(store), store.places()) == (before, places)


def test_what_is_said_again_is_counted_and_no_more(url: URL, city: list[InputRecord]) -> None:
    """The same events at new offsets, in the same batch and in later ones."""
    ends = {record.partition: 0 for record in city}
    for record in city:
        ends[record.partition] = max(ends[record.partition], record.offset + 1)
    again = [replace(record, offset=record.offset + ends[record.partition]) for record in city]
    with Store(url) as store:
        project(store, city, 700)
        rows = {table.name: store.count(table) for table in schema.VIEWS}
        cases = _cases(store)
        project(store, again, 700)
        assert {table.name: store.count(table) for table in schema.VIEWS} == rows
        assert _cases(store) == cases
        assert total(store.places().values(), "duplicates") == len(city)


def _cases(store: Store) -> list[tuple[object, ...]]:
    with store.snapshot() as connection:
        return [tuple(row) for row in connection.execute(sa.select(schema.cases).order_by(schema.cases.c.case_id))]


STEPS = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 150), st.booleans()), max_size=6)


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_reading_in_order_gives_the_same(
    steps: list[tuple[int, int, bool]], city: list[InputRecord], tmp_path: Path
) -> None:
    """Batches of any size, each begun anywhere before what is not yet read, some said again at once."""
    records = city[:400]
    with Store(url_of(str(tmp_path / "straight.db"))) as store:
        project(store, records, 400)
        wanted = digest(store)
    with Store(url_of(str(tmp_path / f"{uuid4().hex}.db"))) as store:
        read = 0
        for back, length, twice in steps:
            batch = records[max(0, read - back) : read + length]
            projector = Projector(store)
            projector.take(batch)
            if twice:
                projector.take(batch)
            read += length
        project(store, records[min(read, 300) :], 400)
        assert digest(store) == wanted


# -- what is no ordinary event -----------------------------------------------------------------------------------


def odd_records(city: list[InputRecord]) -> list[InputRecord]:
    """Between two good events: a tombstone, no JSON, no object, no type, a type of tomorrow, wrong fields, NUL in texts, keys
    that no index can hold."""
    good, last = city[0], city[1]
    value = orjson.loads(good.value or b"")
    plain = tuple(header for header in good.headers if header[0] != "ce_type")

    def one(offset: int, body: bytes | None, kind: str | None) -> InputRecord:
        headers = (*plain, ("ce_type", kind.encode())) if kind is not None else plain
        return InputRecord(good.topic, 0, offset, good.timestamp_ms, good.key, body, headers)

    def made(name: str, **fields: object) -> bytes:
        return orjson.dumps(value | {"event_id": name} | fields)

    return [
        one(0, good.value, "call.triaged.v1"),
        one(1, None, "note.added.v1"),
        one(2, b'{"event_id": "half', "note.added.v1"),
        one(3, b"[1, 2]", "note.added.v1"),
        one(4, made("untyped"), None),
        one(5, made("tomorrow", at="then", actor=7), "case.dreamt.v1"),
        one(6, made("wrong"), "case.closed.v1"),
        one(7, made("late", at="2026-11-21T10:05:00"), "call.triaged.v1"),
        one(8, made("nul", channel="a\0b", reason="§1:\0"), "call.triaged.v1"),
        one(9, b"\xff\xfe", "note.added.v1"),
        one(10, made("long", case_id="案" * 9_000), "note.added.v1"),
        one(11, made("长" * 9_000), "note.added.v1"),
        one(12, made("nul\0", case_id="a\0b"), "call.triaged.v1"),
        replace(last, partition=0, offset=13),
    ]


def test_nothing_is_lost_and_everything_is_counted(url: URL, city: list[InputRecord]) -> None:
    records = odd_records(city)
    with Store(url) as store:
        assert Projector(store).take(records) == len(records)
        assert store.places() == {0: Place(14, folded=4, unknown=1, odd=3, duplicates=0, unread=6)}
        with store.snapshot() as connection:
            kept = connection.execute(sa.select(schema.events).order_by(schema.events.c.offset)).mappings().all()
            unread = connection.execute(sa.select(schema.unread).order_by(schema.unread.c.offset)).mappings().all()
            call = connection.execute(sa.select(schema.calls).where(schema.calls.c.event_id == "nul")).mappings().one()
    assert [(row["offset"], row["folded"]) for row in kept] == [
        (0, "yes"), (5, "unknown"), (6, "odd"), (7, "odd"), (8, "yes"), (10, "odd"), (12, "yes"), (13, "yes"),
    ]  # fmt: skip
    assert [row["body"].encode() for row in kept] == [records[row["offset"]].value for row in kept]
    assert [(row["offset"], row["value"]) for row in unread] == [(n, records[n].value) for n in (1, 2, 3, 4, 9, 11)]
    assert (call["channel"], call["reason"]) == ("a\ufffdb", "§1:\ufffd")


def test_odd_records_are_the_same_in_both_databases(database: Callable[[str], URL], city: list[InputRecord]) -> None:
    found = set()
    for kind in ("sqlite", "postgresql"):
        with Store(database(kind)) as store:
            Projector(store).take(odd_records(city))
            found.add(digest(store))
    assert len(found) == 1


def test_the_chain_stands_beside_its_event(url: URL, city: list[InputRecord]) -> None:
    chained = replace(
        city[0],
        headers=(*city[0].headers, ("chain", b"casework/2"), ("chain_seq", b"12"), ("chain_hash", b"ab" * 32)),
    )
    with Store(url) as store:
        Projector(store).take([chained])
        with store.snapshot() as connection:
            row = connection.execute(sa.select(schema.events)).mappings().one()
    assert (row["chain"], row["chain_seq"], row["chain_hash"]) == ("casework/2", 12, "ab" * 32)


# -- transactions ------------------------------------------------------------------------------------------------


def test_of_two_who_write_one_is_refused(url: URL, city: list[InputRecord]) -> None:
    with Store(url) as one, Store(url) as other:
        first, second = Projector(one), Projector(other)
        first.take(city[:500])
        before = digest(one)
        with pytest.raises(LedgerBusy):
            second.take(city[:900])
        assert digest(one) == before
        Projector(other).take(city[:900])
        assert total(one.places().values(), "folded") == 900


def test_offsets_without_records_are_read_too(url: URL, city: list[InputRecord]) -> None:
    """Kafka's own markers: where reading goes on is told by the reader, and is no part of the digest."""
    partition = city[0].partition
    with Store(url) as store:
        projector = Projector(store)
        projector.take(city[:1])
        before = digest(store)
        projector.take([], ends={partition: 5})
        assert store.places()[partition].next == 5
        assert digest(store) == before


def test_moments_are_moments(url: URL, city: list[InputRecord]) -> None:
    """Who reads the tables by `schema` gets aware datetimes, whatever the database has."""
    record = next(one for one in city if dict(one.headers)["ce_type"] == b"call.triaged.v1")
    value = orjson.loads(record.value or b"")
    with Store(url) as store:
        Projector(store).take([record])
        with store.snapshot() as connection:
            row = connection.execute(sa.select(schema.calls)).mappings().one()
            later = schema.calls.c.received_at < row["received_at"] + timedelta(microseconds=1)
            assert connection.scalar(sa.select(sa.func.count()).where(later)) == 1
    assert row["received_at"] == datetime.fromisoformat(value["received_at"])
    assert row["decided_at"] == datetime.fromisoformat(value["at"])
    assert row["received_at"].tzinfo is not None
