"""What each event means for the tables: a pure function ``(event, rows as they are) -> changes``. No database, no clock.

Most events tell the case as it is after them; `stand` takes that over. What only the rules of casework know besides, such as
which orders are over when another unit leads, is written at the event that does it.
"""

from collections.abc import Callable, Iterable

from dispatcher.domain.codes import GRAVITY, CaseStatus, Level, OrderStatus, Outcome
from dispatcher.domain.events import CASE_EVENTS
from dispatcher.ledger import fold_lookups, fold_orders
from dispatcher.ledger.draft import Changes, Draft, Known, in_time
from dispatcher.ledger.entry import Entry, Odd
from dispatcher.ledger.standing import ABOUT, begin_again, finish_due, issue, relead, stand

Fold = Callable[[Draft], None]

_DECIDED = ("outcome", "category", "urgency", "district", "rule", "reason", "model", "policy")


class Unknown(LookupError):
    """An event of a type that this version does not know."""


def fold(entry: Entry, known: Known) -> Changes:
    """What `entry` changes. Raises `Unknown`, and `Odd` for fields that are not those of its type."""
    act = FOLDS.get(entry.type)
    if act is None:
        raise Unknown(entry.type)
    draft = Draft(entry, known)
    act(draft)
    return draft.changes


# -- calls and openings ----------------------------------------------------------------------------------------


def _triaged(draft: Draft) -> None:
    entry = draft.entry
    draft.add(
        "calls",
        call_id=entry.needed("call_id"),
        **{name: entry.text(name) for name in (*_DECIDED, "channel")},
        confidence=entry.number("confidence"),
        received_at=entry.moment("received_at"),
        decided_at=draft.at,
    )


def _opened(draft: Draft) -> None:
    entry = draft.entry
    place = entry.inner("place")
    case = draft.new_case()
    case.update({name: entry.text(name) for name in (*_DECIDED, "lead", "related_to")})
    case.update(
        status=entry.needed("status"),
        street=place.text("street") if place is not None else None,
        first_lead=case["lead"],
        assist=" ".join(entry.texts("assist")),
        level=Level.DISTRICT.value,
        opened_at=draft.at,
        calls=1,
        arbitrated=False,
        confidential=entry.yes("confidential"),
        confidence=entry.number("confidence"),
        last_event_at=draft.at,
    )
    issue(draft)


def _linked(draft: Draft) -> None:
    entry, case = draft.entry, draft.case()
    draft.add(
        "links",
        call_id=entry.needed("call_id"),
        **{name: entry.text(name) for name in ("kind", "counted_for", "category", "district")},
        minutes_since=entry.whole("minutes_since"),
    )
    case.update(
        calls=case["calls"] + 1,
        repeats=entry.whole("repeats") or 0,
        confidential=entry.yes("confidential"),
        last_event_at=draft.at,
    )


def _raised(draft: Draft) -> None:
    """The one change of status that its event does not tell: see `dispatcher.domain.dispatch.raise_case`."""
    entry, case = draft.entry, draft.case()
    case.update({name: entry.text(name) for name in ABOUT})
    case.update(
        status=entry.text("status") or _raised_status(entry, case["status"]),
        assist=" ".join(entry.texts("assist")),
        first_lead=case["first_lead"] or case["lead"],
        last_event_at=draft.at,
    )
    begin_again(draft)
    issue(draft)


def _raised_status(entry: Entry, before: str | None) -> str | None:
    graver = _gravity(entry.needed("outcome")) > _gravity(entry.needed("before_outcome"))
    lead, routing = entry.text("lead"), entry.needed("routing")
    # Only the sentence about the routing says that its plan waits for a person (`dispatcher.domain.routing.route`).
    elsewhere = routing.startswith("事发地在") and routing.endswith("110")
    if (elsewhere or routing.endswith(("待人工研判", "待补问"))) and (graver or lead is None):
        return CaseStatus.REVIEW.value
    if lead is not None and before != CaseStatus.CONFERENCE:
        return CaseStatus.DISPATCHED.value
    return before


def _gravity(outcome: str) -> int:
    try:
        return GRAVITY[Outcome(outcome)]
    except ValueError as error:
        raise Odd(str(error)) from None


def _split_opened(draft: Draft) -> None:
    entry = draft.entry
    draft.new_case().update(
        level=Level.DISTRICT.value,
        opened_at=draft.at,
        arbitrated=False,
        confidential=entry.yes("confidential"),
        parent=entry.text("parent"),
        related_to=entry.text("parent"),
        policy=entry.text("policy"),
        rule=entry.text("rule"),
        reason=entry.text("reason"),
    )
    stand(draft)


# -- how the case stands ---------------------------------------------------------------------------------------


def _nothing(_draft: Draft) -> None:
    """The event changes no case."""


