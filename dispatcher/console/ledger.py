"""What the board knows: built from records, in memory only, forgetting the oldest. No Kafka and no screen in here."""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import structlog

from dispatcher.client.happened import TITLES
from dispatcher.console.lookups import Lookups
from dispatcher.console.view import HIDDEN, HIDDEN_REASON, clean
from dispatcher.domain.calls import utc
from dispatcher.domain.codes import CaseStatus, Outcome, Urgency
from dispatcher.stream import dead_letters, topics
from dispatcher.stream.records import InputRecord

log = structlog.get_logger(__name__)

ROWS = 500
LATENCIES = 100
_REMEMBERED = 20_000

Place = tuple[str, int, int]

#: What happens to a case that a hall should notice: shown among the alarms.
_NOTABLE = frozenset(
    (
        "card.issued.v1",
        "review.waiting.v1",
        "conference.called.v1",
        "case.reopened.v1",
        "whistle.blown.v1",
        "whistle.missed.v1",
        "care.missed.v1",
        "merge.suggested.v1",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One decided call. `seen_ms` is when it could be read here; for what lay there before, when it was written."""

    call_id: str
    case_id: str
    received_at: datetime
    text: str
    confidential: bool
    outcome: Outcome
    linked: bool
    urgency: Urgency
    category: str
    lead: str | None
    assist: tuple[str, ...]
    district: str | None
    rule: str
    reason: str
    source: Place
    seen_ms: int
    written_ms: int
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that stands out. `kind`: alert, dead_letter, raised, notice (a card, a conference, a case reopened), or the
    event of a lookup, such as lookup.opened; then `facts` are for programs."""

    kind: str
    at_ms: int
    text: str
    live: bool
    facts: Mapping[str, object] = field(default_factory=dict)


class Ledger:
    """Everything shown, kept up by `take`."""

    def __init__(self) -> None:
        self.rows: deque[Row] = deque(maxlen=ROWS)
        self.alarms: deque[Alarm] = deque(maxlen=50)
        self.lookups = Lookups()
        self.outcomes: Counter[Outcome] = Counter()
        self.linked = 0
        self.orders = 0
        self.dead = 0
        self.decided = 0
        self.decided_live = 0
        self._published: OrderedDict[Place, int] = OrderedDict()
        self._received: OrderedDict[str, datetime] = OrderedDict()
        self._confidential: OrderedDict[str, bool] = OrderedDict()
        self._review: set[str] = set()

    @property
    def waiting_for_review(self) -> int:
        """Cases that wait for a person."""
        return len(self._review)

    def take(self, records: Iterable[InputRecord], *, seen_ms: int, live: bool) -> list[Row | Alarm]:
        """Take in a batch; returns what became visible by it, in order of time."""
        # Within a batch a call comes before what was made of it, whatever order the partitions were read in.
        ordered = sorted(
            records, key=lambda r: (r.topic != topics.CALLS, r.timestamp_ms, r.topic, r.partition, r.offset)
        )
        found: list[Row | Alarm] = []
        for record in ordered:
            seen = seen_ms if live else record.timestamp_ms
            found += self._take(record, seen_ms=seen, live=live)
        return found

    def latency(self, row: Row) -> int | None:
        """Milliseconds from the moment the broker had the call to the moment its decision and its orders could be read."""
        published = self._published.get(row.source)
        return max(0, row.seen_ms - published) if published is not None else None

    def latencies(self) -> list[int]:
        """Of the last calls, sorted."""
        newest = [self.latency(row) for row in list(self.rows)[-LATENCIES:]]
        return sorted(value for value in newest if value is not None)

    def rate(self, *, now_ms: int, seconds: int = 10) -> float:
        """Calls decided per second, over the last `seconds`."""
        since = now_ms - seconds * 1000
        return sum(row.live and row.seen_ms >= since for row in self.rows) / seconds

    def _take(self, record: InputRecord, *, seen_ms: int, live: bool) -> list[Row | Alarm]:
        if record.topic == topics.CALLS:
            _keep(self._published, (record.topic, record.partition, record.offset), record.timestamp_ms)
        elif record.topic == topics.WORK_ORDERS:
            self.orders += 1
        elif record.topic == topics.DEAD_LETTERS:
            self.dead += 1
            return [self._alarm("dead_letter", record.timestamp_ms, _letter_words(record), live=live)]
        elif record.topic == topics.CASE_EVENTS:
            event = _event(record.value)
            try:
                return self._event(event, record, seen_ms=seen_ms, live=live) if event is not None else []
            except (LookupError, TypeError, ValueError) as error:
                # An event of a newer version: not shown, but no reason to end the board, and the workers with it.
                log.warning("event.unknown", offset=record.offset, reason=f"{type(error).__name__}: {error}")
        return []

    def _event(self, event: Mapping[str, Any], record: InputRecord, *, seen_ms: int, live: bool) -> list[Row | Alarm]:
        kind = (record.header("ce_type") or b"").decode("utf-8", "replace")
        case_id = str(event["case_id"])
        if kind == "call.triaged.v1":
            _keep(self._received, str(event["call_id"]), datetime.fromisoformat(event["received_at"]))
        elif kind in ("case.opened.v1", "call.linked.v1"):
            return [self._row(event, record, linked=kind == "call.linked.v1", seen_ms=seen_ms, live=live)]
        elif kind == "case.raised.v1":
            if Outcome(event["outcome"]) is not Outcome.REVIEW:
                self._review.discard(case_id)
            hidden = self._is_confidential(event)
            text = f"警情升级 {event['call_id']}：{HIDDEN_REASON if hidden else event['reason']}"
            return [self._alarm("raised", record.timestamp_ms, text, live=live)]
        elif kind == "alert.raised.v1":
            return [self._alarm("alert", record.timestamp_ms, f"{event['alert']}：{event['reason']}", live=live)]
        elif kind in TITLES:
            return self._later(kind, event, record, live=live)
        return []

    def _later(self, kind: str, event: Mapping[str, Any], record: InputRecord, *, live: bool) -> list[Row | Alarm]:
        """Something in a case's later life: whether it waits for a person now, and an alarm where the hall should look."""
        case_id = str(event["case_id"])
        if event["status"] == CaseStatus.REVIEW:
            self._review.add(case_id)
        else:
            self._review.discard(case_id)
        hidden = self._is_confidential(event)
        news = self.lookups.take(kind, event, at_ms=record.timestamp_ms, hidden=hidden)
        if news is not None:
            said = Alarm(kind=news.kind, at_ms=record.timestamp_ms, text=clean(news.text), live=live, facts=news.facts)
            if news.grave:  # the others have a place of their own on the board
                self.alarms.append(said)
            return [said]
        if kind not in _NOTABLE:
            return []
        text = f"{TITLES[kind]} {event['call_id']}：{HIDDEN_REASON if hidden else event['reason']}"
        return [self._alarm("notice", record.timestamp_ms, text, live=live)]

    def _row(self, event: Mapping[str, Any], record: InputRecord, *, linked: bool, seen_ms: int, live: bool) -> Row:
        place = _place(event)
        confidential = self._is_confidential(event)
        call_id = str(event["call_id"])
        row = Row(
            call_id=call_id,
            case_id=str(event["case_id"]),
            received_at=self._received.get(call_id) or utc(record.timestamp_ms),
            text=HIDDEN if confidential else clean(str(event["text"])),
            confidential=confidential,
            outcome=Outcome(event["outcome"]),
            linked=linked,
            urgency=Urgency(event["urgency"]),
            category=str(event["category"]),
            lead=event.get("lead"),
            assist=tuple(event.get("assist") or ()),
            district=event.get("district"),
            rule=str(event["rule"]),
            # the reason quotes the call
            reason=HIDDEN_REASON if confidential else clean(str(event["reason"])),
            source=place,
            seen_ms=seen_ms,
            written_ms=record.timestamp_ms,
            live=live,
        )
        self.rows.append(row)
        self.decided += 1
        self.decided_live += live
        if linked:
            self.linked += 1
        else:
            self.outcomes[row.outcome] += 1
            if event.get("status") == CaseStatus.REVIEW:
                self._review.add(row.case_id)
        return row

    def _is_confidential(self, event: Mapping[str, Any]) -> bool:
        """Whether the case is, as the event says, or as an earlier event of it said; it is when nothing says it is not."""
        case_id = str(event["case_id"])
        flag = event.get("confidential")
        if flag is None:
            return self._confidential.get(case_id, True)
        _keep(self._confidential, case_id, flag is not False)
        return flag is not False

    def _alarm(self, kind: str, at_ms: int, text: str, *, live: bool) -> Alarm:
        alarm = Alarm(kind=kind, at_ms=at_ms, text=clean(text), live=live)
        self.alarms.append(alarm)
        return alarm


def _place(event: Mapping[str, Any]) -> Place:
    source = event["source"]
    return str(source["topic"]), int(source["partition"]), int(source["offset"])


def _keep(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    known[key] = value
    while len(known) > _REMEMBERED:
        known.popitem(last=False)


def _event(value: bytes | None) -> dict[str, Any] | None:
    """An event of another version may have other fields: only what is shown is looked at."""
    try:
        event = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and "case_id" in event else None


def _letter_words(letter: InputRecord) -> str:
    def told(name: str) -> str:
        return (letter.header(name) or b"?").decode("utf-8", "replace")

    place = (
        f"{told(dead_letters.SOURCE_TOPIC)}/{told(dead_letters.SOURCE_PARTITION)}@{told(dead_letters.SOURCE_OFFSET)}"
    )
    return f"死信 {told(dead_letters.CODE)} {place}：{told(dead_letters.REASON)}"
