"""Who sees how much of a case (rules 9.11 and 9.12; domain section 7). Pure; every door that shows a case asks here.

role                          ordinary case            confidential case
call taker, administrator     everything               that it exists, its clocks and its unit
duty leader, auditor          everything               everything
clerk, desk officer, grid     everything, where their unit holds an order; else nothing
worker, mediator
"""

from dataclasses import dataclass
from enum import StrEnum

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.policy import Policy


class View(StrEnum):
    """How much of a case somebody sees."""

    FULL = "full"
    OUTLINE = "outline"  # that it exists, its clocks and its unit; no text, no person, no place
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. `unit`: for those who work for one; `desk`: the desk within it, such as ``inspection`` (督察)."""

    role: ActorRole
    unit: str | None = None
    desk: str | None = None


_ALL = frozenset((ActorRole.DUTY_LEADER, ActorRole.AUDITOR))
_HALL = frozenset((ActorRole.CALL_TAKER, ActorRole.ADMINISTRATOR))
#: Of a unit's people only these see a confidential case.
_TRUSTED = frozenset((ActorRole.UNIT_CLERK, ActorRole.DESK_OFFICER))


def view(case: CaseRecord, viewer: Viewer, policy: Policy) -> View:
    """How much of `case` the viewer sees."""
    if viewer.role in _ALL:
        return View.FULL
    if viewer.role in _HALL:
        return View.OUTLINE if case.confidential else View.FULL
    holds = viewer.unit is not None and any(order.agency == viewer.unit for order in case.orders)
    if not holds or viewer.role is ActorRole.SYSTEM:
        return View.NOTHING
    # A complaint about police is for the inspectors, whichever station it is about (rule 9.12).
    desk = policy.casework.desks.get(case.category)
    if desk is not None and viewer.desk != desk:
        return View.NOTHING
    if case.confidential and viewer.role not in _TRUSTED:
        return View.NOTHING
    return View.FULL
