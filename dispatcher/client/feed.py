"""Many calls in, one per line of JSONL: several in flight, counted only when acknowledged, reported in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.structs import RecordMetadata

from dispatcher.client.aliases import names_of
from dispatcher.client.publisher import Publisher, call_headers, fresh_call_id
from dispatcher.domain.calls import CITY_TIME, CallReceived, read_call
from dispatcher.domain.errors import BadRecord, ClusterUnreachable
from dispatcher.domain.policy import IntakePolicy
from dispatcher.stream.topics import CALLS

#: Lines sent and not yet acknowledged, at most.
_IN_FLIGHT = 500


@dataclass(slots=True)
class Tally:
    """How far it has got. `published` counts acknowledged lines only; `bytes` are those read."""

    published: int = 0
    refused: int = 0
    forced: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is no call: its number from 1, and why."""

    line: int
    error: BadRecord
    forced: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """A line on its way. `sent` is None for one that is not published."""

    number: int
    sent: asyncio.Future[RecordMetadata] | None
    bad: Refused | None


class Feed:
    """Publishes lines; `told` hears of each bad one, in the order of the file.

    `fill` gives a line without call_id or received_at a fresh id and the present moment. `force` publishes bad lines too,
    as they are. `rate` is in lines a second, None as fast as the broker takes them.
    """

    def __init__(
        self,
        publisher: Publisher,
        *,
        policy: IntakePolicy,
        told: Callable[[Refused], None],
        tally: Tally | None = None,
        fill: bool = False,
        force: bool = False,
        rate: float | None = None,
    ) -> None:
        self.tally = tally if tally is not None else Tally()
        self._publisher = publisher
        self._policy = policy
        self._told = told
        self._fill = fill
        self._force = force
        self._rate = rate
        self._waiting: deque[_Line] = deque()

    async def run(self, lines: AsyncIterator[bytes]) -> None:
        """Publish every line; blank lines are skipped. Raises `ClusterUnreachable` when the broker stops taking them."""
        clock = asyncio.get_running_loop().time
        began, sent = clock(), 0
        try:
            number = 0
            async for raw in lines:
                number += 1
                self.tally.bytes += len(raw)
                line = raw.strip(b"\r\n \t").removeprefix(b"\xef\xbb\xbf")
                if not line:
                    continue
                if self._rate is not None and (early := began + sent / self._rate - clock()) > 0:
                    await asyncio.sleep(early)
                giant = len(line) > self._policy.record_max_bytes  # the broker may refuse it
                if giant:
                    await self._settle(down_to=0)
                await self._one(number, line)
                sent += 1
                await self._settle(down_to=0 if giant else _IN_FLIGHT)
                if sent % 50 == 0:
                    await asyncio.sleep(0)  # a file on a disk never waits; acknowledgements must get their turn
            await self._settle(down_to=0)
        finally:
            self._count_done()

    async def _one(self, number: int, line: bytes) -> None:
        now = datetime.now(UTC)
        try:
            if self._fill:
                line = filled(line, now)
            call = read_call(line, appended_at=now, policy=self._policy)
        except BadRecord as error:
            bad = Refused(number, error, forced=self._force)
            try:
                sent = await self._by_force(line, now) if self._force else None
            except MessageSizeTooLargeError:
                sent, bad = None, Refused(number, _too_large(), forced=False)
            self._waiting.append(_Line(number, sent, bad))
        else:
            self._waiting.append(_Line(number, await self._publisher.call(call, line, at=now), None))

    async def _by_force(self, line: bytes, now: datetime) -> asyncio.Future[RecordMetadata]:
        call = _loose(line)
        if call is not None:
            return await self._publisher.call(call, line, at=now)
        return await self._publisher.record(CALLS, key=None, value=line, headers=call_headers("unknown", now))

    async def _settle(self, *, down_to: int) -> None:
        """Wait for the oldest lines until at most `down_to` are in flight, then take what else is done already."""
        while len(self._waiting) > down_to:
            oldest = self._waiting[0]
            if oldest.sent is not None:
                try:
                    await self._publisher.acknowledged(oldest.sent)
                except MessageSizeTooLargeError:
                    self._waiting[0] = _Line(oldest.number, None, Refused(oldest.number, _too_large(), forced=False))
                    await self._publisher.renew()
                except (KafkaError, ClusterUnreachable) as error:
                    said = (
                        error.message if isinstance(error, ClusterUnreachable) else f"{type(error).__name__}: {error}"
                    )
                    raise ClusterUnreachable(
                        f"line {oldest.number} is not acknowledged: {said}",
                        hint=f"{self.tally.published} lines before it are published; look at the broker, then go on from it",
                    ) from None
            self._take()
        self._count_done()

    def _count_done(self) -> None:
        while self._waiting:
            sent = self._waiting[0].sent
            if sent is not None and (not sent.done() or sent.cancelled() or sent.exception() is not None):
                return
            self._take()

    def _take(self) -> None:
        line = self._waiting.popleft()
        self.tally.published += line.sent is not None
        if line.bad is not None:
            self.tally.refused += not line.bad.forced
            self.tally.forced += line.bad.forced
            self._told(line.bad)


def _too_large() -> BadRecord:
    return BadRecord(
        "the broker takes no record of that size", code="D302", hint="Send what the caller said, not recordings"
    )


def filled(line: bytes, now: datetime) -> bytes:
    """`line` with a call_id and a received_at where it has none; unchanged where it is no JSON object."""
    try:
        fields: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line
    if not isinstance(fields, dict):
        return line
    missing: dict[str, str] = {}
    if not any(name in fields for name in names_of("call_id")):
        missing["call_id"] = fresh_call_id(now)
    if not any(name in fields for name in names_of("received_at")):
        missing["received_at"] = now.astimezone(CITY_TIME).isoformat(timespec="milliseconds")
    return orjson.dumps(missing | fields) if missing else line


def _loose(line: bytes) -> CallReceived | None:
    """The line as a call where at least its fields are right, for the key it would have."""
    try:
        return CallReceived.model_validate_json(line)
    except ValueError:
        return None
