"""How a case ends, and begins again."""

from dispatcher.domain.codes import ClosedAs, Satisfaction
from dispatcher.domain.events.base import CaseEvent
from dispatcher.domain.messages import Deadline, OrderBrief


class RevisitMade(CaseEvent):
    """回访."""

    ce_type = "revisit.made.v1"

    answered: bool
    satisfaction: Satisfaction | None
    attempt: int


class CaseDone(CaseEvent):
    """办结: every order is done."""

    ce_type = "case.done.v1"


class CaseArchived(CaseEvent):
    """归档: it leaves the working state; the ledger keeps it."""

    ce_type = "case.archived.v1"


class CaseReopened(CaseEvent):
    """重办, with half of the normal time."""

    ce_type = "case.reopened.v1"

    deadline: Deadline | None
    orders: tuple[OrderBrief, ...] = ()


class CaseClosed(CaseEvent):
    """销号."""

    ce_type = "case.closed.v1"

    closed_as: ClosedAs
