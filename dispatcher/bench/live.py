"""Calls in, work orders out: the service measured from outside, by what a unit's system can read."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer

from dispatcher.bench import facts, load
from dispatcher.domain.errors import NoAnswer
from dispatcher.stream import topics

Say = Callable[[str], None]


@dataclass(slots=True)
class Seen:
    """What has been read so far: decided call_ids, and the seconds from sending to the first order of a call."""

    decided: set[str] = field(default_factory=set)
    order_seconds: list[float] = field(default_factory=list)
    doubled: int = 0
    last: float = 0.0


class Worker:
    """A worker process under measurement."""

    def __init__(self, bootstrap: str, slot: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._command = [sys.executable, "-m", "dispatcher", "worker", "--bootstrap", bootstrap, "--slot", slot]
        self._command += ["--metrics-port", str(self.port), "--log-level", "ERROR"]
        self.process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, start_new_session=True, stdin=subprocess.DEVNULL)

    def wait_ready(self, seconds: float = 60) -> float:
        """Seconds until it says that it is ready."""
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=1) as answer:
                    if answer.status == 200:
                        return time.monotonic() - begin
            except (urllib.error.URLError, OSError):
                pass
            if self.process.poll() is not None:
                raise NoAnswer(f"the worker ended with status {self.process.returncode}", hint="Run it by itself")
            time.sleep(0.02)
        raise NoAnswer("the worker was not ready in time", hint="Run it by itself and read its log")

    def kill(self) -> None:
        """kill -9, as a crash would."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start it again under the same slot, as the supervisor does."""
        self.process = self._spawn()

    def stop(self) -> None:
        """End it in good order."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(8)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def workers(bootstrap: str, count: int) -> Iterator[list[Worker]]:
    """`count` workers, ended at the end."""
    started = [Worker(bootstrap, f"bench-{number}") for number in range(count)]
    try:
        yield started
    finally:
        for worker in started:
            worker.stop()


async def watch(bootstrap: str, seen: Seen, *, ready: asyncio.Event) -> None:
    """Read decisions and orders as they are committed, from now on, until cancelled."""
    consumer = AIOKafkaConsumer(
        topics.CASE_EVENTS,
        topics.WORK_ORDERS,
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="latest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        await consumer.seek_to_end()
        for place in consumer.assignment():
            await consumer.position(place)
        ready.set()
        ordered: set[str] = set()
        while True:
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                now = time.time()
                for record in records:
                    call_id = _call_id(record.value)
                    if not call_id.startswith("bench-"):
                        continue
                    if place.topic == topics.WORK_ORDERS:
                        if call_id not in ordered:
                            ordered.add(call_id)
                            seen.order_seconds.append(now - load.sent_at(call_id))
                    elif record.headers[1] == ("ce_type", b"call.triaged.v1"):
                        seen.doubled += call_id in seen.decided
                        seen.decided.add(call_id)
                        seen.last = time.monotonic()
    finally:
        await consumer.stop()


def _call_id(value: bytes) -> str:
    begin = value.index(b'"call_id":"') + 11
    return value[begin : value.index(b'"', begin)].decode()


async def under_load(
    bootstrap: str, *, rate: float, seconds: float, pids: dict[str, list[int]], say: Say
) -> dict[str, object]:
    """Publish at `rate` (0: as fast as calls are decided) for `seconds` and read until all is decided.

    `pids` names the processes whose processor time per call is told.
    """
    before = {name: facts.cpu_seconds(found) for name, found in pids.items()}
    seen, ready = Seen(), asyncio.Event()
    watcher = asyncio.create_task(watch(bootstrap, seen, ready=ready))
    await ready.wait()
    begin = time.monotonic()
    generator = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dispatcher.bench.load", bootstrap, str(rate), str(seconds),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=os.environ,
    )  # fmt: skip
    assert generator.stdin is not None
    assert generator.stdout is not None
    output = asyncio.create_task(generator.stdout.read())
    while generator.returncode is None:
        await asyncio.sleep(0.02 if rate == 0 else 0.5)
        if rate == 0 and generator.returncode is None:
            generator.stdin.write(b"%d\n" % len(seen.decided))
    published = int(await output)
    limit = time.monotonic() + 120
    while len(seen.decided) < published and time.monotonic() < limit:
        await asyncio.sleep(0.05)
    watcher.cancel()
    say(f"{published} published, {len(seen.decided)} decided")
    span = seen.last - begin
    times = seen.order_seconds or [float("nan")]
    return {
        "rate_asked": rate or "max",
        "published": published,
        "decided": len(seen.decided),
        "doubled": seen.doubled,
        "calls_per_second": round(len(seen.decided) / span, 1) if seen.decided else 0.0,
        "cpu_us_per_call": {
            name: round(1e6 * (facts.cpu_seconds(found) - before[name]) / max(1, len(seen.decided)))
            for name, found in pids.items()
        },
        "order_ms_p50": round(1000 * facts.quantile(times, 0.5), 1),
        "order_ms_p90": round(1000 * facts.quantile(times, 0.9), 1),
        "order_ms_p99": round(1000 * facts.quantile(times, 0.99), 1),
    }
