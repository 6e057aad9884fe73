"""A small city's ledger, and empty databases of each kind, for the reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.engine import URL

from dispatcher.bench.ledger_records import Topic
from dispatcher.catalog import Catalog, load_catalog
from dispatcher.ledger.database import url_of
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Store
from dispatcher.reports.making import Made, Report, make
from dispatcher.reports.periods import Period
from dispatcher.simulate.city import Setting, plan
from dispatcher.simulate.district import District
from dispatcher.simulate.tally import Tally
from dispatcher.simulate.world import Event
from dispatcher.stream.records import InputRecord

ROOT = Path(__file__).resolve().parents[2]
#: The simulated city's calls and all that follows from them.
WHOLE = Period(date(2026, 4, 1), date(2026, 8, 31))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(ROOT)


@dataclass(frozen=True)
class Played:
    """A simulated city: what it told, in which order, and its own numbers."""

    events: list[Event]
    records: list[InputRecord]
    tally: Tally


@pytest.fixture(scope="session")
def played(catalog: Catalog) -> Played:
    setting = Setting(3, 400, seed=1, start=WHOLE.first)
    planned = plan(setting, catalog.city)
    told: list[Event] = []
    tally = Tally(setting.days, setting.begins)
    for share in range(len(planned.shares)):
        tally.add(District(planned, share, catalog.city, catalog.policy, on_event=told.append).run())
    topic = Topic()
    return Played(told, [topic.record(event) for event in told], tally)


@pytest.fixture(scope="session")
def ledger(played: Played, tmp_path_factory: pytest.TempPathFactory) -> URL:
    """The city's ledger in SQLite."""
    url = url_of(str(tmp_path_factory.mktemp("city") / "ledger.db"))
    with Store(url) as store:
        Projector(store).take(played.records)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty database of each kind in turn; there is one PostgreSQL, emptied each time."""
    if request.param == "sqlite":
        return url_of(str(tmp_path / f"{uuid4().hex}.db"))
    empty_postgres: Callable[[], URL] = request.getfixturevalue("empty_postgres")
    return empty_postgres()


Making = Callable[..., Made]


@pytest.fixture
def making(catalog: Catalog) -> Making:
    """Make a report of the ledger at a URL."""

    def made(url: URL, report: Report, period: Period = WHOLE, *districts: str) -> Made:
        with Store(url) as store, store.snapshot() as connection:
            return make(connection, report, period, catalog.city, catalog.policy, districts)

    return made
