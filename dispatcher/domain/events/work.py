"""Work that several units or people do together: whistles, mediation, care."""

from datetime import datetime

from dispatcher.domain.events.base import CaseEvent
from dispatcher.domain.events.orders import OfOrder
from dispatcher.domain.messages import OrderBrief


class WhistleBlown(CaseEvent):
    """吹哨: these units must report in (报到) in time."""

    ce_type = "whistle.blown.v1"

    units: tuple[str, ...]
    until: datetime
    orders: tuple[OrderBrief, ...] = ()


class WhistleAnswered(OfOrder):
    ce_type = "whistle.answered.v1"


class WhistleMissed(CaseEvent):
    """Units that had not reported in when the time was up."""

    ce_type = "whistle.missed.v1"

    units: tuple[str, ...]


class RungEntered(CaseEvent):
    """A dispute stands on a rung of the ladder. `how`: started, failed (the rung below), overdue."""

    ce_type = "mediation.rung.v1"

    rung: str
    unit: str
    until: datetime
    how: str
    orders: tuple[OrderBrief, ...] = ()


class MediationEnded(CaseEvent):
    ce_type = "mediation.ended.v1"

    rung: str
    settled: bool
    text: str


class CareStarted(CaseEvent):
    ce_type = "care.started.v1"

    who: str
    until: datetime


class CareVisited(CaseEvent):
    ce_type = "care.visited.v1"

    agency: str
    until: datetime
    text: str


class CareMissed(CaseEvent):
    """Nobody came in time (rule 9.14)."""

    ce_type = "care.missed.v1"

    who: str
    until: datetime


class CareEnded(CaseEvent):
    ce_type = "care.ended.v1"
