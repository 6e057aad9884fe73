"""What the events of a lookup mean for its row. How its case stands has been taken over before."""

from collections.abc import Callable

from dispatcher.domain.lookups.codes import LookupStatus
from dispatcher.ledger.draft import Draft
from dispatcher.ledger.entry import Row

SILENT = "silent"
"""Stands as the status of an answer that did not come in time."""


def _standing(draft: Draft) -> Row:
    row = draft.lookup()
    row.update(
        desk=draft.entry.needed("desk"),
        side=draft.entry.needed("side"),
        status=draft.entry.needed("lookup_status"),
    )
    return row


def _told(draft: Draft) -> None:
    _standing(draft)


def _opened(draft: Draft) -> None:
    _standing(draft).update(opened_at=draft.at, since=draft.entry.moment("since"))


def _requested(draft: Draft) -> None:
    _standing(draft)["requests"] += len(draft.entry.inners("requests"))


def _recorded(draft: Draft) -> None:
    entry, row = draft.entry, draft.lookup()
    row["answers"] += 1
    draft.add(
        "lookup_answers",
        lookup_id=row["lookup_id"],
        **{name: entry.text(name) for name in ("request_id", "channel", "database")},
        status=entry.text("answer"),
        found=entry.yes("found"),
        hits=len(entry.inners("hits")),
        dropped=entry.whole("dropped"),
        late=entry.yes("late"),
        seconds=entry.number("seconds"),
        tries=entry.whole("tries"),
    )


def _silent(draft: Draft) -> None:
    row = _standing(draft)
    asked = {name: draft.entry.text(name) for name in ("request_id", "channel", "database")}
    draft.add("lookup_answers", lookup_id=row["lookup_id"], status=SILENT, found=False, **asked)


def _counts(column: str) -> Callable[[Draft], None]:
    def count(draft: Draft) -> None:
        _standing(draft)[column] += 1

    return count


def _confirmed(draft: Draft) -> None:
    entry = draft.entry
    _standing(draft).update(
        found_at=draft.at,
        found_after_minutes=entry.whole("found_after_minutes"),
        confirmed_by=entry.needed("by"),
        other_case=entry.text("other_case"),
    )


def _again(draft: Draft) -> None:
    row = _standing(draft)
    row.update(resumed=row["resumed"] + 1, ended_at=None, ended_by_service=None)
    _not_it(row)


def _not_it(row: Row) -> None:
    row.update(found_at=None, found_after_minutes=None, confirmed_by=None, other_case=None)


def _handed_over(draft: Draft) -> None:
    _standing(draft).update(handed_over_at=draft.at, ended_at=draft.at, receipt=draft.entry.text("receipt"))


def _ended(draft: Draft) -> None:
    row = _standing(draft)
    row.update(ended_at=draft.at, ended_by_service=draft.entry.yes("by_service"))
    if row["status"] == LookupStatus.CANCELLED and not row["ended_by_service"]:
        _not_it(row)  # a person who cancels takes a confirmation back


FOLDS: dict[str, Callable[[Draft], None]] = {
    "lookup.opened.v1": _opened,
    "lookup.requested.v1": _requested,
    "lookup.recorded.v1": _recorded,
    "lookup.silent.v1": _silent,
    "lookup.candidate.v1": _counts("candidates"),
    "candidate.rejected.v1": _told,
    "lookup.facts.v1": _told,
    "lookup.sighted.v1": _counts("sightings"),
    "lookup.confirmed.v1": _confirmed,
    "lookup.parted.v1": _again,
    "lookup.handed_over.v1": _handed_over,
    "lookup.ended.v1": _ended,
    "lookup.resumed.v1": _again,
    "lookup.escalated.v1": _counts("escalations"),
    "lookup.widened.v1": _counts("widenings"),
}
