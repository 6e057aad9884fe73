"""Where the lives of casework come from, and the databases that the ledger is tried in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
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
        empty_postgres: Callable[[], URL] = request.getfixturevalue("empty_postgres")
        return empty_postgres()

    return make


@pytest.fixture
def url(kind: str, database: Callable[[str], URL]) -> URL:
    """An empty database of each kind."""
    return database(kind)
