"""What is counted while a city runs. No event and no ended case is kept, only these numbers.

The tallies of the districts are added up in the order of the city's list, so that it does not matter which was ready first.
"""

from array import array
from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import DISSATISFIED, TERMINAL, CaseStatus, Clock, LinkKind, Role
from dispatcher.domain.events import (
    CardIssued,
    CaseClosed,
    CaseReopened,
    MessageRejected,
    OrderAcknowledged,
    OrderFinished,
    OrderReturned,
    RevisitMade,
)
from dispatcher.domain.events.lookups import (
    ConfirmationTakenBack,
    LookupConfirmed,
    LookupEnded,
    LookupHandedOver,
    LookupOpened,
    LookupRecorded,
    LookupRequested,
    LookupResumed,
    LookupSilent,
)
from dispatcher.domain.lookups.codes import AnswerStatus, Desk, RequestStatus, Side
from dispatcher.domain.messages import CallLinked, CallTriaged
from dispatcher.domain.work import Work


def _seconds() -> "array[int]":
    return array("Q")


@dataclass(slots=True)
class UnitTally:
    """One unit. orders, leads: what it was asked; acknowledge, finish: seconds that it took, finish as lead only;
    cases: those that it led first; repeats: calls again, counted for it while it led."""

    orders: int = 0
    leads: int = 0
    cases: int = 0
    acknowledge: "array[int]" = field(default_factory=_seconds)
    acknowledge_in_time: int = 0
    finish: "array[int]" = field(default_factory=_seconds)
    finish_in_time: int = 0
    returns: int = 0
    cards: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    reopened: int = 0
    satisfied: int = 0
    dissatisfied: int = 0


