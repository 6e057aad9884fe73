"""One number for all rows: the same in SQLite and PostgreSQL, however large the batches were and however often it was begun."""

import hashlib
from collections.abc import Callable
from typing import Final

import orjson

from dispatcher.ledger import schema
from dispatcher.ledger.store import Store

NOTE: Final = "digest"
"""Under which the last one that was reckoned stands in ``meta``, with how many events it is of."""


def digest(store: Store, told: Callable[[int], None] = lambda _: None) -> tuple[str, int]:
    """SHA-256 over every row of every table, ordered by its key, and how many records it is of. `told` hears how many rows
    more are in it.

    Offsets are left out but for what they count: where reading goes on depends on when it stopped.
    """
    hashed, records = hashlib.sha256(), 0
    with store.snapshot() as connection:
        for table in (*schema.VIEWS, schema.offsets):
            columns = [column for column in table.columns if column is not schema.offsets.c.next]
            hashed.update(f"\n{table.name} {' '.join(column.name for column in columns)}\n".encode())
            for rows in store.rows(connection, table, columns).partitions():
                for row in rows:
                    hashed.update(orjson.dumps(list(map(_plain, row))))
                    if table is schema.offsets:
                        records += sum(row[1:])
                told(len(rows))
    return hashed.hexdigest(), records


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
