"""Which partitions' intake is stopped, and by whom: the compacted topic ``intake-control``.

A blown fuse closes the valve in the same transaction as the dead letter that blew it; a person opens it again with
``dispatcher intake resume``. A restart does not open it.
"""

import asyncio
import contextlib
from collections.abc import Callable

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from dispatcher.domain import ids
from dispatcher.domain.calls import utc
from dispatcher.domain.messages import AlertRaised, SourceRecord
from dispatcher.stream import codec
from dispatcher.stream.records import InputRecord, Output

TOPIC = "intake-control"
EVENTS = "case-events"


def control_key(place: TopicPartition) -> bytes:
    """The key of a partition's entry."""
    return f"{place.topic}/{place.partition}".encode()


def control_value(*, stopped: bool, reason: str) -> bytes:
    """An entry: ``{"stopped": bool, "reason": str}``."""
    return orjson.dumps({"stopped": stopped, "reason": reason})


class Valve:
    """A live view of the control topic, and what to write to close it."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._stopped: set[bytes] = set()
        self._changed = asyncio.Event()
        self._loaded = asyncio.Event()

    async def follow(self) -> None:
        """Read the control topic from its beginning and on, until cancelled."""
        place = TopicPartition(TOPIC, 0)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # not `seek_to_beginning`: the default reset, to the end, may overtake it
        )
        await consumer.start()
        try:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            while True:
                if await consumer.position(place) >= end:
                    self._loaded.set()
                for record in (await consumer.getmany(place, timeout_ms=1000)).get(place, ()):
                    stopped = record.value is not None and orjson.loads(record.value)["stopped"]
                    (self._stopped.add if stopped else self._stopped.discard)(record.key)
                    self._changed.set()
        finally:
            await consumer.stop()

    def shut(self, place: TopicPartition) -> None:
        """Take effect at once in this process, before the topic tells."""
        self._stopped.add(control_key(place))

    @property
    def loaded(self) -> bool:
        """Whether the control topic has been read to its end once."""
        return self._loaded.is_set()

    def is_stopped(self, place: TopicPartition) -> bool:
        """Whether the intake of `place` is stopped."""
        return control_key(place) in self._stopped

    async def wait_open(self, place: TopicPartition, *, unless: Callable[[], bool]) -> None:
        """Return when records of `place` may be taken, or when `unless` says that there is no need to wait on."""
        await self._loaded.wait()
        while self.is_stopped(place) and not unless():
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), timeout=0.5)

    def closing(self, place: TopicPartition, record: InputRecord) -> list[Output]:
        """The control entry and the alert that go with the dead letter which blew the fuse."""
        reason = f"too many dead letters in a row on {place.topic}/{place.partition}: the intake of this partition is stopped"
        case = ids.salvage_case_id(place.topic, place.partition, record.offset)
        source = SourceRecord(topic=record.topic, partition=record.partition, offset=record.offset)
        alert = AlertRaised(
            event_id=ids.event_id(case, record.topic, record.partition, record.offset, 99),
            at=utc(record.timestamp_ms),
            case_id=case,
            alert="intake_stopped",
            reason=reason,
            source=source,
        )
        return [
            Output(TOPIC, control_key(place), control_value(stopped=True, reason=reason), partition=0),
            codec.output(EVENTS, case, alert, event_id=alert.event_id, at=alert.at, trace=codec.trace_of(record)),
        ]
