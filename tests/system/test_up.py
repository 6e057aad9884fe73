"""`dispatcher up`: a real broker, real workers, real signals."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from dispatcher.broker import EmbeddedBroker
from dispatcher.client import case_keys
from dispatcher.client.publisher import Publisher
from dispatcher.client.reader import Reader
from dispatcher.domain.calls import CallReceived
from dispatcher.settings import SAMPLE_KEY

if TYPE_CHECKING:
    from tests.system.conftest import Up

Start = Callable[..., "Up"]
Left = Callable[[], list[psutil.Process]]


async def publish(bootstrap: str, call_id: str, text: str) -> None:
    """One call, as a console sends it."""
    fields = {"call_id": call_id, "received_at": datetime.now(UTC).isoformat(), "text": text}
    value = json.dumps(fields).encode()
    async with Publisher(bootstrap, pseudonym_key=SAMPLE_KEY) as publisher:
        call = CallReceived.model_validate_json(value)
        await (await publisher.call(call, value, at=call.received_at))


async def everything(bootstrap: str, topic: str) -> list[dict[str, Any]]:
    """All committed records of a topic, what is sealed in them opened."""
    async with Reader(bootstrap) as reader:
        places = reader.partitions(topic)
        records = await reader.all(await reader.begins(places), await reader.ends(places))
        records = await case_keys.opened(reader, records)
    return [json.loads(record.value or b"") for record in records]


def is_call(call_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda line: bool(line["call_id"] == call_id)


def decided_texts(up: Up, count: int) -> list[str]:
    """The texts of the next decided calls; they lie on several partitions and come in any order."""
    return sorted(up.wait_for("decided")["text"] for _ in range(count))


def write_story(path: Path, *seconds: float) -> list[str]:
    """A story with a call at each of `seconds`; returns the texts."""
    texts = [f"楼道灯坏了第{number}天" for number in range(len(seconds))]
    lines = [json.dumps({"at": at, "text": text}) for at, text in zip(seconds, texts, strict=True)]
    path.write_text("\n".join(lines), "utf-8")
    return texts


async def test_calls_are_decided_also_after_kills_and_ctrl_c_leaves_nothing(
    start: Start, data: Path, left: Left
) -> None:
    up = start("--no-demo")
    bootstrap = up.wait_for("ready")["bootstrap"]

    await publish(bootstrap, "first", "我家楼道灯坏了半个月没人换")
    first = up.wait_for("decided", is_call("first"))
    assert first["text"] == "我家楼道灯坏了半个月没人换"
    assert first["latency_ms"] >= 0

    killed = up.worker_pid()
    os.kill(killed, signal.SIGKILL)
    ended = up.wait_for("worker_ended")
    assert (ended["status"], ended["wait_seconds"]) == (-signal.SIGKILL, 0.0)
    await publish(bootstrap, "second", "厨房里一股煤气味")
    up.wait_for("decided", is_call("second"))
    assert up.worker_pid() != killed

    psutil.Process(EmbeddedBroker(data / "kafka").status().pid).kill()
    up.wait_for("broker_ended")
    up.wait_for("broker_ready")
    await publish(bootstrap, "third", "暖气片漏水了")
    up.wait_for("decided", is_call("third"))

    another = start("--no-demo")
    assert another.process.wait(60) == 2
    assert "D209 `dispatcher up` runs already on" in another.errors()

    assert up.end() == 0
    assert up.rest()[-1]["event"] == "stopped"
    assert left() == []


async def test_a_story_goes_on_where_it_stopped_and_is_never_told_twice(start: Start, tmp_path: Path) -> None:
    story = tmp_path / "story.jsonl"
    texts = write_story(story, 0, 1, 3000, 3001)

    up = start("--story", str(story), "--speed", "20")  # the third call would come after two and a half minutes
    assert decided_texts(up, 2) == texts[:2]
    assert up.end() == 0

    up = start("--story", str(story), "--speed", "100000")
    assert up.wait_for("kept")["decided"] == 2
    assert decided_texts(up, 2) == texts[2:]
    assert up.end() == 0

    up = start("--story", str(story), "--speed", "100000")
    bootstrap = up.wait_for("ready")["bootstrap"]
    assert up.wait_for("kept")["decided"] == 4
    up.wait_for("story_told")
    calls = await everything(bootstrap, "calls")
    opened = [event for event in await everything(bootstrap, "case-events") if "orders" in event]
    assert up.end() == 0
    assert sorted(call["text"] for call in calls) == texts
    assert len({call["call_id"] for call in calls}) == 4
    assert sorted(event["text"] for event in opened) == texts


def test_after_kill_9_no_worker_lingers_and_the_next_start_takes_over_the_broker(
    start: Start, data: Path, left: Left
) -> None:
    up = start("--no-demo")
    up.wait_for("ready")
    worker = psutil.Process(up.worker_pid())
    up.process.kill()
    up.process.wait()
    worker.wait(10)
    embedded = EmbeddedBroker(data / "kafka")
    broker = embedded.status()
    assert broker.ready

    up = start("--no-demo")
    assert up.wait_for("ready")["bootstrap"] == broker.bootstrap
    assert embedded.status().pid == broker.pid

    up.interrupt()
    up.wait_for("stopping")
    up.interrupt()
    assert up.process.wait(5) in (130, 0)  # 0 if it was faster than the second Ctrl-C
    for process in left():
        process.wait(5)
    assert left() == []


def test_a_broker_that_was_there_before_is_not_ended(start: Start, data: Path) -> None:
    with EmbeddedBroker(data / "kafka", port=0) as embedded:
        before = embedded.status()
        up = start("--no-demo")
        up.wait_for("ready")
        assert up.end() == 0
        assert embedded.status().pid == before.pid


def test_a_broker_of_one_s_own_is_used_and_none_is_started(start: Start, data: Path, broker: str) -> None:
    up = start("--no-demo", "--bootstrap", broker)
    assert up.wait_for("ready")["bootstrap"] == broker
    assert not (data / "kafka").exists()
    assert up.end() == 0


def test_a_port_in_use_is_one_clear_sentence_and_leaves_nothing(start: Start, left: Left) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = start(port=port)
        assert up.process.wait(60) == 2
    assert f"D201 port {port} is in use" in up.errors()
    assert "Traceback" not in up.errors()
    assert left() == []


def test_ctrl_c_while_it_starts_leaves_nothing(start: Start, left: Left) -> None:
    up = start()
    up.wait_for("settings")
    assert up.end() == 0
    assert left() == []


def test_on_a_terminal_a_board_is_shown_and_the_screen_is_given_back(data: Path, left: Left, tmp_path: Path) -> None:
    write_story(tmp_path / "story.jsonl", 0)
    master, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "24"}
    command = [sys.executable, "-m", "dispatcher", "up", "--data", str(data), "--port", "0"]
    with subprocess.Popen(
        [*command, "--story", str(tmp_path / "story.jsonl")],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        shown = read_until(master, "楼道灯坏了第0天")
        assert "\x1b[?1049h" in shown  # the alternate screen
        assert "110 来电分派" in shown
        process.send_signal(signal.SIGINT)
        after = read_until(master, "everything is kept in")
        assert "\x1b[?1049l" in after
        assert process.wait(10) == 0
    os.close(master)
    assert left() == []


def read_until(master: int, text: str) -> str:
    """What the program writes to its terminal, up to and with `text`."""
    got = b""
    while text not in got.decode("utf-8", "ignore"):
        try:
            got += os.read(master, 65536)
        except OSError as error:
            raise AssertionError(f"it ended before {text!r}: {got.decode('utf-8', 'ignore')}") from error
    return got.decode("utf-8", "ignore")