@dataclass(slots=True)
class Tally:
    """One district, or the city. The `day` of a count is that on which it happened, 0 for the first."""

    days: int
    begins: datetime
    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    districts: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    statuses_then: Counter[str] = field(default_factory=Counter)
    closed_as: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    cards: Counter[str] = field(default_factory=Counter)
    returns_of_a_case: Counter[int] = field(default_factory=Counter)
    satisfaction: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    per_day: Counter[tuple[int, str]] = field(default_factory=Counter)
    units: dict[str, UnitTally] = field(default_factory=dict)
    messages: int = 0
    lookups: Counter[str] = field(default_factory=Counter)
    item_minutes: "array[int]" = field(default_factory=_seconds)
    person_minutes: "array[int]" = field(default_factory=_seconds)
    channels: Counter[tuple[str, str]] = field(default_factory=Counter)
    channel_seconds: Counter[str] = field(default_factory=Counter)

    def unit(self, code: str) -> UnitTally:
        """That unit's numbers."""
        if code not in self.units:
            self.units[code] = UnitTally()
        return self.units[code]

    def day(self, at: datetime) -> int:
        """The day of a moment."""
        return (at.astimezone(CITY_TIME) - self.begins).days

    # -- counting --------------------------------------------------------------------------------------

    def note(self, before: CaseRecord | None, work: Work, at: datetime) -> None:
        """Count what one message has done."""
        self.messages += 1
        case = work.case
        if case is not None:
            self._status(before, case, at)
        for order in work.orders:
            unit = self.unit(order.agency)
            unit.orders += 1
            unit.leads += order.role is Role.LEAD
        for event in work.events:
            self.events[event.ce_type] += 1
            counts = _COUNTS.get(type(event))
            if counts is not None:
                counts(self, event, before, at)

    def _status(self, before: CaseRecord | None, case: CaseRecord, at: datetime) -> None:
        was = before.status if before is not None else None
        if case.lead is not None and (before is None or (before.lead is None and before.first_receiver is None)):
            self.unit(case.lead).cases += 1
        if case.status is was:
            return
        self.statuses[case.status] += 1
        if was is not None:
            self.statuses[was] -= 1
        if case.status is CaseStatus.LINKED:
            return
        day = self.day(at)
        ended, had_ended = case.status in TERMINAL, was in TERMINAL
        if before is None:
            self.per_day[day, "opened"] += 1
        if ended and not had_ended:
            self.per_day[day, "ended"] += 1
        elif had_ended and not ended:
            self.per_day[day, "ended"] -= 1

    def _triaged(self, event: CallTriaged, _before: CaseRecord | None, at: datetime) -> None:
        local = event.received_at.astimezone(CITY_TIME)
        self.calls += 1
        self.outcomes[event.outcome] += 1
        self.categories[event.category] += 1
        self.districts[event.district or ""] += 1
        self.hours[local.hour] += 1
        self.per_day[self.day(at), "calls"] += 1

    def _linked(self, event: CallLinked, _before: CaseRecord | None, _at: datetime) -> None:
        self.links[event.kind] += 1
        if event.counted_for is not None and event.kind is LinkKind.REPEAT:
            self.unit(event.counted_for).repeats += 1

    def _acknowledged(self, event: OrderAcknowledged, before: CaseRecord | None, at: datetime) -> None:
        order = before.order(event.order_id) if before is not None else None
        clock = order.acknowledge if order is not None else None
        if clock is None:
            return
        unit = self.unit(event.agency)
        unit.acknowledge.append(round((at - clock.started_at).total_seconds()))
        unit.acknowledge_in_time += at <= clock.due_at

    def _finished(self, event: OrderFinished, before: CaseRecord | None, at: datetime) -> None:
        order = before.order(event.order_id) if before is not None else None
        if before is None or order is None or order.role is not Role.LEAD or before.finish is None:
            return
        unit = self.unit(event.agency)
        began = max(order.issued_at, before.finish.started_at)
        unit.finish.append(max(0, round((at - began).total_seconds())))
        unit.finish_in_time += (before.finish.paused_at or at) <= before.finish.due_at

    def _returned(self, event: OrderReturned, _before: CaseRecord | None, at: datetime) -> None:
        self.unit(event.agency).returns += 1
        self.returns_of_a_case[event.returns] += 1
        self.per_day[self.day(at), "returns"] += 1

    def _card(self, event: CardIssued, _before: CaseRecord | None, at: datetime) -> None:
        self.cards[event.card] += 1
        self.cards[f"{event.clock or Clock.FINISH}.{event.card}"] += 1
        self.unit(event.agency).cards[event.card] += 1
        self.per_day[self.day(at), f"{event.card} cards"] += 1

    def _reopened(self, event: CaseReopened, _before: CaseRecord | None, at: datetime) -> None:
        self.per_day[self.day(at), "reopened"] += 1
        if event.lead is not None:
            self.unit(event.lead).reopened += 1

    def _revisited(self, event: RevisitMade, _before: CaseRecord | None, _at: datetime) -> None:
        if event.satisfaction is None:
            return
        self.satisfaction[event.satisfaction] += 1
        if event.lead is not None:
            unhappy = event.satisfaction in DISSATISFIED
            self.unit(event.lead).dissatisfied += unhappy
            self.unit(event.lead).satisfied += not unhappy

    def _closed(self, event: CaseClosed, _before: CaseRecord | None, at: datetime) -> None:
        self.closed_as[event.closed_as] += 1
        self.per_day[self.day(at), "closed"] += 1

    def _refused(self, event: MessageRejected, _before: CaseRecord | None, _at: datetime) -> None:
        self.refusals[event.code] += 1

    # -- the desks ---------------------------------------------------------------------------------------

    def _lookup_opened(self, event: LookupOpened, _before: CaseRecord | None, _at: datetime) -> None:
        self.lookups[f"{event.desk}.{event.side}.opened"] += 1

    def _lookup_found(self, event: LookupConfirmed, _before: CaseRecord | None, _at: datetime) -> None:
        self.lookups[f"{event.desk}.{event.side}.confirmed"] += 1
        self.lookups["met"] += event.side is Side.LOST and event.other_case is not None
        if event.side is Side.LOST:
            minutes = self.item_minutes if event.desk is Desk.LOST_ITEM else self.person_minutes
            minutes.append(event.found_after_minutes)

    def _lookup_parted(self, event: ConfirmationTakenBack, _before: CaseRecord | None, _at: datetime) -> None:
        self.lookups[f"{event.desk}.{event.side}.taken_back"] += 1

    def _lookup_handed(self, event: LookupHandedOver, _before: CaseRecord | None, _at: datetime) -> None:
        self.lookups[f"{event.desk}.{event.side}.handed_over"] += 1

    def _lookup_ended(self, event: LookupEnded, _before: CaseRecord | None, _at: datetime) -> None:
        self.lookups[f"{event.desk}.{event.side}.{'taken_along' if event.by_service else event.lookup_status}"] += 1

    def _lookup_resumed(self, event: LookupResumed, _before: CaseRecord | None, _at: datetime) -> None:
        self.lookups[f"{event.desk}.{event.side}.resumed"] += 1

    def _lookup_asked(self, event: LookupRequested, _before: CaseRecord | None, _at: datetime) -> None:
        for one in event.requests:
            self.channels[one.database, "deferred" if one.status is RequestStatus.DEFERRED else "asked"] += 1

    def _lookup_answered(self, event: LookupRecorded, _before: CaseRecord | None, _at: datetime) -> None:
        database = event.database or event.channel
        if event.answer is AnswerStatus.UNAVAILABLE:
            self.channels[database, "unavailable"] += 1
            return
        self.channels[database, "answered"] += 1
        self.channels[database, "hit"] += event.found
        self.channels[database, "late"] += event.late
        if event.seconds is not None:
            self.channel_seconds[database] += round(event.seconds)

    def _lookup_silent(self, event: LookupSilent, _before: CaseRecord | None, _at: datetime) -> None:
        self.channels[event.database, "silent"] += 1

    def broken(self, name: str, where: str) -> None:
        """An invariant did not hold; the first case of each kind is named."""
        self.violations[name] += 1
        self.examples.setdefault(name, where)

    def month_ends(self) -> None:
        """The last day of calls is over: cases are counted as they stand, before what is under way comes to its end."""
        self.statuses_then = Counter(self.statuses)

    # -- adding up -------------------------------------------------------------------------------------

    def add(self, other: "Tally") -> None:
        """Add another district's numbers."""
        _add(self, other, skip=("days", "begins", "units", "examples"))
        for name, where in other.examples.items():
            self.examples.setdefault(name, where)
        for code, unit in other.units.items():
            _add(self.unit(code), unit)


