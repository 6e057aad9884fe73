"""The story of a case as a time line: one entry for each thing that happened, with who, why, by which rule and what caused it.

Pure: records in, entries out. The ledger is the spine; the calls and messages behind an event are its cause, and the orders,
notices and questions that went out for it stand beneath it, with the places where they were delivered. What has no event of
its own (a call, a message that changed nothing, a dead letter, a notice whose event is lost) is an entry by itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dispatcher.client import happened
from dispatcher.client.aliases import names_of
from dispatcher.client.timeline_parts import QUESTION, Part, details, notice_part, order_part, parts, question_part
from dispatcher.client.timeline_words import (
    ACTIONS,
    OPERATIONS,
    REPLIES,
    ROLES,
    SYSTEM,
    TIMERS,
    Value,
    Words,
    joined,
    mapping,
    objects,
    quoted,
    shown,
    word,
)
from dispatcher.client.trace import Step
from dispatcher.domain.calls import utc
from dispatcher.stream import dead_letters, topics

Place = tuple[str, int, int]
#: By which entries are put in order.
Key = tuple[datetime, int, str, int, int]

_CALLER = "来电人"
_RANK = {topics.CALLS: 0, topics.CASE_INBOX: 1, topics.CASE_EVENTS: 2}
#: Kinds of notices -> kinds of events that they go with; of any other the latest event of the moment has sent it.
_NOTICE_OF = {
    "card": ("card.issued.v1",),
    "reminder": ("reminder.sent.v1",),
    "urged": ("unit.urged.v1",),
    "deadline": ("deadline.moved.v1", "deadline.paused.v1", "deadline.resumed.v1"),
    "closed": ("case.closed.v1",),
    "reopened": ("case.reopened.v1",),
}
_CALL_TITLES = {
    "triage.decided.v1": "研判",
    "call.attached.v1": "转入本案",
    "call.unreadable.v1": "无法读取的来电",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. Texts are masked and may be shown as they are.

    `at`: aware; `cause`: the message behind it and its place; `place`: where its own record lies; `outcome`, `status`: as the
    case stood after it, empty where the record does not say; `model`: empty for events that no model had a part in.
    """

    at: datetime
    case_id: str
    kind: str
    who: str
    title: str
    what: str
    reason: str
    rule: str
    cause: str
    place: str
    status: str = ""
    outcome: str = ""
    model: str = ""
    policy: str = ""
    parts: tuple[Part, ...] = ()


def place_of(step: Step) -> str:
    """Where a record lies: topic/partition/offset."""
    record = step.record
    return f"{record.topic}/{record.partition}/{record.offset}"


def timeline(steps: Iterable[Step], words: Words, *, hidden: bool = False) -> list[Entry]:
    """The entries of `steps` in order of time. `hidden`: without texts, reasons, facts and finders' words."""
    return list(_Timeline(list(steps), words, hidden))