def _placed(draft: Draft) -> None:
    """A case that waits for a person to say what it is goes on waiting, its orders stay."""
    case = draft.case()
    if draft.entry.needed("outcome") == Outcome.REVIEW or case["arbitrated"]:
        stand(draft)
    else:
        relead(draft)


def _recategorised(draft: Draft) -> None:
    relead(draft)
    draft.case().update(returns=0, arbitrated=False)


def _conference(draft: Draft) -> None:
    """Its order was written before the conference lifted the finish; that was told before (`replies.call_conference`)."""
    lifted = draft.case()["finish_due"]
    stand(draft)
    case = draft.case()
    case["conferences"] += 1
    order = draft.lead_order(case["lead"])
    if order is not None and lifted is not None and case["finish_due"] < lifted:
        case["finish_due"] = lifted
        draft.change(order, finish_due=lifted)


def _arbitrated(draft: Draft) -> None:
    stand(draft)
    draft.case()["arbitrated"] = True


def _level(draft: Draft) -> None:
    before = draft.case()["status"]
    stand(draft)
    case = draft.case()
    case["level"] = draft.entry.needed("level")
    if before == CaseStatus.CONFERENCE and case["status"] != before:  # the higher level has decided whose it is
        case["arbitrated"] = True


# -- ends, and new beginnings ----------------------------------------------------------------------------------


def _done(draft: Draft) -> None:
    stand(draft)
    case = draft.case()
    due = case["finish_due"]
    kept = in_time(draft.at, due) if due is None or case["finish_paused_at"] is None else True
    case.update(finished_at=draft.at, finished_in_time=kept)


def _closed(draft: Draft) -> None:
    stand(draft)
    draft.case().update(closed_at=draft.at, closed_as=draft.entry.needed("closed_as"))


def _reopened(draft: Draft) -> None:
    """The lead's order is open again where no unit got a new one (`ends.reopen`)."""
    relead(draft)
    case = draft.case()
    case.update(reopened=case["reopened"] + 1, merged_into=None)
    order = draft.lead_order(case["lead"])
    afresh = case["status"] == CaseStatus.REOPENED and not draft.entry.value.get("orders")
    if afresh and order is not None and order["status"] != OrderStatus.ISSUED:
        again = {"status": OrderStatus.ISSUED.value, "reopened_at": draft.at}
        draft.change(order, **again, finished_at=None, finished_in_time=None)
    finish_due(draft)


def _revisit(draft: Draft) -> None:
    entry = draft.entry
    stand(draft)
    draft.add(
        "revisits",
        unit=entry.text("lead"),
        answered=entry.yes("answered"),
        attempt=entry.whole("attempt"),
        **{name: entry.text(name) for name in ("satisfaction", "category", "district")},
    )


def _merged(draft: Draft) -> None:
    stand(draft)
    draft.case()["merged_into"] = draft.entry.needed("into")


def _unmerged(draft: Draft) -> None:
    stand(draft)
    draft.case()["merged_into"] = None


def _archived(draft: Draft) -> None:
    stand(draft)
    draft.case()["archived_at"] = draft.at


def _confidential(draft: Draft) -> None:
    stand(draft)
    draft.case()["confidential"] = draft.entry.yes("confidential")


def _also(act: Fold) -> Fold:
    def both(draft: Draft) -> None:
        stand(draft)
        act(draft)

    return both


def _table(plain: Iterable[str]) -> dict[str, Fold]:
    return dict.fromkeys(plain, stand)


#: The whole of the fold: type of event -> what it changes. What is not named here only tells how its case stands.
FOLDS: dict[str, Fold] = _table(event.ce_type for event in CASE_EVENTS) | {
    "call.triaged.v1": _triaged,
    "case.opened.v1": _opened,
    "call.linked.v1": _linked,
    "case.raised.v1": _raised,
    "alert.raised.v1": _nothing,
    "case.erased.v1": _nothing,
    "message.rejected.v1": _nothing,  # it may be about a guard, which is no case
    "split.opened.v1": _split_opened,
    "case.rerouted.v1": relead,
    "conference.called.v1": _conference,
    "case.arbitrated.v1": _arbitrated,
    "case.recategorised.v1": _recategorised,
    "review.decided.v1": relead,
    "case.placed.v1": _placed,
    "case.level_raised.v1": _level,
    "case.done.v1": _done,
    "case.closed.v1": _closed,
    "case.reopened.v1": _reopened,
    "revisit.made.v1": _revisit,
    "case.merged.v1": _merged,
    "case.unmerged.v1": _unmerged,
    "case.archived.v1": _archived,
    "confidential.set.v1": _confidential,
    **fold_orders.FOLDS,
    **{kind: _also(act) for kind, act in fold_lookups.FOLDS.items()},
}
