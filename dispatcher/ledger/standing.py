"""How a case stands after an event: what nearly every event tells, taken over into the rows of the case and its orders."""

from dispatcher.domain.codes import CaseStatus, OrderStatus
from dispatcher.ledger.draft import Draft

_ENDS = frozenset((CaseStatus.DONE, CaseStatus.CLOSED, CaseStatus.ARCHIVED, CaseStatus.MERGED, CaseStatus.INVALID))
"""While a case stands so, when it was finished and closed stays written; otherwise it has begun again."""
#: What an event tells of its case besides its status and who assists.
ABOUT = ("outcome", "category", "urgency", "district", "lead")


def stand(draft: Draft) -> None:
    """Take over what the event tells of its case: whoever neither leads nor assists any more has no open order."""
    entry, case = draft.entry, draft.case()
    assist, status = entry.texts("assist"), entry.needed("status")
    case.update({name: entry.text(name) for name in ABOUT})
    case.update(
        status=status,
        assist=" ".join(assist),
        first_lead=case["first_lead"] or case["lead"],
        last_event_at=draft.at,
    )
    if status not in _ENDS:
        begin_again(draft)
    over = status in (CaseStatus.CLOSED, CaseStatus.INVALID)
    draft.withdraw(but=frozenset() if over else frozenset((case["lead"], *assist)))
    issue(draft)


def begin_again(draft: Draft) -> None:
    """Whatever the case had come to, it is under way."""
    draft.case().update(finished_at=None, finished_in_time=None, closed_at=None, closed_as=None)


def issue(draft: Draft) -> None:
    """The orders that the event lists."""
    for brief in draft.entry.inners("orders"):
        draft.issue(brief)


def relead(draft: Draft) -> None:
    """Another unit leads. Where none was found, the case is before a person and nobody has an order (`ends.to_review`)."""
    stand(draft)
    if draft.case()["status"] == CaseStatus.REVIEW and not draft.entry.value.get("orders"):
        draft.withdraw()


def finish_due(draft: Draft) -> None:
    """The finish clock runs to another end; a lead that is at work has the same."""
    deadline = draft.entry.inner("deadline")
    if deadline is None or draft.entry.text("clock") not in (None, "finish"):
        return
    case, due = draft.case(), deadline.moment("due_at")
    case.update(finish_due=due, finish_paused_at=None)
    order = draft.lead_order(draft.entry.text("lead"))
    if order is not None and order["status"] != OrderStatus.DONE:
        draft.change(order, finish_due=due)