class _Timeline:
    def __init__(self, steps: list[Step], words: Words, hidden: bool) -> None:
        self._words = words
        self._hidden = hidden
        self._steps = sorted(steps, key=_order)
        self._known = {(s.record.topic, s.record.partition, s.record.offset): s for s in steps}
        self._inbox = self._by_call()
        self._orders = self._places("order_id", topics.WORK_ORDERS, topics.agency(""))
        self._questions = self._places("request_id", topics.LOOKUPS)

    def __iter__(self) -> Iterator[Entry]:
        ledger = [step for step in self._steps if step.record.topic == topics.CASE_EVENTS]
        told = [(_order(step), self._event(step)) for step in ledger]
        self._notices(told)
        caused = {self._cause(step) for step in ledger}
        issued = {str(o.get("order_id")) for step in ledger for o in objects((step.value or {}).get("orders"))}
        asked = {str(r.get("request_id")) for step in ledger for r in objects((step.value or {}).get("requests"))}
        for step in self._steps:
            entry = self._other(step, caused, issued, asked)
            if entry is not None:
                told.append((_order(step), entry))
        return _asked_once(entry for _, entry in sorted(told, key=lambda one: one[0]))

    # -- how records hang together -----------------------------------------------------------------------------

    def _by_call(self) -> dict[tuple[str, Place], Place]:
        """Case and the place of a call on ``calls`` -> the message on ``case-inbox`` that brought this call to the case."""
        found: dict[tuple[str, Place], Place] = {}
        for step in self._steps:
            value = step.value or {}
            if step.record.topic == topics.CASE_INBOX and step.type in _CALL_TITLES:
                source = _source(value) or _source(mapping(value.get("call")))
                if source is not None:
                    key = str(value.get("case_id")), source
                    found[key] = (step.record.topic, step.record.partition, step.record.offset)
        return found

    def _places(self, name: str, *families: str) -> dict[str, tuple[str, ...]]:
        """Id of an order or a question -> the places where it lies."""
        found: dict[str, tuple[str, ...]] = {}
        for step in self._steps:
            if step.record.topic.startswith(families) and step.value is not None:
                named = str(step.value.get(name))
                found[named] = (*found.get(named, ()), place_of(step))
        return found

    def _cause(self, step: Step) -> Place | None:
        """The record on ``case-inbox`` that an event answers; the call itself where the message is lost."""
        value = step.value or {}
        source = _source(value)
        if source is None or source[0] != topics.CALLS:
            return source
        return self._inbox.get((str(value.get("case_id")), source), source)

    def _cause_words(self, step: Step) -> str:
        place = self._cause(step)
        if place is None:
            return ""
        cause = self._known.get(place)
        told = _saying(cause) if cause is not None else ""
        call = _source(step.value or {})
        via = f"，来电 {_at(call)}" if call is not None and call != place and call[0] == topics.CALLS else ""
        return joined((told, _at(place)), " ") + via

    # -- entries -----------------------------------------------------------------------------------------------

    def _event(self, step: Step) -> Entry:
        value = step.value or {}
        beneath = parts(value, self._words, hidden=self._hidden, orders=self._orders, questions=self._questions)
        return replace(
            self._bare(step, happened.TITLES.get(step.type, shown(step.type))),
            what=details(value, self._words, hidden=self._hidden),
            cause=self._cause_words(step),
            parts=tuple(beneath),
        )

    def _bare(self, step: Step, title: str) -> Entry:
        value = step.value or {}
        return Entry(
            at=moment(step),
            case_id=shown(value.get("case_id")),
            kind=step.type,
            who=self._who(value),
            title=title,
            what="",
            reason="" if self._hidden else shown(value.get("reason")),
            rule=shown(value.get("rule")),
            cause="",
            place=place_of(step),
            status=str(value.get("status") or ""),
            outcome=str(value.get("outcome") or ""),
            model=shown(value.get("model")),
            policy=shown(value.get("policy")),
        )

    def _who(self, value: Value) -> str:
        role = word(ROLES, value.get("role")) or SYSTEM
        return f"{self._words.actor(value['actor'], value.get('role'))} {role}" if value.get("actor") else role

    def _notices(self, told: list[tuple[Key, Entry]]) -> None:
        """Put each notice beneath the event of its case and moment that sent it; where there is none, it is an entry."""
        at_once: dict[tuple[datetime, str], list[int]] = {}
        for number, (_, entry) in enumerate(told):
            at_once.setdefault((entry.at, entry.case_id), []).append(number)
        for step in self._steps:
            value = step.value
            if step.record.topic != topics.ORDER_NOTICES or value is None:
                continue
            part = notice_part(value, self._words, hidden=self._hidden, places=(place_of(step),))
            same = at_once.get((moment(step), shown(value.get("case_id"))), [])
            kinds = _NOTICE_OF.get(str(value.get("notice")), ())
            fitting = [number for number in same if told[number][1].kind in kinds] or same
            if fitting:
                key, entry = told[fitting[-1]]
                told[fitting[-1]] = key, replace(entry, parts=(*entry.parts, part))
            else:
                told.append((_order(step), replace(self._bare(step, "通知"), reason="", parts=(part,))))

    def _other(self, step: Step, caused: set[Place | None], issued: set[str], asked: set[str]) -> Entry | None:
        """An entry for a record that no event tells of."""
        value, topic = step.value or {}, step.record.topic
        if topic == topics.CALLS:
            return self._call(step)
        if topic == topics.DEAD_LETTERS:
            code, reason = (shown(_header(step, name)) for name in (dead_letters.CODE, dead_letters.REASON))
            return replace(self._bare(step, "死信"), what=code, reason="" if self._hidden else reason)
        if topic == topics.CASE_INBOX:
            place = step.record.topic, step.record.partition, step.record.offset
            return None if place in caused else self._silent(step)
        if topic == topics.WORK_ORDERS and str(value.get("order_id")) not in issued:
            places = self._orders.get(str(value.get("order_id")), ())
            part = order_part(value, self._words, hidden=self._hidden, places=places)
            return replace(self._bare(step, "派单"), parts=(part,))
        if topic == topics.LOOKUPS and str(value.get("request_id")) not in asked:
            part = question_part(value, self._words, places=(place_of(step),))
            return replace(self._bare(step, "查询请求"), parts=(part,))
        return None

    def _call(self, step: Step) -> Entry:
        value = step.value or {}
        caller = shown(_first(value, "caller"))
        who = _CALLER if self._hidden else joined((_CALLER, caller if "*" in caller else ""), " ")
        text = "" if self._hidden else quoted(_first(value, "text"))
        return replace(self._bare(step, "来电"), who=who, what=text, reason="", case_id="")

    def _silent(self, step: Step) -> Entry | None:
        """A message of which no event has come: it goes on to another case, or it came to nothing."""
        value = step.value or {}
        if step.type in _CALL_TITLES:
            link = mapping(value.get("link")).get("case_id")
            if link is None:
                return replace(self._bare(step, _CALL_TITLES[step.type]), what="未入账", reason="")
            return replace(self._bare(step, "研判"), what=f"属于案件 {shown(link)}，转往该案", reason="")
        if step.type == "case.neighbour_seen.v1" or step.type not in happened.MESSAGES:
            return None
        agency = value.get("agency")
        who = joined((self._words.unit(agency), shown(value.get("clerk"))), ":") if agency else self._who(value)
        return replace(self._bare(step, _saying(step)), who=who, what="未引起变化")


