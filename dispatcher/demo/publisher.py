"""Tells the story: publishes each call when its second has come, and remembers how far it got."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from aiokafka.errors import KafkaError

from dispatcher.client.publisher import Publisher
from dispatcher.demo import progress as progress_file
from dispatcher.demo.progress import Progress
from dispatcher.demo.story import HOUR, Story
from dispatcher.domain.errors import DispatcherError

log = structlog.get_logger(__name__)

#: 3,600 seconds of the story in 90.
DEFAULT_SPEED = 40.0
#: A story that goes on after a longer break than this is moved to the present hour, but for the call that may have been
#: published already when the break came.
_STALE = timedelta(minutes=10)
_RETRY_SECONDS = 1.0


class Demo:
    """One telling. `told` of `total` calls are safe with the broker; `moved` is called after each."""

    def __init__(
        self,
        story: Story,
        *,
        folder: Path,
        cluster: str,
        bootstrap: str,
        pseudonym_key: str,
        speed: float,
        moved: Callable[[], None],
    ) -> None:
        self._story = story
        self._folder = folder
        self._bootstrap = bootstrap
        self._pseudonym_key = pseudonym_key
        self._speed = speed
        self._moved = moved
        self._known = progress_file.read(folder, cluster=cluster, story=story.digest)
        self._cluster = cluster

    @property
    def told(self) -> int:
        return self._known.told if self._known else 0

    @property
    def total(self) -> int:
        return len(self._story.lines)

    @property
    def done(self) -> bool:
        return self.told >= self.total

    async def run(self) -> None:
        """Publish what is left of the story, in order; a broker that goes away is waited for. Cancel to stop."""
        if self.done:
            return
        at = self._known or Progress.begin(
            cluster=self._cluster, story=self._story.digest, base=datetime.now(UTC) - HOUR
        )
        self._save(at)
        loop = asyncio.get_running_loop()
        began, first = loop.time(), self._story.lines[at.told].at
        late = datetime.now(UTC) - HOUR - at.base
        fresh_base = at.base + late if late > _STALE else at.base
        while not self.done:
            try:
                async with Publisher(self._bootstrap, pseudonym_key=self._pseudonym_key) as publisher:
                    while not self.done:
                        due = began + (self._story.lines[at.told].at - first) / self._speed
                        await asyncio.sleep(max(0.0, due - loop.time()))
                        await self._publish(publisher, at)
                        at = self._advance(at, fresh_base)
            except (KafkaError, DispatcherError, OSError) as error:
                log.warning("demo.interrupted", reason=f"{type(error).__name__}: {error}")
                await asyncio.sleep(_RETRY_SECONDS)

    async def _publish(self, publisher: Publisher, at: Progress) -> None:
        call, value = self._story.call(at.told, run=at.run, base=at.base)
        sent = await publisher.call(call, value, at=call.received_at)
        await asyncio.shield(sent)

    def _advance(self, at: Progress, base: datetime) -> Progress:
        """After an acknowledgement: on to the next call, in the hour that begins at `base`."""
        at = at.model_copy(update={"told": at.told + 1, "base": base})
        self._save(at)
        self._moved()
        return at

    def _save(self, at: Progress) -> None:
        progress_file.write(self._folder, at)
        self._known = at
