"""What the board knows of the two desks' lookups: from events of the ledger, without anything that proves ownership."""

import heapq
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rich.text import Text

from dispatcher.client.lookup_facts import PRIVATE, sought
from dispatcher.client.lookups import Progress, counted
from dispatcher.console import view
from dispatcher.domain.calls import utc
from dispatcher.domain.lookups.codes import OPEN, AnswerStatus, Desk, LookupStatus, RequestStatus, Side

#: Lookups that are remembered; the oldest is forgotten first.
_REMEMBERED: Final = 20_000
_DAY_MINUTES: Final = 24 * 60
_FOUND: Final = (LookupStatus.CONFIRMED, LookupStatus.HANDED_OVER)


@dataclass(slots=True)
class Lookup:
    """One lookup. `hidden`: its case is confidential. `databases`: code -> channel and status of the latest question."""

    lookup_id: str
    case_id: str
    desk: Desk
    side: Side
    status: LookupStatus
    hidden: bool
    question: str | None = None
    minutes: int | None = None  # to its finding
    at_ms: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    databases: dict[str, tuple[str, RequestStatus]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What kind of search it is."""
        return view.DESKS[self.desk, self.side]

    @property
    def seeks(self) -> str:
        """Who or what is looked for, in the caller's words."""
        return view.HIDDEN_REASON if self.hidden else view.clean(sought(self.facts))

    @property
    def progress(self) -> Progress:
        """How far the channels are."""
        return counted(one for one in self.databases.values() if one[1] is not RequestStatus.DEFERRED)


class News(NamedTuple):
    """Something about a lookup that is told as it happens; `grave`: the hall should look. `facts`: the same for programs."""

    kind: str
    text: str
    facts: dict[str, object]
    grave: bool = False


class Totals(NamedTuple):
    """What runs at each desk, how many wait for a person, and of what was missed how much was found, and within 24 h."""

    running: dict[Desk, int]
    waiting: int
    found: int
    found_in_a_day: int


class Lookups:
    """Everything known, kept up by `take`."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Lookup] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def take(self, kind: str, event: Mapping[str, Any], *, at_ms: int, hidden: bool) -> News | None:
        """An event of the ledger; raises `LookupError`, `TypeError` or `ValueError` for one of another version."""
        if "lookup_id" not in event:
            return None
        lookup = self._lookup(event, at_ms=at_ms, hidden=hidden)
        if lookup is None:
            return None
        if kind in ("lookup.opened.v1", "lookup.facts.v1", "lookup.sighted.v1"):
            facts = {"last_place": event["sighting"]["place"]} if "sighting" in event else event["facts"]
            lookup.facts |= {str(fact): str(value) for fact, value in facts.items() if fact not in PRIVATE}
        elif kind == "lookup.requested.v1":
            for one in event["requests"]:
                lookup.databases[str(one["database"])] = (str(one["channel"]), RequestStatus(one["status"]))
        elif kind == "lookup.silent.v1":
            lookup.databases[str(event["database"])] = (str(event["channel"]), RequestStatus.SILENT)
        elif kind == "lookup.recorded.v1" and str(event.get("database")) in lookup.databases:
            down = event.get("answer") == AnswerStatus.UNAVAILABLE
            status = RequestStatus.UNAVAILABLE if down else RequestStatus.ANSWERED
            lookup.databases[str(event["database"])] = (str(event["channel"]), status)
        elif kind == "lookup.confirmed.v1":
            lookup.minutes = int(event["found_after_minutes"])
        return _news(kind, event, lookup)

    def _lookup(self, event: Mapping[str, Any], *, at_ms: int, hidden: bool) -> Lookup | None:
        """The lookup of an event, as the event says that it stands; None where its beginning was not heard."""
        lookup_id = str(event["lookup_id"])
        known = self._known.get(lookup_id)
        if "lookup_status" not in event:  # what a channel says tells nothing else
            return known
        desk, side, status = Desk(event["desk"]), Side(event["side"]), LookupStatus(event["lookup_status"])
        if known is None:
            known = self._known[lookup_id] = Lookup(lookup_id, str(event["case_id"]), desk, side, status, hidden)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        known.desk, known.side, known.status, known.hidden = desk, side, status, hidden
        known.question, known.at_ms = event.get("question"), at_ms
        if status not in _FOUND:
            known.minutes = None
        return known

    def totals(self) -> Totals:
        """All in numbers."""
        known = list(self._known.values())
        found = [one for one in known if one.side is Side.LOST and one.status in _FOUND]
        return Totals(
            running={desk: sum(one.desk is desk and one.status in OPEN for one in known) for desk in Desk},
            waiting=sum(one.status is LookupStatus.CANDIDATE for one in known),
            found=len(found),
            found_in_a_day=sum(one.minutes is not None and one.minutes <= _DAY_MINUTES for one in found),
        )

    def latest(self, count: int) -> list[Lookup]:
        """Those that something has happened to last, the last one first."""
        return heapq.nlargest(count, self._known.values(), key=lambda one: one.at_ms)


def _news(kind: str, event: Mapping[str, Any], lookup: Lookup) -> News | None:
    head = f"{lookup.name} {lookup.case_id[:8]}"
    tail = f"：{lookup.seeks}" if lookup.seeks else ""
    name = kind.removesuffix(".v1")
    facts: dict[str, object] = {
        "lookup_id": lookup.lookup_id,
        "case_id": lookup.case_id,
        "desk": lookup.desk,
        "side": lookup.side,
        "status": lookup.status,
    }
    if kind == "lookup.opened.v1":
        return News(name, f"{head} 开始查找{tail}", facts)
    if kind == "lookup.candidate.v1" and not event["candidate"].get("weak"):
        # Its reasons may quote the finder, and what he saw is the owner's proof.
        score = float(event["candidate"]["score"])
        return News(name, f"{head} 有线索 {score:.0%}{tail}", facts | {"score": score})
    if kind == "lookup.confirmed.v1":
        return News(name, f"{head} 确认找到，用时{lookup.minutes}分钟{tail}", facts | {"minutes": lookup.minutes})
    if kind == "lookup.handed_over.v1":
        return News(name, f"{head} 已交接{tail}", facts)
    if kind == "lookup.escalated.v1":
        why = view.HIDDEN_REASON if lookup.hidden else str(event["reason"])
        return News(
            name, f"{head} 上报{event['addressee']}：{why}", facts | {"addressee": event["addressee"]}, grave=True
        )
    return None


# -- on the screen --------------------------------------------------------------------------------------------------


def panel(lookups: Lookups, width: int, *, most: int) -> list[Text]:
    """The desks in numbers and the latest lookups, on at most `most` lines of at most `width` cells; none without lookups."""
    if not len(lookups) or most <= 0:
        return []
    totals = lookups.totals()
    head = (
        f" 专席 失物 {totals.running[Desk.LOST_ITEM]} 走失 {totals.running[Desk.MISSING_PERSON]}"
        f"  有线索 {totals.waiting}  24小时内找到 {totals.found_in_a_day}/{totals.found}"
    )
    return [
        Text(view.cut(head, width), style="cyan"),
        *(_line(one, width) for one in lookups.latest(most - 1)),
    ]


def _line(lookup: Lookup, width: int) -> Text:
    name, style = view.LOOKUPS[lookup.status]
    channels = lookup.progress
    parts = [
        f" {view.clock(utc(lookup.at_ms))} {lookup.name} {name}",
        f"{channels.answered}/{channels.asked}渠道" if channels.asked else "",
        f"问:{view.clean(lookup.question)}" if lookup.question else "",
        lookup.seeks,
    ]
    return Text(view.cut(" ".join(part for part in parts if part), width), style=style)
