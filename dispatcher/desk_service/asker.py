"""Putting the questions of ``lookups`` to one database.

Each database has a consumer group of its own, so that one that hangs, lies, floods or is down keeps nobody waiting but itself:
neither another database, nor the calls. Questions run side by side up to a bound; a place is committed up to the first question
that has no answer yet, so after a crash that one is put again, under the same request_id.
"""

import asyncio
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from pydantic import ValidationError

from dispatcher.client.connection import reach
from dispatcher.desk_service.answering import Answers
from dispatcher.desk_service.progress import Progress
from dispatcher.desks.channels.guard import Outcome
from dispatcher.domain.lookups.messages import LookupAsked
from dispatcher.stream import topics

log = structlog.get_logger(__name__)

_POLL_MS = 300


class Database(Protocol):
    """One database, however it is reached. Never raises for what the database does wrong."""

    async def ask(self, question: LookupAsked) -> Outcome | None:
        """The answer; None where it has gone to the case by another way already."""
        ...


class Asker:
    """Reads ``lookups`` for one database, until cancelled; raises what Kafka raises."""

    def __init__(
        self, code: str, database: Database, answers: Answers, *, bootstrap: str, group: str, slot: str, at_once: int
    ) -> None:
        self.code = code
        self.ready = False
        self._database = database
        self._answers = answers
        self._bootstrap = bootstrap
        self._group = group
        self._slot = slot
        self._at_once = at_once
        self._progress = Progress()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def in_hand(self) -> int:
        """Questions that wait for the database now."""
        return self._progress.in_hand

    async def run(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=f"{self._group}-desk-{self.code}",
            group_instance_id=self._slot,  # started again, it goes on at once instead of waiting for its own death
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
        )
        consumer.subscribe([topics.LOOKUPS], listener=_Given(self))
        await reach(consumer.start, bootstrap=self._bootstrap, give_up=consumer.stop)
        try:
            while True:
                await self._turn(consumer)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await consumer.stop()

    async def _turn(self, consumer: Any) -> None:
        room = self._at_once - len(self._tasks)
        if room > 0:
            batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=room)
            self.ready = True
            for place, records in batches.items():
                for record in records:
                    self._take(place, record)
        else:
            await asyncio.wait(self._tasks, timeout=_POLL_MS / 1000, return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            task.result()  # what could not be sent ends the process: nobody knows whether the broker has it
        if due := self._progress.due():
            try:
                await consumer.commit(due)
                self._progress.committed(due)
            except (
                CommitFailedError,
                IllegalStateError,
            ):  # given away meanwhile: who has it now asks again, to no harm
                log.info("desk.commit_refused", database=self.code)

    def _take(self, place: TopicPartition, record: Any) -> None:
        self._progress.begin(place, record.offset)
        question = self._read(place, record)
        if question is None:
            self._progress.done(place, record.offset)
            return
        self._tasks.add(asyncio.create_task(self._ask(place, record.offset, question), name=f"ask {self.code}"))

    def _read(self, place: TopicPartition, record: Any) -> LookupAsked | None:
        """The question, if it is for this database. Only casework writes here; what cannot be read is told and passed by."""
        if f'"database":"{self.code}"'.encode() not in (record.value or b""):
            return None
        try:
            question = LookupAsked.model_validate_json(record.value)
        except ValidationError as error:
            log.error("desk.unreadable", place=str(place), offset=record.offset, reason=str(error.errors()[0]["msg"]))
            return None
        return question if question.database == self.code else None

    async def _ask(self, place: TopicPartition, offset: int, question: LookupAsked) -> None:
        outcome = await self._database.ask(question)
        if outcome is not None:
            await self._answers.answer(question, outcome)
        self._progress.done(place, offset)

    def gave_away(self, places: set[TopicPartition]) -> None:
        """Partitions went to another process."""
        self._progress.drop(places)


class _Given(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._asker.gave_away(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        pass
