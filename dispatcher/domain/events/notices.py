"""What a unit is told about an order that it already holds."""

from datetime import datetime
from enum import StrEnum

from dispatcher.domain.codes import Clock
from dispatcher.domain.messages import Complete, Deadline


class NoticeKind(StrEnum):
    WITHDRAWN = "withdrawn"  # another unit has the matter; do nothing more
    REOPENED = "reopened"
    DEADLINE = "deadline"  # it has moved, or stands still
    REMINDER = "reminder"
    CARD = "card"
    URGED = "urged"
    PARTNERS = "partners"  # who leads or assists has changed
    CLOSED = "closed"


class OrderNotice(Complete):
    """``work_order.notice.v1`` on ``order-notices``: something about an order that its unit already holds."""

    ce_type = "work_order.notice.v1"

    notice_id: str
    order_id: str
    case_id: str
    agency: str
    notice: NoticeKind
    reason: str
    at: datetime
    deadlines: dict[Clock, Deadline]
