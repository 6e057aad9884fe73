"""The topics that the board lives on, followed from a pinned place until cancelled."""

import asyncio
import time
from collections.abc import Callable

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from dispatcher.client import case_keys
from dispatcher.client.case_keys import CaseKeys
from dispatcher.client.reader import Reader
from dispatcher.domain.errors import DispatcherError
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord

log = structlog.get_logger(__name__)

TOPICS = (topics.CALLS, topics.CASE_EVENTS, topics.CASE_KEYS, topics.WORK_ORDERS, topics.DEAD_LETTERS)
#: How many records of the past are read from each partition, so that the totals cover what is there.
PAST = 2_500
_RETRY_SECONDS = 1.0
#: So often, and so long apart, the newest keys are looked at before all of them are searched.
_KEY_TRIES, _KEY_SECONDS = 3, 0.03

#: What is done with a batch: records, the moment they could be read (Unix ms), and whether they are news.
Take = Callable[[list[InputRecord], int, bool], None]


class Feed:
    """Hands over batches. First the past, up to the ends as they were when `pin` was called; then all that is new."""

    def __init__(self, bootstrap: str, take: Take) -> None:
        self._bootstrap = bootstrap
        self._take = take
        self._past: dict[TopicPartition, int] = {}
        self._pinned: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._keys = CaseKeys()
        self.caught_up = asyncio.Event()
        self.lanes: frozenset[str] = frozenset()

    async def pin(self) -> None:
        """Remember where everything ends now. Raises `ClusterUnreachable`, `TopicMismatch`."""
        async with Reader(self._bootstrap) as reader:
            places = reader.partitions(*TOPICS)
            self.lanes = frozenset(
                f"{place.topic}/{place.partition}" for place in reader.partitions(topics.CALLS, topics.CASE_INBOX)
            )
            begins, self._pinned = await asyncio.gather(reader.begins(places), reader.ends(places))
        self._past = {place: max(begins[place], self._pinned[place] - PAST) for place in places}
        self._next = dict(self._pinned)

    async def run(self) -> None:
        """Hand over the past, then follow for ever; a broker that goes away is waited for."""
        while True:
            try:
                async with Reader(self._bootstrap) as reader:
                    if not self.caught_up.is_set():
                        past = await reader.all(self._past, self._pinned)
                        self._take(await self._opened(reader, past), _now(), False)
                        self.caught_up.set()
                    async for batch in reader.follow(dict(self._next)):
                        self._next |= {TopicPartition(r.topic, r.partition): r.offset + 1 for r in batch}
                        self._take(await self._opened(reader, batch), _now(), True)
            except Exception as error:  # whatever it is: what cannot be shown must not end what runs
                known = isinstance(error, (KafkaError, DispatcherError, OSError))
                log.warning("feed.interrupted", reason=f"{type(error).__name__}: {error}", exc_info=not known)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _opened(self, reader: Reader, batch: list[InputRecord]) -> list[InputRecord]:
        """What is sealed in the ledger, opened. The key of a new case lies on a topic of its own: it mostly comes in the same batch,
        and where it does not, its transaction is just ending there. An older case's key is searched for."""
        for record in batch:
            if record.topic == topics.CASE_KEYS:
                self._keys.learn(record)
        for _ in range(_KEY_TRIES):
            if not any(self._keys.missing(record) for record in batch):
                break
            await case_keys.fetch(reader, self._keys, batch, windows=1)
            await asyncio.sleep(_KEY_SECONDS)
        await case_keys.fetch(reader, self._keys, batch)
        return [self._keys.opened(record) for record in batch if record.topic != topics.CASE_KEYS]


def _now() -> int:
    return time.time_ns() // 1_000_000
