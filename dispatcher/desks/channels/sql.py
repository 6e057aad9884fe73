"""A database that speaks SQL: a table, or a SELECT of its owner's, with conditions by fact. Any URL that SQLAlchemy knows.

The statement is built from the declaration alone; what callers said is bound. It runs in threads of this database's own, so that
one that hangs uses up nobody else's, and with a time-out inside the database where it has one (PostgreSQL, SQLite).
"""

import asyncio
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.pool import NullPool

from dispatcher.desks.channels.conditions import How, Wanted, all_wanted, known
from dispatcher.desks.channels.interface import ChannelDown, ChannelLied, Reply
from dispatcher.desks.channels.mapping import reply_of
from dispatcher.desks.channels.settings import SqlSettings
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.lookups.messages import LookupAsked

_CHECKED_EVERY: Final = 2_000
"""Steps of SQLite's machine between two looks at the clock."""


class SqlAdapter:
    """One SQL database. Raises CatalogError's cause, `sqlalchemy.exc.ArgumentError`, on an URL that is none."""

    def __init__(self, settings: SqlSettings, url: str, folder: Path) -> None:
        self._settings = settings
        self._engine = _engine(settings, sa.make_url(url), folder)
        self._threads = ThreadPoolExecutor(settings.at_once, thread_name_prefix="sql-channel")

    async def ask(self, question: LookupAsked) -> Reply:
        """One SELECT. Raises ChannelDown, ChannelLied."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, question)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    def statement(self, question: LookupAsked) -> sa.Select[Any]:
        """The SELECT for a question, every value bound."""
        settings = self._settings
        source = _source(settings, question)
        columns = source.c
        statement = sa.select(*(columns[name] for name in sorted(settings.columns())))
        must = [_fits(one, columns) for one in all_wanted(settings.where, question)]
        points = [_points(one, columns) for one in all_wanted(settings.prefer, question)]
        if must:
            statement = statement.where(sa.and_(*must))
        order: list[sa.ColumnElement[Any]] = []
        if points:
            order.append(sum(points[1:], points[0]).desc())
        if settings.newest is not None:
            order.append(columns[settings.newest].desc())
        return statement.order_by(*order).limit(settings.most_rows)

    def _ask(self, question: LookupAsked) -> Reply:
        try:
            with self._engine.connect() as connection, _bounded(connection, self._settings.timeout_seconds):
                rows = connection.execute(self.statement(question)).mappings().all()
        except exc.SQLAlchemyError as error:
            raise _meaning(error) from error
        except (OSError, UnicodeError) as error:
            raise ChannelDown(f"数据库连接出错（{type(error).__name__}）") from error
        return reply_of([dict(row) for row in rows], self._settings.hit, question)


def _engine(settings: SqlSettings, url: sa.URL, folder: Path) -> sa.Engine:
    seconds = settings.timeout_seconds
    if url.get_backend_name() == "sqlite":
        path = folder / (url.database or "")

        def connect() -> sqlite3.Connection:
            # Read-only, and a file that is not there is not made.
            where = f"file:{quote(str(path))}?mode=ro"
            return sqlite3.connect(where, uri=True, timeout=seconds, check_same_thread=False)

        return sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
    arguments: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        # The client too gives up on a network that swallows everything.
        arguments = {"connect_timeout": max(2, int(seconds)), "tcp_user_timeout": int(seconds * 1000)}
    return sa.create_engine(
        url,
        connect_args=arguments,
        pool_size=settings.at_once,
        max_overflow=0,
        pool_timeout=seconds,
        pool_pre_ping=True,
    )


@contextmanager
def _bounded(connection: sa.Connection, seconds: float) -> Any:
    """The database itself ends a statement that takes longer, and lets nothing be written."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.execute(
            sa.text("SELECT set_config('statement_timeout', :ms, true)"), {"ms": str(int(seconds * 1000))}
        )
    elif connection.dialect.name == "sqlite":
        ends = time.monotonic() + seconds
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(lambda: time.monotonic() > ends, _CHECKED_EVERY)
    yield
    connection.rollback()


def _source(settings: SqlSettings, question: LookupAsked) -> sa.FromClause:
    names = sorted(settings.columns())
    if settings.table is not None:
        schema, _, table = settings.table.rpartition(".")
        return sa.table(table, *(sa.column(name) for name in names), schema=schema or None)
    written = sa.text(settings.select or "")
    bound: list[sa.BindParameter[Any]] = []
    for name in settings.parameters():
        if name == "since":
            bound.append(sa.bindparam(name, question.since, sa.DateTime(timezone=True)))
        else:
            bound.append(sa.bindparam(name, known(question, name) or None, sa.String))
    return written.bindparams(*bound).columns(*(sa.column(name) for name in names)).subquery("asked")


def _fits(one: Wanted, columns: Any) -> sa.ColumnElement[bool]:
    condition = one.condition
    named = [columns[name] for name in condition.columns]
    if condition.how is How.WINDOW:
        tests = [column.between(_time(one.low, one), _time(one.high, one)) for column in named]
    elif condition.how is How.RANGE:
        low, high = sa.literal(one.low, sa.Float), sa.literal(one.high, sa.Float)
        tests = [sa.and_(named[0] <= high, named[-1] >= low)]
    else:
        tests = [_like(column, pieces, condition.how) for column in named for pieces in one.texts]
    if condition.or_empty:
        tests += [sa.or_(column.is_(None), sa.cast(column, sa.Text) == "") for column in named]
    return sa.or_(*tests)


def _points(one: Wanted, columns: Any) -> sa.ColumnElement[int]:
    condition = one.condition
    named = [columns[name] for name in condition.columns]
    tests = (
        [sa.or_(*(_like(column, pieces, condition.how) for column in named)) for pieces in one.texts]
        if one.texts
        else [_fits(one, columns)]
    )
    cases = [sa.case((test, condition.weight), else_=0) for test in tests]
    return sum(cases[1:], cases[0])


def _like(column: sa.ColumnClause[Any], pieces: tuple[str, ...], how: How) -> sa.ColumnElement[bool]:
    if how is How.EQUALS:
        return column == sa.literal(pieces[0], sa.String)
    escaped = (piece.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for piece in pieces)
    # Both sides made small by the database, so that they agree on what small is.
    pattern = sa.func.lower(sa.literal("%".join(escaped), sa.String))
    return sa.func.lower(sa.cast(column, sa.Text)).like(pattern, escape="\\")


def _time(value: datetime | float, one: Wanted) -> sa.ColumnElement[Any]:
    assert isinstance(value, datetime)
    if one.condition.written is not None:
        return sa.literal(value.astimezone(CITY_TIME).strftime(one.condition.written), sa.String)
    return sa.literal(value, sa.DateTime(timezone=True))


def _meaning(error: exc.SQLAlchemyError) -> ChannelDown | ChannelLied:
    """Whether the database is away, or is not what was declared. The values of the question are in neither text."""
    origin = getattr(error, "orig", None)
    name = type(origin or error).__name__
    first = str(origin or "").partition("\n")[0][:120]
    if isinstance(error, exc.OperationalError | exc.InternalError):
        if first.startswith(("no such", "near ")):
            return ChannelLied(f"表或列与配置不符（{first}）")
        if "interrupt" in first:
            return ChannelDown("查询超时")
        return ChannelDown(f"数据库不可用（{name}）")
    if isinstance(error, exc.TimeoutError | exc.InterfaceError | exc.DisconnectionError):
        return ChannelDown(f"数据库不可用（{name}）")
    return ChannelLied(f"数据库的回答与配置不符（{name}）")
