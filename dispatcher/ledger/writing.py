"""Many rows at a time, in the database's own way: prepared many-row inserts for SQLite, COPY for PostgreSQL.

Rows are whole: they have a value for every column of their table. Moments are texts in them (see `entry`): SQLite keeps these
as they are, PostgreSQL reads them in the session's zone, which is UTC.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect

from dispatcher.ledger import schema
from dispatcher.ledger.entry import Row

_MOMENT = "YYYY-MM-DD HH24:MI:SS.US"


class Writing:
    """The statements of one kind of database, made once."""

    def __init__(self, dialect: Dialect) -> None:
        self._postgres = dialect.name == "postgresql"
        self._adds = {table.name: _sql(table.insert(), dialect) for table in schema.VIEWS}
        self._puts = {
            table.name: _sql(self._upsert(table), dialect) for table in (*schema.KEYED, schema.offsets, schema.meta)
        }
        self._copies = {table.name: _copy(table, dialect) for table in schema.VIEWS}
        self._columns = {table.name: itemgetter(*table.columns.keys()) for table in schema.metadata.tables.values()}

    def add(self, connection: sa.Connection, table: str, rows: Sequence[Row]) -> None:
        """New rows, of a table that only grows."""
        if not rows:
            return
        told = map(self._columns[table], rows)
        if not self._postgres:
            connection.exec_driver_sql(self._adds[table], list(told))
            return
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor, cursor.copy(self._copies[table]) as copy:
            for row in told:
                copy.write_row(row)

    def put(self, connection: sa.Connection, table: str, rows: Iterable[Row]) -> None:
        """Rows that are new, or take the place of those under the same key."""
        told: list[Any] = list(rows if self._postgres else map(self._columns[table], rows))
        if told:
            connection.exec_driver_sql(self._puts[table], told)

    def _upsert(self, table: sa.Table) -> Any:
        insert: Any = postgresql.insert(table) if self._postgres else sqlite.insert(table)
        keys = [column.name for column in table.primary_key]
        values = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
        return insert.on_conflict_do_update(index_elements=keys, set_=values)


def _sql(statement: Any, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))


def _copy(table: sa.Table, dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    return f"COPY {quote(table.name)} ({', '.join(map(quote, table.columns.keys()))}) FROM STDIN"


# -- reading ---------------------------------------------------------------------------------------------------


def as_rows(columns: Iterable[sa.Column[Any]], dialect: Dialect) -> list[Any]:
    """`columns` to be selected so that what comes back is what was written: moments as texts."""
    return [_as_text(column, dialect).label(column.name) if _is_moment(column) else column for column in columns]


def _is_moment(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, schema.Moment)


def _as_text(column: sa.Column[Any], dialect: Dialect) -> Any:
    if dialect.name == "sqlite":
        return sa.type_coerce(column, sa.Text())
    return sa.func.to_char(sa.func.timezone("UTC", column), _MOMENT)


def is_one_of(column: sa.Column[Any], values: Sequence[str], dialect: Dialect) -> tuple[Any, Mapping[str, Any]]:
    """A condition, with its parameters: one value for the whole list, however long."""
    if dialect.name == "sqlite":
        listed = sa.func.json_each(sa.bindparam("listed")).table_valued("value")
        return column.in_(sa.select(listed.c.value)), {"listed": orjson.dumps(values).decode()}
    array = sa.bindparam("listed", type_=postgresql.ARRAY(schema.TEXT))
    return column == sa.any_(array), {"listed": list(values)}
