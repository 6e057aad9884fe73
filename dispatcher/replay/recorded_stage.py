"""What casework has written beside the ledger: read once into a sieve, and the second time, if need be, for the odd records."""

from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import TopicPartition

from dispatcher.domain import ids
from dispatcher.domain.messages import UnreadableCall
from dispatcher.replay.findings import load
from dispatcher.replay.outputs import KINDS, MESSAGES, Scope, Sent, kind_of
from dispatcher.replay.reading import Feeds, Span
from dispatcher.replay.setup import Part, Setup
from dispatcher.replay.sieve import Sieve
from dispatcher.stream import topics
from dispatcher.stream.dead_letters import REDRIVEN

_LOOK = 32
_UNREADABLE = UnreadableCall.ce_type.encode()

#: The kinds in the order of their parts.
ORDER = tuple(KINDS)


class RecordedOutputs:
    """One kind, all its topics and partitions. `left_out`: cases that are not compared, with the time from which on; those that
    were opened before what could be read are `outside`.

    `wanted`: digests of records to keep, None to sieve them all.
    """

    def __init__(
        self,
        setup: Setup,
        part: Part,
        *,
        left_out: Mapping[str, int],
        outside: frozenset[str],
        wanted: frozenset[bytes] | None,
    ) -> None:
        self._setup = setup
        self._part = part
        self._kind = ORDER[part.partition]
        self._scope = Scope(setup, left_out)
        self._outside = outside
        self._wanted = wanted
        plain = part.sieves.get(self._kind)
        self._sieve = Sieve.of(plain) if plain is not None else Sieve()

    async def run(self, stop: Callable[[], bool], told: Callable[[int], None]) -> list[Part]:
        """Until all is read, or `stop` says so; then the part says where to go on."""
        places = [place for place in sorted(self._setup.plan.outputs) if kind_of(place[0]) == self._kind]
        spans: dict[int, Span] = {}
        for number, place in enumerate(places):
            whole = self._setup.plan.outputs[place]
            spans[number] = Span(self._part.high.get(number, whole.start), whole.end)
        actual = {n: TopicPartition(self._setup.names.actual(places[n][0]), places[n][1]) for n in spans}
        read = 0
        async with Feeds(self._setup.bootstrap, [(actual[n], span) for n, span in spans.items()]) as feeds:
            for number, (topic, _) in enumerate(places):
                feed = feeds.feed(actual[number])
                while (record := await feed.next()) is not None:
                    self._one(topic, record)
                    self._part.high[number] = record.offset + 1
                    read += 1
                    if read % _LOOK == 0:
                        told(_LOOK)
                        if stop():
                            return self._left()
                self._part.high[number] = spans[number].end
        told(read % _LOOK)
        self._part.done = True
        return self._left()

    def _left(self) -> list[Part]:
        if self._wanted is None:
            self._part.sieves = {self._kind: self._sieve.plain()}
        return [self._part]

    def _one(self, topic: str, record: Any) -> None:
        told = dict(record.headers)
        kind = told.get("ce_type", b"")
        value = record.value or b""
        if topic == topics.CASE_INBOX:
            if kind not in MESSAGES or (kind == _UNREADABLE and _is_triages(told, value, record)):
                return
            value = self._scope.as_compared(value)
        name = KINDS[self._kind]
        if REDRIVEN in told:
            self._part.tally.count(f"{name} that a person sent again: not compared")
            return
        sent = Sent(
            topic=topic,
            key=record.key or b"",
            value=value,
            ce_id=told.get("ce_id", b""),
            ce_type=kind,
            ce_time=told.get("ce_time", b""),
            subject=told.get("ce_subject", b""),
            place=f"{topic}/{record.partition}/{record.offset}",
        )
        ms = None if self._scope.is_timeless else sent.at_ms()
        if not self._scope.in_time(topic, ms, sent.subject) or not self._scope.is_told(sent):
            return
        case = self._scope.left_out(sent, ms)
        if case is not None:
            if case in self._outside:
                self._part.tally.count(f"{name} of cases opened before the warm-up: not compared")
            return
        if self._wanted is None:
            self._part.tally.count(f"{name} the same")  # so far: what turns out to be odd is taken off again
            self._sieve.add(sent.digest(), 1)
        elif sent.digest() in self._wanted:
            self._part.found.append(sent.plain())


def _is_triages(told: Mapping[str, bytes], value: bytes, record: Any) -> bool:
    """Whether triage wrote of a call that it could not be read: its id is made of the call's place."""
    source = load(value).get("source") or {}
    case = (record.key or b"").decode("utf-8", "replace")
    wanted = ids.event_id(case, topics.CALLS, source.get("partition", -1), source.get("offset", -1), 0)
    return told.get("ce_id") == wanted.encode()
