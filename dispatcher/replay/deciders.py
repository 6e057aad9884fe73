"""The service's own agents under the model and policy that a record names, or under those that a what-if names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from classifiers import Thresholds
from dispatcher.artefacts import Store
from dispatcher.catalog import Catalog
from dispatcher.domain import casework, ids
from dispatcher.domain.calls import utc
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.entries import Context
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.messages import Message, SourceRecord
from dispatcher.domain.neighbours import PlaceSeen
from dispatcher.domain.work import Work
from dispatcher.stream import codec, topics
from dispatcher.stream.agents import CaseworkAgent, TriageAgent
from dispatcher.stream.classify import classify_with, thresholds
from dispatcher.stream.records import Handler, InputRecord, Output, ReadState, Result
from dispatcher.stream.writer import partition_for

_PAIR = re.compile(rb'"model":"([0-9a-f]{64})","policy":"([0-9a-f]{64})"')
_POLICY = re.compile(rb'"policy":"([0-9a-f]{64})"')
_TRIES = 3
_NO_TRACE = "0" * 32


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Where models and policies are, and which ones a what-if names instead of the recorded ones."""

    store: Path
    home: Path
    policy_dir: Path | None
    pseudonym_key: str
    model: Path | None = None
    policy: Path | None = None


class CaseworkAgain(CaseworkAgent):
    """Casework as it can be compared: the same states, events, orders, notices, questions and messages, but nothing that falls
    due: time is recorded, as messages. Of headers there are those that say what a record is; the trace is not among them.

    A test holds it against `CaseworkAgent.handle`, record by record.
    """

    def handle(self, record: InputRecord, state: ReadState) -> Result:
        """One message for one case."""
        message = self._read(record)
        if isinstance(message, PlaceSeen):
            return super().handle(record, state)
        key = message.case_id.encode()
        known = state(key)
        source = SourceRecord(topic=record.topic, partition=record.partition, offset=record.offset)
        context = Context(record=source, at=utc(record.timestamp_ms), city=self._city, policy=self._policy)
        work = casework.decide(CaseRecord.model_validate_json(known) if known is not None else None, message, context)
        result = Result()
        if work.case is not None:
            result.state[key] = work.case.encode()
        elif work.forgotten:
            result.state[key] = None
        for event in work.events:
            headers = (("ce_id", event.event_id.encode()), ("ce_type", event.ce_type.encode()))
            result.outputs.append(Output(topics.CASE_EVENTS, key, event.encode(), headers))
        if work.orders or work.notices or work.asks or work.sends or work.passed or work.forward is not None:
            result.outputs += self._beside(work, record, context)
        return result

    @staticmethod
    def _beside(work: Work, record: InputRecord, context: Context) -> Iterator[Output]:
        """All that is not for the ledger."""
        at = context.at

        def made(topic: str, key: str, message: Message, name: str) -> Output:
            return codec.output(topic, key, message, event_id=name, at=at, trace=_NO_TRACE)

        def sent(message: Any, index: int) -> Output:
            name = ids.event_id(message.case_id, record.topic, record.partition, record.offset, index)
            return made(topics.CASE_INBOX, message.case_id, message, name)

        for order in work.orders:
            issued = made(topics.WORK_ORDERS, order.agency, order, order.order_id)
            yield issued
            yield codec.also(issued, topic=topics.agency(order.agency), key=order.case_id)
        for asked in work.asks:
            yield made(topics.LOOKUPS, asked.lookup_id, asked, asked.request_id)
        for notice in work.notices:
            yield made(topics.ORDER_NOTICES, notice.agency, notice, notice.notice_id)
        if work.forward is not None:
            yield sent(work.forward, 0)
        for index, passed in enumerate((*work.passed, *work.sends), start=1):
            yield sent(passed, index)


class Deciders:
    """Agents by what a record names; each is made once. `what_if`: whether others than the recorded ones decide.

    Whatever must be looked up may raise `MissingArtefact`.
    """

    def __init__(self, artefacts: Artefacts, partitions: dict[str, int]) -> None:
        self._pseudonym_key = artefacts.pseudonym_key
        self._partitions = partitions
        self._store = Store(artefacts.store, artefacts.home, artefacts.policy_dir)
        self._artefacts = artefacts
        self.what_if = artefacts.model is not None or artefacts.policy is not None
        self._triage: dict[tuple[str, str], TriageAgent] = {}
        self._casework: dict[str, CaseworkAgent] = {}

    @cached_property
    def model(self) -> str | None:
        """The digest of the model that a what-if names."""
        return self._store.named_model(self._artefacts.model) if self._artefacts.model is not None else None

    @cached_property
    def policy(self) -> str | None:
        """The digest of the policy that a what-if names."""
        return self._store.named_policy(self._artefacts.policy) if self._artefacts.policy is not None else None

    def running(self) -> tuple[str, str]:
        """Those of this program itself: for records of which nothing says under which they were decided."""
        return self._store.own_model().digest, self.running_policy()

    def running_policy(self) -> str:
        """That policy."""
        return self._store.own_policy().policy.sha256

    def triage(self, recorded: tuple[str, str]) -> TriageAgent:
        """Triage under the recorded (model, policy), or what takes their place."""
        pair = (self.model or recorded[0], self.policy or recorded[1])
        if pair not in self._triage:
            catalog = self._store.policy(pair[1])
            self._triage[pair] = TriageAgent(
                self.partition_of,
                classify=classify_with(self._store.model(pair[0]), catalog.policy.triage),
                city=catalog.city,
                policy=catalog.policy,
                pseudonym_key=self._pseudonym_key,
            )
        return self._triage[pair]

    def casework(self, recorded: str) -> CaseworkAgent:
        """Casework under the recorded policy, or what takes its place."""
        name = self.policy or recorded
        if name not in self._casework:
            catalog = self._store.policy(name)
            self._casework[name] = CaseworkAgain(self.partition_of, city=catalog.city, policy=catalog.policy)
        return self._casework[name]

    def catalog(self, policy: str) -> Catalog:
        """The city under a policy."""
        return self._store.policy(policy)

    def limits(self, pair: tuple[str, str]) -> Thresholds:
        """The cut-offs of a model under a policy."""
        return thresholds(self._store.model(pair[0]), self._store.policy(pair[1]).policy.triage)

    def partition_of(self, topic: str, key: bytes) -> int:
        """Where a record with `key` belongs."""
        return partition_for(key, self._partitions[topic])


def pair_of(value: bytes) -> tuple[str, str] | None:
    """Model and policy that a triaged call names, None where it names none (it could not be read)."""
    found = _PAIR.search(value)
    return (found[1].decode(), found[2].decode()) if found else None


def policy_of(value: bytes) -> str | None:
    """The policy that an event names."""
    found = _POLICY.search(value)
    return found[1].decode() if found else None


def decide(handler: Handler, record: InputRecord, state: ReadState, *, stage: str) -> Result:
    """What the lane makes of a record (see `dispatcher.stream.lane`), its dead letter apart."""
    try:
        return handler.handle(record, state)
    except BadRecord as error:
        return given_up(handler, record, error, state)
    except Exception as bug:
        told = f"{type(bug).__name__} in stage {stage}, {_TRIES} tries"
        fault = BadRecord(told, code="D311", hint="A fault of this program, not of the record")
        return given_up(handler, record, fault, state)


def given_up(handler: Handler, record: InputRecord, error: BadRecord, state: ReadState) -> Result:
    """What the lane makes of a record that could not be handled."""
    try:
        return handler.give_up(record, error, state)
    except Exception:  # the lane writes a dead letter and nothing else
        return Result()
