"""A cache of Kafka's files that a test may damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dispatcher.broker import jars


@pytest.fixture
def own_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the jars in a cache of this test's own: a copy of the real one, without the archives."""
    real = jars.default_folder()
    jars.ensure_jars(say=lambda _line: None)
    monkeypatch.setenv("DISPATCHER_CACHE", str(tmp_path / "cache"))
    shutil.copytree(real, jars.default_folder(), ignore=shutil.ignore_patterns("*.aot", "fetch-*", "trial-*"))
    return jars.default_folder()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sends whatever wants out to a port of this machine where nothing listens."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
