"""Kafka's files: pinned, checked, fetched again when damaged, and never asked for without need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dispatcher.broker.jars import ensure_jars, pinned, read_lock
from dispatcher.domain.errors import BrokenJar, FetchFailed

SMALL = "jspecify-1.0.0.jar"


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def test_the_lock_names_every_file_once_with_its_sum_and_no_address() -> None:
    names = [jar.file_name for jar in pinned()]
    assert "kafka_2.13-4.3.1.jar" in names
    assert len(names) == len(set(names))
    for jar in pinned():
        assert re.fullmatch("[0-9a-f]{64}", jar.sha256)
        assert jar.size > 0
        assert "/" not in f"{jar.group}{jar.artifact}{jar.version}"


def test_a_lock_line_is_sum_size_and_coordinate() -> None:
    (jar,) = read_lock("# a comment\n\nabc 12 org.example:thing:1.0\n")
    assert (jar.sha256, jar.size, jar.group, jar.file_name) == ("abc", 12, "org.example", "thing-1.0.jar")


@pytest.mark.usefixtures("no_network")
def test_files_that_are_there_need_no_network(own_jars: Path) -> None:
    said: list[str] = []
    paths = ensure_jars(say=said.append)
    assert {path.parent for path in paths} == {own_jars}
    assert said == []


@pytest.mark.usefixtures("no_network")
def test_files_are_hashed_again_when_the_stamp_is_gone(own_jars: Path) -> None:
    (own_jars / "stamp.json").unlink()
    ensure_jars(say=lambda _line: None)
    assert (own_jars / "stamp.json").exists()


def test_a_changed_and_a_missing_file_are_fetched_again(own_jars: Path) -> None:
    whole = (own_jars / SMALL).read_bytes()
    flip_a_byte(own_jars / SMALL)
    (own_jars / "jopt-simple-5.0.4.jar").unlink()
    said: list[str] = []

    ensure_jars(say=said.append)

    assert (own_jars / SMALL).read_bytes() == whole
    assert (own_jars / "jopt-simple-5.0.4.jar").exists()
    assert said[0].startswith("Fetching Kafka: 2 files")
    assert not list(own_jars.glob("fetch-*"))


@pytest.mark.usefixtures("no_network")
def test_a_changed_file_that_cannot_be_fetched_is_named(own_jars: Path) -> None:
    flip_a_byte(own_jars / SMALL)
    with pytest.raises(BrokenJar, match=rf"^D203 {SMALL} in .+ is not the file .+ pinned.* Start again with a network"):
        ensure_jars(say=lambda _line: None)


@pytest.mark.usefixtures("no_network")
def test_a_missing_file_that_cannot_be_fetched_is_named(own_jars: Path) -> None:
    (own_jars / SMALL).unlink()
    with pytest.raises(FetchFailed, match=rf"^D206 {SMALL} could not be fetched \(ProxyError\)\. Check the network"):
        ensure_jars(say=lambda _line: None)
