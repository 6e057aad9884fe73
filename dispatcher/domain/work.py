"""What a handler wants written, and how it is put together: a draft of the case with its events, orders and notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dispatcher.domain import clocks, entries, ids
from dispatcher.domain.cases import CaseRecord, OrderState
from dispatcher.domain.codes import ActorRole, Clock, OrderStatus, Role
from dispatcher.domain.entries import Context
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.events import CaseEvent, DeadlineMoved, MessageRejected, NoticeKind, OrderNotice
from dispatcher.domain.lookups.messages import LookupAsked
from dispatcher.domain.messages import (
    AlertRaised,
    AttachedCall,
    CaseErased,
    Deadline,
    GridPlace,
    LedgerEvent,
    Message,
    OrderBrief,
    UnreadableCall,
    WorkOrder,
)
from dispatcher.domain.policy import Limit
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.routing import Assignment
from dispatcher.domain.units import DISTRICT

Event = TypeVar("Event", bound=CaseEvent)


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler wants written, all in one transaction.

    `forgotten`: the case leaves ``case-state``; its ledger stays for ever. `refused` is a reason to put the message among the dead letters; `forward`, `passed` and `sends` go back to
    ``case-inbox``; `asks` are questions to the desks' channels. `erased`: the case's keys are to go, these and the one in use.
    """

    case: CaseRecord | None = None
    forgotten: bool = False
    events: tuple[LedgerEvent | AlertRaised | CaseErased | CaseEvent, ...] = ()
    orders: tuple[WorkOrder, ...] = ()
    notices: tuple[OrderNotice, ...] = ()
    forward: AttachedCall | UnreadableCall | None = None
    passed: tuple[AttachedCall, ...] = ()
    sends: tuple[Message, ...] = ()
    asks: tuple[LookupAsked, ...] = ()
    refused: BadRecord | None = None
    erased: tuple[str, ...] | None = None


NOTHING = Work()


def no_case(case_id: str, *, hint: str = "`dispatcher case list` shows them") -> Work:
    """A message about a case that is not there: a dead letter."""
    return Work(refused=BadRecord(f"no case {case_id}", code=Code.NO_CASE, hint=hint))


_REMEMBERED = 32
"""Ids of messages that a case remembers; more than are ever under way for one case at a time."""


