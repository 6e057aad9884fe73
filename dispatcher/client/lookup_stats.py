"""What the two desks have achieved, reckoned from the ledger: found and how soon, returned, and how each database answers.

Pure: events in, figures out. A lookup counts where its opening is among the events, a question where its asking is, so that
a range of time tells of what began in it. The events of one lookup must come in order, as its partition has them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from dispatcher.domain.lookups.codes import AnswerStatus, Desk, LookupStatus, RequestStatus, Side

#: Kinds of events that are looked at.
KINDS: Final = frozenset(
    (
        "lookup.opened.v1",
        "lookup.requested.v1",
        "lookup.recorded.v1",
        "lookup.silent.v1",
        "lookup.candidate.v1",
        "candidate.rejected.v1",
        "lookup.facts.v1",
        "lookup.confirmed.v1",
        "lookup.parted.v1",
        "lookup.handed_over.v1",
        "lookup.ended.v1",
        "lookup.resumed.v1",
    )
)
#: "Found within 24 h" (S0).
SOON: Final = timedelta(hours=24)
_FOUND: Final = (LookupStatus.CONFIRMED, LookupStatus.HANDED_OVER)


@dataclass(slots=True)
class _Search:
    desk: Desk
    side: Side
    opened_at: datetime
    status: LookupStatus
    minutes: int | None = None  # to its finding
    receipt: str | None = None


@dataclass(slots=True)
class _Asked:
    database: str
    status: RequestStatus
    found: bool = False
    seconds: float | None = None


@dataclass(slots=True)
class Tally:
    """Takes events in; `figures` says what they come to. `kept_from`: the score from which a finding is kept; an answer with
    one is a hit, one with nothing but unlike things is not."""

    kept_from: float
    _searches: dict[str, _Search] = field(default_factory=dict)
    _asked: dict[str, _Asked] = field(default_factory=dict)

    def take(self, kind: str, event: Mapping[str, Any]) -> None:
        """An event of the ledger, by its ce_type. Raises `LookupError`, `TypeError` or `ValueError` for one of another
        version, which then counts for nothing."""
        if kind not in KINDS:
            return
        if kind == "lookup.recorded.v1":
            self._recorded(event)
            return
        lookup_id, status = str(event["lookup_id"]), LookupStatus(event["lookup_status"])
        if kind == "lookup.opened.v1":
            at = datetime.fromisoformat(event["at"])
            self._searches[lookup_id] = _Search(Desk(event["desk"]), Side(event["side"]), at, status)
        search = self._searches.get(lookup_id)
        if search is not None:
            search.desk, search.side, search.status = Desk(event["desk"]), Side(event["side"]), status
            if kind == "lookup.confirmed.v1":
                search.minutes = int(event["found_after_minutes"])
            elif kind in ("lookup.parted.v1", "lookup.resumed.v1"):
                search.minutes = None
            elif kind == "lookup.handed_over.v1":
                search.receipt = str(event["receipt"])
        if kind == "lookup.requested.v1":
            for one in event["requests"]:
                asked = _Asked(str(one["database"]), RequestStatus(one["status"]))
                self._asked.setdefault(str(one["request_id"]), asked)
        elif kind == "lookup.silent.v1" and (silent := self._asked.get(str(event["request_id"]))) is not None:
            silent.status = RequestStatus.SILENT

    def _recorded(self, event: Mapping[str, Any]) -> None:
        asked = self._asked.get(str(event.get("request_id")))
        if asked is None:
            if str(event["lookup_id"]) not in self._searches or event.get("database") is None:
                return
            # Nobody had asked: a person looked of their own accord.
            asked = self._asked.setdefault(
                str(event["request_id"]), _Asked(str(event["database"]), RequestStatus.WAITING)
            )
        if event.get("answer") == AnswerStatus.UNAVAILABLE:
            if asked.status is not RequestStatus.ANSWERED:
                asked.status = RequestStatus.UNAVAILABLE
            return
        kept = any(float(hit["score"]) >= self.kept_from for hit in event.get("hits") or ())
        asked.status, asked.found = RequestStatus.ANSWERED, event["found"] is True and kept
        asked.seconds = float(event["seconds"]) if event.get("seconds") is not None else None

    def figures(self, now: datetime) -> dict[str, Any]:
        """Per desk and per database; shares between 0 and 1, None where there is nothing to divide by."""
        searches = list(self._searches.values())
        asked = list(self._asked.values())
        return {
            "desks": [_desk(desk, [one for one in searches if one.desk is desk], now) for desk in Desk],
            "databases": [
                _database(code, [one for one in asked if one.database == code])
                for code in dict.fromkeys(one.database for one in asked)
            ],
        }


def _desk(desk: Desk, searches: list[_Search], now: datetime) -> dict[str, Any]:
    """What people miss is counted as opened, what others have found beside it: a pair of both is found and returned once."""
    missed = [one for one in searches if one.side is Side.LOST]
    offered = [one for one in searches if one.side is Side.FOUND]
    found = [one for one in missed if one.status in _FOUND]
    minutes = [one.minutes for one in found if one.minutes is not None]
    soon = sum(one <= SOON / timedelta(minutes=1) for one in minutes)
    # A search that is not a day old may still be found within the day; one that was called off was none.
    told = [
        one
        for one in missed
        if one.status is not LookupStatus.CANCELLED and (one.minutes is not None or now - one.opened_at >= SOON)
    ]
    return {
        "desk": desk,
        "opened": len(missed),
        "searching": sum(one.status is LookupStatus.SEARCHING for one in missed),
        "candidate": sum(one.status is LookupStatus.CANDIDATE for one in missed),
        "found": len(found),
        "found_within_24h": soon,
        "share_within_24h": share(soon, len(told)),
        "median_minutes": median(minutes),
        "returned": len({one.receipt for one in searches if one.receipt and one.status is LookupStatus.HANDED_OVER}),
        "not_found": sum(one.status is LookupStatus.NOT_FOUND for one in missed),
        "cancelled": sum(one.status is LookupStatus.CANCELLED for one in missed),
        "offered": len(offered),
        "offered_matched": sum(one.status in _FOUND for one in offered),
    }


def _database(code: str, asked: list[_Asked]) -> dict[str, Any]:
    """Of one database: a question put off that has not gone out is not asked yet."""
    answered = [one for one in asked if one.status is RequestStatus.ANSWERED]
    seconds = [one.seconds for one in answered if one.seconds is not None]
    hits = sum(one.found for one in answered)
    return {
        "database": code,
        "asked": sum(one.status is not RequestStatus.DEFERRED for one in asked),
        "answered": len(answered),
        "unavailable": sum(one.status is RequestStatus.UNAVAILABLE for one in asked),
        "silent": sum(one.status is RequestStatus.SILENT for one in asked),
        "hits": hits,
        "hit_rate": share(hits, len(answered)),
        "median_seconds": median(seconds),
        "p95_seconds": nearest_rank(seconds, 0.95),
    }


def share(part: int, whole: int) -> float | None:
    """`part` of `whole`, to four places."""
    return round(part / whole, 4) if whole else None


def median(values: Iterable[float]) -> float | None:
    """The middle one, or the mean of the two in the middle."""
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def nearest_rank(values: Iterable[float], part: float) -> float | None:
    """The smallest value that at least `part` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(part * len(ordered)) - 1)] if ordered else None
