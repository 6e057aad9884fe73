"""The two agents' business: decode, call the pure function, encode. No rule of the domain is written here."""

import math
from collections.abc import Callable
from typing import Any

import structlog
from pydantic import ValidationError

from dispatcher.domain import casework, ids, sealed
from dispatcher.domain import triage as triage_rules
from dispatcher.domain.calls import read_call, salvage, utc
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.entries import Context
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.inbox import DeadlineElapsed
from dispatcher.domain.messages import AttachedCall, Message, SourceRecord, TriagedCall
from dispatcher.domain.model_events import ModelPromoted
from dispatcher.domain.neighbours import PREFIX, PlaceRecord, PlaceSeen, on_place_seen
from dispatcher.domain.policy import Policy
from dispatcher.domain.timers import Timer, next_due
from dispatcher.domain.triage import CallerHistory, Classify
from dispatcher.domain.units import City
from dispatcher.domain.work import NOTHING
from dispatcher.observe import metrics
from dispatcher.stream import codec, models, topics
from dispatcher.stream.models import KEY as MODEL
from dispatcher.stream.models import PROMOTED, Models
from dispatcher.stream.records import Due, InputRecord, Output, ReadState, Result

log = structlog.get_logger(__name__)

#: On a call that had been published under a key other than its caller's: where it lay first.
REKEYED = "x-rekeyed-from"

PartitionOf = Callable[[str, bytes], int]


def _source(record: InputRecord) -> SourceRecord:
    return SourceRecord(topic=record.topic, partition=record.partition, offset=record.offset)


class TriageAgent:
    """``calls`` -> ``case-inbox``, with ``caller-state``."""

    def __init__(
        self,
        partition_of: PartitionOf,
        *,
        classify: Classify,
        city: City,
        policy: Policy,
        pseudonym_key: str,
        models: Models | None = None,
    ) -> None:
        self._partition_of = partition_of
        self._classify = classify
        self._models = models
        self._city = city
        self._policy = policy
        self._pseudonym_key = pseudonym_key

    def handle(self, record: InputRecord, state: ReadState) -> Result:
        """One call; see `dispatcher.domain.triage`. Or that another model decides from here on."""
        if record.header("ce_type") == PROMOTED:
            return self._promoted(record)
        call = read_call(record.value, appended_at=utc(record.timestamp_ms), policy=self._policy.intake)
        caller = ids.pseudonym(call.caller, self._pseudonym_key) if call.caller else None
        key = (caller or call.call_id).encode("utf-8", "replace")
        astray = caller is not None and self._partition_of(topics.CALLS, key) != record.partition
        if astray and record.header(REKEYED) is None:
            # Published under another key, so the caller's other calls lie elsewhere: send it home, once.
            place = f"{record.topic}/{record.partition}/{record.offset}".encode()
            return Result([Output(topics.CALLS, key, record.value, (*record.headers, (REKEYED, place)))])
        history = CallerHistory()
        if caller is not None and (known := state(key)) is not None:
            history = CallerHistory.model_validate_json(known)
        done = triage_rules.triage(
            call,
            caller=caller,
            history=history,
            source=_source(record),
            classify=self._model(state),
            city=self._city,
            policy=self._policy,
        )
        if done.call is None:
            metrics.DUPLICATES.inc()
            return Result()
        decision = done.call.decision
        metrics.decisions(decision.outcome, decision.rule).inc()
        log.debug(
            "call.triaged",
            call_id=call.call_id,
            case_id=done.call.case_id,
            traceparent=record.header("traceparent"),
            outcome=decision.outcome,
            rule=decision.rule,
        )
        changes: dict[bytes, bytes | None] = {key: done.history.encode()} if caller is not None else {}
        return Result([_inbox(done.call, done.call.case_id, record)], changes)

    def _promoted(self, record: InputRecord) -> Result:
        try:
            promoted = ModelPromoted.model_validate_json(record.value or b"")
        except ValidationError:
            raise BadRecord(
                "no promotion of a model", code="D314", hint="`dispatcher model promote` writes them"
            ) from None
        log.info("model.promoted", model=promoted.model, partition=record.partition, offset=record.offset)
        return Result(state={MODEL: models.named(promoted)})

    def _model(self, state: ReadState) -> Classify:
        """The model that decides this partition's calls, also those that cannot be read."""
        return self._classify if self._models is None else self._models.of(state(MODEL))

    def due(self, _key: bytes, _value: bytes) -> Due | None:
        """Nothing: what is remembered of a caller waits for the next call."""
        return None

    def elapsed(self, _key: bytes, _value: bytes) -> Output:
        """Never asked for."""
        raise NotImplementedError

    def give_up(self, record: InputRecord, error: BadRecord, state: ReadState) -> Result:
        """Whatever may have been a call becomes a case that a person sees."""
        found = salvage(record.value, policy=self._policy.intake)
        case = triage_rules.unreadable(
            found,
            error=error,
            caller=ids.pseudonym(found.caller, self._pseudonym_key) if found.caller else None,
            source=_source(record),
            classify=self._model(state),
            policy=self._policy,
        )
        return Result([_inbox(case, case.case_id, record)])


def _inbox(message: Message, key: str, record: InputRecord, *, index: int = 0) -> Output:
    return codec.output(
        topics.CASE_INBOX,
        key,
        message,
        event_id=ids.event_id(key, record.topic, record.partition, record.offset, index),
        at=utc(record.timestamp_ms),
        trace=codec.trace_of(record),
    )


def _elapsed_id(case: CaseRecord, timer: Timer) -> str:
    return ids.elapsed_id(case.case_id, timer.kind, timer.subject, timer.due_at.isoformat())


