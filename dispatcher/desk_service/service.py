"""The desk process put together: an asker for each database, the replies, the matcher."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from dispatcher.catalog import Catalog
from dispatcher.client.publisher import Publisher
from dispatcher.desk_service.answering import Answers
from dispatcher.desk_service.asker import Asker, Database
from dispatcher.desk_service.by_kafka import ByKafka, Memory, Replies
from dispatcher.desk_service.following import Following
from dispatcher.desks.channels.guard import Guarded
from dispatcher.desks.matcher import Matcher
from dispatcher.domain.desk_policy import By
from dispatcher.settings import Settings
from dispatcher.stream import topics

log = structlog.get_logger(__name__)

_AT_ONCE = 8
"""Questions that one database has to bear at the same time."""
_AT_ONCE_BY_KAFKA = 200
"""Waiting for a reply costs nothing."""


@dataclass(frozen=True, slots=True)
class Channels:
    """How each database is reached. by_kafka: code -> seconds to wait for a reply."""

    guarded: Mapping[str, Guarded]
    by_kafka: Mapping[str, float]


class Service:
    """`run` until cancelled. Raises what Kafka raises: the process ends then and is started again."""

    def __init__(self, settings: Settings, catalog: Catalog, channels: Channels) -> None:
        self._bootstrap = settings.bootstrap
        self._group = settings.group
        self._slot = settings.slot
        self._policy = catalog.policy.desks
        self._channels = channels
        self._askers: list[Asker] = []
        self._replies: Replies | None = None
        self._following: Following | None = None

    async def run(self) -> None:
        publisher = Publisher(self._bootstrap, pseudonym_key="", topics=(topics.CASE_INBOX, topics.DESK_REQUESTS))
        async with publisher:
            answers = Answers(publisher)
            memory = Memory(frozenset(self._channels.by_kafka))
            if self._channels.by_kafka:
                await memory.load(self._bootstrap)
            self._make(publisher, answers, memory)
            async with asyncio.TaskGroup() as group:
                for asker in self._askers:
                    group.create_task(asker.run(), name=f"desk {asker.code}")
                if self._replies is not None:
                    group.create_task(self._replies.run(), name="desk replies")
                if self._following is not None:
                    group.create_task(self._following.run(), name="desk matcher")

    def _make(self, publisher: Publisher, answers: Answers, memory: Memory) -> None:
        cluster = {"bootstrap": self._bootstrap, "group": self._group}
        where = cluster | {"slot": self._slot}
        for database in self._policy.databases:
            if database.by is By.PERSON:
                continue
            reached: Database
            if database.code in self._channels.by_kafka:
                reached = ByKafka(publisher, memory, patience=self._channels.by_kafka[database.code])
                at_once = _AT_ONCE_BY_KAFKA
            elif database.code in self._channels.guarded:
                reached, at_once = self._channels.guarded[database.code], _AT_ONCE
            else:
                log.warning("desk.not_connected", database=database.code)  # casework's clock says that it is silent
                continue
            self._askers.append(Asker(database.code, reached, answers, at_once=at_once, **where))
        if self._channels.by_kafka:
            self._replies = Replies(memory, answers, **where)
        self._following = Following(Matcher(self._policy), answers, **cluster)

    def summary(self) -> dict[str, dict[str, object]]:
        """For the health door: each part that must be up, and what each database has in hand."""
        parts: dict[str, dict[str, object]] = {
            f"{topics.LOOKUPS}/{asker.code}": {
                "open": asker.ready,
                "in_hand": asker.in_hand,
                **self._breaker(asker.code),
            }
            for asker in self._askers
        }
        if self._replies is not None:
            parts[topics.DESK_REPLIES] = {"open": self._replies.ready}
        if self._following is not None:
            parts["matcher"] = {
                "open": self._following.ready,
                "known": self._following.known,
                "told": self._following.told,
            }
        return parts

    def _breaker(self, code: str) -> dict[str, object]:
        guarded = self._channels.guarded.get(code)
        return {"breaker": guarded.state().state} if guarded is not None else {}
