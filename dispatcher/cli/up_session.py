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

import click
import psutil

from dispatcher.console.lines import Lines
from dispatcher.domain.errors import DispatcherError
from dispatcher.settings import SAMPLE_KEY, Settings, unknown_names
from dispatcher.supervise.house import House, Plan, in_thread

if TYPE_CHECKING:
    from dispatcher.cli.up_front import Front
    from dispatcher.cli.up_parts import Parts
    from dispatcher.demo.publisher import Demo

#: How long our workers may take to get a share of the partitions of a cluster that others work on too.
_SHARE_SECONDS = 30.0

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
    ledger: bool
    sign_every: float | None
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
        self._lines = Lines(click.echo, as_json=options.as_json, gone=self._ask_to_stop)
        self._front: Front | None = None
        self._house = House(
            Plan(
                data=options.data,
                settings=settings,
                port=options.port,
                workers=options.workers,
                metrics_port=options.metrics_port,
                ledger=options.ledger,
                sign_every=options.sign_every,
            ),
            tell=self._tell,
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
        house, options = self._house, self._options
        self._say_settings()
        began = time.time()
        house.open()
        # Broker, workers and this process's own reading of the city's files get up side by side.
        starting = group.create_task(house.start_broker())
        front, parts = await in_thread(self._make_parts)
        self._front = front
        await starting
        broker_ready = time.time()
        cluster = await parts.topics(house.bootstrap)
        feed = await parts.feed(house.bootstrap)
        group.create_task(feed.run())
        if options.workers > (most := len(feed.lanes) // 2):
            self._tell(
                f"only {most} of {options.workers} workers can have work: one for each partition", kind="warning"
            )
        topics_ready = time.time()
        assert house.supervisor is not None
        if options.port is not None:
            await house.supervisor.wait_ready(lambda lanes: lanes >= feed.lanes)
        else:  # on a cluster that is somebody else's, other machines' workers may hold some of the partitions, or all
            try:
                await asyncio.wait_for(house.supervisor.wait_ready(bool), _SHARE_SECONDS)
            except TimeoutError:
                self._tell("no partition for our workers yet: others may hold them all", kind="warning")
        await feed.caught_up.wait()
        ready = time.time()
        self._say_ready(began, broker_ready, topics_ready, ready)
        house.open_desks()
        if front.ledger.decided > front.ledger.decided_live:
            known = front.ledger.decided - front.ledger.decided_live
            self._tell(f"{known} decided calls of earlier runs are kept", kind="kept", decided=known)
        demo = None
        if options.demo:
            demo = parts.demo(house.bootstrap, cluster=cluster, speed=options.speed, file=options.story)
            if demo.done:
                self._tell(f"the story was told before ({demo.total} calls); waiting for calls", kind="story_told")
        front.open(house=house, demo=demo, program=options.program)
        group.create_task(front.run())
        group.create_task(house.watch_broker())
        try:
            house.open_books(cluster)
        except (DispatcherError, OSError) as error:  # calls are taken all the same
            self._tell(f"the ledger in SQL and its audit are not kept: {error}", kind="books_failed", bad=True)
        if demo is not None and not demo.done:
            group.create_task(self._tell_story(demo))

    def _make_parts(self) -> "tuple[Front, Parts]":
        from dispatcher.cli.up_front import Front  # these imports take longer than the broker's first words
        from dispatcher.cli.up_parts import Parts

        front = Front(self._lines, as_json=self._options.as_json)
        return front, Parts(self._options.data, self._settings, front=front)

    def _tell(self, text: str, /, *, kind: str, bad: bool = False, **facts: object) -> None:
        if self._front is not None:
            self._front.tell(text, kind=kind, bad=bad, **facts)
        else:
            self._lines.put(text, kind=kind, **facts)

    def _say_ready(self, began: float, broker_ready: float, topics_ready: float, ready: float) -> None:
        total = ready - psutil.Process().create_time()
        took = {"broker": broker_ready - began, "topics": topics_ready - broker_ready, "worker": ready - topics_ready}
        each = ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items())
        seconds = {name: round(value, 2) for name, value in took.items()}
        self._tell(
            f"ready in {total:.1f} s ({each})",
            kind="ready",
            seconds=round(total, 2),
            phases=seconds,
            bootstrap=self._house.bootstrap,
        )

    async def _tell_story(self, demo: "Demo") -> None:
        await demo.run()
        self._tell("the story has been told; waiting for calls", kind="story_told")

    def _say_settings(self) -> None:
        settings, options = self._settings, self._options
        address = settings.bootstrap if options.port is None else f"embedded, port {options.port or 'free'}"
        key = "the sample's" if settings.pseudonym_key.get_secret_value() == SAMPLE_KEY else str(settings.pseudonym_key)
        self._tell(
            f"Kafka {address}; data in {options.data}; group {settings.group}; workers {options.workers}; pseudonym key {key}",
            kind="settings",
            **(settings.shown() if options.as_json else {}),
        )
        for name in unknown_names():
            self._tell(f"{name} is no setting and has no effect", kind="warning", bad=True)

    # -- the end ---------------------------------------------------------------------------------------

    async def _until_stopped(self) -> None:
        await self._stop.wait()
        if self._front is not None:
            self._front.close()  # at once, so that the key is seen to have worked
        self._tell("stopping (Ctrl-C again ends at once) ...", kind="stopping")
        raise _Stopped

    def _ask_to_stop(self) -> None:
        self._stop.set()

    def _on_signal(self, number: signal.Signals) -> None:
        if self._stop.is_set() and number == signal.SIGINT:
            if self._front is not None:
                self._front.close()
            self._house.kill()
            with contextlib.suppress(OSError):
                sys.stdout.flush()
            os._exit(INTERRUPTED)
        self._stop.set()

    async def _end(self) -> None:
        began = time.monotonic()
        front = self._front
        if front is not None:
            front.close()
        self.abandoned = await self._house.close()
        decided = front.ledger.decided_live if front is not None else 0
        self._tell(
            f"{decided} calls decided in this run; everything is kept in {self._options.data}",
            kind="stopped",
            decided=decided,
            seconds=round(time.monotonic() - began, 2),
        )


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = failed
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
