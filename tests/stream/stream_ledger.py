"""The ledger of casework read back, decided again by the pure functions alone, and judged by rules of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from stream_casework import FORGED, LIMIT, SHARES
from stream_cluster import CATALOG, T, Worker
from stream_judge import AGENCIES, Records, body, committed, judge_chains, kind, read, unsealed

from dispatcher.catalog import Catalog
from dispatcher.domain import casework
from dispatcher.domain.calls import utc
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import Clock, Mark
from dispatcher.domain.entries import Context
from dispatcher.domain.inbox import AgencyReplied, DeadlineElapsed, OperatorDecided
from dispatcher.domain.messages import Message, SourceRecord
from dispatcher.domain.neighbours import PREFIX, PlaceRecord, PlaceSeen, on_place_seen
from dispatcher.domain.timers import next_due
from dispatcher.stream.agents import INBOX
from dispatcher.stream.lane import OWN
from dispatcher.stream.state import load_state

PLACES = [TopicPartition("case-inbox", n) for n in range(CATALOG.all_topics["case-inbox"].partitions)]
#: Messages that casework itself sends to ``case-inbox``.
_SENT = {
    *("call.attached.v1", "call.unreadable.v1", "case.notice.v1", "case.split_off.v1"),
    *("case.neighbour_seen.v1", "place.seen.v1"),
}


async def entries(bootstrap: str) -> dict[bytes, bytes]:
    """All of ``case-state``, as workers load it, but for what is the lanes' own; a key lies in one partition only."""
    found = await _whole_state(bootstrap, "case-state")
    return {key: value for key, value in found.items() if not key.startswith(OWN)}


async def _whole_state(bootstrap: str, topic: str) -> dict[bytes, bytes]:
    loaded = [await load_state(bootstrap, TopicPartition(topic, place.partition)) for place in PLACES]
    found = [entry for state in loaded for entry in state.entries().items()]
    assert len(found) == len(dict(found))
    return dict(found)


async def states(bootstrap: str) -> list[CaseRecord]:
    """All cases."""
    found = (await entries(bootstrap)).items()
    return [CaseRecord.model_validate_json(value) for key, value in found if not key.startswith(PREFIX.encode())]


async def opened(bootstrap: str, number: int) -> datetime | None:
    """When the last of `number` cases was opened; None before that."""
    cases = await states(bootstrap)
    moments = [case.opened_at for case in cases if case.opened_at is not None]
    return max(moments) if len(moments) >= number else None


async def nothing_due(bootstrap: str, catalog: Catalog, moment: datetime) -> bool:
    """Whether on every case all that fell due until `moment` has been decided."""
    for case in await states(bootstrap):
        due = next_due(case, catalog.policy)
        if due is not None and due.due_at <= moment:
            return False
    return True


Place = tuple[int, int]
"""Partition and offset on ``case-inbox``."""