#: What may lie on ``case-inbox``: ce_type -> model.
INBOX: dict[bytes, type[Message]] = {
    PlaceSeen.ce_type.encode(): PlaceSeen,
    **{model.ce_type.encode(): model for model in casework.HANDLERS},
}


class CaseworkAgent:
    """``case-inbox`` -> ``case-events``, ``work-orders`` and ``agency.<code>``, with ``case-state``."""

    def __init__(self, _partition_of: PartitionOf, *, city: City, policy: Policy) -> None:
        self._city = city
        self._policy = policy

    def handle(self, record: InputRecord, state: ReadState) -> Result:
        """One message for one case; see `dispatcher.domain.casework`."""
        message = self._read(record)
        case_id: str = message.case_id
        key = case_id.encode()
        known = state(key)
        at = utc(record.timestamp_ms)
        context = Context(record=_source(record), at=at, city=self._city, policy=self._policy)
        if isinstance(message, PlaceSeen):
            return self._place(message, known, context, record)
        case = CaseRecord.model_validate_json(known) if known is not None else None
        work = casework.decide(case, message, context)
        if work is NOTHING:
            metrics.DUPLICATES.inc()
            return Result()
        trace = codec.trace_of(record)
        result = Result()
        if work.case is not None:
            result.state[key] = work.case.encode()
            result.due[key] = self._due(work.case)
        elif work.forgotten:
            result.state[key] = result.due[key] = None
        for event in work.events:
            result.outputs.append(
                codec.output(
                    topics.CASE_EVENTS, event.case_id, event, event_id=event.event_id, at=event.at, trace=trace
                )
            )
        if work.erased is not None:
            result.erased = tuple(sealed.key_name(key, one) for one in work.erased)
        for order in work.orders:
            metrics.orders(order.agency, order.role).inc()
            issued = codec.output(topics.WORK_ORDERS, order.agency, order, event_id=order.order_id, at=at, trace=trace)
            result.outputs += (issued, codec.also(issued, topic=topics.agency(order.agency), key=order.case_id))
        if work.forward is not None:
            result.outputs.append(_inbox(work.forward, work.forward.case_id, record))
        for asked in work.asks:
            result.outputs.append(
                codec.output(topics.LOOKUPS, asked.lookup_id, asked, event_id=asked.request_id, at=at, trace=trace)
            )
        for notice in work.notices:
            result.outputs.append(
                codec.output(topics.ORDER_NOTICES, notice.agency, notice, event_id=notice.notice_id, at=at, trace=trace)
            )
        for index, passed in enumerate((*work.passed, *work.sends), start=1):
            target: str = passed.case_id  # type: ignore[attr-defined]
            result.outputs.append(_inbox(passed, target, record, index=index))
        if work.refused is not None:
            result.dead = work.refused
        log.debug(
            "case.changed",
            case_id=case_id,
            traceparent=trace,
            events=[event.ce_type for event in work.events],
            orders=len(work.orders),
        )
        return result

    @staticmethod
    def _place(message: PlaceSeen, known: bytes | None, context: Context, record: InputRecord) -> Result:
        place = PlaceRecord.model_validate_json(known) if known is not None else None
        changed, told = on_place_seen(place, message, context)
        result = Result(state={message.case_id.encode(): changed.encode()})
        if told is not None:
            result.outputs.append(_inbox(told, told.case_id, record))
        return result

    def due(self, key: bytes, value: bytes) -> Due | None:
        """What falls due next on a case."""
        if key.startswith(PREFIX.encode()):
            return None
        return self._due(CaseRecord.model_validate_json(value))

    def _due(self, case: CaseRecord) -> Due | None:
        timer = next_due(case, self._policy)
        if timer is None:
            return None
        return Due(math.ceil(timer.due_at.timestamp() * 1000), _elapsed_id(case, timer))

    def elapsed(self, _key: bytes, value: bytes) -> Output:
        """The message that the first timer of a case has run out."""
        case = CaseRecord.model_validate_json(value)
        timer = next_due(case, self._policy)
        if timer is None:
            raise ValueError(f"nothing falls due on case {case.case_id}")
        elapsed = DeadlineElapsed(case_id=case.case_id, kind=timer.kind, subject=timer.subject, due_at=timer.due_at)
        name = _elapsed_id(case, timer)
        trace = name.replace("-", "")
        return codec.output(topics.CASE_INBOX, case.case_id, elapsed, event_id=name, at=timer.due_at, trace=trace)

    def give_up(self, record: InputRecord, error: BadRecord, _state: ReadState) -> Result:
        """A message that cannot be handled: if it carries a call, that call goes to a person as a case of its own."""
        if error.code not in ("D311", "D312"):
            return Result()
        try:
            message = self._read(record)
        except BadRecord:
            return Result()
        call = message.call if isinstance(message, AttachedCall) else message
        if not isinstance(call, TriagedCall) or (isinstance(message, AttachedCall) and message.void):
            return Result()  # what people, units and time say is kept in the dead letter, and an alert tells of it
        found = casework.stray(call, error, _source(record))
        passed = [_inbox(void, void.case_id, record) for void in casework.pass_on(call)]
        return Result([_inbox(found, found.case_id, record), *passed])

    @staticmethod
    def _read(record: InputRecord) -> Any:  # a model of INBOX; each has a case_id
        model = INBOX.get(record.header("ce_type") or b"")
        if model is None:
            raise BadRecord("the header ce_type names no message of case-inbox", code="D313", hint="See topics.yaml")
        try:
            return model.model_validate_json(record.value or b"")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise BadRecord(f"{where}: {first['msg']}", code="D304", hint="See topics.yaml") from None
