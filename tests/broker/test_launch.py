"""Why a broker did not start, in one sentence each."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.broker import EmbeddedBroker, launch
from dispatcher.broker.process import last_words
from dispatcher.domain.errors import BrokenJar, BrokerDied, BrokerError, DamagedData, NoSpace, PortInUse


def test_a_disk_without_room_is_found_before_kafka_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "MIN_FREE_BYTES", 1 << 60)
    with pytest.raises(NoSpace, match=r"^D202 the disk that holds .+ has \d+ MB left, .+ Free some space"):
        EmbeddedBroker(tmp_path, port=0).start()


def test_a_broker_that_dies_while_it_starts_is_quoted(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path, port=0):
        pass
    meta = tmp_path / "log" / "meta.properties"
    meta.write_text(meta.read_text().replace("node.id=1", "node.id=2"))
    with pytest.raises(BrokerDied, match=r"^D205 Kafka ended with code 1 \(.*node id.*\)\. Look at .+broker\.log\.$"):
        EmbeddedBroker(tmp_path, port=0).start()


def test_records_without_an_identity_are_never_formatted_over(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path, port=0):
        pass
    (tmp_path / "log" / "meta.properties").unlink()
    with pytest.raises(DamagedData, match=r"^D211 .+ Restore the folder from a copy, or name another data folder\.$"):
        EmbeddedBroker(tmp_path, port=0).start()
    assert (tmp_path / "log" / "__cluster_metadata-0").is_dir()


def test_a_format_that_was_killed_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "log.new").mkdir()
    (tmp_path / "log.new" / "meta.properties").write_text("half")
    with EmbeddedBroker(tmp_path, port=0) as embedded:
        assert embedded.status().cluster_id


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("ERROR Exiting Kafka. (kafka.Kafka$)\njava.net.BindException: Address already in use\n", PortInUse),
        ("java.io.IOException: No space left on device\n\tat java.base/sun.nio.ch.X\n", NoSpace),
        (
            "Error: Could not find or load main class\nCaused by: java.lang.ClassNotFoundException: kafka.Kafka",
            BrokenJar,
        ),
        ("", BrokerDied),
    ],
)
def test_what_kafka_died_of_is_told_by_its_log(log: str, kind: type[BrokerError], tmp_path: Path) -> None:
    assert type(launch.explain(log, returncode=1, folder=tmp_path)) is kind


def test_last_words_prefer_lines_that_name_an_error() -> None:
    log = "INFO one\nERROR it broke\njava.lang.RuntimeException: why\n\tat some.Place\nINFO shutting down\n"
    assert last_words(log) == "ERROR it broke | java.lang.RuntimeException: why"
    assert last_words("INFO one\nINFO two\n") == "INFO one | INFO two"
