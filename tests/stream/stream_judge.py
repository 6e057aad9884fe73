"""Reads the topics as any consumer would (read_committed, to the end as of now) and judges: nothing lost, nothing doubled."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from stream_cluster import CATALOG, until
from stream_traffic import Sent

from dispatcher.audit.reading import STAGES
from dispatcher.audit.settle import Ends
from dispatcher.audit.verify import Verifier
from dispatcher.client.case_keys import CaseKeys
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import GRAVITY, URGENCY_RANK, CaseStatus, LinkKind, Outcome, Urgency
from dispatcher.domain.neighbours import PREFIX
from dispatcher.domain.triage import CallerHistory
from dispatcher.stream import chain, headers
from dispatcher.stream.lane import OWN
from dispatcher.stream.state import load_state

Records = list[ConsumerRecord[bytes, bytes]]
GROUP = "dispatcher"
headers.tolerate()
AGENCIES = tuple(name for name in CATALOG.all_topics if name.startswith("agency."))


async def read(bootstrap: str, *topics: str, start: dict[TopicPartition, int] | None = None) -> dict[str, Records]:
    """All committed records of `topics` up to their ends as of now, from `start` where given; in order by partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        places = [TopicPartition(t, p) for t in topics for p in range(CATALOG.all_topics[t].partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        for place in places:
            consumer.seek(place, (start or {}).get(place, 0))
        found: dict[str, Records] = {topic: [] for topic in topics}
        open_places = {place for place in places if ends[place] > (start or {}).get(place, 0)}
        while open_places:
            for place, records in (await consumer.getmany(timeout_ms=50)).items():
                found[place.topic] += [record for record in records if record.offset < ends[place]]
            open_places = {place for place in open_places if await consumer.position(place) < ends[place]}
        return {topic: sorted(records, key=lambda r: (r.partition, r.offset)) for topic, records in found.items()}
    finally:
        await consumer.stop()


async def unsealed(bootstrap: str, events: Records) -> Records:
    """Records of ``case-events`` with what is sealed in them opened; every key must be there, in one place."""
    keys, seen = CaseKeys(), set()
    for record in (await read(bootstrap, "case-keys"))["case-keys"]:
        keys.learn(record)
        assert record.key not in seen, "a key was written twice"
        seen.add(record.key)
    missing = [record.offset for record in events if keys.missing(record) is not None]
    assert not missing, f"{len(missing)} events without their key"
    return [replace(record, value=keys.reveal(record)) for record in events]


async def committed(bootstrap: str, *topics: str) -> dict[TopicPartition, int]:
    """The group's offsets."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        places = [TopicPartition(t, p) for t in topics for p in range(CATALOG.all_topics[t].partitions)]
        answer: dict[TopicPartition, Any] = {}

        async def complete() -> bool:  # empty while the coordinator loads the group after a restart
            answer.update(await admin.list_consumer_group_offsets(GROUP, partitions=places))
            return answer.keys() >= set(places)

        await until("the group's offsets are known", complete)
        return {place: max(0, answer[place].offset) for place in places}
    finally:
        await admin.close()


async def drained(bootstrap: str, *, within: float = 90.0, apart_from: Iterable[TopicPartition] = ()) -> None:
    """Return when the group has committed past every record of ``calls`` and ``case-inbox``."""
    skipped = set(apart_from)

    async def nothing_left() -> bool:
        before = await committed(bootstrap, "calls", "case-inbox")
        left = await read(bootstrap, "calls", "case-inbox", start=before)
        if any(TopicPartition(r.topic, r.partition) not in skipped for records in left.values() for r in records):
            return False
        return before == await committed(bootstrap, "calls", "case-inbox")

    await until("all calls are worked off", nothing_left, within=within)


def kind(record: ConsumerRecord[bytes, bytes]) -> str:
    """The record's ce_type."""
    return dict(record.headers)["ce_type"].decode()


def body(record: ConsumerRecord[bytes, bytes]) -> dict[str, Any]:
    loaded = json.loads(record.value)
    assert isinstance(loaded, dict)
    return loaded


@dataclass(frozen=True)
class Found:
    """Everything that the service has written."""

    events: list[tuple[str, dict[str, Any]]]
    orders: list[dict[str, Any]]
    by_agency: list[tuple[str, dict[str, Any]]]
    dead: Records

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for name, event in self.events if name in kinds]

    def of_call(self, call_id: str) -> list[tuple[str, dict[str, Any]]]:
        return [(name, event) for name, event in self.events if event.get("call_id") == call_id]


async def everything(bootstrap: str) -> Found:
    """Read all output topics."""
    found = await read(bootstrap, "case-events", "work-orders", "dead-letters", *AGENCIES)
    return Found(
        events=[(kind(r), body(r)) for r in await unsealed(bootstrap, found["case-events"])],
        orders=[body(r) for r in found["work-orders"]],
        by_agency=[(topic.removeprefix("agency."), body(r)) for topic in AGENCIES for r in found[topic]],
        dead=found["dead-letters"],
    )


def judge(found: Found, sent: Sequence[Sent]) -> dict[str, int]:
    """Every call_id exactly once in the ledger, every order exactly once in both of its topics. Returns figures."""
    wanted = {one.call_id for one in sent}
    triaged = Counter(event["call_id"] for event in found.of("call.triaged.v1"))
    settled = Counter(event["call_id"] for event in found.of("case.opened.v1", "call.linked.v1"))
    for counted in (triaged, settled):
        lost = wanted - counted.keys()
        doubled = {call_id: times for call_id, times in counted.items() if times != 1}
        strange = counted.keys() - wanted
        told = (
            f"{len(lost)} lost {sorted(lost)[:5]}, {len(doubled)} doubled {list(doubled.items())[:5]}, "
            f"{len(strange)} strange {sorted(strange)[:5]}"
        )
        assert counted == Counter(wanted), told
    event_ids = Counter(event["event_id"] for _, event in found.events)
    assert max(event_ids.values()) == 1
    judge_orders(found)
    return {
        "sent": len(sent),
        "calls": len(wanted),
        "linked": len(found.of("call.linked.v1")),
        "raised": len(found.of("case.raised.v1")),
        "orders": len(found.orders),
    }


def judge_orders(found: Found) -> None:
    """The orders that the ledger names are exactly those on ``work-orders`` and on the units' own topics."""
    named = Counter(
        (order["order_id"], order["agency"]) for _, event in found.events for order in event.get("orders", ())
    )
    assert named == Counter((order["order_id"], order["agency"]) for order in found.orders)
    assert named == Counter((order["order_id"], agency) for agency, order in found.by_agency)
    assert all(times == 1 for times in named.values())
    assert all(agency == order["agency"] for agency, order in found.by_agency)


async def judge_state(bootstrap: str, found: Found) -> dict[str, int]:
    """State as a worker loads it equals the last value of each key on the topic, and what the ledger tells of it."""
    topics = await read(bootstrap, "caller-state", "case-state", "case-events")
    events = topics.pop("case-events")
    loaded: dict[str, dict[bytes, bytes]] = {}
    for topic, records in topics.items():
        last: dict[tuple[int, bytes], bytes | None] = {}
        for record in records:
            last[record.partition, record.key] = record.value
        loaded[topic] = {}
        for partition in range(CATALOG.all_topics[topic].partitions):
            entries = (await load_state(bootstrap, TopicPartition(topic, partition))).entries()
            assert entries == {key: value for (p, key), value in last.items() if p == partition and value is not None}
            assert not loaded[topic].keys() & entries.keys(), "one key lies in two partitions"
            loaded[topic] |= entries
    judge_chains(events, {key: value for entries in loaded.values() for key, value in entries.items()})
    for entries in loaded.values():
        for key in [key for key in entries if key.startswith(OWN)]:
            del entries[key]
    cases = {key: value for key, value in loaded["case-state"].items() if not key.startswith(PREFIX.encode())}
    _judge_cases({key: CaseRecord.model_validate_json(value) for key, value in cases.items()}, found)
    _judge_callers(
        {key.decode(): CallerHistory.model_validate_json(value) for key, value in loaded["caller-state"].items()}, found
    )
    return {topic: len(entries) for topic, entries in loaded.items()}


def judge_chains(events: Records, state: dict[bytes, bytes]) -> None:
    """Every event is a link of its lane's chain; each chain is whole, and ends where the lane's own state says."""
    names = [
        f"{stage}/{n}" for stage, (source, _) in STAGES.items() for n in range(CATALOG.all_topics[source].partitions)
    ]
    verifier = Verifier(names, partitions=CATALOG.all_topics["case-events"].partitions)
    for partition in range(CATALOG.all_topics["case-events"].partitions):
        verifier.take(partition, [record for record in events if record.partition == partition])
    heads = {name: chain.Head(name).at(state.get(chain.Head(name).key)) for name in names}
    report = verifier.report(Ends(heads, heads))
    assert report.whole, report.breaks[:5]
    assert (report.records, report.older) == (len(events), 0)
    assert sum(head.sequence for head in heads.values()) == len(events)


def _judge_cases(cases: dict[bytes, CaseRecord], found: Found) -> None:
    """Fold the ledger into cases and compare."""
    history: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for name, event in found.events:
        history[event["case_id"]].append((name, event))
    guards = {key for key, case in cases.items() if case.status is CaseStatus.LINKED}
    assert {case_id.encode() for case_id in history} == cases.keys() - guards
    linked = {event["call_id"]: event["case_id"] for event in found.of("call.linked.v1")}
    assert linked == {cases[key].call_id: cases[key].linked_to for key in guards}
    for case_id, events in history.items():
        case = cases[case_id.encode()]
        opened = next(event for name, event in events if name == "case.opened.v1")
        raised = [event for name, event in events if name == "case.raised.v1"]
        joined = [event for name, event in events if name == "call.linked.v1"]
        # A repeat call may also answer the question that a case waited for; then the case is placed.
        dispatched = [
            event for name, event in events if name in ("case.raised.v1", "case.placed.v1") and event["orders"]
        ]
        now = dispatched[-1] if dispatched else opened
        outcome, urgency = Outcome(opened["outcome"]), Urgency(opened["urgency"])
        for event in raised:
            outcome = max(outcome, Outcome(event["outcome"]), key=GRAVITY.__getitem__)
            urgency = max(urgency, Urgency(event["urgency"]), key=URGENCY_RANK.__getitem__)
        assert (case.call_id, case.outcome, case.urgency) == (opened["call_id"], outcome, urgency)
        assert (case.lead, case.assist) == (now["lead"], tuple(now["assist"]))
        assert case.repeats == sum(event["kind"] == LinkKind.REPEAT for event in joined)
        assert case.round == (
            0 if opened["dead_letter"] else 1 + len({event["source"]["offset"] for event in dispatched})
        )


def _judge_callers(callers: dict[str, CallerHistory], found: Found) -> None:
    """Each caller's history names exactly the caller's latest calls, and the cases that they went to."""
    case_of = {event["call_id"]: event["case_id"] for event in found.of("case.opened.v1", "call.linked.v1")}
    for history in callers.values():
        for known in history.calls:
            assert case_of[known.call_id] == known.case_id
    by_caller: dict[str, set[str]] = defaultdict(set)
    for event in found.of("case.opened.v1"):
        if event["caller"] and not event["dead_letter"]:
            by_caller[event["caller"]].add(event["call_id"])
    assert by_caller.keys() == callers.keys()
