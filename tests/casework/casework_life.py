"""Any life of a few cases: callers, units, people and time in any order, sensible or not, all through the world."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from casework_laws import Law
from casework_world import OFFICE, POLICE, WatchedWorld, latest_order
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ACTIVE, GUARDS, ActorRole, CaseStatus, Level, Outcome, Satisfaction, Urgency
from dispatcher.domain.inbox import AgencyReplied, DeadlineElapsed, Operation, ReplyAction, TimerKind
from dispatcher.domain.lookups.codes import OPEN, Action
from dispatcher.domain.messages import Message
from dispatcher.domain.operations import OPERATIONS as OPERATIONS_RULES

#: One clock of the machine for all: how many lives each law sees, and how long they are.
LIVES = settings(
    max_examples=250,
    stateful_step_count=35,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

#: Matters of the city, of the district and of the police, with owners that sleep; disputes; what is nobody's.
CATEGORIES = st.sampled_from(
    ["civil_dispute", "neighbour_dispute", "dispute_risk", "fire", "gas_supply", "gas_leak", "elevator_fault",
     "trapped_rescue", "violent_crime", "public_hazard", "education", "noise_business", "government_query", "petition",
     "prank", "silent_call", "self_harm", "lost_item_taxi", "found_item", "missing_vulnerable", "missing_contact"]
)  # fmt: skip
OUTCOMES = st.sampled_from([None, None, None, None, *Outcome])
URGENCIES = st.sampled_from([Urgency.ROUTINE, *Urgency])
DISTRICTS = st.sampled_from([("heping",), ("heping",), ("shenhe", "tiexi"), ()])
CALLERS = st.sampled_from(["13800000001", "13800000002", None])
UNITS = st.sampled_from(
    ["housing", "justice", POLICE, "fire-rescue", "hotline-12345", "ecology", "district-heping", "education",
     "urban-management", "medical-emergency"]
)  # fmt: skip
#: A unit may be named twice.
SETS_OF_UNITS = st.lists(UNITS, min_size=1, max_size=3).map(tuple)
#: Minutes; a life has hours, nights, weeks.
WAITS = st.sampled_from([0, 1, 5, 9, 30, 59, 61, 240, 720, 1440, 3 * 1440, 9 * 1440, 11 * 1440, 40 * 1440])
_FOR_WEEKS = 14 * 1440
ROLES = st.sampled_from([ActorRole.DUTY_LEADER] * 6 + list(ActorRole))
ACTIONS = st.sampled_from(
    [
        *ReplyAction,
        ReplyAction.ACKNOWLEDGE,
        ReplyAction.FINISH,
        ReplyAction.FINISH,
        ReplyAction.RETURN,
        ReplyAction.RETURN,
    ]
)
OPERATIONS = st.sampled_from(list(Operation))
WORDS = (ReplyAction.ACKNOWLEDGE, ReplyAction.PROGRESS, ReplyAction.FINISH, ReplyAction.FINISH, ReplyAction.RETURN)
#: Mostly the latest case, so that something becomes of it.
CASES = st.sampled_from([0, 0, 0, 0, 1, 2])

#: operation -> statuses in which the program lets people decide it; and those that bring a case to another status.
OPERATIONS_WHILE = {operation: rule.statuses for operation, rule in OPERATIONS_RULES.items()}
MOVES = (
    Operation.DECIDE, Operation.PLACE, Operation.RECATEGORISE, Operation.ARBITRATE, Operation.RAISE_LEVEL, Operation.TRANSFER,
    Operation.TRANSFER_ANSWER, Operation.MERGE, Operation.UNMERGE, Operation.REOPEN, Operation.WITHDRAW, Operation.WHISTLE,
    Operation.MEDIATE, Operation.REVISIT, Operation.ADD_ASSIST, Operation.DROP_ASSIST, Operation.CLAIM,
)  # fmt: skip

#: What nobody should say, and somebody will.
ODD = st.one_of(
    st.sampled_from(["", " ", "\n", "none", "\u202e取消", "💥", "a" * 5_000, "\x7f", "é", "𠮷"]), st.text(max_size=30)
)


#: For what is looked at when a life is over. Not made shorter where it fails: that takes minutes; the laws name the moment.
WHOLE_LIVES = settings(LIVES, max_examples=60, phases=[Phase.explicit, Phase.generate])


class Life(RuleBasedStateMachine):
    """`law`: what to hold every moment against; `on_error`: who takes an error of the program (None: the test ends)."""

    law: Law = staticmethod(lambda _: None)
    on_error: Callable[[Message, Exception], None] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.world = WatchedWorld(watch=type(self).law, on_error=type(self).on_error)
        self.now = OFFICE
        self.calls = 0

    # -- callers ---------------------------------------------------------------------------------------

    @initialize(category=CATEGORIES, urgency=URGENCIES, districts=DISTRICTS, night=st.booleans())
    def first_call(self, category: str, urgency: Urgency, districts: tuple[str, ...], night: bool) -> None:
        self.now += timedelta(hours=12) if night else timedelta()
        self.call(category, None, urgency, districts, None, "13800000001")

    @precondition(lambda self: self.calls < 3)
    @rule(
        category=CATEGORIES,
        outcome=OUTCOMES,
        urgency=URGENCIES,
        districts=DISTRICTS,
        outside=st.sampled_from([None, None, None, "大连"]),
        caller=CALLERS,
    )
    def call(
        self,
        category: str,
        outcome: Outcome | None,
        urgency: Urgency,
        districts: tuple[str, ...],
        outside: str | None,
        caller: str | None,
    ) -> None:
        self.calls += 1
        self.world.ring(
            f"c-{self.calls}",
            category,
            at=self.now,
            outcome=outcome,
            urgency=urgency,
            districts=districts,
            outside_city=outside,
            caller=caller,
        )

    @precondition(lambda self: self.cases() and self.calls < 8)
    @rule(number=CASES, urgency=URGENCIES, outcome=OUTCOMES, placed=st.booleans())
    def call_again(self, number: int, urgency: Urgency, outcome: Outcome | None, placed: bool) -> None:
        """About the matter of a case."""
        self.call(self.case(number).category, outcome, urgency, ("heping",) if placed else (), None, "13800000001")

    # -- time ------------------------------------------------------------------------------------------

    @rule(minutes=WAITS)
    def wait(self, minutes: int) -> None:
        """Before weeks pass the desks close what they search: else most of what is looked at were questions that nobody answers."""
        for case in self.cases() if minutes > _FOR_WEEKS else ():
            if case.lookup is not None and case.lookup.status in OPEN:
                self.world.acts(case.case_id, Action.NOT_FOUND, at=self.now)
        self.now += timedelta(minutes=minutes)
        self.world.advance(self.now)

    @rule()
    def until_something_falls_due(self) -> None:
        self.now = max(self.now, self.world.next_moment() or self.now)
        self.world.advance(self.now)

    @precondition(lambda self: self.cases())
    @rule(number=CASES, kind=st.sampled_from(list(TimerKind)), subject=ODD, minutes=WAITS)
    def forged_deadline(self, number: int, kind: TimerKind, subject: str, minutes: int) -> None:
        due = self.now + timedelta(minutes=minutes - 60)
        case_id = self.case(number).case_id
        self.world.say(DeadlineElapsed(case_id=case_id, kind=kind, subject=subject, due_at=due), at=self.now)

    # -- units -----------------------------------------------------------------------------------------

    @precondition(lambda self: self.cases())
    @rule(number=CASES, action=ACTIONS, pick=st.integers(0, 3), proposed=UNITS, settled=st.booleans())
    def unit(self, number: int, action: ReplyAction, pick: int, proposed: str, settled: bool) -> None:
        """A unit about one of the case's latest orders; mostly one that is open."""
        case = self.case(number)
        orders = [order for order in case.orders if order.open] or list(case.orders)
        order = orders[-1 - pick % len(orders)] if orders else None
        self.world.say(
            AgencyReplied(
                message_id=self.world.number(),
                case_id=case.case_id,
                order_id=order.order_id if order else "none",
                agency=order.agency if order else proposed,
                action=action,
                text="已处理",
                proposed=proposed,
                settled=settled,
            ),
            at=self.now,
        )

    @precondition(lambda self: self.cases())
    @rule(
        number=CASES,
        action=ACTIONS,
        order_id=ODD,
        agency=st.one_of(UNITS, ODD),
        text=ODD,
        proposed=ODD,
        own=st.booleans(),
    )
    def odd_unit(
        self, number: int, action: ReplyAction, order_id: str, agency: str, text: str, proposed: str, own: bool
    ) -> None:
        """A forgery, or a unit that writes what it likes."""
        case = self.case(number)
        order = latest_order(case)
        self.world.say(
            AgencyReplied(
                message_id=text[:40],
                case_id=case.case_id,
                order_id=order.order_id if own and order else order_id,
                agency=order.agency if own and order else agency,
                action=action,
                clerk=agency,
                text=text,
                proposed=proposed,
            ),
            at=self.now,
        )

    @precondition(lambda self: self.cases())
    @rule(number=CASES, action=st.sampled_from(WORDS), proposed=UNITS)
    def lead(self, number: int, action: ReplyAction, proposed: str) -> None:
        """The leading unit goes on with its work, or gives it back."""
        self.world.unit_says(self.case(number).case_id, action, at=self.now, proposed=proposed)

    @precondition(lambda self: self.cases())
    @rule(number=CASES)
    def all_finish(self, number: int) -> None:
        case = self.case(number)
        for order in case.orders:
            if order.open:
                self.world.unit_says(case.case_id, ReplyAction.FINISH, at=self.now, unit=order.agency)

    # -- people ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.cases())
    @rule(number=CASES, role=ROLES, other=CASES, data=st.data())
    def person(self, number: int, role: ActorRole, other: int, data: st.DataObject) -> None:
        """What may be decided about a case that stands so, and now and then what may not."""
        case = self.case(number)
        fitting = [one for one, allowed in OPERATIONS_WHILE.items() if case.status in allowed]
        operation = data.draw(st.sampled_from(fitting * 3 + list(Operation)))
        self.decides(case, operation, role, self.case(other).case_id, data)

    @precondition(lambda self: self.cases())
    @rule(number=CASES, other=CASES, data=st.data())
    def person_moves_it(self, number: int, other: int, data: st.DataObject) -> None:
        """What brings a case from one status to another."""
        case = self.case(number)
        fitting = [one for one in MOVES if case.status in OPERATIONS_WHILE[one]]
        if fitting:
            operation = data.draw(st.sampled_from(fitting))
            self.decides(case, operation, ActorRole.DUTY_LEADER, self.case(other).case_id, data)

    def decides(self, case: CaseRecord, operation: Operation, role: ActorRole, other: str, data: st.DataObject) -> None:
        fields = data.draw(_wishes(case, operation))
        if operation in (Operation.MERGE, Operation.LINK):
            fields["other"] = other
        self.world.person_says(case.case_id, operation, at=self.now, role=role, **fields)

    @precondition(lambda self: self.cases())
    @rule(number=CASES, operation=OPERATIONS, role=ROLES, odd=ODD, second=ODD, minutes=st.integers())
    def odd_person(
        self, number: int, operation: Operation, role: ActorRole, odd: str, second: str, minutes: int
    ) -> None:
        self.world.person_says(
            self.case(number).case_id,
            operation,
            at=self.now,
            message_id=odd[:40],
            actor=second,
            role=role,
            reason=second,
            category=odd,
            district=odd,
            unit=odd,
            units=(odd, second, odd),
            platform=odd,
            other=second,
            accepted=bool(minutes % 2),
            answered=bool(minutes % 2),
            minutes=minutes,
            rung=odd,
            text=second,
        )

    # -- what is there ---------------------------------------------------------------------------------

    def cases(self) -> list[CaseRecord]:
        """The cases, in the order in which they came to be."""
        return [case for case in self.world.cases.values() if case.status not in GUARDS]

    def case(self, number: int) -> CaseRecord:
        cases = self.cases()
        return cases[-1 - number % len(cases)]


