"""One run of ``dispatcher up``: the order of things, and how it ends."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from dispatcher.cli.up_front import Front
from dispatcher.domain.errors import DispatcherError
from dispatcher.settings import SAMPLE_KEY, Settings, unknown_names
from dispatcher.supervise.house import House, Plan

if TYPE_CHECKING:
    from dispatcher.demo.publisher import Demo

#: Exit status after a second Ctrl-C.
INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line. `port` None: a Kafka of the user's own, at the settings' address."""

    data: Path
    port: int | None
    workers: int
    demo: bool
    speed: float
    metrics_port: int | None
    story: Path | None
    as_json: bool
    program: str


class _Stopped(Exception):
    """Somebody asked for the end."""


class Session:
    """`run` once."""

    def __init__(self, options: Options, settings: Settings) -> None:
        self._options = options
        self._settings = settings
        self._front = Front(as_json=options.as_json, gone=self._ask_to_stop)
        self._house = House(
            Plan(
                data=options.data,
                settings=settings,
                port=options.port,
                workers=options.workers,
                metrics_port=options.metrics_port,
            ),
            tell=self._front.tell,
        )
        self._stop = asyncio.Event()
        self._closed = False
        self.abandoned = False

    async def run(self) -> int:
        """Returns the exit status; raises `DispatcherError` for what cannot be started, after everything has ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal, number)
        with self._house.lock():
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._until_stopped())
                    await self._start(group)
            except* _Stopped:
                pass
            except* DispatcherError as failed:
                raise _first(failed) from None
            finally:
                await self._end()
        return 0

    async def _start(self, group: asyncio.TaskGroup) -> None:
        front, house, options = self._front, self._house, self._options
        self._say_settings()
        began = time.time()
        house.open()
        from dispatcher.cli.up_parts import Parts  # imported while broker and workers get up

        parts = Parts(options.data, self._settings, front=front)  # reads and checks every file of the city
        await house.start_broker()
        broker_ready = time.time()
        cluster = await parts.topics(house.bootstrap)
        feed = await parts.feed(house.bootstrap)
        group.create_task(feed.run())
        topics_ready = time.time()
        assert house.supervisor is not None
        await house.supervisor.wait_ready(lambda lanes: lanes >= feed.lanes)
        await feed.caught_up.wait()
        ready = time.time()
        total = ready - psutil.Process().create_time()
        seconds = {
            "broker": broker_ready - began,
            "topics": topics_ready - broker_ready,
            "worker": ready - topics_ready,
        }
        each = ", ".join(f"{name} {value:.1f}" for name, value in seconds.items())
        front.tell(f"ready in {total:.1f} s ({each})", kind="ready", seconds=round(total, 2), bootstrap=house.bootstrap)
        known = front.ledger.decided
        if known:
            front.tell(f"{known} decided calls of earlier runs are kept", kind="kept", decided=known)
        demo = None
        if options.demo:
            demo = parts.demo(house.bootstrap, cluster=cluster, speed=options.speed, file=options.story)
        if demo is not None and demo.done:
            front.tell(f"the story was told before ({demo.total} calls); waiting for calls", kind="story_told")
        front.open(house=house, demo=demo, program=options.program)
        group.create_task(front.run())
        group.create_task(house.watch_broker())
        if demo is not None and not demo.done:
            group.create_task(self._tell_story(demo))

    async def _tell_story(self, demo: "Demo") -> None:
        await demo.run()
        self._front.tell("the story has been told; waiting for calls", kind="story_told")

    def _say_settings(self) -> None:
        settings, options = self._settings, self._options
        address = settings.bootstrap if options.port is None else f"embedded, port {options.port or 'free'}"
        key = "the sample's" if settings.pseudonym_key.get_secret_value() == SAMPLE_KEY else str(settings.pseudonym_key)
        self._front.tell(
            f"Kafka {address}; data in {options.data}; group {settings.group}; workers {options.workers}; pseudonym key {key}",
            kind="settings",
            **(settings.shown() if options.as_json else {}),
        )
        for name in unknown_names():
            self._front.tell(f"{name} is no setting and has no effect", kind="warning", bad=True)

    # -- the end ---------------------------------------------------------------------------------------

    async def _until_stopped(self) -> None:
        await self._stop.wait()
        raise _Stopped

    def _ask_to_stop(self) -> None:
        self._stop.set()

    def _on_signal(self, number: signal.Signals) -> None:
        if self._stop.is_set() and number == signal.SIGINT:
            self._front.close()
            self._house.kill()
            with contextlib.suppress(OSError):
                sys.stdout.flush()
            os._exit(INTERRUPTED)
        self._stop.set()

    async def _end(self) -> None:
        began = time.monotonic()
        front = self._front
        front.close()
        if self._stop.is_set():
            front.tell("stopping (Ctrl-C again ends at once) ...", kind="stopping")
        self.abandoned = await self._house.close()
        done = f"{front.ledger.decided_live} calls decided in this run; everything is kept in {self._options.data}"
        front.tell(done, kind="stopped", decided=front.ledger.decided_live, seconds=round(time.monotonic() - began, 2))


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = failed
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
