"""What every event of a case's later life carries."""

from datetime import datetime

from dispatcher.domain.codes import ActorRole, CaseStatus, Outcome, Urgency
from dispatcher.domain.messages import Complete, SourceRecord


class CaseEvent(Complete):
    """What every such event carries. `rule` is the rule of the domain (9.5), `source` the record on ``case-inbox``."""

    ce_type = "case_event.v1"

    event_id: str
    at: datetime
    call_id: str
    case_id: str
    status: CaseStatus
    outcome: Outcome
    category: str
    urgency: Urgency
    district: str | None
    lead: str | None
    assist: tuple[str, ...]
    actor: str | None
    role: ActorRole
    reason: str
    rule: str
    policy: str
    source: SourceRecord
