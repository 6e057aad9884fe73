"""What every test may ask for: one real broker for the whole run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dispatcher.broker import EmbeddedBroker


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of a real Kafka broker, started once for the run and empty at first.

    Tests share it: each makes topics of its own.
    """
    with EmbeddedBroker(tmp_path_factory.mktemp("kafka"), port=0) as embedded:
        yield embedded.bootstrap
