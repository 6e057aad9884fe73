"""What units say of their orders."""

from dispatcher.domain.events.base import CaseEvent
from dispatcher.domain.inbox import Mode
from dispatcher.domain.messages import OrderBrief


class OfOrder(CaseEvent):
    order_id: str
    agency: str


class OrderAcknowledged(OfOrder):
    """签收. `implied`: the unit answered or finished without saying so first (rule 9.15)."""

    ce_type = "order.acknowledged.v1"

    implied: bool = False


class OrderProgressed(OfOrder):
    """承办: a text for the citizen."""

    ce_type = "order.progressed.v1"

    text: str


class OrderFinished(OfOrder):
    """办结 of one order; the case is done when all are (rule 9.7)."""

    ce_type = "order.finished.v1"

    text: str
    mode: Mode | None = None


class OrderReturned(OfOrder):
    """退单. `returns` counts those of the lead since the matter was last named (rule 9.5)."""

    ce_type = "order.returned.v1"

    proposed: str | None
    returns: int


class AssistAdded(OfOrder):
    """会签: one more unit."""

    ce_type = "assist.added.v1"

    orders: tuple[OrderBrief, ...]


class AssistDropped(OfOrder):
    """The lead goes on without this unit."""

    ce_type = "assist.dropped.v1"
