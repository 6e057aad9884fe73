"""Opening the database: the migrations make the tables that the code names, and refuse what they do not know."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import URL

from dispatcher.domain.errors import SettingsError
from dispatcher.ledger import schema
from dispatcher.ledger.database import VERSION_TABLE, connect, newest, shown, url_of
from dispatcher.ledger.errors import LedgerMissing, LedgerNewer, LedgerUnreachable
from dispatcher.ledger.store import Store


def test_the_migrations_make_the_tables_of_the_schema(url: URL) -> None:
    with Store(url) as store:
        assert store.version() == newest()
        with store.snapshot() as connection:
            context = MigrationContext.configure(
                connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
            )
            assert compare_metadata(context, schema.metadata) == []


def test_a_missing_column_would_show(url: URL) -> None:
    """The comparison can fail."""
    with Store(url) as store:
        with store.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE cards DROP COLUMN clock")
        with store.snapshot() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            assert [change[0] for change in compare_metadata(context, schema.metadata)] == ["add_column"]


def test_opened_again_it_is_the_same(url: URL) -> None:
    with Store(url) as store:
        store.write_note("a", "b")
    with Store(url) as store:
        assert store.note("a") == "b"


def test_tables_of_a_newer_program_are_refused_and_left_alone(url: URL) -> None:
    with Store(url) as store, store.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(LedgerNewer, match=r"version 9999.*none beyond 0001"), Store(url):
        pass
    engine = connect(url)
    with engine.begin() as connection:
        assert connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")) == "9999"
    engine.dispose()


def test_looking_for_a_ledger_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with pytest.raises(LedgerMissing), Store(url_of(str(path)), make=False):
        pass
    assert not path.exists()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    away = url_of(f"postgresql://audit:secret@/none?host={tmp_path}")
    with pytest.raises(LedgerUnreachable) as told, Store(away):
        pass
    assert "secret" not in str(told.value)
    assert "secret" not in shown(away)


def test_a_folder_that_nobody_may_write_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerUnreachable), Store(url_of(str(tmp_path / "file" / "ledger.db"))):
        pass


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:////tmp/x.db", "sqlite+pysqlite"),
        ("postgres://a@b/c", "postgresql+psycopg"),
        ("postgresql://a@b/c", "postgresql+psycopg"),
        ("postgresql+psycopg://a@b/c", "postgresql+psycopg"),
        ("x.db", "sqlite+pysqlite"),
    ],
)
def test_urls(given: str, driver: str) -> None:
    assert url_of(given).drivername == driver


@pytest.mark.parametrize("given", ["mysql://a@b/c", "postgresql+asyncpg://a@b/c", "://"])
def test_other_urls_are_refused(given: str) -> None:
    with pytest.raises(SettingsError):
        url_of(given)
