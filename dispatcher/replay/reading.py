"""Reading for a replay: several partitions at once, each in order and on demand, without a group.

A feed that nobody asks holds no more than what the client has fetched for it, so that a stage may compare topics that
are far apart without holding either.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from dispatcher.client.connection import reach
from dispatcher.domain.errors import ClusterUnreachable
from dispatcher.stream import headers, topics
from dispatcher.stream.records import InputRecord

headers.tolerate()

#: Records taken from the client at once.
_HELPING = 1000
#: So often is the position looked at. The markers of transactions, with which a range ends, are no records: nothing but the
#: position tells that they have come, and each partition would be waited for in vain for as long as the client is asked to.
_GLANCE_MS = 5
#: A range that brings nothing for so long has lost its broker.
_SILENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Names:
    """Which topics are read as what: an audit may look at copies."""

    calls: str = topics.CALLS
    inbox: str = topics.CASE_INBOX
    events: str = topics.CASE_EVENTS
    dead: str = topics.DEAD_LETTERS
    keys: str = topics.CASE_KEYS
    orders: str = topics.WORK_ORDERS
    notices: str = topics.ORDER_NOTICES
    lookups: str = topics.LOOKUPS
    messages: str = topics.CASE_INBOX  # the inbox once more, as what casework sends to itself lies there
    agency: str = topics.agency("")  # what the units' own topics begin with

    def actual(self, topic: str) -> str:
        """Where something lies that casework writes, by the topic that it has in the service."""
        own = topics.agency("")
        if topic.startswith(own):
            return self.agency + topic.removeprefix(own)
        named = {
            topics.WORK_ORDERS: self.orders,
            topics.ORDER_NOTICES: self.notices,
            topics.LOOKUPS: self.lookups,
            topics.CASE_INBOX: self.messages,
        }
        return named[topic]


@dataclass(frozen=True, slots=True)
class Span:
    """A range of one partition: `start` is in it, `end` is not."""

    start: int
    end: int

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset < self.end

    def __len__(self) -> int:
        return max(0, self.end - self.start)


class Feed:
    """The committed records of one partition from `start` until before `end`, in order."""

    def __init__(self, consumer: AIOKafkaConsumer | None, place: TopicPartition, span: Span) -> None:
        self._consumer: Any = consumer  # None where there is nothing to read
        self._place = place
        self._end = span.end
        self.over = len(span) == 0
        self.records: deque[Any] = deque()

    async def more(self) -> bool:
        """Wait until there is at least one record in `records`; False where the range is at its end."""
        silent_since = asyncio.get_running_loop().time()
        while not self.records:
            if self.over:
                return False
            helping = await self._consumer.getmany(self._place, timeout_ms=_GLANCE_MS, max_records=_HELPING)
            found = helping.get(self._place)
            if found:
                self.records.extend(
                    found if found[-1].offset < self._end else (r for r in found if r.offset < self._end)
                )
            elif asyncio.get_running_loop().time() - silent_since > _SILENCE_SECONDS:
                raise ClusterUnreachable("the broker stopped answering", hint="Look at the broker's log")
            if await self._consumer.position(self._place) >= self._end:
                self.over = True
                self._consumer.pause(self._place)
        return True

    async def next(self) -> Any:
        """The next record as the client hands it out, None at the end."""
        return self.records.popleft() if self.records or await self.more() else None


class Feeds:
    """One connection that feeds several partitions."""

    def __init__(self, bootstrap: str, spans: Iterable[tuple[TopicPartition, Span]]) -> None:
        self._bootstrap = bootstrap
        self._spans = dict(spans)
        self._consumer: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        wanted = {place: span for place, span in self._spans.items() if len(span)}
        if not wanted:
            return self  # nothing to ask a broker for
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",  # what is no longer there must show, and not be skipped
            max_partition_fetch_bytes=1 << 20,
            fetch_max_wait_ms=50,
            request_timeout_ms=20_000,
        )
        await reach(self._consumer.start, bootstrap=self._bootstrap, give_up=self._consumer.stop)
        self._consumer.assign(list(wanted))
        for place, span in wanted.items():
            self._consumer.seek(place, span.start)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    def feed(self, place: TopicPartition) -> Feed:
        """The feed of one partition; ask once for each."""
        return Feed(self._consumer, place, self._spans[place])


def as_input(record: Any, topic: str) -> InputRecord:
    """The record as a stage sees it, under the name that its topic has in the service."""
    return InputRecord(
        topic, record.partition, record.offset, record.timestamp, record.key, record.value, tuple(record.headers)
    )


def header(record: Any, name: str) -> bytes | None:
    """The last header of that name."""
    found: bytes | None = None
    for key, value in record.headers:
        if key == name:
            found = value
    return found
