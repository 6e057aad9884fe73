"""From a database's findings to a message on ``case-inbox``."""

from datetime import UTC, datetime
from typing import Final

import structlog

from dispatcher.client.publisher import Publisher
from dispatcher.desks.channels.guard import Outcome
from dispatcher.desks.scoring import score
from dispatcher.domain.lookups.codes import AnswerStatus
from dispatcher.domain.lookups.messages import LookupAnswered, LookupAsked, LookupMatched
from dispatcher.stream import codec, topics

log = structlog.get_logger(__name__)

_LONGEST: Final = 500


class Answers:
    """Sends answers; each `send` returns when all replicas have it."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def answer(self, question: LookupAsked, outcome: Outcome) -> None:
        """Say what the database has found, scored by how much it looks like what is sought."""
        hits = score(question, outcome.hits)
        status = outcome.status
        if status is AnswerStatus.FOUND and not hits:
            status = AnswerStatus.NOTHING
        await self.send(
            LookupAnswered(
                message_id=question.request_id,
                case_id=question.case_id,
                lookup_id=question.lookup_id,
                channel=question.channel,
                database=question.database,
                found=bool(hits),
                status=status,
                hits=hits,
                more=outcome.more,
                seconds=round(outcome.seconds, 3),
                tries=outcome.tries,
                text=outcome.text[:_LONGEST],
            ),
            event_id=question.request_id,
        )
        log.info(
            "desk.answered",
            case_id=question.case_id,
            request_id=question.request_id,
            database=question.database,
            status=status,
            hits=len(hits),
            seconds=round(outcome.seconds, 3),
        )

    async def send(self, message: LookupAnswered | LookupMatched, *, event_id: str) -> None:
        """One message to its case."""
        record = codec.output(
            topics.CASE_INBOX,
            message.case_id,
            message,
            event_id=event_id,
            at=datetime.now(UTC),
            trace=event_id.replace("-", "")[:32].ljust(32, "0"),
        )
        sent = await self._publisher.record(record.topic, key=record.key, value=record.value, headers=record.headers)
        await self._publisher.acknowledged(sent)
