"""The fast-start archive is a gain and never a need."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.broker import EmbeddedBroker, archive
from dispatcher.broker.jars import ensure_jars
from dispatcher.broker.runtime import Runtime, find_java


def quiet(_line: str) -> None:
    pass


def place_of_archive() -> Path:
    return archive.archive_path(Runtime(java=find_java(), jars=ensure_jars(say=quiet)))


def test_the_archive_of_this_machine_was_made_and_is_used(broker: str) -> None:
    assert broker
    runtime = archive.with_archive(Runtime(java=find_java(), jars=ensure_jars(say=quiet)), say=pytest.fail)
    assert runtime.archive
    assert f"-XX:AOTCache={runtime.archive}" in runtime.command("kafka.Kafka")


@pytest.mark.usefixtures("own_jars")
def test_a_broken_archive_does_not_keep_the_broker_from_starting(tmp_path: Path) -> None:
    place_of_archive().write_bytes(b"not an archive")
    with EmbeddedBroker(tmp_path / "data", port=0) as embedded:
        assert embedded.status().ready


@pytest.mark.usefixtures("own_jars")
def test_an_archive_that_crashes_java_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashing = tmp_path / "java"
    crashing.write_text(
        f'#!/bin/sh\ncase "$*" in *AOTCache=*kafka.Kafka*) kill -SEGV $$;; esac\nexec {find_java()} "$@"\n'
    )
    crashing.chmod(0o755)
    monkeypatch.setenv("DISPATCHER_JAVA", str(crashing))
    place_of_archive().write_bytes(b"damaged")

    with EmbeddedBroker(tmp_path / "data", port=0) as embedded:
        assert embedded.status().ready

    assert place_of_archive().read_bytes() == b""
