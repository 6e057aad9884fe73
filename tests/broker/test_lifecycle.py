"""Start, attach, stop, and what survives a death. Every test here runs a real broker."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from dispatcher.broker import EmbeddedBroker, process
from dispatcher.broker.embedded import BrokerState
from dispatcher.domain.errors import NoRuntime, PortInUse, UnwritableData


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """A broker that is not started yet; it is stopped after the test, whatever happened."""
    broker = EmbeddedBroker(tmp_path / "a folder, 数据", port=0)
    yield broker
    broker.stop()


def kill(broker: EmbeddedBroker) -> int:
    """kill -9; returns the process number that it had."""
    pid = broker.status().pid
    assert pid
    killed = psutil.Process(pid)
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    return pid


async def make_topic(bootstrap: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=12_000_000)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def read_first(bootstrap: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=12_000_000
    )
    await consumer.start()
    try:
        record = await consumer.getone()
    finally:
        await consumer.stop()
    value: bytes = record.value
    return value


def test_a_started_broker_is_ready_and_a_stopped_one_is_gone(embedded: EmbeddedBroker) -> None:
    started = embedded.start()
    assert started.state is BrokerState.READY
    assert not started.attached
    assert embedded.status().pid == started.pid

    assert embedded.stop()

    stopped = embedded.status()
    assert stopped.state is BrokerState.STOPPED
    assert stopped.pid is None
    assert not psutil.pid_exists(started.pid or 0)
    assert not embedded.stop()


def test_the_cluster_keeps_its_identity_from_start_to_start(embedded: EmbeddedBroker) -> None:
    first = embedded.start().cluster_id
    embedded.stop()
    assert embedded.start().cluster_id == first


def test_a_second_start_attaches_to_the_broker_that_runs(embedded: EmbeddedBroker) -> None:
    first = embedded.start()
    other = EmbeddedBroker(embedded.data, port=0)

    second = other.start()

    assert second.attached
    assert (second.pid, second.bootstrap) == (first.pid, first.bootstrap)
    assert other.stop()


def test_the_broker_is_in_a_session_of_its_own_so_that_ctrl_c_is_not_for_it(embedded: EmbeddedBroker) -> None:
    started = embedded.start()
    assert started.pid
    assert psutil.Process(started.pid).terminal() is None
    assert os.getsid(started.pid) == started.pid != os.getsid(0)


async def test_a_record_outlives_kill_9(embedded: EmbeddedBroker) -> None:
    await embedded.start_async()
    await make_topic(embedded.bootstrap, "kept")
    await write(embedded.bootstrap, "kept", "来电".encode())

    killed = kill(embedded)
    again = await embedded.start_async()

    assert again.pid != killed
    assert await read_first(embedded.bootstrap, "kept") == "来电".encode()


async def test_a_record_of_ten_megabytes_passes(broker: str) -> None:
    await make_topic(broker, "big-record")
    value = bytes(range(250)) * 40_000
    await write(broker, "big-record", value)
    assert await read_first(broker, "big-record") == value


def test_a_number_that_went_to_another_process_is_not_taken_for_the_broker(embedded: EmbeddedBroker) -> None:
    first = embedded.start()
    kill(embedded)
    record = json.loads((embedded.data / process.RECORD_NAME).read_text())
    bystander = psutil.Popen([sys.executable, "-c", "input()"], stdin=-1)
    with bystander:
        (embedded.data / process.RECORD_NAME).write_text(json.dumps(record | {"pid": bystander.pid}))
        assert embedded.status().state is BrokerState.STOPPED
        assert not embedded.stop()
        assert bystander.is_running()
        assert embedded.start().cluster_id == first.cluster_id
        bystander.kill()


def test_a_broker_whose_record_was_lost_is_replaced(embedded: EmbeddedBroker) -> None:
    lost = embedded.start().pid
    process.forget_record(embedded.data)

    found = embedded.start()

    assert found.ready
    assert found.pid != lost
    assert not psutil.pid_exists(lost or 0)


def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"^D201 port {port} is in use by .+\. Stop .+ --port\.$"):
            EmbeddedBroker(tmp_path, port=port).start()


def test_a_taken_neighbour_port_does_not_matter(embedded: EmbeddedBroker) -> None:
    started = embedded.start()
    embedded.stop()
    with socket.socket() as neighbour:
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        neighbour.bind(("127.0.0.1", started.port + 1))
        neighbour.listen()
        again = EmbeddedBroker(embedded.data, port=started.port).start()
    assert again.ready
    assert again.controller_port != started.port + 1


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UnwritableData, match=r"^D207 the data folder .+file/kafka cannot be written \(.+\)\. Give .+"):
        EmbeddedBroker(tmp_path / "file" / "kafka", port=0).start()


@pytest.mark.parametrize("content", [None, "#!/nowhere/java\n"], ids=["missing", "broken"])
def test_a_java_that_does_not_run_is_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "java"
    if content:
        java.write_text(content)
        java.chmod(0o755)
    monkeypatch.setenv("DISPATCHER_JAVA", str(java))
    with pytest.raises(NoRuntime, match=rf"^D204 .*{java}.*\. .*Java 17 or newer"):
        EmbeddedBroker(tmp_path / "kafka", port=0).start()
