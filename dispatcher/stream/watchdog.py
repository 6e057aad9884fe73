"""Ends a worker that no longer makes progress while input waits.

It runs in a thread of its own, because what it must notice first is an event loop that does not turn any more.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from dispatcher.observe.health import Health, serve
from dispatcher.stream.stage import Stage

_BEAT = 0.5


class Watchdog:
    """Unready after half of `seconds` without progress while a lane has input, ended after all of it."""

    def __init__(self, stages: Sequence[Stage], *, health: Health, seconds: float, die: Callable[[str], None]) -> None:
        self._stages = stages
        self._health = health
        self._seconds = seconds
        self._die = die
        self._heard = time.monotonic()
        self._ended = threading.Event()
        self._beat: asyncio.Task[None] | None = None

    def start(self, metrics_port: int | None) -> None:
        """Begin to watch the running loop; serve metrics and health if a port is given."""
        self._heard = time.monotonic()
        self._beat = asyncio.create_task(self._listen(), name="heartbeat")
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        if metrics_port is not None:
            serve(metrics_port, self._health)

    def stop(self) -> None:
        """The worker ends in good order."""
        self._ended.set()
        if self._beat is not None:
            self._beat.cancel()

    async def _listen(self) -> None:
        while True:
            self._heard = time.monotonic()
            await asyncio.sleep(_BEAT)

    def _watch(self) -> None:
        while not self._ended.wait(_BEAT):
            now = time.monotonic()
            silent = now - self._heard
            found = f"the event loop has not turned for {silent:.0f} s" if silent > self._seconds / 2 else ""
            worst = silent
            for stage in self._stages:
                for lane in tuple(stage.lanes.values()):
                    idle = lane.stalled_for(now)
                    if idle > worst:
                        worst = idle
                        found = f"lane {lane} has input but committed nothing for {idle:.0f} s"
            self._health.stuck = found if worst > self._seconds / 2 else ""
            self._health.report()
            if worst > self._seconds:
                self._die(found)
