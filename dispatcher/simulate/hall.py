"""What people in the hall do: decide reviews, ask for places, arbitrate, call back, raise what lies, withdraw."""

from datetime import datetime, timedelta
from typing import Any, Final

from dispatcher.domain import calendar, leading
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ACTIVE, ActorRole, CaseStatus, Level, Outcome, Role, Satisfaction, Urgency
from dispatcher.domain.entries import Context
from dispatcher.domain.inbox import Operation, OperatorDecided
from dispatcher.domain.messages import SourceRecord
from dispatcher.simulate.agenda import Agenda
from dispatcher.simulate.manners import Manners

_MINUTE: Final = timedelta(minutes=1)
_NOWHERE: Final = SourceRecord(topic="", partition=0, offset=0)
_GOOD: Final = (0.31, 0.40, 0.23, 0.045, 0.015)
_AFTER_TROUBLE: Final = (0.16, 0.34, 0.30, 0.14, 0.06)
"""The five answers at a revisit, for a case that went well and for one with cards, returns or a second round."""


class Hall:
    """Call takers and duty leaders. They know what a call really is: `truths`, case_id -> category and district."""

    def __init__(self, agenda: Agenda, manners: Manners) -> None:
        self.truths: dict[str, tuple[str, str]] = {}
        self._agenda, self._manners = agenda, manners
        self._random = agenda.random

    # -- what they see ---------------------------------------------------------------------------------

    def on_review(self, case: CaseRecord, at: datetime) -> None:
        """A call waits for a person."""
        waits = {Urgency.EMERGENCY: 0.4, Urgency.URGENT: 1.2}.get(case.urgency, 2.0) * self._random.lognormvariate(
            0, 0.7
        )
        self._agenda.later(at + _MINUTE * waits, self._claim, case.case_id)

    def on_opened(self, case: CaseRecord, at: datetime) -> None:
        """A case has begun; something may be asked, or come to nothing."""
        random, later = self._random, self._agenda.later
        if case.status not in ACTIVE:
            return
        if case.ask is not None:
            later(at + _MINUTE * random.uniform(0.5, 4), self._place, case.case_id)
        drawn = random.random()
        if drawn < self._manners.withdraws:
            later(at + _MINUTE * random.uniform(3, 600), self._withdraw, case.case_id, "报警人称已解决")
        elif drawn < self._manners.withdraws + self._manners.recategorised and case.outcome is Outcome.NON_POLICE:
            later(at + _MINUTE * random.uniform(10, 600), self._recategorise, case.case_id)

    def on_conference(self, case: CaseRecord, at: datetime) -> None:
        """A conference has been called: it meets in office hours."""
        later = at + timedelta(hours=self._random.uniform(4, 40))
        self._agenda.later(self._office(later), self._arbitrate, case.case_id)

    def on_likeness(self, case_id: str, other: str, at: datetime) -> None:
        """Two callers seem to tell of one event."""
        if self._random.random() < 0.8:
            self._agenda.later(at + _MINUTE * self._random.uniform(1, 15), self._merge, case_id, other)

    def on_done(self, case: CaseRecord, at: datetime) -> None:
        """All is finished: most are called back, the others end by themselves."""
        share = 0.1 if case.outcome is Outcome.POLICE else 0.75
        if self._random.random() < share:
            at = self._office(at + timedelta(hours=self._random.uniform(12, 60)))
            self._agenda.later(at, self._revisit, case.case_id)

    def on_lying(self, case_id: str, order_id: str, at: datetime) -> None:
        """A red card, and the unit still does nothing."""
        self._agenda.later(
            self._office(at + timedelta(hours=self._random.uniform(6, 30))), self._take_away, case_id, order_id
        )

    # -- what they do ----------------------------------------------------------------------------------

    def _claim(self, case_id: str) -> None:
        case = self._agenda.case(case_id)
        if case is None or case.status is not CaseStatus.REVIEW or case.claim is not None:
            return
        by = f"W{self._random.randrange(1, 41):03d}"
        self._say(case, Operation.CLAIM, by=by)
        if self._random.random() >= 0.02:  # else it is forgotten, and the claim runs out
            self._agenda.later(self._agenda.now + _MINUTE * self._random.uniform(0.3, 5), self._decide, case_id, by)

    def _decide(self, case_id: str, by: str) -> None:
        case = self._agenda.case(case_id)
        if case is None or case.status is not CaseStatus.REVIEW:
            return
        category, district = self.truths.get(case_id, (case.category, ""))
        where: dict[str, Any] = {"district": district} if district and case.district is None else {}
        if case.place.outside_city is not None:
            self._withdraw(case_id, f"已转{case.place.outside_city}110")
        elif case.outcome is Outcome.REVIEW:
            self._say(case, Operation.DECIDE, by=by, category=category, reason="回拨核实", **where)
        else:
            self._say(case, Operation.PLACE, by=by, district=district or next(iter(self._agenda.city.districts)))

    def _place(self, case_id: str) -> None:
        case = self._agenda.case(case_id)
        if case is not None and case.ask is not None and case.status in ACTIVE:
            self._say(case, Operation.PLACE, district=self.truths[case_id][1], reason="补问地点")

    def _withdraw(self, case_id: str, reason: str) -> None:
        case = self._agenda.case(case_id)
        if case is not None and case.status in ACTIVE | {CaseStatus.REVIEW}:
            self._say(case, Operation.WITHDRAW, role=ActorRole.DUTY_LEADER, reason=reason)

    def _recategorise(self, case_id: str) -> None:
        case = self._agenda.case(case_id)
        if case is None or case.status not in ACTIVE or case.outcome is not Outcome.NON_POLICE:
            return
        matters = self._agenda.city.matters.values()
        others = [m.code for m in matters if m.outcome is Outcome.NON_POLICE and m.code != case.category]
        self._say(case, Operation.RECATEGORISE, category=self._random.choice(others), reason="核实后改类")

    def _merge(self, case_id: str, other: str) -> None:
        case, into = self._agenda.case(case_id), self._agenda.case(other)
        if into is not None and into.merged_into is not None:
            into = self._agenda.case(into.merged_into)
        live = ACTIVE | {CaseStatus.REVIEW}
        if case is None or into is None or case is into or case.members or not {case.status, into.status} <= live:
            return
        self._say(case, Operation.MERGE, role=ActorRole.DUTY_LEADER, other=into.case_id, reason="多人反映同一事项")

    def _arbitrate(self, case_id: str) -> None:
        case = self._agenda.case(case_id)
        if case is None or case.status is not CaseStatus.CONFERENCE:
            return
        context = Context(record=_NOWHERE, at=self._agenda.now, city=self._agenda.city, policy=self._agenda.policy)
        units = list(dict.fromkeys((*leading.owners(case, context), *case.tried)))
        owner = self._random.choice(units)
        self._say(case, Operation.ARBITRATE, role=ActorRole.DUTY_LEADER, unit=owner, reason="按事项清单裁定")

    def _revisit(self, case_id: str) -> None:
        case = self._agenda.case(case_id)
        if case is None or case.status is not CaseStatus.DONE:
            return
        if self._random.random() < 0.28:
            self._say(case, Operation.REVISIT, answered=False)
            later = self._agenda.now + timedelta(hours=self._random.uniform(20, 30))
            self._agenda.later(self._office(later), self._revisit, case_id)
            return
        troubled = case.cards or case.returns or case.repeats > 1
        answer = self._random.choices(list(Satisfaction), _AFTER_TROUBLE if troubled else _GOOD)[0]
        self._say(case, Operation.REVISIT, answered=True, satisfaction=answer)

    def _take_away(self, case_id: str, order_id: str) -> None:
        """An assisting unit that does nothing is let go; a leading one is passed over by raising the case a level."""
        case = self._agenda.case(case_id)
        order = case.order(order_id) if case is not None else None
        if case is None or order is None or not order.open or case.status not in ACTIVE:
            return
        if order.role is Role.ASSIST:
            self._say(case, Operation.DROP_ASSIST, unit=order.agency, reason="协办单位未到场，主办单位已处置")
        elif case.level is not Level.CITY and self._random.random() < 0.8:
            self._say(case, Operation.RAISE_LEVEL, level=Level.CITY, reason="红牌后仍未办理，提级")

    # -- within ----------------------------------------------------------------------------------------

    def _say(
        self,
        case: CaseRecord,
        operation: Operation,
        *,
        by: str = "W001",
        role: ActorRole = ActorRole.CALL_TAKER,
        **fields: Any,
    ) -> None:
        self._agenda.say(OperatorDecided, case_id=case.case_id, operation=operation, actor=by, role=role, **fields)

    def _office(self, at: datetime) -> datetime:
        hours = self._agenda.policy.hours
        if calendar.in_office_hours(at, hours=hours):
            return at
        return calendar.next_office_opening(at, hours=hours) + _MINUTE * self._random.uniform(5, 180)
