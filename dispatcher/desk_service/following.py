"""The matcher on Kafka: it follows ``case-state`` and tells cases of their likely counterparts.

Its pools are memory only: at a start all of ``case-state`` is read again, quietly up to where it had come before, aloud from there on. What
it says twice counts once (the id names the two lookups), so two such processes do no harm, and a crash loses nothing.
"""

from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError

from dispatcher.client.connection import reach
from dispatcher.desk_service.answering import Answers
from dispatcher.desks.matcher import Matcher
from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.errors import TopicMismatch
from dispatcher.stream import topics

log = structlog.get_logger(__name__)

_HAS_LOOKUP = b'"lookup":{'


class Following:
    """Reads every partition of ``case-state``, until cancelled."""

    def __init__(self, matcher: Matcher, answers: Answers, *, bootstrap: str, group: str) -> None:
        self.ready = False
        self.told = 0
        self._matcher = matcher
        self._answers = answers
        self._bootstrap = bootstrap
        self._group = f"{group}-desk-matcher"

    @property
    def known(self) -> int:
        """Open lookups in memory."""
        return len(self._matcher)

    async def run(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
        )
        await reach(consumer.start, bootstrap=self._bootstrap, give_up=consumer.stop)
        try:
            await self._follow(consumer)
        finally:
            await consumer.stop()

    async def _follow(self, consumer: Any) -> None:
        numbers = await consumer._client.fetch_all_metadata()
        partitions = numbers.partitions_for_topic(topics.CASE_STATE)
        if not partitions:
            raise TopicMismatch(f"topic {topics.CASE_STATE} does not exist", hint="Run `dispatcher topics create`")
        places = [TopicPartition(topics.CASE_STATE, number) for number in sorted(partitions)]
        consumer.assign(places)
        before = {place: (await consumer.committed(place)) or 0 for place in places}
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        done = dict(before)
        while True:
            batches = await consumer.getmany(timeout_ms=300)
            for place, records in batches.items():
                for record in records:
                    await self._take(record, quietly=record.offset < before[place])
                done[place] = max(done[place], records[-1].offset + 1)
            moved = {place: offset for place, offset in done.items() if offset > before.get(place, 0)}
            if batches and moved:
                await consumer.commit(moved)
            if not self.ready:
                self.ready = all([await consumer.position(place) >= ends[place] for place in places])

    async def _take(self, record: Any, *, quietly: bool) -> None:
        key = (record.key or b"").decode("utf-8", "replace")
        if record.value is None or _HAS_LOOKUP not in record.value:
            self._matcher.drop(ids.lookup_id(key))
            return
        try:
            case = CaseRecord.model_validate_json(record.value)
        except ValidationError:
            log.warning("matcher.unreadable", case_id=key)  # written by another version of the service
            return
        for match in self._matcher.take(case, quietly=quietly):
            self.told += 1
            await self._answers.send(match, event_id=ids.match_id(match.lookup_id, match.other_lookup))
