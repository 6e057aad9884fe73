"""How casework writes the ledger: the fields that every event carries, and the events that several handlers share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.messages import (
    AlertRaised,
    CallTriaged,
    Decision,
    OrderBrief,
    SourceRecord,
    TriagedCall,
    WorkOrder,
)
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may know besides case and message: the inbox record it answers, the city and its policy."""

    record: SourceRecord
    at: datetime
    city: City
    policy: Policy


def brief(order: WorkOrder) -> OrderBrief:
    return OrderBrief(
        order_id=order.order_id,
        agency=order.agency,
        role=order.role,
        capacity=order.capacity,
        covers_for=order.covers_for,
        deadlines=order.deadlines,
    )


def event_id(case_id: str, context: Context, index: int) -> str:
    return ids.event_id(case_id, context.record.topic, context.record.partition, context.record.offset, index)


def decided(
    decision: Decision,
    district: str | None,
    lead: str | None,
    assist: tuple[str, ...],
    call_id: str,
    case_id: str,
    source: SourceRecord,
    context: Context,
) -> dict[str, Any]:
    """The fields that every ledger event carries."""
    return {
        "at": context.at,
        "call_id": call_id,
        "case_id": case_id,
        "outcome": decision.outcome,
        "category": decision.category,
        "lead": lead,
        "assist": assist,
        "district": district,
        "urgency": decision.urgency,
        "confidence": decision.confidence,
        "reason": decision.reason,
        "rule": decision.rule,
        "model": decision.model,
        "policy": decision.policy,
        "source": source,
    }


def about(case: CaseRecord, call: TriagedCall, context: Context) -> dict[str, Any]:
    """Those fields for a call on a case; a call that names no district lies where its case does."""
    district = call.place.district or case.district
    return decided(call.decision, district, case.lead, case.assist, call.call_id, case.case_id, call.source, context)


def triaged_event(call: TriagedCall, fields: dict[str, Any], context: Context) -> CallTriaged:
    return CallTriaged(
        **fields,
        event_id=event_id(fields["case_id"], context, 0),
        received_at=call.received_at,
        channel=call.channel,
        fingerprint=call.fingerprint,
        suggestions=call.decision.suggestions,
        cues=call.decision.cues,
        extracted=call.decision.extracted,
        unknown_fields=call.unknown_fields,
    )


def alert(
    alert: str,
    reason: str,
    case_id: str,
    call_id: str | None,
    source: SourceRecord,
    context: Context,
    index: int,
) -> AlertRaised:
    return AlertRaised(
        event_id=event_id(case_id, context, index),
        at=context.at,
        case_id=case_id,
        alert=alert,
        reason=reason,
        call_id=call_id,
        source=source,
    )