class Draft:
    """A case while a handler works on it. Nothing outside sees it before `work`."""

    def __init__(
        self,
        case: CaseRecord,
        context: Context,
        *,
        actor: str | None = None,
        role: ActorRole = ActorRole.SYSTEM,
        first_event: int = 0,
    ) -> None:
        self.case = case
        self.context = context
        self.actor = actor
        self.role = role
        self.events: list[LedgerEvent | AlertRaised | CaseEvent] = []
        self.orders: list[WorkOrder] = []
        self.notices: list[OrderNotice] = []
        self.sends: list[Message] = []
        self.asks: list[LookupAsked] = []
        self._next_event = first_event

    def update(self, **fields: Any) -> None:
        """Change fields of the case."""
        self.case = self.case.model_copy(update=fields)

    def say(self, event: type[Event], reason: str, *, rule: str, **fields: Any) -> None:
        """Add an event that tells the case as it is now."""
        case, context = self.case, self.context
        self.events.append(
            event(
                event_id=entries.event_id(case.case_id, context, self._next_event),
                at=context.at,
                call_id=case.call_id,
                case_id=case.case_id,
                status=case.status,
                outcome=case.outcome,
                category=case.category,
                urgency=case.urgency,
                district=case.district,
                lead=case.lead,
                assist=case.assist,
                actor=self.actor,
                role=self.role,
                reason=reason,
                rule=rule,
                policy=context.policy.sha256,
                source=context.record,
                **fields,
            )
        )
        self._next_event += 1

    # -- orders ----------------------------------------------------------------------------------------

    def issue(
        self, given: Assignment, why: str, *, ask: str | None = None, out_of_area: bool = False, text: str | None = None
    ) -> OrderBrief:
        """An order of the case's present round, with fresh clocks (rule 9.2). The finish clock must be running."""
        case, context = self.case, self.context
        held = next((o for o in reversed(case.orders) if o.agency == given.agency), None)
        acknowledge, first_answer = (
            clocks.for_case(clock, category=case.category, urgency=case.urgency, at=context.at, policy=context.policy)
            for clock in (Clock.ACKNOWLEDGE, Clock.FIRST_ANSWER)
        )
        state = OrderState(
            order_id=ids.order_id(case.case_id, given.agency, case.round),
            agency=given.agency,
            role=given.role,
            capacity=given.capacity,
            covers_for=given.covers_for,
            issued_at=context.at,
            acknowledge=acknowledge,
            first_answer=first_answer,
        )
        reason = case.decision.reason if case.decision is not None else ""
        order = WorkOrder(
            order_id=state.order_id,
            case_id=case.case_id,
            call_id=case.call_id,
            agency=given.agency,
            role=given.role,
            capacity=given.capacity,
            covers_for=given.covers_for,
            replaces=held.order_id if held is not None and held.open else None,
            category=case.category,
            urgency=case.urgency,
            text=text if text is not None else case.text,
            place=case.place,
            issued_at=context.at,
            deadlines=self._deadlines(state),
            reason="；".join(part for part in (reason, why if given.role is Role.LEAD else "协助主办单位") if part),
            ask=ask,
            out_of_area=out_of_area,
            confidential=case.confidential,
            desk=self._desk(),
            grid=self._grid(given.agency),
        )
        kept = tuple(o.over(OrderStatus.WITHDRAWN) if o.agency == given.agency and o.open else o for o in case.orders)
        self.update(orders=(*kept, state), first_order_at=case.first_order_at or context.at)
        self.orders.append(order)
        return entries.brief(order)

    def _desk(self) -> str | None:
        category = self.case.category
        matter = self.context.city.matters.get(category)
        return self.context.policy.casework.desks.get(category, matter.desk if matter is not None else None)

    def _grid(self, agency: str) -> GridPlace | None:
        if not agency.startswith(f"{DISTRICT}-"):
            return None
        place = self.case.place
        path = self.context.city.grid_path(place.street, place.landmark, place.address, self.case.text)
        if not path or agency != f"{DISTRICT}-{path[0].code}":
            return None
        group = next((node.group for node in reversed(path) if node.group), None)
        return GridPlace(code=path[-1].code, path=" / ".join(node.name for node in path), group=group)

    def _deadlines(self, order: OrderState) -> dict[Clock, Deadline]:
        found = {
            clock.clock: clock.deadline() for clock in (order.acknowledge, order.first_answer) if clock is not None
        }
        if order.role is Role.LEAD and self.case.finish is not None:
            found[Clock.FINISH] = self.case.finish.deadline()
        return found

    def notify(self, order: OrderState, kind: NoticeKind, reason: str) -> None:
        """Tell a unit something about an order that it holds."""
        notice_id = ids.notice_id(order.order_id, kind, self.place(), len(self.notices))
        self.notices.append(
            OrderNotice(
                notice_id=notice_id,
                order_id=order.order_id,
                case_id=self.case.case_id,
                agency=order.agency,
                notice=kind,
                reason=reason,
                at=self.context.at,
                deadlines=self._deadlines(order) if order.open else {},
            )
        )

    def place(self) -> str:
        """The record that is being handled, as a name."""
        record = self.context.record
        return f"{record.topic}/{record.partition}/{record.offset}"

    def withdraw(self, orders: Sequence[OrderState], reason: str) -> None:
        """Take open orders back, and tell their units."""
        for order in orders:
            gone = order.over(OrderStatus.WITHDRAWN)
            self.case = self.case.with_order(gone)
            self.notify(gone, NoticeKind.WITHDRAWN, reason)

    def finish_limit(self) -> Limit:
        """The limit of rule 9.1 for finishing the case as it stands."""
        case, policy = self.case, self.context.policy
        return clocks.limit_of(Clock.FINISH, category=case.category, urgency=case.urgency, policy=policy.deadlines)

    def set_finish(self, finish: clocks.RunningClock, reason: str, *, rule: str) -> None:
        """Let the case's finish clock be `finish`; where its end has moved, an event and the lead's notice say so."""
        before = self.case.finish
        self.update(finish=finish)
        if before is not None and before.due_at != finish.due_at:
            self.say(
                DeadlineMoved, reason, rule=rule, clock=Clock.FINISH, before=before.due_at, deadline=finish.deadline()
            )

    # -- the end ---------------------------------------------------------------------------------------

    def work(self, *, message_id: str | None = None) -> Work:
        """All that has been drafted. `message_id`: the message that caused it, so that it counts once."""
        case = self.case
        if message_id is not None:
            case = case.model_copy(update={"seen": (*case.seen, message_id)[-_REMEMBERED:]})
        return Work(
            case=case,
            events=tuple(self.events),
            orders=tuple(self.orders),
            notices=tuple(self.notices),
            sends=tuple(self.sends),
            asks=tuple(self.asks),
        )


def rejected(
    case: CaseRecord,
    message: Message,
    refusal: Refusal,
    context: Context,
    *,
    actor: str | None,
    role: ActorRole,
) -> Work:
    """`message` changes nothing; the ledger says why."""
    draft = Draft(case, context, actor=actor, role=role)
    draft.say(
        MessageRejected,
        refusal.reason,
        rule="3",
        code=refusal.code,
        message_type=message.ce_type,
        message_id=getattr(message, "message_id", None),
    )
    return Work(events=tuple(draft.events))
