"""A case's clocks and its story as a person is shown them, on cases that the service's own functions have made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatcher.catalog import load_catalog
from dispatcher.client import happened
from dispatcher.client.cases import deadlines, overdue
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole, Clock, Urgency
from dispatcher.domain.events import CASE_EVENTS
from dispatcher.domain.inbox import INBOX_OTHERS, AgencyReplied, Operation, OperatorDecided, ReplyAction
from dispatcher.domain.messages import LEDGER_TYPES
from dispatcher.settings import load
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.world import World

CATALOG = load_catalog(load().home)
CITY = CATALOG.city
#: A Tuesday, 10:00 in the city.
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class Town:
    """One case in a simulated world."""

    def __init__(self, category: str = "street_vending") -> None:
        self.events: list[Any] = []
        self.world = World(CITY, CATALOG.policy, on_event=self.events.append)
        call = CallReceived(call_id="c-1", received_at=AT.isoformat(), text="有人摆摊")
        heard = Heard.of(category, None, Urgency.ROUTINE, ("shenhe",), None, CITY)
        self.case_id = self.world.call(call, heard, at=AT) or ""
        self._said = 0

    @property
    def case(self) -> CaseRecord:
        return self.world.cases[self.case_id]

    def reply(self, action: ReplyAction, *, at: datetime = AT, **fields: Any) -> None:
        order = self.case.orders[-1]
        self._said += 1
        self.world.say(
            AgencyReplied(
                message_id=f"m-{self._said}",
                case_id=self.case_id,
                order_id=order.order_id,
                agency=order.agency,
                action=action,
                **fields,
            ),
            at=at,
        )

    def decide(self, operation: Operation, **fields: Any) -> None:
        self._said += 1
        self.world.say(
            OperatorDecided(
                message_id=f"m-{self._said}",
                case_id=self.case_id,
                operation=operation,
                actor="W001",
                role=ActorRole.DUTY_LEADER,
                **fields,
            ),
            at=AT,
        )

    def told(self) -> list[str]:
        """The ledger in words."""
        return [happened.tell(event.ce_type, event.model_dump(mode="json"), CITY) for event in self.events]


def clocks(case: CaseRecord) -> list[Clock]:
    return [due.clock for due in deadlines(case)]


def test_the_clock_that_ends_first_stands_first_and_each_stops_in_its_time() -> None:
    town = Town()
    assert clocks(town.case) == [Clock.ACKNOWLEDGE, Clock.FIRST_ANSWER, Clock.FINISH]
    assert {due.unit for due in deadlines(town.case)} == {"urban-management"}
    town.reply(ReplyAction.ACKNOWLEDGE)
    assert clocks(town.case) == [Clock.FIRST_ANSWER, Clock.FINISH]
    town.reply(ReplyAction.PROGRESS, text="在路上")
    assert clocks(town.case) == [Clock.FINISH]
    town.reply(ReplyAction.PAUSE, text="等待材料")
    assert clocks(town.case) == []
    town.reply(ReplyAction.RESUME)
    town.reply(ReplyAction.FINISH)
    assert clocks(town.case) == []


def test_a_case_is_overdue_from_the_end_of_its_first_clock_on() -> None:
    town = Town()
    first = deadlines(town.case)[0].due_at
    assert not overdue(town.case, first - timedelta(seconds=1))
    assert overdue(town.case, first)
    town.reply(ReplyAction.ACKNOWLEDGE, at=first)
    assert not overdue(town.case, first)


def test_what_happens_is_told_with_what_it_names() -> None:
    town = Town()
    town.reply(ReplyAction.RETURN, text="不归我局", proposed="housing")
    returned = next(line for line in town.told() if line.startswith("退单"))
    unit = CITY.unit_name("urban-management")
    assert (
        returned
        == f"退单 {unit} (urban-management), proposed 市房产局 (housing), returns 1, by urban-management: 不归我局"
    )
    town.decide(Operation.RECATEGORISE, category="property_service", reason="是物业")
    recategorised = next(line for line in town.told() if line.startswith("改类"))
    assert "占道经营 → 物业" in recategorised
    assert f"{unit} (urban-management) → 市房产局 (housing)" in recategorised
    town.decide(Operation.CONFIDENTIAL, confidential=True, reason="线索")
    assert town.told()[-1] == "保密 confidential, by W001: 线索"
    town.decide(Operation.CONFIDENTIAL, confidential=False, reason="解密")
    assert town.told()[-1] == "保密 no longer confidential, by W001: 解密"


def test_what_is_hidden_quotes_nobody() -> None:
    town = Town()
    town.decide(Operation.NOTE, text="线人说的", reason="备忘")
    event = town.events[-1].model_dump(mode="json")
    assert happened.tell("note.added.v1", event, CITY) == "备注 by W001, “线人说的”: 备忘"
    assert happened.tell("note.added.v1", event, CITY, hidden=True) == "备注 by W001"


def test_every_kind_of_event_and_message_has_a_title() -> None:
    assert {model.ce_type for model in (*CASE_EVENTS, *LEDGER_TYPES)} == set(happened.TITLES)
    assert {model.ce_type for model in INBOX_OTHERS} <= set(happened.MESSAGES)


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [None], {"a": 1}, True])
def test_an_event_of_another_version_is_told_as_far_as_it_goes(value: object) -> None:
    fields = {name for model in CASE_EVENTS for name in model.model_fields}
    for name in fields:
        assert happened.tell("case.done.v1", {name: value}, CITY).startswith("办结")
    assert happened.tell("unheard.of.v1", {"reason": value}, CITY) == "unheard.of.v1"
