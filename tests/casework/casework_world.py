"""The city of these tests in memory: a world that lets every message and its work be looked at, and short ways to speak."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

from dispatcher.catalog import load_catalog
from dispatcher.domain import ids
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.cases import CaseRecord, OrderState
from dispatcher.domain.codes import ActorRole, Outcome, Urgency
from dispatcher.domain.entries import Context
from dispatcher.domain.events import CaseEvent, MessageRejected
from dispatcher.domain.inbox import AgencyReplied, DeadlineElapsed, Operation, OperatorDecided, ReplyAction
from dispatcher.domain.lookups.codes import Action
from dispatcher.domain.lookups.messages import LookupActed
from dispatcher.domain.messages import Message, SourceRecord
from dispatcher.domain.policy import Policy
from dispatcher.domain.work import Work
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.world import Event, World

ROOT = Path(__file__).resolve().parents[2]
CATALOG = load_catalog(ROOT)
CITY, POLICY = CATALOG.city, CATALOG.policy
CHINA = timezone(timedelta(hours=8))
#: A Tuesday morning, and the night after it, when units with office hours are covered by others.
OFFICE = datetime(2026, 11, 24, 10, 0, tzinfo=CHINA).astimezone(UTC)
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=CHINA).astimezone(UTC)
#: No deadline comes so often: its timer still stands after it has elapsed, and time would stand still with it.
FOR_EVER = 10
POLICE = POLICY.routing.police_unit


@dataclass(frozen=True, slots=True)
class Moment:
    """One message at its case: what stood before, what was decided, what stands now."""

    message: Message
    before: CaseRecord | None
    work: Work
    after: CaseRecord | None
    at: datetime

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of its events, without ``.v1``."""
        return tuple(event.ce_type.removesuffix(".v1") for event in self.work.events)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record of ``case-inbox``: its kind, its bytes, and the time that the broker stamped on it."""

    kind: type[Message]
    value: bytes
    at: datetime


class WatchedWorld(World):
    """The service's own world, with its ``case-inbox`` written down and `watch` told of every message's work.

    An error of the program ends the test, unless `on_error` takes it: then the message counts as never said.
    """

    def __init__(
        self,
        policy: Policy = POLICY,
        watch: Callable[[Moment], None] = lambda _: None,
        on_error: Callable[[Message, Exception], None] | None = None,
    ) -> None:
        self._on_error = on_error
        self.inbox: list[Recorded] = []
        self.events: list[Event] = []
        self.written: list[Message] = []  # events, orders, notices and questions, as a worker would write them
        self.said = 0
        self._watch = watch
        self._elapsed: Counter[bytes] = Counter()
        super().__init__(CITY, policy, on_event=self.events.append, on_work=self._see)

    def _apply(self, message: Message, at: datetime) -> list[Message]:
        self.inbox.append(Recorded(type(message), message.encode(), at))
        try:
            if isinstance(message, DeadlineElapsed):
                self._elapsed[message.encode()] += 1
                if self._elapsed[message.encode()] > FOR_EVER:
                    raise RuntimeError(f"{message.kind} {message.subject} elapses for ever")
            return super()._apply(message, at)
        except Exception as error:
            if self._on_error is None:
                raise
            self._on_error(message, error)
            return []

    def _see(self, before: CaseRecord | None, message: Message, work: Work, at: datetime) -> None:
        self.written += [*work.events, *work.orders, *work.notices, *work.asks]
        self._watch(Moment(message, before, work, work.case if work.case is not None else before, at))

    # -- short ways to speak ---------------------------------------------------------------------------

    def ring(
        self,
        call_id: str,
        category: str,
        *,
        at: datetime,
        outcome: Outcome | None = None,
        urgency: Urgency = Urgency.ROUTINE,
        districts: tuple[str, ...] = ("heping",),
        outside_city: str | None = None,
        caller: str | None = None,
        text: str = "一句话",
        confidential: bool = False,
        extracted: dict[str, Any] | None = None,
    ) -> str:
        """A call whose decision is given; the case that it opens or joins."""
        received = CallReceived(
            call_id=call_id, received_at=at.isoformat(), text=text, caller=caller, confidential=confidential
        )
        given = Heard.of(category, outcome, urgency, districts, outside_city, CITY)
        heard = replace(cast(Heard, given(text, None, at)), extracted=extracted or {})
        return self.call(received, lambda *_: heard, at=at) or ids.case_id(call_id)

    def number(self) -> str:
        """A message id that was not used before."""
        self.said += 1
        return f"m-{self.said}"

    def unit_says(
        self, case_id: str, action: ReplyAction, *, at: datetime, unit: str | None = None, **more: Any
    ) -> None:
        """`unit`, by default the lead, about its latest order on the case."""
        self.say(self.reply(case_id, action, unit=unit, **more), at=at)

    def reply(self, case_id: str, action: ReplyAction, *, unit: str | None = None, **more: Any) -> AgencyReplied:
        order = latest_order(self.cases.get(case_id), unit)
        whole: dict[str, Any] = {
            "message_id": self.number(),
            "case_id": case_id,
            "order_id": order.order_id if order else "none",
            "agency": order.agency if order else (unit or POLICE),
            "action": action,
            "text": "已处理",
        }
        return AgencyReplied(**(whole | more))

    def person_says(self, case_id: str, operation: Operation, *, at: datetime, **more: Any) -> None:
        """A duty leader, unless another role is named."""
        self.say(self.decision(case_id, operation, **more), at=at)

    def decision(self, case_id: str, operation: Operation, **more: Any) -> OperatorDecided:
        whole: dict[str, Any] = {
            "message_id": self.number(),
            "case_id": case_id,
            "operation": operation,
            "actor": "W001",
            "role": ActorRole.DUTY_LEADER,
            "reason": "理由",
        }
        return OperatorDecided(**(whole | more))

    def acts(self, case_id: str, action: Action, *, at: datetime, **more: Any) -> None:
        """A desk officer about the lookup of a case, unless another role is named."""
        self.say(self.act(case_id, action, **more), at=at)

    def act(self, case_id: str, action: Action, **more: Any) -> LookupActed:
        whole: dict[str, Any] = {
            "message_id": self.number(),
            "case_id": case_id,
            "action": action,
            "actor": "D001",
            "role": ActorRole.DESK_OFFICER,
            "reason": "理由",
        }
        return LookupActed(**(whole | more))


def latest_order(case: CaseRecord | None, unit: str | None = None) -> OrderState | None:
    """The latest order of `unit`; without a unit the lead's, or the last one of the case."""
    if case is None:
        return None
    if unit is None:
        return case.lead_order or (case.orders[-1] if case.orders else None)
    return next((order for order in reversed(case.orders) if order.agency == unit), None)


def context(offset: int, at: datetime, policy: Policy = POLICY) -> Context:
    """What casework knows of the record at that offset of ``case-inbox``."""
    record = SourceRecord(topic="case-inbox", partition=0, offset=offset)
    return Context(record=record, at=at, city=CITY, policy=policy)


def codes(events: tuple[Any, ...] | list[Event]) -> list[str]:
    """The codes of the refusals among `events`."""
    return [event.code for event in events if isinstance(event, MessageRejected)]


def of_case(events: list[Event], case_id: str) -> list[CaseEvent]:
    """The later events of one case."""
    return [event for event in events if isinstance(event, CaseEvent) and event.case_id == case_id]
