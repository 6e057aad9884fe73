"""A database that answers by Kafka: questions on ``desk-requests``, replies on ``desk-replies``, told apart by request_id.

A reply goes to its case whenever it comes, hours late or after a restart; only waiting ends.
"""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer
from pydantic import ValidationError

from dispatcher.client.connection import reach
from dispatcher.client.publisher import Publisher
from dispatcher.client.reader import Reader
from dispatcher.desk_service.answering import Answers
from dispatcher.desks.channels.guard import Outcome
from dispatcher.domain.lookups.codes import AnswerStatus
from dispatcher.domain.lookups.messages import MOST_HITS, DeskReply, LookupAsked
from dispatcher.stream import codec, topics

log = structlog.get_logger(__name__)

_REMEMBERED: Final = timedelta(hours=48)
"""A reply to an older question than that goes unheard."""
_LONGEST: Final = 1 << 20


class Memory:
    """The questions put by Kafka, so that a reply finds its case; filled again from ``lookups`` after a restart."""

    def __init__(self, databases: frozenset[str]) -> None:
        self._databases = databases
        self._questions: dict[str, LookupAsked] = {}
        self._waiting: dict[str, asyncio.Event] = {}

    async def load(self, bootstrap: str) -> None:
        """Read the questions of the last two days."""
        async with Reader(bootstrap) as reader:
            places = reader.partitions(topics.LOOKUPS)
            since = datetime.now(UTC) - _REMEMBERED
            starts = await reader.at_time(places, int(since.timestamp() * 1000))
            async for record in reader.read(starts, await reader.ends(places)):
                try:
                    question = LookupAsked.model_validate_json(record.value or b"")
                except ValidationError:
                    continue
                if question.database in self._databases:
                    self.put(question)

    def put(self, question: LookupAsked) -> None:
        """Remember a question, and forget those that are too old."""
        self._questions[question.request_id] = question
        oldest = question.asked_at - _REMEMBERED
        while (first := next(iter(self._questions.values()))).asked_at < oldest:
            del self._questions[first.request_id]

    def get(self, request_id: str) -> LookupAsked | None:
        """The question of that id."""
        return self._questions.get(request_id)

    def waiting(self, request_id: str) -> asyncio.Event:
        """Set when a reply has gone to the case."""
        return self._waiting.setdefault(request_id, asyncio.Event())

    def over(self, request_id: str) -> None:
        """Nobody waits any more."""
        self._waiting.pop(request_id, None)

    def heard(self, request_id: str) -> None:
        """A reply has gone to the case."""
        event = self._waiting.get(request_id)
        if event is not None:
            event.set()


class ByKafka:
    """One such database."""

    def __init__(self, publisher: Publisher, memory: Memory, *, patience: float) -> None:
        self._publisher = publisher
        self._memory = memory
        self._patience = patience

    async def ask(self, question: LookupAsked) -> Outcome | None:
        """Put the question and wait; None when the reply has come and gone to the case."""
        self._memory.put(question)
        heard = self._memory.waiting(question.request_id)
        began = time.monotonic()
        record = codec.output(
            topics.DESK_REQUESTS,
            question.database,
            question,
            event_id=question.request_id,
            at=datetime.now(UTC),
            trace=secrets.token_hex(16),
        )
        sent = await self._publisher.record(record.topic, key=record.key, value=record.value, headers=record.headers)
        await self._publisher.acknowledged(sent)
        try:
            await asyncio.wait_for(heard.wait(), self._patience)
        except TimeoutError:
            text = f"{self._patience:g}秒内没有答复；稍后答复仍然有效"
            return Outcome(AnswerStatus.UNAVAILABLE, (), 0, time.monotonic() - began, 1, text)
        finally:
            self._memory.over(question.request_id)
        return None


class Replies:
    """Brings every reply to its case, until cancelled. Committed only after that."""

    def __init__(self, memory: Memory, answers: Answers, *, bootstrap: str, group: str, slot: str) -> None:
        self.ready = False
        self._memory = memory
        self._answers = answers
        self._bootstrap = bootstrap
        self._group = group
        self._slot = slot

    async def run(self) -> None:
        consumer = AIOKafkaConsumer(
            topics.DESK_REPLIES,
            bootstrap_servers=self._bootstrap,
            group_id=f"{self._group}-desk-replies",
            group_instance_id=self._slot,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await reach(consumer.start, bootstrap=self._bootstrap, give_up=consumer.stop)
        try:
            while True:
                batches = await consumer.getmany(timeout_ms=300)
                self.ready = True
                for records in batches.values():
                    for record in records:
                        await self._bring(record.value or b"")
                if batches:
                    await consumer.commit()
        finally:
            await consumer.stop()

    async def _bring(self, value: bytes) -> None:
        """What strangers write: anything. What is no reply, or to no question of ours, is told in the log and passed by."""
        try:
            reply = DeskReply.model_validate_json(value if len(value) <= _LONGEST else b"")
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            log.warning("desk.bad_reply", reason=f"{where}: {first['msg']}", length=len(value))
            return
        question = self._memory.get(reply.request_id)
        if question is None:
            log.warning("desk.stray_reply", request_id=reply.request_id[:64])
            return
        seconds = max(0.0, (datetime.now(UTC) - question.asked_at).total_seconds())
        if reply.error is not None:
            status = AnswerStatus.UNAVAILABLE
        else:
            status = AnswerStatus.FOUND if reply.hits else AnswerStatus.NOTHING
        more = max(0, len(reply.hits) - MOST_HITS)
        await self._answers.answer(
            question, Outcome(status, reply.hits[:MOST_HITS], more, seconds, 1, (reply.error or "")[:200])
        )
        self._memory.heard(reply.request_id)