def _wishes(case: CaseRecord, operation: Operation) -> st.SearchStrategy[dict[str, Any]]:
    """Fields with which the operation may be allowed."""
    on_it = [order.agency for order in case.orders if order.open]
    some: dict[str, st.SearchStrategy[Any]] = {"reason": st.just("理由")}
    match operation:
        case Operation.DECIDE | Operation.RECATEGORISE:
            some |= {
                "category": CATEGORIES,
                "outcome": OUTCOMES,
                "urgency": st.one_of(st.none(), URGENCIES),
                "district": st.sampled_from([None, "heping", "heping"]),
            }
        case Operation.SPLIT:
            some |= {"category": CATEGORIES, "outcome": OUTCOMES, "text": st.just("另一件事")}
        case Operation.PLACE:
            some |= {"district": st.sampled_from(["heping", "shenhe", "xinmin"])}
        case Operation.ARBITRATE | Operation.ADD_ASSIST:
            some |= {"unit": UNITS}
        case Operation.DROP_ASSIST:
            some |= {"unit": st.sampled_from(on_it) if on_it else UNITS}
        case Operation.RAISE_LEVEL:
            some |= {"level": st.sampled_from([Level.CITY, *Level])}
        case Operation.TRANSFER | Operation.THREE_WAY:
            some |= {"platform": st.sampled_from(["12345", "119", "120", "122"]), "text": st.just("通话")}
        case Operation.TRANSFER_ANSWER:
            some |= {"accepted": st.booleans(), "unit": st.one_of(st.none(), UNITS)}
        case Operation.WHISTLE:
            some |= {"units": SETS_OF_UNITS, "minutes": st.sampled_from([None, 30])}
        case Operation.MEDIATE:
            some |= {"rung": st.sampled_from([None, "street", "police_mediation"])}
        case Operation.REVISIT:
            some |= {
                "answered": st.booleans(),
                "satisfaction": st.one_of(st.none(), st.sampled_from(list(Satisfaction))),
            }
        case Operation.CONFIDENTIAL:
            some |= {"confidential": st.booleans()}
        case Operation.CARE | Operation.NOTE:
            some |= {"text": st.just("独居老人")}
        case _:
            pass
    return st.fixed_dictionaries(some)


def bring_to_an_end(world: WatchedWorld, at: Any) -> None:
    """All units answer, people decide, revisits are made: ten rounds of it are more than any case needs."""
    for _ in range(10):
        for case_id in [case.case_id for case in world.cases.values()]:
            _settle(world, case_id, at)


def _settle(world: WatchedWorld, case_id: str, at: Any) -> None:
    status = world.cases[case_id].status
    if status is CaseStatus.REVIEW:
        world.person_says(case_id, Operation.RELEASE, at=at)
        actor = claim.by if (claim := world.cases[case_id].claim) else "W001"
        world.person_says(case_id, Operation.DECIDE, at=at, actor=actor, category="noise_business", district="heping")
    if status is CaseStatus.CONFERENCE:
        world.person_says(case_id, Operation.ARBITRATE, at=at, unit="urban-management")
    if world.cases[case_id].status in ACTIVE:
        for order in world.cases[case_id].orders:
            if order.open:
                world.unit_says(case_id, ReplyAction.FINISH, at=at, unit=order.agency)
    if world.cases[case_id].status is CaseStatus.DONE:
        world.person_says(case_id, Operation.REVISIT, at=at, answered=True, satisfaction=Satisfaction.SATISFIED)
