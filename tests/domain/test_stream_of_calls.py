"""Any interleaving of deliveries: each call counts once, one unit leads at a time, no order twice.

The machine keeps what Kafka keeps: records of one key stay in order, everything else may happen in any order; consoles
deliver a call again at any time, or use its id for another call; now and then a message fails three times.
"""

from collections import defaultdict, deque
from datetime import UTC, datetime, timedelta

from domain_world import CITY, OFFICE, POLICY, Heard, Spot, call, context, source
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dispatcher.domain import casework, triage
from dispatcher.domain.calls import CallReceived, Salvage
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.casework import Work
from dispatcher.domain.codes import CaseStatus, Role
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.messages import (
    AttachedCall,
    CallLinked,
    CallTriaged,
    CaseOpened,
    LedgerEvent,
    Message,
    TriagedCall,
    UnreadableCall,
    WorkOrder,
)
from dispatcher.domain.triage import CallerHistory

Inbox = TriagedCall | AttachedCall | UnreadableCall

CATEGORIES = st.sampled_from(
    ["neighbour_dispute", "noise_neighbour", "dispute_risk", "violent_crime", "family_dispute", "domestic_violence",
     "gas_supply", "gas_leak", "elevator_fault", "trapped_rescue", "education", "silent_call", "withdrawn"]
)  # fmt: skip
URGENCIES = st.sampled_from(["routine", "urgent", "emergency"])
SPOTS = st.sampled_from([Spot(), Spot(("shenhe",)), Spot(("tiexi", "heping")), Spot(outside_city="大连")])
CALLERS = st.sampled_from(["a", "b"])
CONTRACT = {
    "call_id", "case_id", "outcome", "category", "lead", "assist", "district", "urgency", "confidence", "reason", "rule",
    "model", "policy", "source",
}  # fmt: skip
PARTS = ("case", "events", "orders", "forward", "passed")


