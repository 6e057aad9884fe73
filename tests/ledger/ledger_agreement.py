"""Whether the folded rows of a case say what ``case-state`` says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import CaseStatus
from dispatcher.ledger.draft import Known
from dispatcher.ledger.entry import Row, as_text

_SAME = (
    *("call_id", "status", "outcome", "category", "urgency", "district", "lead", "level", "returns", "repeats"),
    *("arbitrated", "merged_into", "opened_at", "first_order_at", "finished_at", "closed_as"),
)


def agree(case: CaseRecord, known: Known) -> None:
    """The rows of `case` tell what it is; of what only guards a call_id, no more than its status."""
    row = known.case(case.case_id)
    if case.status is CaseStatus.LINKED:
        assert row is None
        return
    assert row is not None
    if case.status is CaseStatus.ARCHIVED:
        assert row["status"] == CaseStatus.ARCHIVED
        return
    told = {name: _text(getattr(case, name)) for name in _SAME}
    assert {name: row[name] for name in _SAME} == told
    assert row["assist"] == " ".join(case.assist)
    assert row["confidential"] in (case.confidential, None)
    assert row["cards"] == len(case.cards)
    if case.finish is not None:
        assert (row["finish_due"], row["finish_paused_at"]) == (_text(case.finish.due_at), _text(case.finish.paused_at))
    orders: list[Any] = [(order.order_id, order.agency, order.role, order.status) for order in case.orders]
    rows = known.orders(case.case_id)
    assert [(one["order_id"], one["unit"], one["role"], one["status"]) for one in rows] == orders
    _lookup(case, known)


def _lookup(case: CaseRecord, known: Known) -> None:
    lookup = case.lookup
    if lookup is None:
        return
    row: Row | None = known.lookup(lookup.lookup_id)
    assert row is not None
    fields = ("desk", "side", "status", "opened_at", "found_at", "ended_at")
    assert {name: row[name] for name in fields} == {name: _text(getattr(lookup, name)) for name in fields}
    assert row["confirmed_by"] == (lookup.confirmation.by if lookup.confirmation is not None else None)


def _text(value: Any) -> Any:
    return as_text(value) if isinstance(value, datetime) else value
