"""Who leads now, and why it is another unit than before."""

from dispatcher.domain.codes import Level, Outcome
from dispatcher.domain.events.base import CaseEvent
from dispatcher.domain.messages import OrderBrief


class Relead(CaseEvent):
    """A change of who leads: the orders issued for it, and who led before."""

    before_lead: str | None
    orders: tuple[OrderBrief, ...] = ()
    routing: str


class CaseRerouted(Relead):
    """A first return: the matter goes to its next owner."""

    ce_type = "case.rerouted.v1"


class ConferenceCalled(Relead):
    """会商: an arbiter will decide; `units` are those that have had the case or were proposed."""

    ce_type = "conference.called.v1"

    units: tuple[str, ...]


class CaseArbitrated(Relead):
    """The arbiter's decision: from now on nobody may return the case."""

    ce_type = "case.arbitrated.v1"


class CaseRecategorised(Relead):
    """改类: another matter, and so another owner; one action, one line."""

    ce_type = "case.recategorised.v1"

    before_category: str
    before_outcome: Outcome


class ReviewDecided(Relead):
    """A person's answer to a call on which the system abstained."""

    ce_type = "review.decided.v1"

    before_category: str
    before_outcome: Outcome


class CasePlaced(Relead):
    """The place became known, and with it the unit."""

    ce_type = "case.placed.v1"


class HandedOver(Relead):
    """The owner's working time began: it takes over from who covered it (rule 9.6)."""

    ce_type = "case.handed_over.v1"


class LevelRaised(Relead):
    """提级办理."""

    ce_type = "case.level_raised.v1"

    level: Level
