"""A simulated world whose topics can be read: every message, event, order, notice and question as the record that it would be."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dispatcher.catalog import load_catalog
from dispatcher.client.timeline_words import Words
from dispatcher.client.trace import Step, cases_of, step
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole, Urgency
from dispatcher.domain.inbox import AgencyReplied, Operation, OperatorDecided, ReplyAction
from dispatcher.domain.messages import Message
from dispatcher.domain.policy import Policy
from dispatcher.settings import load
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.moments import moment
from dispatcher.simulate.story import Story, Telling, with_changes
from dispatcher.simulate.world import Event, World
from dispatcher.stream.records import InputRecord

CATALOG = load_catalog(load().home)
CITY, POLICY = CATALOG.city, CATALOG.policy
WORDS = Words(CITY, POLICY.desks)
STORIES = Path(__file__).resolve().parents[1] / "stories"
#: A Tuesday.
TEN = moment("2026-11-24 10:00", None)


def record(topic: str, offset: int, key: str, value: bytes, *, at: datetime, kind: str = "") -> InputRecord:
    """A record as it lies on its topic."""
    headers = (("ce_type", kind.encode()),) if kind else ()
    return InputRecord(topic, 0, offset, int(at.timestamp() * 1000), key.encode(), value, headers)


class Town(World):
    """`steps`: all that would be on the topics."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.steps: list[Step] = []
        self.events: list[Event] = []
        self._lengths: Counter[str] = Counter()
        self._at: datetime | None = None
        super().__init__(
            CITY,
            policy,
            on_event=self._event,
            on_order=lambda order: self._put("work-orders", order, "agency." + order.agency),
            on_notice=lambda notice: self._put("order-notices", notice),
            on_ask=lambda asked: self._put("lookups", asked),
        )

    def of(self, case_id: str) -> list[Step]:
        """What is about one case."""
        return [one for one in self.steps if case_id in cases_of(one.value)]

    def state(self, case_id: str) -> CaseRecord:
        """The case as it is now."""
        return self.cases[case_id]

    def _apply(self, message: Message, at: datetime) -> list[Message]:
        self._at = at
        self._lengths["case-inbox"] = self._inbox
        self._put("case-inbox", message)
        return super()._apply(message, at)

    def _event(self, event: Event) -> None:
        self.events.append(event)
        self._put("case-events", event)

    def _put(self, topic: str, message: Message, *copies: str) -> None:
        assert self._at is not None
        case_id: str = message.case_id  # type: ignore[attr-defined]
        for one in (topic, *copies):
            lain = record(one, self._lengths[one], case_id, message.encode(), at=self._at, kind=message.ce_type)
            self._lengths[one] += 1
            self.steps.append(step(lain))


def played(story: Story) -> Town:
    """The town after a story; fails where the story goes otherwise than it expects."""
    telling = Telling(story, CATALOG)
    town = Town(with_changes(POLICY, story.policy))
    telling.world, telling.events = town, town.events
    assert not list(telling.run())
    return town


# -- short ways to speak: of one call, some minutes after it ----------------------------------------------------


def called(town: Town, text: str = "有人摆摊", *, caller: str | None = None, confidential: bool = False) -> str:
    """The case that a call opens."""
    call = CallReceived(call_id="c-1", received_at=TEN.isoformat(), text=text, caller=caller, confidential=confidential)
    heard = Heard.of("street_vending", None, Urgency.ROUTINE, ("shenhe",), None, CITY)
    case_id = town.call(call, heard, at=TEN)
    assert case_id is not None
    return case_id


def decide(town: Town, case_id: str, operation: Operation, *, minutes: int = 5, **fields: Any) -> None:
    decided = OperatorDecided(
        message_id=f"m-{len(town.steps)}",
        case_id=case_id,
        operation=operation,
        actor="W001",
        role=ActorRole.DUTY_LEADER,
        **fields,
    )
    town.say(decided, at=TEN + timedelta(minutes=minutes))


def reply(town: Town, case_id: str, action: ReplyAction, *, minutes: int = 10, **fields: Any) -> None:
    order = town.state(case_id).orders[-1]
    said = AgencyReplied(
        message_id=f"m-{len(town.steps)}",
        case_id=case_id,
        order_id=order.order_id,
        agency=order.agency,
        action=action,
        **fields,
    )
    town.say(said, at=TEN + timedelta(minutes=minutes))
