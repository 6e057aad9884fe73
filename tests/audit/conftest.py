"""A broker of these tests' own, with the service's topics: a ledger has one name, and is whole or not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_lanes import begin_anew

from dispatcher.audit import keys
from dispatcher.broker import EmbeddedBroker


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedBroker(tmp_path_factory.mktemp("kafka"), port=0) as broker:
        yield broker.bootstrap


@pytest.fixture
def city(house: str) -> str:
    """The bootstrap address of a broker with all topics and nothing on them."""
    asyncio.run(begin_anew(house))
    return house


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """An auditor's private key; the public one lies beside it."""
    path = tmp_path / "audit"
    keys.new(path)
    return path
