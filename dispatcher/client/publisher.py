"""Publishing calls as a console does: acknowledged by all replicas, in order, never twice by a retry."""

import asyncio
import contextlib
import secrets
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from dispatcher.client.connection import reach
from dispatcher.domain import ids
from dispatcher.domain.calls import CITY_TIME, CallReceived
from dispatcher.domain.errors import ClusterUnreachable, TopicMismatch
from dispatcher.stream.records import Headers
from dispatcher.stream.topics import CALLS

#: ``ce_source`` of calls that come through this program.
SOURCE = b"/dispatcher/console"
#: A record far over the contract's limit must still be publishable by force, to show what the intake makes of it.
_MAX_REQUEST = 16 << 20
#: How long an acknowledgement may take: longer than a broker's restart, shorter than a person's patience.
ACK_SECONDS = 25.0
#: How long what is in flight may still take after an error or a Ctrl-C.
_GOODBYE_SECONDS = 3.0
_LOOK = "Look at the broker; records not acknowledged may or may not be there, and a call sent twice counts once"


def fresh_call_id(at: datetime) -> str:
    """An id for a call that arrived at `at`: the city's date and time, then 32 random bits."""
    return f"{at.astimezone(CITY_TIME):%Y%m%d%H%M%S}-{secrets.token_hex(4)}"


def key_of(call_id: str, caller: str | None, *, pseudonym_key: str) -> bytes:
    """The key of a call: the caller's pseudonym, so that a caller's calls stay in order, or the call_id without one."""
    return (ids.pseudonym(caller, pseudonym_key) if caller else call_id).encode("utf-8", "replace")


def call_headers(subject: str, at: datetime) -> Headers:
    """CloudEvents attributes of ``call.received.v1`` and a new trace context."""
    event = uuid4()
    return (
        ("ce_id", str(event).encode()),
        ("ce_type", b"call.received.v1"),
        ("ce_source", SOURCE),
        ("ce_specversion", b"1.0"),
        ("ce_time", at.isoformat().encode()),
        ("ce_subject", subject.encode("utf-8", "replace")),
        ("content-type", b"application/json; charset=utf-8"),
        ("traceparent", f"00-{secrets.token_hex(16)}-{event.hex[:16]}-01".encode()),
    )


class Publisher:
    """An idempotent producer with acks=all for `topics`. On exit it waits for what is in flight.

    Raises `ClusterUnreachable` on entry, and `TopicMismatch` when a topic does not exist.
    """

    def __init__(self, bootstrap: str, *, pseudonym_key: str, topics: tuple[str, ...] = (CALLS,)) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._pseudonym_key = pseudonym_key

    async def __aenter__(self) -> Self:
        self._producer = self._make()
        await reach(self._producer.start, bootstrap=self._bootstrap, give_up=self._producer.stop)
        known = await reach(
            self._producer.client.fetch_all_metadata, bootstrap=self._bootstrap, give_up=self._producer.stop
        )
        missing = sorted({*self._topics} - known.topics())
        if missing:
            await self._producer.stop()
            raise TopicMismatch(f"topic {missing[0]} does not exist", hint="Run `dispatcher topics create`")
        return self

    def _make(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=256 << 10,
            max_request_size=_MAX_REQUEST,
            request_timeout_ms=20_000,
        )

    async def renew(self) -> None:
        """Go on with a new producer id. After a record that the broker refused, the old one's numbers have a hole, and every later
        record of that partition would be refused as out of order. Nothing may be in flight."""
        await self._producer.stop()
        self._producer = self._make()
        await reach(self._producer.start, bootstrap=self._bootstrap, give_up=self._producer.stop)

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            async with asyncio.timeout(ACK_SECONDS if error is None else _GOODBYE_SECONDS):
                await self._producer.stop()
        except TimeoutError:
            # An idempotent producer sends again for ever; with a dead broker its flush would never end.
            with contextlib.suppress(asyncio.CancelledError, KafkaError):
                await self._producer._sender.close()
            await self._producer.client.close()
            if error is None:
                raise ClusterUnreachable(f"{self._bootstrap} stopped answering", hint=_LOOK) from None

    async def acknowledged(self, sent: asyncio.Future[RecordMetadata]) -> RecordMetadata:
        """Where the record lies, once the broker has it; raises `ClusterUnreachable` when it does not answer in time."""
        try:
            async with asyncio.timeout(ACK_SECONDS):
                return await asyncio.shield(sent)
        except TimeoutError:
            raise ClusterUnreachable(
                f"{self._bootstrap} has not acknowledged a record for {ACK_SECONDS:.0f} s", hint=_LOOK
            ) from None

    async def call(self, call: CallReceived, value: bytes, *, at: datetime) -> asyncio.Future[RecordMetadata]:
        """Queue `call`, whose bytes are `value`, on ``calls``; the future is done when the broker has acknowledged it."""
        key = key_of(call.call_id, call.caller, pseudonym_key=self._pseudonym_key)
        return await self.record(CALLS, key=key, value=value, headers=call_headers(call.call_id, at))

    async def record(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> asyncio.Future[RecordMetadata]:
        """Queue any record; without `partition` murmur2 of the key chooses it, as in every Kafka client."""
        sent: asyncio.Future[RecordMetadata] = await self._producer.send(
            topic, key=key, value=value, headers=list(headers), partition=partition
        )
        return sent