def _asked_once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Every event of a lookup tells what to ask next; a time line only where that has changed."""
    asked: dict[str, str] = {}
    for entry in entries:
        question = next((part.text for part in entry.parts if part.label == QUESTION), "")
        if question and asked.get(entry.case_id) == question:
            entry = replace(entry, parts=tuple(part for part in entry.parts if part.label != QUESTION))
        asked[entry.case_id] = question or asked.get(entry.case_id, "")
        yield entry


# -- small parts -------------------------------------------------------------------------------------------------


def moment(step: Step) -> datetime:
    """When it happened: as the record's own text says, else when the broker took it. A record on ``calls`` counts from there."""
    value = step.value or {}
    if step.record.topic not in (topics.CALLS, topics.CASE_INBOX, topics.DEAD_LETTERS):
        for name in ("at", "issued_at", "asked_at"):
            try:
                written = datetime.fromisoformat(str(value.get(name)))
            except ValueError:
                continue
            if written.tzinfo is not None and 1970 < written.year < 9999:  # beyond them there is no other time zone
                return written.astimezone(UTC)
    return utc(step.record.timestamp_ms)


def _order(step: Step) -> Key:
    record = step.record
    return moment(step), _RANK.get(record.topic, 9), record.topic, record.partition, record.offset


def _source(value: Value) -> Place | None:
    source = mapping(value.get("source"))
    topic, partition, offset = (source.get(name) for name in ("topic", "partition", "offset"))
    if isinstance(topic, str) and isinstance(partition, int) and isinstance(offset, int):
        return topic, partition, offset
    return None


def _at(place: Place) -> str:
    return "/".join(map(str, place))


def _saying(step: Step) -> str:
    """What a message on ``case-inbox`` is, with what it asks for."""
    value = step.value or {}
    title = _CALL_TITLES.get(step.type) or happened.MESSAGES.get(step.type) or shown(step.type)
    for name, names in (("operation", OPERATIONS), ("action", ACTIONS | REPLIES), ("kind", TIMERS)):
        if step.type not in _CALL_TITLES and value.get(name) is not None:
            return f"{title} {word(names, value[name])}"
    return title


def _first(value: Value, field: str) -> object:
    """A field of a call under whatever name a console gives it."""
    return next((value[name] for name in names_of(field) if value.get(name)), None)


def _header(step: Step, name: str) -> str:
    return (step.record.header(name) or b"").decode("utf-8", "replace")
