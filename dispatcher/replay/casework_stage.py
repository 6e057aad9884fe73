"""Casework again: each record of one partition of the inbox, on the cases as its earlier records left them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from aiokafka import TopicPartition

from dispatcher.artefacts import MissingArtefact
from dispatcher.domain import sealed
from dispatcher.domain.calls import utc
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.inbox import SplitOff
from dispatcher.domain.messages import AttachedCall, TriagedCall, UnreadableCall
from dispatcher.domain.neighbours import PlaceSeen
from dispatcher.replay.deciders import Deciders, decide, given_up, policy_of
from dispatcher.replay.findings import Finding, differing, is_hidden, load
from dispatcher.replay.ledger import Event, Ledger
from dispatcher.replay.made import Made
from dispatcher.replay.opening import Opening
from dispatcher.replay.reading import Feeds, Span, as_input
from dispatcher.replay.setup import Part, Setup
from dispatcher.replay.shelf import Shelf
from dispatcher.stream import topics
from dispatcher.stream.attempts import DEATHS
from dispatcher.stream.records import InputRecord, Output, Result

_LOOK = 32
#: Messages that may be the first about a case; any other speaks of one that was there.
_OPENING = frozenset(model.ce_type.encode() for model in (TriagedCall, UnreadableCall, PlaceSeen, SplitOff))
_CALLS = (TriagedCall.ce_type.encode(), UnreadableCall.ce_type.encode())
_POLICIES = frozenset(("policy", "model"))

#: Where the call lies that a message passes on: the last such field, for what a caller said stands before it.
_CALL = re.compile(rb'"source":\{"topic":"calls","partition":(\d+),"offset":(\d+)\}')
_ATTACHED = AttachedCall.ce_type.encode()

Overrides = dict[tuple[int, int], bytes]
Pairs = list[tuple[Output, Event | None]]


class CaseworkReplay:
    """One partition of ``case-inbox`` against the same partition of ``case-events``.

    `overrides`: calls that a what-if decides otherwise, as triage would now pass them on, by partition and offset on
    ``calls``. `changed`: the cases that they are about; what follows on these is counted and not told one by one. `wanted`: digests
    of other records than events that were found to be odd, and are made once more, to be told.
    """

    def __init__(
        self,
        setup: Setup,
        deciders: Deciders,
        part: Part,
        *,
        overrides: Overrides,
        changed: list[str],
        wanted: frozenset[bytes] | None = None,
    ) -> None:
        self._setup = setup
        self._part = part
        self._span = setup.plan.inbox[part.partition]
        self._overrides = overrides
        self._changed = {case.encode() for case in (*changed, *part.changed)}
        self._deciders = deciders
        self._policy = part.decided_by[0] if part.decided_by else None
        self._complete = part.partition in setup.plan.all_cases
        self._outside = {case.encode() for case in part.outside}
        self._state = Shelf()
        self._state.apply(dict(part.state))
        self._only = setup.case.encode() if setup.case is not None else None
        self._made = Made(setup, part, wanted)
        self._opening = Opening()
        # Whether nothing lies before the range, nor after it, that could have the time of its first or last record.
        plan = setup.plan
        starts = self._complete or plan.cases[part.partition].start < self._span.start
        self._is_whole = (starts, self._span.end >= plan.worked_off[part.partition])
        self._times: list[int] = []  # of the range's first and last record

    async def run(self, stop: Callable[[], bool], told: Callable[[int], None]) -> list[Part]:
        """Until all is compared, or `stop` says so; then the part says where to go on."""
        setup, part, names = self._setup, self._part, self._setup.names
        inbox, ledger = TopicPartition(names.inbox, part.partition), TopicPartition(names.events, part.partition)
        spans = [(inbox, setup.plan.cases[part.partition]), (ledger, setup.plan.events[part.partition])]
        if part.next_offset is not None:
            spans = [(inbox, Span(part.next_offset, spans[0][1].end)), (ledger, Span(part.low[0], spans[1][1].end))]
            self._times = [part.low[1], part.high[1]] if 1 in part.low else []
        keys = TopicPartition(names.keys, part.partition)
        async with Feeds(setup.bootstrap, [(keys, setup.plan.keys[part.partition])]) as feeds:
            await self._opening.learn(feeds.feed(keys))
        async with Feeds(setup.bootstrap, spans) as feeds:
            feed = feeds.feed(inbox)
            self._ledger = Ledger(
                feeds.feed(ledger), only=self._only, high=part.high.get(0, 0), open_ids=frozenset(part.open)
            )
            self._ledger.next_offset = spans[1][1].start
            self._ledger.passed = part.high.get(2, -1)
            made = 0
            while (record := await feed.next()) is not None:
                if self._only is None or record.key == self._only:
                    await self._one(as_input(record, topics.CASE_INBOX))
                part.next_offset = record.offset + 1
                made += 1
                if record.offset % _LOOK == 0:  # at the same places in whatever pieces the work is done
                    self._unexpected(self._ledger.overdue())
                if made % _LOOK == 0:
                    told(_LOOK)
                    if stop():
                        return self._interrupted()
            told(made % _LOOK)
            to_the_end = self._span.end >= setup.plan.worked_off[part.partition]
            self._unexpected(await self._ledger.rest(everything=to_the_end))
        part.done = True
        part.state, part.open = [], []
        self._keep_cases()
        self._state.close()
        self._opening.close()
        return [part]

    def _interrupted(self) -> list[Part]:
        part = self._part
        part.state = list(self._state.items())
        part.decided_by = [self._policy] if self._policy is not None else []
        part.low, part.high = {0: self._ledger.low()}, {0: self._ledger.next_offset, 2: self._ledger.passed}
        if self._times:
            part.low[1], part.high[1] = self._times
        part.open = self._ledger.open_ids()
        self._keep_cases()
        return [part]

    def _keep_cases(self) -> None:
        self._part.sieves = self._made.plain()
        self._part.changed = sorted(case.decode("utf-8", "replace") for case in self._changed)
        self._part.outside = sorted(case.decode("utf-8", "replace") for case in self._outside)

    # -- one message ------------------------------------------------------------------------------------------

    async def _one(self, record: InputRecord) -> None:
        key = record.key or b""
        compared = record.offset in self._span
        if compared:
            self._times = [self._times[0] if self._times else record.timestamp_ms, record.timestamp_ms]
            self._part.tally.count("messages")
        if self._is_outside(key, record):
            if compared:
                self._part.tally.count("messages to cases opened before the warm-up: not compared")
            return
        if self._overrides and (value := self._otherwise(record)) is not None:
            if not value:
                return
            record = replace(record, value=value)
        if self._policy is None:
            await self._ledger.look()
            self._policy = next(iter(self._ledger.policies()), None) or self._deciders.running_policy()
        result, pairs = await self._decided(record, self._policy)
        if not self._deciders.what_if and not all(map(self._same, pairs)):
            result, pairs = await self._under_another(record, result, pairs)
        self._state.apply(result.state)
        for _, event in pairs:
            if event is not None:
                self._ledger.settle(event)
        if compared:
            self._compare(record, key, pairs)
            if len(result.outputs) > len(pairs):
                changed, hidden = key in self._changed, partial(self._is_confidential, key)
                self._made.take(record, result.outputs, changed=changed, hidden=hidden)

    def _otherwise(self, record: InputRecord) -> bytes | None:
        """A call's message under its new decision; empty where that sends none to this case; None for all else."""
        kind, old = record.header("ce_type"), record.value or b""
        found = _CALL.findall(old)
        new = self._overrides.get((int(found[-1][0]), int(found[-1][1]))) if found else None
        if new is None or kind not in (_ATTACHED, *_CALLS):
            return None
        if kind in _CALLS:
            return new
        attached, call = AttachedCall.model_validate_json(old), load(new)
        target = (call.get("link") or {}).get("case_id") or call.get("case_id")
        if "error_code" in call or (target != attached.case_id and not attached.void):
            return b""
        return attached.model_copy(update={"call": TriagedCall.model_validate(call)}).encode()

    async def _decided(self, record: InputRecord, policy: str) -> tuple[Result, Pairs]:
        agent, aside = (
            self._deciders.casework(policy),
            self._setup.plan.set_aside.get((record.partition, record.offset)),
        )
        if aside is not None:
            # The worker failed on it: a dead letter says so, and nothing was decided; a call in it goes to a person, unless
            # the worker died even of that.
            if aside[0] == "D312" and f" {DEATHS} times" not in aside[1]:
                return Result(), []
            return given_up(agent, record, BadRecord(aside[1], code=aside[0]), self._state.get), []
        result = decide(agent, record, self._state.get, stage="casework")
        pairs: Pairs = []
        for one in result.outputs:
            if one.topic == topics.CASE_EVENTS:
                event = await self._ledger.peek(one.headers[0][1].decode())
                pairs.append((one, event and self._opening.opened(event)))
        return result, pairs

    async def _under_another(self, record: InputRecord, result: Result, pairs: Pairs) -> tuple[Result, Pairs]:
        """The policy may have changed here: take the first named by what follows that gives what was recorded."""
        named = [name for _, e in pairs if e is not None and (name := policy_of(e.value)) is not None]
        for policy in dict.fromkeys((*named, *self._ledger.policies())):
            if policy != self._policy:
                try:
                    other, made = await self._decided(record, policy)
                except MissingArtefact:
                    await self._ledger.look()
                    if self._ledger.named(policy) > 1:
                        raise
                    continue  # one event alone names it: that is no policy, it is a difference
                if all(map(self._same, made)):
                    self._policy = policy
                    return other, made
        return result, pairs

    def _is_outside(self, key: bytes, record: InputRecord) -> bool:
        """Whether a message is about a case that was opened before the first record that is read."""
        if self._complete:
            return False
        if key in self._outside:
            return True
        if record.header("ce_type") in _OPENING or self._state.get(key) is not None:
            return False
        self._outside.add(key)
        self._part.since.setdefault(key.decode("utf-8", "replace"), record.timestamp_ms)
        return True

    # -- comparing --------------------------------------------------------------------------------------------

    def _same(self, pair: tuple[Output, Event | None]) -> bool:
        made, event = pair
        return event is not None and _comparable(made, event) == event.value

    def _compare(self, record: InputRecord, key: bytes, pairs: Pairs) -> None:
        tally = self._part.tally
        tally.compared(
            record.offset,
            *(v for made, e in pairs for v in (b"" if e is None else e.value, _comparable(made, e))),
        )
        for made, event in pairs:
            if event is not None and event.erased:
                tally.count("events of erased cases: compared without what was said")
            if self._same((made, event)) or (self._deciders.what_if and self._but_for_policy(made, event)):
                tally.count("events the same")
            elif key in self._changed:
                tally.count("events that follow a changed decision")
            else:
                what = "re-made, not recorded" if event is None else "differs"
                tally.count("events that differ" if event is not None else "events re-made, not recorded")
                tally.found(self._finding(f"case-inbox/{record.partition}/{record.offset}", what, made, event))
                if self._deciders.what_if:
                    self._is_changed(key, record.timestamp_ms)

    def _is_changed(self, case: bytes, ms: int) -> None:
        self._changed.add(case)
        self._part.since.setdefault(case.decode("utf-8", "replace"), ms)

    def _but_for_policy(self, made: Output, event: Event | None) -> bool:
        """Whether an event differs in nothing but the digests of what decided it."""
        if event is None:
            return False
        return not differing(load(event.value), load(_comparable(made, event)), hidden=True, ignore=_POLICIES)

    def _finding(self, place: str, what: str, made: Output | None, event: Event | None) -> Finding:
        old = load(event.value) if event is not None else {}
        new = load(_comparable(made, event)) if made is not None else {}
        either = new or old
        hidden = is_hidden(old, new) or self._is_confidential(str(either.get("case_id", "")).encode())
        kind = made.headers[1][1] if made is not None else event.kind if event is not None else b""
        found: Finding = {
            "stage": "casework",
            "place": place,
            "what": what,
            "type": kind.decode("utf-8", "replace"),
            "case": str(either.get("case_id", "")),
            "id": str(either.get("event_id", "")),
            "hidden": hidden,
            "fields": [],
        }
        if event is not None:
            found["recorded"] = f"case-events/{self._part.partition}/{event.offset}"
        if made is not None and event is not None:
            ignore = _POLICIES if self._deciders.what_if else frozenset[str]()
            found["fields"] = differing(old, new, hidden=hidden, ignore=ignore) or [["(bytes)", "other", "other"]]
        return found

    def _is_confidential(self, case: bytes) -> bool:
        return bool(load(self._state.get(case)).get("confidential"))

    def _unexpected(self, events: list[Event]) -> None:
        """Events that nothing in the range makes: told, unless they belong to records outside of it."""
        for event in map(self._opening.opened, events):
            if event.key in self._outside:
                self._part.tally.count("events of cases opened before the warm-up: not compared")
            elif not self._in_range(load(event.value)):
                continue
            elif event.key in self._changed:
                self._part.tally.count("events that follow a changed decision")
            else:
                self._part.tally.count("events recorded, not re-made")
                source = load(event.value).get("source") or {}
                place = f"{source.get('topic')}/{source.get('partition')}/{source.get('offset')}"
                self._part.tally.found(self._finding(place, "recorded, not re-made", None, event))
                if self._deciders.what_if:
                    self._is_changed(event.key, self._times[-1] if self._times else 0)

    def _in_range(self, fields: dict[str, Any]) -> bool:
        """An event tells the inbox record that it answers, or at least that record's time."""
        source = fields.get("source") or {}
        if source.get("topic") == topics.CASE_INBOX and isinstance(source.get("offset"), int):
            return source["offset"] in self._span
        if not self._times:
            return False
        try:
            at = datetime.fromisoformat(str(fields.get("at")))
            first, last = (utc(ms) for ms in self._times)
            return first < at < last or (at == first and self._is_whole[0]) or (at == last and self._is_whole[1])
        except (ValueError, TypeError):
            return True  # no event that this service writes: it shows wherever it lies


def _comparable(made: Output, event: Event | None) -> bytes:
    """What was made, so far as it can be compared: of an erased case without what was said."""
    value = made.value or b""
    return sealed.without(value) if event is not None and event.erased else value
