"""One line for each decided call: in words for a person, as facts for a program."""

from dispatcher.console import view
from dispatcher.console.ledger import Ledger, Row
from dispatcher.console.words import Words, assisting
from dispatcher.domain.calls import CITY_TIME


def row_line(row: Row, ledger: Ledger, words: Words) -> str:
    """A decided call, for a person."""
    outcome = view.OUTCOMES[row.outcome][0]
    head = f"{view.clock(row.received_at)} {view.LINKED + '·' if row.linked else ''}{outcome} {words.category(row.category)}"
    where = " ".join(
        part
        for part in (f"→ {words.lead(row)}{assisting(row)}" if row.lead else "", words.district(row.district))
        if part
    )
    latency = ledger.latency(row)
    took = f" ({latency} ms)" if latency is not None else ""
    return f"{head} {where}{' ' if where else ''}| {row.text} | {row.rule}：{row.reason}{took}"


def row_facts(row: Row, ledger: Ledger) -> dict[str, object]:
    """The same for a program; codes instead of names."""
    return {
        "call_id": row.call_id,
        "case_id": row.case_id,
        "received_at": row.received_at.astimezone(CITY_TIME).isoformat(),
        "outcome": row.outcome,
        "linked": row.linked,
        "urgency": row.urgency,
        "category": row.category,
        "lead": row.lead,
        "assist": list(row.assist),
        "district": row.district,
        "rule": row.rule,
        "reason": row.reason,
        "text": None if row.confidential else row.text,
        "confidential": row.confidential,
        "latency_ms": ledger.latency(row),
    }
