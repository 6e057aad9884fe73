"""The parts of ``dispatcher up`` that talk to Kafka. Importing this takes a second, in which broker and workers get up."""

import asyncio
import logging as stdlib_logging
from pathlib import Path

from dispatcher.broker import provision
from dispatcher.catalog import load_catalog
from dispatcher.cli.up_front import Front
from dispatcher.client.connection import quiet
from dispatcher.console.feed import Feed
from dispatcher.console.words import Words
from dispatcher.demo import story
from dispatcher.demo.publisher import Demo
from dispatcher.observe import logging
from dispatcher.settings import Settings


class Parts:
    """Made once the data folder is there. Raises `CatalogError` that names every mistake in the city's files."""

    def __init__(self, data: Path, settings: Settings, *, front: Front) -> None:
        self._data = data
        self._settings = settings
        self._front = front
        _log_to(data / "logs" / "up.log", level=settings.log_level)
        self._catalog = load_catalog(settings.home, policy_dir=settings.policy)
        front.words = Words(self._catalog.city)

    async def topics(self, bootstrap: str) -> str:
        """Make the topics that are missing; returns the cluster's id."""
        made, cluster = await asyncio.gather(
            provision.create(bootstrap, self._catalog.all_topics), _cluster_id(bootstrap)
        )
        if made:
            self._front.tell(f"{len(made)} topics made", kind="topics", made=len(made))
        return cluster

    async def feed(self, bootstrap: str) -> Feed:
        """The board's reader, pinned to now."""
        feed = Feed(bootstrap, self._front.take)
        await feed.pin()
        return feed

    def demo(self, bootstrap: str, *, cluster: str, speed: float, file: Path | None) -> Demo:
        """The story, as far as it is not told yet."""
        return Demo(
            story.load(file or story.DEFAULT),
            folder=self._data,
            cluster=cluster,
            bootstrap=bootstrap,
            pseudonym_key=self._settings.pseudonym_key.get_secret_value(),
            speed=speed,
            moved=self._front.touch,
        )


async def _cluster_id(bootstrap: str) -> str:
    client = await provision.connect(bootstrap)
    try:
        return str((await client.describe_cluster())["cluster_id"])
    finally:
        await client.close()


def _log_to(path: Path, *, level: str) -> None:
    """This process's log goes to a file: the terminal is the board's."""
    logging.configure(level=level)
    quiet()  # while a broker is away, the Kafka client would write hundreds of lines a minute
    for handler in stdlib_logging.getLogger().handlers:
        if isinstance(handler, stdlib_logging.StreamHandler):
            handler.setStream(path.open("w", encoding="utf-8"))
