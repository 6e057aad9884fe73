"""One district's month: calls, units and people in one order of time, through the service's own pure functions."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from dispatcher.domain.calls import CallReceived
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import TERMINAL, CaseStatus, Mark
from dispatcher.domain.events import CardIssued, MergeSuggested, ReviewReleased
from dispatcher.domain.events.lookups import OfLookup
from dispatcher.domain.lookups.codes import OPEN, LookupStatus
from dispatcher.domain.lookups.messages import LookupAsked
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.messages import Message
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City
from dispatcher.domain.work import Work
from dispatcher.simulate.agenda import Agenda
from dispatcher.simulate.checks import breaches
from dispatcher.simulate.city import Callers, Plan, Planned
from dispatcher.simulate.clerks import Clerks
from dispatcher.simulate.desk import Desk
from dispatcher.simulate.hall import Hall
from dispatcher.simulate.heard import Heard
from dispatcher.simulate.tally import Tally
from dispatcher.simulate.world import Event, World

#: After the last call the city runs on until nothing is under way any more, for so many days at the most.
SETTLING_DAYS: Final = 120
#: An ended case is kept for so many days: longer than a caller is remembered, so that every call finds its case.
KEPT_DAYS: Final = 5
_TOLD_EVERY: Final = 200
#: A search that goes on, or whose end has not been collected yet: its case is kept.
_AT_THE_DESK: Final = OPEN | {LookupStatus.CONFIRMED}


def _searches(case: CaseRecord | None) -> bool:
    return case is not None and case.lookup is not None and case.lookup.status in OPEN


class District:
    """`number`: its place in the city's list, for telephone numbers that nobody else has. `on_event` hears of every event."""

    def __init__(
        self, plan: Plan, number: int, city: City, policy: Policy, *, on_event: Callable[[Event], None] = lambda _: None
    ) -> None:
        share, setting = plan.shares[number], plan.setting
        random = Random(share.seed)
        self.tally = Tally(setting.days, setting.begins)
        self._city, self._policy = city, policy
        self._world = World(city, policy, on_event=on_event, on_work=self._on_work, on_ask=self._on_ask)
        self._agenda = Agenda(self._world, city, policy, random, setting.begins)
        self._clerks = Clerks(self._agenda, plan.units, setting.manners)
        self._hall = Hall(self._agenda, setting.manners)
        self._desk = Desk(self._agenda, Random(f"{share.seed}/desk"))
        self._callers = Callers(share, number, setting, city, policy, Random(random.getrandbits(64)))
        self._open = 0
        self._searching = 0
        self._ended: deque[tuple[datetime, str]] = deque()
        self._midnight = setting.begins + timedelta(days=1)
        self._month_ends = setting.begins + timedelta(days=setting.days)

    def run(self, stop: Callable[[], bool] = lambda: False, told: Callable[[int], None] = lambda _: None) -> Tally:
        """Play the month and what follows from it; with `stop`, what there is so far. `told` hears of calls made."""
        planned = self._callers.calls()
        call, made = next(planned, None), 0
        last = self._month_ends + timedelta(days=SETTLING_DAYS)
        while True:
            due, act = self._world.next_moment(), self._agenda.next_moment()
            moments = [moment for moment in (due, act, call.at if call else None) if moment is not None]
            over = call is None and not self._open and not self._searching
            if over or not moments or stop():
                break
            now = min(moments)
            if now >= last:
                break
            while now >= self._midnight:
                self._day_ends()
            if now == due:
                self._world.advance(now)
            elif now == act:
                self._agenda.act()
            elif call is not None:
                self._take(call)
                call, made = next(planned, None), made + 1
                if made == _TOLD_EVERY:
                    told(made)
                    made = 0
        told(made)
        while self._midnight <= self._month_ends:
            self._day_ends()
        return self.tally

    def open_cases(self) -> list[CaseRecord]:
        """Cases that have not come to an end."""
        return [case for case in self._world.cases.values() if case.status not in TERMINAL]

    def open_lookups(self) -> list[LookupRecord]:
        """Searches that have not come to an end."""
        lookups = [case.lookup for case in self._world.cases.values() if case.lookup is not None]
        return [lookup for lookup in lookups if lookup.status in OPEN]

    def held_cases(self) -> int:
        """How many cases are in memory, ended or not."""
        return len(self._world.cases)

    # -- within ----------------------------------------------------------------------------------------

    def _take(self, planned: Planned) -> None:
        call = CallReceived(
            call_id=planned.call_id,
            received_at=planned.at.isoformat(),
            text=planned.text,
            caller=planned.caller,
            confidential=planned.confidential,
        )
        heard = Heard.of(
            planned.category, planned.outcome, planned.urgency, planned.districts, planned.outside, self._city
        )
        case_id = self._world.call(call, heard, at=planned.at.astimezone(UTC))
        case = self._world.cases.get(case_id or "")
        if case is not None and case.call_id == planned.call_id:
            self._hall.truths[case.case_id] = (planned.truth, planned.district)

    def _on_ask(self, asked: LookupAsked) -> None:
        self._desk.on_ask(asked)

    def _on_work(self, before: CaseRecord | None, message: Message, work: Work, at: datetime) -> None:
        for name in breaches(before, work, self._policy):
            self.tally.broken(name, f"{message.ce_type} on {getattr(message, 'case_id', '')} at {at.isoformat()}")
        self.tally.note(before, work, at)
        for order in work.orders:
            self._clerks.on_order(order)
        for notice in work.notices:
            self._clerks.on_notice(notice)
        case = work.case
        for event in work.events:
            if isinstance(event, CardIssued):
                self._clerks.on_card(event)
                if event.card is Mark.RED and event.order_id is not None and self._clerks.lies(event.order_id):
                    self._hall.on_lying(event.case_id, event.order_id, at)
            elif isinstance(event, ReviewReleased) and case is not None:
                self._hall.on_review(case, at)
            elif isinstance(event, MergeSuggested):
                self._hall.on_likeness(event.case_id, event.other, at)
            elif isinstance(event, OfLookup) and case is not None:
                self._desk.on_event(event, case, at)
        if case is not None:
            self._searching += _searches(case) - _searches(before)
            self._moved(before, case, at)

    def _moved(self, before: CaseRecord | None, case: CaseRecord, at: datetime) -> None:
        was = before.status if before is not None else None
        if before is None:
            self._hall.on_opened(case, at)
        if case.status is was:
            return
        self._open += (case.status not in TERMINAL) - (was is not None and was not in TERMINAL)
        if case.status is CaseStatus.REVIEW:
            self._hall.on_review(case, at)
        elif case.status is CaseStatus.CONFERENCE:
            self._hall.on_conference(case, at)
        elif case.status is CaseStatus.DONE:
            self._hall.on_done(case, at)
        elif case.status in TERMINAL:
            self._ended.append((at, case.case_id))

    def _day_ends(self) -> None:
        """Forget what has been over for days; at the end of the last day, count what stands."""
        old = self._midnight - timedelta(days=KEPT_DAYS)
        gone = []
        while self._ended and self._ended[0][0] < old:
            _, case_id = self._ended.popleft()
            case = self._world.cases.get(case_id)
            if case is None or case.status not in TERMINAL or case.status is CaseStatus.MERGED:
                continue  # begun again since, or it ends when the case does of which it is a part
            searched = case.lookup is not None and case.lookup.status in _AT_THE_DESK
            called = case.last_call_at is not None and case.last_call_at >= old
            if searched or called or case.merged_into in self._world.cases:  # may still be spoken of
                self._ended.append((self._midnight, case_id))
                continue
            self._clerks.forget(case)
            self._desk.forget(case)
            self._hall.truths.pop(case_id, None)
            gone.append(case_id)
        self._world.forget(gone, callers_before=self._midnight - timedelta(hours=self._policy.repeat.dispute_hours))
        if self._midnight == self._month_ends:
            self.tally.month_ends()
        self._midnight += timedelta(days=1)