class Calls(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.published: list[tuple[CallReceived, str, Heard]] = []
        self.histories: dict[str, CallerHistory] = defaultdict(CallerHistory)
        self.inbox: dict[str, deque[Inbox]] = defaultdict(deque)
        self.cases: dict[str, CaseRecord] = {}
        self.events: list[Message] = []
        self.orders: list[WorkOrder] = []
        self.failed: set[str] = set()
        self.reused: set[str] = set()
        self.offset = 0
        self.now = OFFICE

    # -- what consoles do ------------------------------------------------------------------------------

    @rule(caller=CALLERS, category=CATEGORIES, urgency=URGENCIES, spot=SPOTS, minutes=st.integers(-90, 300))
    def publish(self, caller: str, category: str, urgency: str, spot: Spot, minutes: int) -> None:
        """A new call; a negative time is one that was overtaken."""
        at = self.now + timedelta(minutes=minutes)
        self.now = max(self.now, at)
        number = len(self.published)
        received = call(f"c-{number}", at, f"第{number}个来电", caller=f"1380000000{1 + (caller == 'b')}")
        self.published.append((received, caller, Heard(category=category, urgency=urgency, place=spot)))
        self.deliver(*self.published[-1])

    @precondition(lambda self: self.published)
    @rule(data=st.data(), other_key=st.booleans())
    def deliver_again(self, data: st.DataObject, other_key: bool) -> None:
        """The same bytes once more, perhaps in a partition that knows nothing of the first."""
        received, caller, heard = data.draw(st.sampled_from(self.published))
        self.deliver(received, "elsewhere" if other_key else caller, heard)

    @precondition(lambda self: self.published)
    @rule(data=st.data(), caller=CALLERS)
    def use_an_id_again(self, data: st.DataObject, caller: str) -> None:
        received, _, heard = data.draw(st.sampled_from(self.published))
        self.reused.add(received.call_id)
        self.deliver(received.model_copy(update={"text": "完全不同的另一件事"}), caller, heard)

    def deliver(self, received: CallReceived, caller: str, heard: Heard) -> None:
        self.offset += 1
        place = source(self.offset)
        try:
            done = triage.triage(
                received,
                caller=caller,
                history=self.histories[caller],
                source=place,
                classify=heard.classify,
                city=CITY,
                policy=POLICY,
            )
        except BadRecord as error:
            found = Salvage(text=received.text, claimed_call_id=received.call_id)
            self.send(
                triage.unreadable(
                    found, error=error, caller=caller, source=place, classify=heard.classify, policy=POLICY
                )
            )
            return
        self.histories[caller] = CallerHistory.model_validate_json(done.history.encode())
        if done.call is not None:
            self.send(done.call)

    # -- what casework does ----------------------------------------------------------------------------

    @precondition(lambda self: any(self.inbox.values()))
    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        self.apply(data.draw(self.keys()))

    @precondition(lambda self: any(self.inbox.values()))
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        """Our own code raises three times on a message: its call goes to a person."""
        key = data.draw(self.keys())
        message = self.inbox[key][0]
        if isinstance(message, UnreadableCall) or (isinstance(message, AttachedCall) and message.void):
            return
        self.inbox[key].popleft()
        self.offset += 1
        carried = message.call if isinstance(message, AttachedCall) else message
        self.failed.add(carried.call_id)
        self.send(casework.stray(carried, BadRecord("ValueError", code="D311"), source(self.offset, "case-inbox")))
        for passed in casework.pass_on(carried):
            self.send(passed)

    def keys(self) -> st.SearchStrategy[str]:
        return st.sampled_from(sorted(key for key, waiting in self.inbox.items() if waiting))

    def apply(self, key: str) -> None:
        self.offset += 1
        message = self.inbox[key].popleft()
        here = context(self.offset, self.now)
        case = self.cases.get(key)
        work = casework.decide(case, message, here)
        again = casework.decide(case, message, here)  # the same input gives the same answer
        assert [getattr(work, part) for part in PARTS] == [getattr(again, part) for part in PARTS]
        self.check(key, work)
        if work.case is not None:
            self.cases[key] = CaseRecord.model_validate_json(work.case.encode())
            assert self.cases[key] == work.case
        self.events += work.events
        self.orders += work.orders
        if work.forward is not None:
            self.send(work.forward)
        for passed in work.passed:
            self.send(passed)

    def send(self, message: Inbox) -> None:
        self.inbox[message.case_id].append(type(message).model_validate_json(message.encode()))

    def check(self, key: str, work: Work) -> None:
        for event in work.events:
            assert type(event).model_validate_json(event.encode()) == event
            assert event.case_id == key
            if isinstance(event, LedgerEvent):
                assert set(event.model_dump()) >= CONTRACT
                assert event.source.topic == "calls"
        for order in work.orders:
            assert WorkOrder.model_validate_json(order.encode()) == order
            assert order.issued_at.tzinfo is UTC
            assert all(isinstance(clock.due_at, datetime) and clock.why for clock in order.deadlines.values())
        if work.orders:
            assert work.case is not None
            assert [o.agency for o in work.orders if o.role is Role.LEAD] == [work.case.lead]
            assert {o.agency for o in work.orders} == {work.case.lead, *work.case.assist}
            assert {o.urgency for o in work.orders} == {work.case.urgency}
        if work.case is not None and key in self.cases:
            assert {self.cases[key].lead, *self.cases[key].assist} - {None} <= {work.case.lead, *work.case.assist}

    # -- what must hold at any moment --------------------------------------------------------------------

    @invariant()
    def order_ids_are_unique(self) -> None:
        made = [order.order_id for order in self.orders]
        assert len(set(made)) == len(made)

    @invariant()
    def event_ids_are_unique(self) -> None:
        made = [event.event_id for event in self.events]  # type: ignore[attr-defined]
        assert len(set(made)) == len(made)

    @invariant()
    def one_unit_leads_a_dispatched_case(self) -> None:
        for case in self.cases.values():
            assert case.lead not in case.assist
            if case.status is CaseStatus.DISPATCHED:
                assert case.lead is not None

    def teardown(self) -> None:
        """Everything in flight is worked off; then each call is in the ledger once, or in front of a person."""
        for _ in range(10_000):
            waiting = sorted(key for key, messages in self.inbox.items() if messages)
            if not waiting:
                break
            self.apply(waiting[0])
        assert not any(self.inbox.values())  # no message travels for ever
        triaged, settled = defaultdict(int), defaultdict(int)
        for event in self.events:
            if isinstance(event, CallTriaged):
                triaged[event.call_id] += 1
            if isinstance(event, CaseOpened | CallLinked) and not event.call_id.startswith("unread-"):
                settled[event.call_id] += 1
        assert dict(triaged) == dict(settled)
        assert set(triaged.values()) <= {1}
        for received, _, _ in self.published:
            if received.call_id not in self.failed:
                assert triaged[received.call_id] == 1, received.call_id
        shown = {case.call_id for case in self.cases.values() if case.status is CaseStatus.REVIEW}
        assert len([one for one in shown if one.startswith("unread-")]) >= bool(self.failed)
        super().teardown()


Calls.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestCalls = Calls.TestCase
