"""A town whose traffic has been worked off by a real worker: calls, replies, decisions, lookups, deadlines that fell."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "stream"))  # its people and workers are shared, not copied

from replay_town import Town

from dispatcher.broker import EmbeddedBroker


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town, when all is worked off and its worker has gone home."""
    folder = tmp_path_factory.mktemp("town")
    with EmbeddedBroker(folder / "kafka", port=0) as broker:
        town = Town(broker.bootstrap, folder)
        asyncio.run(town.live())
        yield town