@dataclass
class Ledger:
    """Everything on the topics, and the same made anew by the pure functions from ``case-inbox`` alone."""

    catalog: Catalog
    inbox: dict[Place, ConsumerRecord[bytes, bytes]]
    messages: dict[Place, Message]
    topics: dict[str, Records]
    state: dict[bytes, bytes]
    cases: dict[bytes, CaseRecord] = field(default_factory=dict)
    places: dict[bytes, PlaceRecord] = field(default_factory=dict)
    early: int = 0
    events: dict[Place, list[tuple[str, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    async def read(cls, bootstrap: str, catalog: Catalog) -> Ledger:
        """What has been worked off, with all that came of it."""
        done = await committed(bootstrap, "case-inbox")
        topics = await read(
            bootstrap,
            "case-inbox",
            "case-events",
            "work-orders",
            "order-notices",
            "case-state",
            "dead-letters",
            *AGENCIES,
        )
        judge_chains(
            topics["case-events"],
            await _whole_state(bootstrap, "case-state") | await _whole_state(bootstrap, "caller-state"),
        )
        topics["case-events"] = await unsealed(bootstrap, topics["case-events"])
        inbox = {
            (r.partition, r.offset): r
            for r in topics["case-inbox"]
            if r.offset < done[TopicPartition("case-inbox", r.partition)]
        }
        messages = {
            place: INBOX[kind(record).encode()].model_validate_json(record.value) for place, record in inbox.items()
        }
        found = cls(catalog, inbox, messages, topics, await entries(bootstrap))
        for record in topics["case-events"]:
            event = body(record)
            source = event["source"]
            if source["topic"] == "case-inbox":
                place = source["partition"], source["offset"]
                found.events[place].append((kind(record), {**event, "written_ms": record.timestamp}))
        return found

    def fold(self) -> None:
        """Decide everything again, in order, and compare byte for byte: cases, events, orders, notices, messages sent."""
        written: dict[str, Counter[bytes]] = defaultdict(Counter)
        refused = 0
        for (partition, offset), message in self.messages.items():
            record = self.inbox[partition, offset]
            context = Context(
                record=SourceRecord(topic="case-inbox", partition=partition, offset=offset),
                at=utc(record.timestamp),
                city=self.catalog.city,
                policy=self.catalog.policy,
            )
            key = message.case_id.encode()  # type: ignore[attr-defined]
            if isinstance(message, PlaceSeen):
                self.places[key], word = on_place_seen(self.places.get(key), message, context)
                written["case-inbox"].update([word.encode()] if word is not None else [])
                continue
            work = casework.decide(self.cases.get(key), message, context)
            if work.case is not None:
                self.cases[key] = work.case
            written["case-events"].update(event.encode() for event in work.events)
            for order in work.orders:
                written["work-orders"][order.encode()] += 1
                written[f"agency.{order.agency}"][order.encode()] += 1
            written["order-notices"].update(notice.encode() for notice in work.notices)
            sends = (*((work.forward,) if work.forward else ()), *work.passed, *work.sends)
            written["case-inbox"].update(one.encode() for one in sends)
            refused += work.refused is not None
        for topic in ("case-events", "work-orders", "order-notices", *AGENCIES):
            same(topic, Counter(r.value for r in self.topics[topic]), written[topic])
        sent = Counter(record.value for record in self.inbox.values() if kind(record) in _SENT)
        same("case-inbox", sent, written["case-inbox"])
        assert refused == len(self.topics["dead-letters"])
        folded = {key: known.encode() for key, known in (*self.cases.items(), *self.places.items())}
        assert self.state == folded

    def judge_said(self, said: Sequence[Message]) -> Counter[str]:
        """Nothing that was said is lost, nothing counts twice; how often each refusal was given."""
        spoken = {p: m for p, m in self.messages.items() if isinstance(m, AgencyReplied | OperatorDecided)}
        wanted = Counter(m.encode() for m in said if not isinstance(m, DeadlineElapsed))
        same("what was said", Counter(m.encode() for m in spoken.values()), wanted)
        counted: Counter[tuple[str, str]] = Counter()
        refusals: Counter[str] = Counter()
        for place, message in spoken.items():
            kinds = [name for name, _ in self.events[place]]
            assert kinds, f"nothing came of {message}"
            if kinds == ["message.rejected.v1"]:
                refusals[self.events[place][0][1]["code"]] += 1
                continue
            assert "message.rejected.v1" not in kinds
            assert not message.message_id.startswith("forged")
            counted[message.case_id, message.message_id] += 1
        assert set(counted.values()) == {1}
        return refusals

    def elapsed(self) -> dict[Place, DeadlineElapsed]:
        """The messages about time that changed a case."""
        return {
            place: message
            for place, message in self.messages.items()
            if isinstance(message, DeadlineElapsed) and _kinds(self.events[place]) - {"message.rejected.v1"}
        }

    def judge_time(self) -> Counter[str]:
        """Nothing fell before its time or twice; no message of the service's own clock came early. Counts by kind."""
        fell: Counter[tuple[str, ...]] = Counter()
        reopened: Counter[str] = Counter()
        extended: Counter[str] = Counter()  # the finish clocks: their limit has grown by a minute each time
        for place, record in self.inbox.items():
            for name, event in self.events[place]:
                at = datetime.fromisoformat(event["at"])
                if name == "case.reopened.v1":
                    reopened[event["case_id"]] += 1
                    extended[event["case_id"]] = 0
                if name == "deadline.moved.v1" and event["reason"].startswith("延期"):
                    extended[event["case_id"]] += 1
                if name == "message.rejected.v1" and event["code"] == "D606":
                    assert dict(record.headers)["ce_source"] == FORGED.encode()
                    self.early += 1
                if (
                    name not in ("reminder.sent.v1", "card.issued.v1", "answer.overdue.v1")
                    or event.get("clock", 1) is None
                ):
                    continue
                mark = Mark(event.get("card", Mark.REMINDER)) if name != "answer.overdue.v1" else Mark.BLUE
                limit = LIMIT * (1 + extended[event["case_id"]] * (event.get("clock") == Clock.FINISH))
                due = datetime.fromisoformat(event["due_at"]) + limit * (SHARES[mark] - 1)
                assert at >= due, f"{due - at} too early: {event}"
                clock = event.get("clock", "first_answer")
                subject = event["order_id"] if clock != "finish" else ""
                # A case that was reopened has new clocks: each of them once.
                fell[name, mark, event["case_id"], clock, subject, str(reopened[event["case_id"]])] += 1
        assert set(fell.values()) == {1}
        for place, message in self.elapsed().items():
            assert utc(self.inbox[place].timestamp) >= message.due_at
        identity = Counter(m.encode() for m in self.elapsed().values())
        assert set(identity.values()) == {1}
        return Counter(message.kind for message in self.elapsed().values())

    def judge_silence(self, silent: Callable[[str], bool], until: datetime) -> int:
        """On cases on which nobody said anything, every mark of every clock has fallen. Returns their number."""
        history: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        orders: dict[str, list[dict[str, Any]]] = defaultdict(list)
        opened: dict[str, dict[str, Any]] = {}
        for record in self.topics["case-events"]:
            name, event = kind(record), body(record)
            if not silent(event["case_id"]):
                continue
            if name == "case.opened.v1":
                opened[event["case_id"]] = event
            elif name in ("reminder.sent.v1", "card.issued.v1"):
                mark = event.get("card", Mark.REMINDER)
                subject = event["order_id"] if event["clock"] == Clock.ACKNOWLEDGE else ""
                history[event["case_id"]][event["clock"], subject, mark] += 1
            elif name in ("answer.overdue.v1", "review.waiting.v1"):
                history[event["case_id"]][name, event.get("order_id", "")] += 1
            elif "lookup_id" not in event:  # a search beside the case asks and waits by itself
                assert name in ("call.triaged.v1", "merge.suggested.v1"), event
        for record in self.topics["work-orders"]:
            if kind(record) == "work_order.issued.v1" and silent(body(record)["case_id"]):
                orders[body(record)["case_id"]].append(body(record))
        for case_id, event in opened.items():
            assert datetime.fromisoformat(event["at"]) + LIMIT * SHARES[Mark.RED] <= until
            wanted: Counter[tuple[str, ...]] = Counter()
            for order in orders[case_id]:
                wanted.update((Clock.ACKNOWLEDGE, order["order_id"], mark) for mark in Mark)
                wanted["answer.overdue.v1", order["order_id"]] += 1
            if orders[case_id]:
                wanted.update((Clock.FINISH, "", mark) for mark in Mark)
            if event["status"] == "review":
                wanted["review.waiting.v1", ""] += 1
            assert history[case_id] == wanted
        return len(opened)

    def lateness(self, workers: list[Worker]) -> tuple[list[float], list[float]]:
        """Seconds from the time of each deadline to its event on the ledger, ascending: of those that fell while their
        partition was served, and, from the opening of their partition, of those that fell while it was not."""
        openings: dict[int, list[float]] = defaultdict(list)
        for line in (line for worker in workers for line in worker.said("lane.open")):
            topic, _, partition = line["lane"].partition("/")
            if topic == "case-inbox":
                openings[int(partition)].append(datetime.fromisoformat(line["timestamp"]).timestamp())
        served: list[float] = []
        missed: list[float] = []
        for place, message in self.elapsed().items():
            due, told = message.due_at.timestamp(), self.events[place][0][1]["written_ms"] / 1000
            since = [at for at in openings[place[0]] if due < at < told]
            (missed if since else served).append(told - max(due, *since, due))
        return sorted(served), sorted(missed)


def _kinds(events: list[tuple[str, dict[str, Any]]]) -> set[str]:
    return {name for name, _ in events}


def same(what: str, found: Counter[T], wanted: Counter[T]) -> None:
    """Both hold the same, equally often; says what is lost and what is too much."""
    lost, more = wanted - found, found - wanted
    told = f"{what}: {lost.total()} lost {list(lost)[:2]}, {more.total()} too many {list(more)[:2]}"
    assert found == wanted, told
