"""What events mean for the orders of a case, and what time does to them."""

from collections.abc import Callable

from dispatcher.domain.codes import CaseStatus, OrderStatus
from dispatcher.ledger.draft import Draft, in_time
from dispatcher.ledger.standing import finish_due, stand


def _acknowledged(draft: Draft) -> None:
    order = draft.order(draft.entry.needed("order_id"))
    if order is not None:
        first = order["acknowledged_at"] is None
        told = {
            "acknowledged_at": draft.at,
            "acknowledged_in_time": in_time(draft.at, order["acknowledge_due"]),
            "implied": draft.entry.yes("implied"),
        }
        draft.change(order, status=OrderStatus.ACKNOWLEDGED.value, **(told if first else {}))
    stand(draft)


def _progressed(draft: Draft) -> None:
    order = draft.order(draft.entry.needed("order_id"))
    if order is not None:
        first = order["answered_at"] is None
        told = {"answered_at": draft.at, "answered_in_time": in_time(draft.at, order["answer_due"])}
        draft.change(order, status=OrderStatus.IN_PROGRESS.value, **(told if first else {}))
    stand(draft)


def _finished(draft: Draft) -> None:
    order, paused = draft.order(draft.entry.needed("order_id")), draft.case()["finish_paused_at"]
    if order is not None:
        due = order["finish_due"]
        kept = in_time(draft.at, due) if due is None or paused is None else True
        draft.change(order, status=OrderStatus.DONE.value, finished_at=draft.at, finished_in_time=kept)
    stand(draft)


def _returned(draft: Draft) -> None:
    entry = draft.entry
    order = draft.order(entry.needed("order_id"))
    if order is not None:
        draft.change(order, status=OrderStatus.RETURNED.value, returned_at=draft.at)
    stand(draft)
    case = draft.case()
    case.update(returns=entry.whole("returns") or 0, returned=case["returned"] + 1)
    draft.add(
        "returns",
        order_id=entry.text("order_id"),
        unit=entry.needed("agency"),
        role=order["role"] if order is not None else None,
        returns=entry.whole("returns"),
        **{name: entry.text(name) for name in ("proposed", "reason", "category", "district")},
    )


def _transfer_answered(draft: Draft) -> None:
    """The platform leads: its order is done with its yes where the case is wholly theirs, and returned with its no."""
    accepted, status = draft.entry.yes("accepted"), draft.entry.needed("status")
    order = draft.lead_order(draft.case()["lead"])
    if order is not None and not accepted:
        draft.change(order, status=OrderStatus.RETURNED.value, returned_at=draft.at)
    elif order is not None and status == CaseStatus.TRANSFERRED:
        draft.change(order, status=OrderStatus.DONE.value, finished_at=draft.at)
    stand(draft)
    if not accepted and status == CaseStatus.REVIEW:
        draft.withdraw()


# -- time ------------------------------------------------------------------------------------------------------


def _moved(draft: Draft) -> None:
    """Mostly told in the middle of a change of units, whose own event follows and tells how the case stands."""
    draft.case()["last_event_at"] = draft.at
    finish_due(draft)


def _resumed(draft: Draft) -> None:
    stand(draft)
    finish_due(draft)


def _paused(draft: Draft) -> None:
    stand(draft)
    draft.case()["finish_paused_at"] = draft.at


def _card(draft: Draft) -> None:
    entry = draft.entry
    stand(draft)
    draft.case()["cards"] += 1
    draft.add(
        "cards",
        unit=entry.needed("agency"),
        due_at=entry.moment("due_at"),
        **{name: entry.text(name) for name in ("card", "clock", "order_id", "addressee", "category", "district")},
    )


FOLDS: dict[str, Callable[[Draft], None]] = {
    "order.acknowledged.v1": _acknowledged,
    "order.progressed.v1": _progressed,
    "order.finished.v1": _finished,
    "order.returned.v1": _returned,
    "transfer.answered.v1": _transfer_answered,
    "deadline.moved.v1": _moved,
    "deadline.paused.v1": _paused,
    "deadline.resumed.v1": _resumed,
    "card.issued.v1": _card,
}
