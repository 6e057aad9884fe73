"""What units do with their orders: take them, answer, finish in time or late, give back, ask for time, or nothing."""

from datetime import datetime, timedelta
from typing import Final

from dispatcher.domain import calendar, leading
from dispatcher.domain.cases import CaseRecord, OrderState
from dispatcher.domain.codes import ACTIVE, Capacity, CaseStatus, Clock, Mark, OrderStatus, Outcome, Role
from dispatcher.domain.entries import Context
from dispatcher.domain.events import CardIssued, OrderNotice
from dispatcher.domain.events.notices import NoticeKind
from dispatcher.domain.inbox import AgencyReplied, ReplyAction
from dispatcher.domain.messages import SourceRecord, WorkOrder
from dispatcher.domain.units import Hours
from dispatcher.simulate.agenda import Agenda
from dispatcher.simulate.manners import Manner, Manners

_MINUTE: Final = timedelta(minutes=1)
_AN_HOUR: Final = timedelta(hours=1)
#: How many of those that let an order lie are woken up by a card.
_WOKEN: Final = {Mark.BLUE: 0.45, Mark.YELLOW: 0.6, Mark.RED: 0.8}
_NOWHERE: Final = SourceRecord(topic="", partition=0, offset=0)


class Clerks:
    """The clerks of all units. Each is driven by the orders, notices and cards that reach it."""

    def __init__(self, agenda: Agenda, units: dict[str, Manner], manners: Manners) -> None:
        self._agenda, self._units, self._manners = agenda, units, manners
        self._random = agenda.random
        self._codes = list(agenda.city.units)
        self._lying: set[str] = set()

    # -- what reaches them -----------------------------------------------------------------------------

    def on_order(self, order: WorkOrder) -> None:
        """A new order."""
        if self._random.random() < self._units[order.agency].ignores / 2:
            self._lying.add(order.order_id)
            return
        self._see(order, order.issued_at)

    def on_notice(self, notice: OrderNotice) -> None:
        """Begun again: the same order is open once more."""
        if notice.notice is NoticeKind.REOPENED:
            self._see(notice, notice.at)

    def on_card(self, card: CardIssued) -> None:
        """A card may wake a unit up that has let the order lie."""
        if card.order_id in self._lying and self._random.random() < _WOKEN.get(card.card, 0.0):
            self._lying.discard(card.order_id)
            at = card.at + _MINUTE * self._random.uniform(5, 240)
            self._agenda.later(self._at_work(card.agency, at), self._take, card.case_id, card.order_id)

    def lies(self, order_id: str) -> bool:
        """Whether the unit does nothing about the order."""
        return order_id in self._lying

    def forget(self, case: CaseRecord) -> None:
        """The case is over for good."""
        self._lying.difference_update(order.order_id for order in case.orders)

    # -- what they do ----------------------------------------------------------------------------------

    def _see(self, told: WorkOrder | OrderNotice, since: datetime) -> None:
        manner = self._units[told.agency]
        clock = told.deadlines.get(Clock.ACKNOWLEDGE)
        due = clock.due_at if clock is not None else since + _AN_HOUR
        if self._random.random() < manner.late_acknowledging:
            at = due + (due - since) * self._random.uniform(0.05, 1.2)
        else:
            at = since + (due - since) * min(0.95, manner.pace * self._random.betavariate(1.4, 5))
        self._agenda.later(self._at_work(told.agency, at), self._take, told.case_id, told.order_id)

    def _take(self, case_id: str, order_id: str) -> None:
        found = self._open(case_id, order_id)
        if found is None:
            return
        case, order = found
        if case.status is CaseStatus.MERGED:  # the unit hears from the case of which this is a part
            self._agenda.later(self._agenda.now + 12 * _AN_HOUR, self._take, case_id, order_id)
            return
        manner = self._units[order.agency]
        if order.role is Role.LEAD and order.capacity is Capacity.OWNER and self._gives_back(case, manner):
            at = self._at_work(order.agency, self._agenda.now + _MINUTE * self._random.uniform(1, 60))
            self._agenda.later(at, self._give_back, case_id, order_id)
            if self._random.random() < 0.5:
                return  # without taking it first
        if order.status is OrderStatus.ISSUED:
            self._say(order, case_id, ReplyAction.ACKNOWLEDGE)
        self._work(case_id, order_id, manner)

    def _gives_back(self, case: CaseRecord, manner: Manner) -> bool:
        if case.arbitrated or case.status is CaseStatus.CONFERENCE:
            return False
        often = {0: 1.0, 1: 5.0}.get(case.returns, 1.0) * (0.1 if case.outcome is Outcome.POLICE else 1.0)
        return self._random.random() < manner.returns * often

    def _work(self, case_id: str, order_id: str, manner: Manner) -> None:
        """Plan how the order goes on from here."""
        found = self._open(case_id, order_id)
        if found is None:
            return
        case, order = found
        random, now, later = self._random, self._agenda.now, self._agenda.later
        answer = order.first_answer.due_at if order.first_answer is not None else now + timedelta(hours=2)
        if order.role is Role.ASSIST:
            at = now + max(answer - now, 10 * _MINUTE) * random.uniform(0.05, 0.9)
            later(self._at_work(order.agency, at), self._finish, case_id, order_id)
            return
        if order.capacity is Capacity.FALLBACK:  # does what cannot wait; most is left for the owner
            later(now + _MINUTE * random.uniform(10, 90), self._answer, case_id, order_id)
            if random.random() < 0.2:
                later(now + timedelta(hours=random.uniform(1, 4)), self._finish, case_id, order_id)
            return
        if random.random() < manner.ignores / 2:
            self._lying.add(order_id)
            return
        at = self._end(case, manner)
        if at - now > timedelta(hours=1) and order.status is not OrderStatus.IN_PROGRESS:
            overdue = random.random() < manner.late
            share = random.uniform(1.05, 2.0) if overdue else random.uniform(0.1, 0.85) * min(1.1, manner.pace)
            answers = self._at_work(order.agency, now + max(answer - now, 5 * _MINUTE) * share)
            if answers < at:
                later(answers, self._answer, case_id, order_id)
        finish = case.finish
        if finish is not None and finish.paused_at is None and finish.due_at - now > timedelta(hours=6):
            drawn = random.random()
            if drawn < self._manners.extends:
                later(now + (finish.due_at - now) * random.uniform(0.5, 0.9), self._ask_for_time, case_id, order_id)
                at += (finish.due_at - now) * 0.3
            elif drawn < self._manners.extends + self._manners.pauses:
                later(now + (at - now) * random.uniform(0.1, 0.5), self._pause, case_id, order_id)
        later(self._at_work(order.agency, at), self._finish, case_id, order_id)

    def _end(self, case: CaseRecord, manner: Manner) -> datetime:
        """When the lead will be done."""
        random, now = self._random, self._agenda.now
        finish = case.finish
        if finish is None or finish.due_at <= now:
            return now + timedelta(hours=random.uniform(0.5, 8))
        left = finish.due_at - now
        if random.random() < manner.late:
            return finish.due_at + left * random.uniform(0.05, 1.1)
        quick = finish.minutes < 2 * 24 * 60 and not finish.working
        share = random.betavariate(1.3, 9.0) if quick else random.betavariate(1.6, 2.8)
        return now + left * min(0.97, share * manner.pace)

    def _answer(self, case_id: str, order_id: str) -> None:
        found = self._open(case_id, order_id)
        if found is not None and found[1].status is not OrderStatus.IN_PROGRESS and found[0].status in ACTIVE:
            self._say(found[1], case_id, ReplyAction.PROGRESS, text="已联系群众，正在办理")

    def _finish(self, case_id: str, order_id: str) -> None:
        found = self._open(case_id, order_id)
        if found is None:
            return
        case, order = found
        waiting = case.status is CaseStatus.CONFERENCE and order.role is Role.LEAD
        if waiting or case.status not in ACTIVE:  # an arbiter, or a person in the hall, decides first
            self._agenda.later(self._agenda.now + timedelta(hours=12), self._finish, case_id, order_id)
            return
        if case.finish is not None and case.finish.paused_at is not None and order.role is Role.LEAD:
            self._say(order, case_id, ReplyAction.RESUME)
        self._say(order, case_id, ReplyAction.FINISH, text="已办结")

    def _give_back(self, case_id: str, order_id: str) -> None:
        found = self._open(case_id, order_id)
        if found is None or found[0].arbitrated or found[0].status not in ACTIVE - {CaseStatus.CONFERENCE}:
            return
        case, order = found
        context = Context(record=_NOWHERE, at=self._agenda.now, city=self._agenda.city, policy=self._agenda.policy)
        listed = [code for code in leading.owners(case, context) if code != order.agency]
        others = listed if listed and self._random.random() < 0.75 else [c for c in self._codes if c != order.agency]
        self._say(order, case_id, ReplyAction.RETURN, text="不属本单位职责", proposed=self._random.choice(others))

    def _ask_for_time(self, case_id: str, order_id: str) -> None:
        found = self._open(case_id, order_id)
        if found is None or found[1].role is not Role.LEAD:
            return
        finish = found[0].finish
        spent = finish is None or finish.extensions > 0 or finish.paused_at is not None
        if finish is not None and not spent and self._agenda.now < finish.due_at and found[0].status in ACTIVE:
            self._say(found[1], case_id, ReplyAction.EXTEND, text="须会同其他单位处理")

    def _pause(self, case_id: str, order_id: str) -> None:
        found = self._open(case_id, order_id)
        if found is None or found[1].status is OrderStatus.ISSUED or found[0].status not in ACTIVE:
            return
        case, order = found
        if order.role is Role.LEAD and case.finish is not None and case.finish.paused_at is None:
            self._say(order, case_id, ReplyAction.PAUSE, text="等待群众补充材料")
            self._agenda.later(
                self._agenda.now + timedelta(hours=self._random.uniform(12, 72)), self._resume, case_id, order_id
            )

    def _resume(self, case_id: str, order_id: str) -> None:
        found = self._open(case_id, order_id)
        if found is None or found[1].status is OrderStatus.ISSUED or found[0].status not in ACTIVE:
            return
        if found[0].finish is not None and found[0].finish.paused_at is not None:
            self._say(found[1], case_id, ReplyAction.RESUME)

    # -- within ----------------------------------------------------------------------------------------

    def _open(self, case_id: str, order_id: str) -> tuple[CaseRecord, OrderState] | None:
        case = self._agenda.case(case_id)
        order = case.order(order_id) if case is not None else None
        return (case, order) if case is not None and order is not None and order.open else None

    def _say(self, order: OrderState, case_id: str, action: ReplyAction, **fields: str) -> None:
        self._agenda.say(
            AgencyReplied, case_id=case_id, order_id=order.order_id, agency=order.agency, action=action, **fields
        )

    def _at_work(self, code: str, at: datetime) -> datetime:
        """The moment itself, or when an office that is closed then has opened again."""
        hours = self._agenda.policy.hours
        if self._agenda.city.units[code].hours is not Hours.L3 or calendar.in_office_hours(at, hours=hours):
            return at
        return calendar.next_office_opening(at, hours=hours) + _MINUTE * self._random.uniform(3, 60)
