"""What must hold after every single change of a case, whatever callers, units and people do."""

from collections.abc import Iterator
from typing import Final

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ACTIVE, TERMINAL, CaseStatus, OrderStatus, Role
from dispatcher.domain.events import CaseReopened, DeadlineMoved
from dispatcher.domain.events.lookups import LookupRequested
from dispatcher.domain.inbox import TimerKind
from dispatcher.domain.lookups import clocks as lookup_clocks
from dispatcher.domain.lookups.codes import OPEN, CandidateStatus, LookupStatus, RequestStatus
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.messages import CaseRaised
from dispatcher.domain.policy import Policy
from dispatcher.domain.timers import timers
from dispatcher.domain.work import Work

INVARIANTS: Final = {
    "one lead": "a case at work has exactly one lead, and the lead holds the one order that leads",
    "no clock on an ended case": "nothing falls due on an ended case, and none of its orders is open",
    "done when all are": "a case is done only when every order of it is",
    "no deadline earlier in silence": "a finish moves to an earlier moment only with an event that says so",
    "a clock on a case at work": "a case at work has a finish clock",
    "a claim only in review": "nobody holds a claim on what is not in review (a merged case stands as it was)",
    "a search rests when it is over": "nothing falls due on a search that is found, given up or cancelled",
    "one question a database": "a search waits for one answer of a database at a time",
    "a candidate for a person": "a search stands at candidate exactly where a strong candidate waits for a person's eye",
    "asked as it is told": "what goes out to the channels stands in the search and in the ledger",
    "nothing refused as a record": "no message is put among the dead letters",
}
"""Each has a name, under which breaches are counted, and a meaning."""

_MAY_MOVE: Final = (DeadlineMoved, CaseReopened, CaseRaised)
#: Visits go on, so does a search, and what is over is put away some day.
_STAYS: Final = frozenset(("care", "archive", "forget", *(kind for kind in TimerKind if kind.startswith("lookup_"))))
_GONE: Final = (OrderStatus.WITHDRAWN, OrderStatus.RETURNED)


def breaches(before: CaseRecord | None, work: Work, policy: Policy) -> Iterator[str]:
    """Names of what one message has broken, if anything."""
    if work.refused is not None:
        yield "nothing refused as a record"
    case = work.case
    if case is None:
        return
    leading = [order for order in case.orders if order.role is Role.LEAD and order.status not in _GONE]
    if case.status in ACTIVE:
        if case.lead is None or not leading or leading[-1].agency != case.lead:
            yield "one lead"
        if case.finish is None:
            yield "a clock on a case at work"
    if sum(order.open for order in leading) > 1 or case.lead in case.assist:
        yield "one lead"
    over = case.status in TERMINAL and case.status not in (CaseStatus.TRANSFERRED, CaseStatus.MERGED)
    if case.status in TERMINAL and any(timer.kind not in _STAYS for timer in timers(case, policy)):
        yield "no clock on an ended case"
    if (over or case.status is CaseStatus.DONE) and any(order.open for order in case.orders):
        yield "no clock on an ended case" if over else "done when all are"
    if over and case.finish is not None:
        yield "no clock on an ended case"
    if case.claim is not None and case.status not in (CaseStatus.REVIEW, CaseStatus.MERGED):
        yield "a claim only in review"
    if case.lookup is not None and (before is None or case.lookup is not before.lookup):
        yield from _of_lookup(case.lookup, work, policy)
    if before is not None and before.finish is not None and case.finish is not None:
        earlier = case.finish.due_at < before.finish.due_at
        if earlier and not any(isinstance(event, _MAY_MOVE) for event in work.events):
            yield "no deadline earlier in silence"


_LIVE: Final = (RequestStatus.WAITING, RequestStatus.DEFERRED)


def _of_lookup(lookup: LookupRecord, work: Work, policy: Policy) -> Iterator[str]:
    if lookup.status not in OPEN and any(True for _ in lookup_clocks.timers(lookup, policy.desks)):
        yield "a search rests when it is over"
    waiting = [one.database for one in lookup.requests if one.status in _LIVE]
    if len(set(waiting)) < len(waiting):
        yield "one question a database"
    if lookup.status in OPEN:
        strong = any(one.status is CandidateStatus.OPEN and not one.weak for one in lookup.candidates)
        if strong is not (lookup.status is LookupStatus.CANDIDATE):
            yield "a candidate for a person"
    if work.asks:
        told = {one.request_id for event in work.events if isinstance(event, LookupRequested) for one in event.requests}
        if any(one.request_id not in told or lookup.request(one.request_id) is None for one in work.asks):
            yield "asked as it is told"