def _add(mine: Any, other: Any, skip: tuple[str, ...] = ()) -> None:
    for one in fields(mine):
        if one.name in skip:
            continue
        held, more = getattr(mine, one.name), getattr(other, one.name)
        if isinstance(held, Counter):
            held.update(more)  # unlike +, it keeps what is zero or below
        else:
            setattr(mine, one.name, held + more)


_COUNTS: dict[type, Any] = {
    CallTriaged: Tally._triaged,
    CallLinked: Tally._linked,
    OrderAcknowledged: Tally._acknowledged,
    OrderFinished: Tally._finished,
    OrderReturned: Tally._returned,
    CardIssued: Tally._card,
    CaseReopened: Tally._reopened,
    RevisitMade: Tally._revisited,
    CaseClosed: Tally._closed,
    MessageRejected: Tally._refused,
    LookupOpened: Tally._lookup_opened,
    LookupConfirmed: Tally._lookup_found,
    ConfirmationTakenBack: Tally._lookup_parted,
    LookupHandedOver: Tally._lookup_handed,
    LookupEnded: Tally._lookup_ended,
    LookupResumed: Tally._lookup_resumed,
    LookupRequested: Tally._lookup_asked,
    LookupRecorded: Tally._lookup_answered,
    LookupSilent: Tally._lookup_silent,
}
