"""One call in, and what the service makes of it out: the decision, and every work order that follows."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from dispatcher.client.publisher import Publisher
from dispatcher.client.reader import Reader
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.errors import NoAnswer
from dispatcher.domain.messages import CallLinked, CallTriaged, CaseOpened, CaseRaised, WorkOrder
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord

#: A raise of the linked case lies beside the link; that long it may need to arrive when a fetch ends between the two.
_RAISE_SECONDS = 0.2
_EVENTS = {model.ce_type.encode(): model for model in (CallTriaged, CaseOpened, CallLinked, CaseRaised)}


@dataclass(slots=True)
class Reply:
    """What became of one call. Exactly one of `opened` and `linked` is set in the end; seconds are from the publishing."""

    call_id: str
    source: tuple[str, int, int]
    triaged: CallTriaged | None = None
    opened: CaseOpened | None = None
    linked: CallLinked | None = None
    raised: CaseRaised | None = None
    orders: list[WorkOrder] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def decided(self) -> CaseOpened | CallLinked | None:
        """The event that says what was decided: the opening of a case, or the link to one."""
        return self.opened or self.linked

    @property
    def complete(self) -> bool:
        """Whether every order that the events name has arrived."""
        if self.decided is None:
            return False
        named = {brief.order_id for event in (self.opened, self.raised) if event for brief in event.orders}
        return named <= {order.order_id for order in self.orders}

    def take(self, records: Iterable[InputRecord]) -> None:
        """Keep what `records` say about this call."""
        for record in records:
            if record.topic == topics.WORK_ORDERS:
                order = WorkOrder.model_validate_json(record.value or b"")
                if order.call_id == self.call_id:
                    self.orders.append(order)
            elif (model := _EVENTS.get(record.header("ce_type") or b"")) is not None:
                self._event(model.model_validate_json(record.value or b""))

    def _event(self, event: CallTriaged | CaseOpened | CallLinked | CaseRaised) -> None:
        place = (event.source.topic, event.source.partition, event.source.offset)
        if event.call_id != self.call_id and place != self.source:
            return  # by its place a record is known that could not be handled and got a case of its own
        match event:
            case CallTriaged():
                self.triaged = event
            case CaseOpened():
                self.opened = event
            case CallLinked():
                self.linked = event
            case CaseRaised():
                self.raised = event


class Line:
    """An open line to the service: connected once, any number of calls after one another.

    Raises `ClusterUnreachable` and `TopicMismatch` on entry.
    """

    def __init__(self, bootstrap: str, *, pseudonym_key: str) -> None:
        self._bootstrap = bootstrap
        self._reader = Reader(bootstrap)
        self._publisher = Publisher(bootstrap, pseudonym_key=pseudonym_key)

    async def __aenter__(self) -> Self:
        await self._reader.__aenter__()
        try:
            self._places = self._reader.partitions(topics.CASE_EVENTS, topics.WORK_ORDERS)
            self._reader.partitions(topics.CALLS)
            await self._publisher.__aenter__()
        except BaseException:
            await self._reader.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._publisher.__aexit__(kind, error, trace)
        await self._reader.__aexit__(kind, error, trace)

    async def ask(self, call: CallReceived, value: bytes, *, at: datetime, timeout: float) -> Reply:
        """Publish `call` (its bytes are `value`) and wait for the answer. Raises `NoAnswer` after `timeout` seconds."""
        starts = await self._reader.ends(self._places)  # before publishing: the answer cannot be missed
        began = asyncio.get_running_loop().time()
        sent = await self._publisher.call(call, value, at=at)
        lies = await self._publisher.acknowledged(sent)
        reply = Reply(call.call_id, (lies.topic, lies.partition, lies.offset))
        needle = call.call_id.encode("utf-8", "replace")
        marks = (needle, f'"topic":"{lies.topic}","partition":{lies.partition},"offset":{lies.offset}}}'.encode())
        batches = self._reader.follow(starts, keep=lambda r: any(mark in (r.value or b"") for mark in marks))
        try:
            async with asyncio.timeout(timeout) as limit:
                async for records in batches:
                    reply.take(records)
                    reply.seconds = asyncio.get_running_loop().time() - began
                    if reply.complete:
                        if reply.linked is None or reply.raised is not None:
                            break
                        limit.reschedule(min(limit.when() or 0, asyncio.get_running_loop().time() + _RAISE_SECONDS))
        except TimeoutError:
            if not reply.complete:
                raise NoAnswer(
                    _silence(reply, timeout),
                    hint="Start a worker: `dispatcher worker`; see also `dispatcher intake status`",
                ) from None
        finally:
            await batches.aclose()
        return reply


def _silence(reply: Reply, timeout: float) -> str:
    place = "/".join(map(str, reply.source))
    got = "no decision" if reply.decided is None else "not all work orders"
    return f"the call is safe on {place} as {reply.call_id}, but there is {got} after {timeout:g} s"
