"""The ledger's tables, written batch by batch: all of a batch and the topic's offsets in one transaction, or nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import URL

from dispatcher.ledger import database, schema
from dispatcher.ledger.book import Book
from dispatcher.ledger.entry import Row
from dispatcher.ledger.errors import LedgerBusy
from dispatcher.ledger.writing import Writing, as_rows, is_one_of

_AT_ONCE = 2_000
"""Rows in memory while a whole table is read."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a partition has been read, and what its records were."""

    next: int
    folded: int = 0
    unknown: int = 0
    odd: int = 0
    duplicates: int = 0
    unread: int = 0

    @property
    def records(self) -> int:
        """All that was read."""
        return self.folded + self.unknown + self.odd + self.duplicates + self.unread

    def after(self, end: int, counts: Mapping[str, int]) -> "Place":
        """Having read up to `end`, with so many records more of each kind."""
        more = {kind: getattr(self, kind) + count for kind, count in counts.items()}
        return replace(self, next=max(self.next, end), **more)


class Store:
    """An opened ledger. Raises `LedgerUnreachable` and `LedgerNewer` on entry.

    `make`: whether tables are made where there are none; otherwise `LedgerMissing` is raised.
    """

    def __init__(self, url: URL, *, make: bool = True) -> None:
        self.url = url
        self._make = make
        self._engine = database.connect(url)
        self._reader = database.for_reading(self._engine)
        self._dialect = self._engine.dialect
        self._writing = Writing(self._dialect)

    def __enter__(self) -> Self:
        try:
            with database.reached(self.url):
                if not self._make:
                    database.look(self.url, self._reader)
                database.migrate(self._engine)
        except BaseException:
            self._engine.dispose()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All of it or nothing."""
        with database.reached(self.url), self._engine.begin() as connection:
            yield connection

    # -- reading ---------------------------------------------------------------------------------------

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """All tables as they are at one moment; keeps nobody from writing."""
        with database.reached(self.url), self._reader.begin() as connection:
            yield connection

    def places(self) -> dict[int, Place]:
        """partition -> how far it has been read."""
        with self.snapshot() as connection:
            return _places(connection)

    def lock(self, connection: sa.Connection, expected: Mapping[int, Place]) -> None:
        """Keep every other writer out until the end of the transaction; raises `LedgerBusy` where one has been at work."""
        if connection.dialect.name == "postgresql":  # SQLite has locked the whole file
            connection.exec_driver_sql("LOCK TABLE offsets IN SHARE ROW EXCLUSIVE MODE")
        if _places(connection) != dict(expected):
            raise LedgerBusy(
                "another process writes to the same ledger", hint="Let one of them do it; others may read the tables"
            )

    def known_events(self, connection: sa.Connection, event_ids: Collection[str]) -> set[str]:
        """Which of these events are there already."""
        column = schema.events.c.event_id
        asked, listed = is_one_of(column, sorted(event_ids), self._dialect)
        return set(connection.scalars(sa.select(column).where(asked), listed))

    def book(self, connection: sa.Connection, case_ids: Collection[str]) -> Book:
        """What is known of these cases."""
        rows: dict[str, list[Row]] = {}
        for table in schema.KEYED:
            asked, listed = is_one_of(table.c.case_id, sorted(case_ids), self._dialect)
            names = table.columns.keys()
            found = connection.execute(sa.select(*as_rows(table.columns, self._dialect)).where(asked), listed)
            rows[table.name] = [dict(zip(names, row, strict=True)) for row in found]
        return Book(**rows)

    def rows(self, connection: sa.Connection, table: sa.Table, columns: Sequence[sa.Column[Any]]) -> sa.Result[Any]:
        """All rows of a table in the order of its keys, a part at a time; moments as texts."""
        asked = sa.select(*as_rows(columns, self._dialect)).order_by(*table.primary_key.columns)
        return connection.execution_options(yield_per=_AT_ONCE).execute(asked)

    def count(self, table: sa.Table) -> int:
        """How many rows a table has."""
        with self.snapshot() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    def version(self) -> str:
        """The version of the tables."""
        with self.snapshot() as connection:
            return database.version(connection) or ""

    def note(self, name: str) -> str | None:
        """A note in ``meta``."""
        with self.snapshot() as connection:
            return connection.scalar(sa.select(schema.meta.c.value).where(schema.meta.c.name == name))

    # -- writing ---------------------------------------------------------------------------------------

    def write(self, connection: sa.Connection, book: Book) -> None:
        """What the batch has made."""
        for name, rows in book.added.items():
            self._writing.add(connection, name, rows)
        for name, changed in book.changed.items():
            self._writing.put(connection, name, changed.values())

    def move(self, connection: sa.Connection, places: Mapping[int, Place]) -> None:
        """How far the partitions have been read now."""
        rows = [
            {name: getattr(place, name) for name in Place.__dataclass_fields__} | {"partition": partition}
            for partition, place in places.items()
        ]
        self._writing.put(connection, "offsets", rows)

    def write_note(self, name: str, value: str) -> None:
        """Leave a note in ``meta``."""
        with self.transaction() as connection:
            self._writing.put(connection, "meta", [{"name": name, "value": value}])

    def clear(self) -> None:
        """Drop all rows and offsets: the next read begins at the topic's beginning. Notes stay."""
        with self.transaction() as connection:
            for table in (*schema.VIEWS, schema.offsets):
                connection.execute(table.delete())


def _places(connection: sa.Connection) -> dict[int, Place]:
    rows = connection.execute(sa.select(schema.offsets)).mappings()
    return {row["partition"]: Place(**{name: row[name] for name in Place.__dataclass_fields__}) for row in rows}
