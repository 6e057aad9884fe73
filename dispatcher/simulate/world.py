"""The whole service without Kafka: calls, replies and decisions go in, cases and events come out, time is an argument.

Nothing of the domain is written here: triage and casework are those of the service, and the timers are theirs too. What the
stream does with topics and transactions, this does with dictionaries and one queue.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

from dispatcher.domain import casework, ids
from dispatcher.domain import triage as triage_rules
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.entries import Context
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.events import CaseEvent, OrderNotice
from dispatcher.domain.inbox import DeadlineElapsed
from dispatcher.domain.lookups.messages import LookupAsked
from dispatcher.domain.messages import AlertRaised, CaseErased, LedgerEvent, Message, SourceRecord, WorkOrder
from dispatcher.domain.neighbours import PlaceRecord, PlaceSeen, on_place_seen
from dispatcher.domain.policy import Policy
from dispatcher.domain.timers import Timer, next_due
from dispatcher.domain.triage import CallerHistory, Classify
from dispatcher.domain.units import City
from dispatcher.domain.work import Work

Event = LedgerEvent | AlertRaised | CaseErased | CaseEvent
OnWork = Callable[[CaseRecord | None, Message, Work, datetime], None]


class World:
    """`on_event`, `on_order`, `on_notice` and `on_ask` hear of everything that would be written to the topics, in order.

    `on_work` hears once a message, after all that: the case as it was before, the message, what was decided, the moment.
    """

    def __init__(
        self,
        city: City,
        policy: Policy,
        *,
        on_event: Callable[[Event], None] = lambda _: None,
        on_order: Callable[[WorkOrder], None] = lambda _: None,
        on_notice: Callable[[OrderNotice], None] = lambda _: None,
        on_ask: Callable[[LookupAsked], None] = lambda _: None,
        on_work: OnWork | None = None,
    ) -> None:
        self.city = city
        self.policy = policy
        self.cases: dict[str, CaseRecord] = {}
        self.dead: list[tuple[Message, BadRecord]] = []
        self._now: datetime | None = None
        self._places: dict[str, PlaceRecord] = {}
        self._histories: dict[str, CallerHistory] = {}
        self._on_event = on_event
        self._on_order = on_order
        self._on_notice = on_notice
        self._on_ask = [on_ask]
        self._on_work = on_work
        self._calls = 0
        self._inbox = 0
        self._armed = 0
        self._due: list[tuple[datetime, int, str, Timer]] = []
        self._next: dict[str, Timer] = {}

    def listen(self, on_ask: Callable[[LookupAsked], None]) -> None:
        """Let one more hear of the questions to the desks' channels from now on."""
        self._on_ask.append(on_ask)

    def call(self, call: CallReceived, classify: Classify, *, at: datetime) -> str | None:
        """A call comes in; the case that it opens or joins, None where it had been taken before."""
        self.advance(at)
        caller = ids.pseudonym(call.caller, "simulated") if call.caller else None
        source = SourceRecord(topic="calls", partition=0, offset=self._calls)
        self._calls += 1
        done = triage_rules.triage(
            call,
            caller=caller,
            history=self._histories.get(caller or "", CallerHistory()),
            source=source,
            classify=classify,
            city=self.city,
            policy=self.policy,
        )
        if caller is not None:
            self._histories[caller] = done.history
        if done.call is None:
            return None
        self.say(done.call, at=at)
        return done.call.link.case_id if done.call.link is not None else done.call.case_id

    def say(self, message: Message, *, at: datetime) -> None:
        """A message to ``case-inbox`` and all that follows from it at the same moment."""
        self.advance(at)
        self._settle(message, at)

    def advance(self, to: datetime) -> None:
        """Let time pass: everything that falls due until then, in order."""
        while self._due and self._due[0][0] <= to:
            due, _, case_id, timer = heapq.heappop(self._due)
            if self._next.get(case_id) == timer:
                del self._next[case_id]
                elapsed = DeadlineElapsed(case_id=case_id, kind=timer.kind, subject=timer.subject, due_at=timer.due_at)
                # What a decision brings back may have fallen due long before it.
                self._now = max(self._now, due) if self._now is not None else due
                self._settle(elapsed, self._now)
        self._now = max(self._now, to) if self._now is not None else to

    def next_moment(self) -> datetime | None:
        """When something falls due next."""
        while self._due and self._next.get(self._due[0][2]) != self._due[0][3]:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def forget(self, cases: Iterable[str], *, callers_before: datetime) -> None:
        """Drop cases from memory, as the service archives them, and callers whose last call is older than that.

        A message about a forgotten case finds no case; a call that would have joined it opens one of its own.
        """
        for case_id in cases:
            self.cases.pop(case_id, None)
            self._next.pop(case_id, None)
        self._histories = {
            caller: known for caller, known in self._histories.items() if known.calls[-1].received_at >= callers_before
        }
        self._due = [due for due in self._due if self._next.get(due[2]) == due[3]]
        heapq.heapify(self._due)

    # -- within ----------------------------------------------------------------------------------------

    def _settle(self, message: Message, at: datetime) -> None:
        waiting = deque([message])
        while waiting:
            current = waiting.popleft()
            waiting += self._apply(current, at)

    def _apply(self, message: Message, at: datetime) -> list[Message]:
        record = SourceRecord(topic="case-inbox", partition=0, offset=self._inbox)
        self._inbox += 1
        case_id: str = message.case_id  # type: ignore[attr-defined]
        context = Context(record=record, at=at, city=self.city, policy=self.policy)
        if isinstance(message, PlaceSeen):
            self._places[case_id], told = on_place_seen(self._places.get(case_id), message, context)
            return [told] if told is not None else []
        before = self.cases.get(case_id)
        work = casework.decide(before, message, context)
        self._keep(work, message)
        if work.forgotten:
            del self.cases[case_id]
        if work.case is not None:
            self.cases[case_id] = work.case
        if work.case is not None or isinstance(message, DeadlineElapsed):
            self._arm(case_id)
        if self._on_work is not None:
            self._on_work(before, message, work, at)
        return [*((work.forward,) if work.forward is not None else ()), *work.passed, *work.sends]

    def _keep(self, work: Work, message: Message) -> None:
        for event in work.events:
            self._on_event(event)
        for order in work.orders:
            self._on_order(order)
        for notice in work.notices:
            self._on_notice(notice)
        for asked in work.asks:
            for hear in self._on_ask:
                hear(asked)
        if work.refused is not None:
            self.dead.append((message, work.refused))

    def _arm(self, case_id: str) -> None:
        case = self.cases.get(case_id)
        timer = next_due(case, self.policy) if case is not None else None
        if timer is None:
            self._next.pop(case_id, None)
        elif self._next.get(case_id) != timer:
            self._next[case_id] = timer
            self._armed += 1
            heapq.heappush(self._due, (timer.due_at, self._armed, case_id, timer))
