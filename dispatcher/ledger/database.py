"""Opening the ledger's database: SQLite with a write-ahead log, or PostgreSQL; its tables brought up to this version."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, make_url

from dispatcher.domain.errors import SettingsError
from dispatcher.ledger.errors import LedgerMissing, LedgerNewer, LedgerUnreachable

#: Where Alembic writes which version the tables have.
VERSION_TABLE = "ledger_version"
#: Any number that nobody else takes: who migrates holds PostgreSQL's advisory lock of it.
_LOCK = 7_110_110
_DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg", "sqlite": "sqlite+pysqlite"}


def url_of(given: str) -> URL:
    """A URL with its driver, or the path of an SQLite file. Raises `SettingsError`."""
    if "://" not in given:
        return URL.create("sqlite+pysqlite", database=str(Path(given).absolute()))
    try:
        url = make_url(given)
    except (sa.exc.ArgumentError, ValueError):
        raise SettingsError("the ledger's URL cannot be read", hint=_FORMS) from None
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver not in _DRIVERS.values():
        raise SettingsError(f"the ledger lies in SQLite or PostgreSQL, not in {url.drivername}", hint=_FORMS)
    return url.set(drivername=driver)


_FORMS = "Give sqlite:///PATH, postgresql://USER@HOST/DATABASE, or a path"


def shown(url: URL) -> str:
    """The URL for a person's eyes."""
    return url.render_as_string(hide_password=True)


def connect(url: URL) -> sa.Engine:
    """An engine whose transactions are whole: SQLite locks for writing where one begins. Nothing is opened yet."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, connect_args={"connect_timeout": 8, "options": "-c timezone=UTC"})
    engine = sa.create_engine(url, connect_args={"timeout": 30.0})

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin its transactions too late
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get(_READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


_READS = "ledger_reads"


def for_reading(engine: sa.Engine) -> sa.Engine:
    """The same database for those who only look: a transaction sees one moment and holds nobody up."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(**{_READS: True})


def look(url: URL, reader: sa.Engine) -> None:
    """Raise `LedgerMissing` where there are no tables; an SQLite file is not made by looking for it."""
    there = url.get_backend_name() != "sqlite" or Path(str(url.database)).is_file()
    if there:
        with reader.begin() as connection:
            there = version(connection) is not None
    if not there:
        raise LedgerMissing(f"there is no ledger at {shown(url)}", hint="Make it with `dispatcher ledger run`")


@contextmanager
def reached(url: URL) -> Iterator[None]:
    """Errors of the database that say that it is not there become `LedgerUnreachable`."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, psycopg.OperationalError, OSError) as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()
        raise LedgerUnreachable(
            f"the ledger's database at {shown(url)} cannot be used: {said[0] if said else type(error).__name__}",
            hint="Is the server running, and may this user write there",
        ) from None


# -- versions --------------------------------------------------------------------------------------------------


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("dispatcher.ledger") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The version that this program makes."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def version(connection: sa.Connection) -> str | None:
    """The version of the tables, None where there are none."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def migrate(engine: sa.Engine) -> None:
    """Bring the tables to this program's version. Raises `LedgerNewer` for one that it does not know."""
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        check(connection)
        if version(connection) != newest():
            command.upgrade(_config(connection), "head")


def check(connection: sa.Connection) -> None:
    """Refuse tables of a version that this program does not know."""
    found = version(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise LedgerNewer(
            f"the ledger's tables have version {found}, and this program knows none beyond {newest()}",
            hint="Use the newer program, or another URL; a rebuild there gives the same rows",
        )
