"""Triage again: each call of the range, after the calls that its caller had made before."""

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import TopicPartition

from dispatcher.artefacts import MissingArtefact
from dispatcher.domain import ids
from dispatcher.domain import triage as triage_rules
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.messages import TriagedCall, UnreadableCall
from dispatcher.domain.triage import CallerHistory, RecentCall
from dispatcher.replay import changes
from dispatcher.replay.answers import Answer, Answers
from dispatcher.replay.deciders import Deciders, decide, pair_of
from dispatcher.replay.findings import Finding, differing, is_hidden, load
from dispatcher.replay.reading import Feeds, as_input
from dispatcher.replay.setup import Part, Setup
from dispatcher.replay.shelf import Shelf
from dispatcher.stream import models, topics
from dispatcher.stream.records import InputRecord, Output

#: The lanes stamp their answers after the calls, and clocks of brokers differ by less.
_SLACK_MS = 60_000
#: Records between two looks at whether to stop.
_LOOK = 32


class TriageReplay:
    """Some partitions of ``calls``, in order of time, against one reading of the inbox."""

    def __init__(self, setup: Setup, deciders: Deciders, parts: Iterable[Part]) -> None:
        self._setup = setup
        self._parts = {part.partition: part for part in parts}
        self._deciders = deciders
        self._state = {partition: Shelf() for partition in self._parts}
        self._pair: dict[int, tuple[str, str] | None] = {}
        # Calls that had been settled before an interruption; and partitions that begin here, and must know their callers.
        self._settled = {partition: part.next_offset or 0 for partition, part in self._parts.items()}
        self._begins = {partition for partition, part in self._parts.items() if part.next_offset is None}
        for partition, part in self._parts.items():
            self._state[partition].apply(dict(part.state))
            self._pair[partition] = (part.decided_by[0], part.decided_by[1]) if part.decided_by else None
            part.state = []
        # Looked at for each call: a shelf that has put things away would ask its file each time.
        self._promoted = {partition: state.get(models.KEY) for partition, state in self._state.items()}

    async def run(self, stop: Callable[[], bool], told: Callable[[int], None]) -> list[Part]:
        """Until all is compared, or `stop` says so; then the parts say where to go on."""
        setup, names = self._setup, self._setup.names
        spans = {p: self._left(part) for p, part in self._parts.items()}
        inbox = {q: self._inbox_span(q) for q in setup.plan.answers}
        wanted = [(TopicPartition(names.calls, p), span) for p, span in spans.items()]
        wanted += [(TopicPartition(names.inbox, q), span) for q, span in inbox.items()]
        async with Feeds(setup.bootstrap, wanted) as feeds:
            calls = {p: feeds.feed(TopicPartition(names.calls, p)) for p in spans}
            self._answers = Answers(
                {q: feeds.feed(TopicPartition(names.inbox, q)) for q in inbox},
                {p: setup.plan.calls[p].end for p in spans},
                self._skip,
            )
            for q, span in inbox.items():
                self._answers.next_offset[q] = span.start
            await self._warm_up()
            heads = [(head.timestamp, p, head) for p, feed in calls.items() if (head := await feed.next()) is not None]
            heapq.heapify(heads)
            made = 0
            while heads:
                _, partition, head = heads[0]
                await self._one(partition, as_input(head, topics.CALLS))
                made += 1
                following = await calls[partition].next()
                if following is None:
                    heapq.heappop(heads)
                else:
                    heapq.heapreplace(heads, (following.timestamp, partition, following))
                if made % _LOOK == 0:
                    told(_LOOK)
                    if stop():
                        return self._interrupted(inbox)
            told(made % _LOOK)
            for partition in self._parts:
                await self._answers.finish(partition)
                self._unexpected(partition, [a for held in self._answers.earliest(partition).values() for a in held])
            self._strays()
        for partition, part in self._parts.items():
            part.done = True
            self._state[partition].close()
        return list(self._parts.values())

    def _left(self, part: Part) -> Any:
        span = self._setup.plan.calls[part.partition]
        return span if part.next_offset is None else type(span)(part.next_offset, span.end)

    def _inbox_span(self, inbox: int) -> Any:
        span = self._setup.plan.answers[inbox]
        lows = [part.low[inbox] for part in self._parts.values() if inbox in part.low]
        # A part that was never begun needs all of it, to know its callers.
        return type(span)(min(lows), span.end) if len(lows) == len(self._parts) else span

    def _interrupted(self, inbox: Iterable[int]) -> list[Part]:
        self._strays()
        for partition, part in self._parts.items():
            part.low = self._answers.low(partition)
            part.high = {q: self._answers.next_offset[q] for q in inbox}
            part.state = list(self._state[partition].items())
            pair = self._pair[partition]
            part.decided_by = list(pair) if pair is not None else []
            if part.next_offset is None:
                part.next_offset = self._setup.plan.calls[partition].start
        return list(self._parts.values())

    # -- what a caller said before ------------------------------------------------------------------------------

    def _skip(self, partition: int, answer: Answer) -> bool:
        """Whether an answer is none to compare: one before the range tells of a caller; one seen before tells nothing."""
        part = self._parts[partition]
        if answer.source < self._settled[partition] and answer.offset < part.high.get(answer.partition, 0):
            return True
        if answer.source >= self._setup.plan.calls[partition].start:
            if self._pair[partition] is None:
                self._pair[partition] = pair_of(answer.value)
            return False
        if partition in self._begins:
            self._remember(partition, answer)
        return True

    async def _warm_up(self) -> None:
        """Read the answers to earlier calls, until those to the range have begun on every partition of the inbox."""
        if not self._begins:
            return
        while not any(self._answers.earliest(p) for p in self._parts) and await self._answers.oldest():
            pass
        times = [a.timestamp_ms for p in self._parts for held in self._answers.earliest(p).values() for a in held]
        if times:
            await self._answers.up_to(min(times) + _SLACK_MS)

    def _remember(self, partition: int, answer: Answer) -> None:
        """Take an earlier call into its caller's history, as triage had done when it wrote this answer."""
        fields = load(answer.value)
        if not fields.get("caller") or "error_code" in fields:
            return
        call = TriagedCall.model_validate(fields)
        pair = self._pair[partition] or pair_of(answer.value) or self._deciders.running()
        catalog = self._deciders.catalog(self._deciders.policy or pair[1])
        policy, matter = catalog.policy.repeat, catalog.city.matters.get(call.decision.category)
        recent = RecentCall(
            call_id=call.call_id,
            case_id=call.link.case_id if call.link is not None else call.case_id,
            fingerprint=call.fingerprint,
            matter=policy.matter(call.decision.category, matter.desk if matter is not None else None),
            category=call.decision.category,
            outcome=call.decision.outcome,
            received_at=call.received_at,
            offset=answer.source,
        )
        key = (call.caller or "").encode()
        known = self._state[partition].get(key)
        before = CallerHistory.model_validate_json(known).calls if known is not None else ()
        # Answers to one caller lie on several partitions of the inbox: put in order, and forgotten in that order.
        history = CallerHistory()
        for one in sorted((*before, recent), key=lambda c: c.offset):
            history = triage_rules.remember(history, one, policy)
        self._state[partition].apply({key: history.encode()})

    # -- one call ---------------------------------------------------------------------------------------------

    async def _one(self, partition: int, record: InputRecord) -> None:
        part, state = self._parts[partition], self._state[partition]
        part.next_offset = record.offset + 1
        if self._setup.case is not None and not await self._is_about(partition, record):
            return
        pair = self._pair[partition]
        if pair is None:
            pair = self._pair[partition] = self._deciders.running()
        result = decide(self._deciders.triage(pair), record, state.get, stage="triage")
        again = next((o for o in result.outputs if o.topic == topics.CASE_INBOX), None)
        recorded = None
        if again is not None:
            place = self._deciders.partition_of(topics.CASE_INBOX, again.key or b"")
            recorded = await self._answers.find(partition, record.offset, place)
            if recorded is None:  # a call on which the worker failed lies elsewhere: its case is named by its record
                aside = ids.salvage_case_id(topics.CALLS, partition, record.offset).encode()
                place = self._deciders.partition_of(topics.CASE_INBOX, aside)
                recorded = await self._answers.find(partition, record.offset, place)
        rest = [a for a in self._answers.settle(partition, record.offset) if a is not recorded]
        if recorded is not None and again is not None and not self._same(again, recorded):
            pair, result, again = self._anew(partition, record, recorded, pair, result, again)
        if record.header("ce_type") == models.PROMOTED:
            part.tally.count("promotions of a model")
        else:
            part.tally.count("calls")
            self._count_other_model(partition, recorded)
            if again is None:
                part.tally.count("calls sent home" if result.outputs else "calls taken before")
        if self._compare(part, record, again, recorded, pair) or recorded is None:
            state.apply(result.state)
            if models.KEY in result.state:
                self._promoted[partition] = result.state[models.KEY]
        else:
            self._remember(partition, recorded)
        if rest:
            self._unexpected(partition, rest)
        self._strays()

    def _count_other_model(self, partition: int, recorded: Answer | None) -> None:
        """A worker that lacks the promoted model goes on with the one before, and says so in its answer."""
        wanted = models.deciding(self._promoted[partition])
        pair = pair_of(recorded.value) if recorded is not None else None
        if wanted is not None and pair is not None and pair[0] != wanted:
            self._parts[partition].tally.count("calls decided by another model than the promoted one")

    def _same(self, again: Output, recorded: Answer) -> bool:
        return again.value == recorded.value and again.headers[0][1].decode() == recorded.ce_id

    def _anew(
        self, partition: int, record: InputRecord, recorded: Answer, pair: tuple[str, str], result: Any, again: Output
    ) -> tuple[tuple[str, str], Any, Output | None]:
        """Decide once more where the record names another model or policy, or failed in the worker's hands."""
        state = self._state[partition]
        fields = load(recorded.value)
        named = pair_of(recorded.value)
        if fields.get("error_code") in ("D311", "D312"):
            error = BadRecord(str(fields.get("error", "")), code=fields["error_code"])
            self._parts[partition].tally.count("calls that the worker set aside")
            result = self._deciders.triage(named or pair).give_up(record, error, state.get)
            return named or pair, result, next(iter(result.outputs), None)
        if named is None or named == pair:
            return pair, result, again
        try:
            result = decide(self._deciders.triage(named), record, state.get, stage="triage")
        except MissingArtefact:
            others = (a for held in self._answers.earliest(partition).values() for a in held if a is not recorded)
            if any(pair_of(answer.value) == named for answer in others):
                raise
            return pair, result, again  # one answer alone names it: that is no model, it is a difference
        self._pair[partition] = named
        return named, result, next((o for o in result.outputs if o.topic == topics.CASE_INBOX), None)

    async def _is_about(self, partition: int, record: InputRecord) -> bool:
        """Whether a call belongs to the one case asked for; if not, its recorded answer is all that matters of it."""
        wanted = self._setup.case
        own = ids.case_id(str(load(record.value).get("call_id") or load(record.value).get("jjdbh") or ""))
        place = self._deciders.partition_of(topics.CASE_INBOX, own.encode())
        recorded = await self._answers.find(partition, record.offset, place)
        link = (load(recorded.value).get("link") or {}).get("case_id") if recorded is not None else None
        if wanted in (own, link, ids.salvage_case_id(topics.CALLS, partition, record.offset)):
            return True
        self._answers.settle(partition, record.offset)
        if recorded is not None:
            self._remember(partition, recorded)
        return False

    # -- comparing --------------------------------------------------------------------------------------------

    def _compare(
        self, part: Part, record: InputRecord, again: Output | None, recorded: Answer | None, pair: tuple[str, str]
    ) -> bool:
        """Tell what differs; False where the caller's earlier calls are not known, so that it says nothing."""
        tally, place = part.tally, f"{record.topic}/{record.partition}/{record.offset}"
        if again is None and recorded is None:
            tally.compared(record.offset)
            return True
        if again is None or recorded is None:
            answer = again.value if again is not None else recorded.value if recorded is not None else b""
            tally.compared(
                record.offset, b"" if recorded is None else recorded.value, b"" if again is None else answer or b""
            )
            what = "re-made, not recorded" if recorded is None else "recorded, not re-made"
            tally.count(what)
            tally.found(_bare(place, what, answer or b""))
            return True
        made = again.value or b""
        tally.compared(record.offset, recorded.value, made)
        tally.outcome(changes.outcome_of(recorded.value), changes.outcome_of(made))
        if self._same(again, recorded):
            tally.count("answers the same")
            return True
        old, new = load(recorded.value), load(made)
        if self._is_outside(part, old, new):
            tally.count("calls whose caller called before the warm-up: not compared")
            return False
        differs = changes.facets(old) != changes.facets(new)
        if self._deciders.what_if and not differs:
            only_named = not differing(old, new, hidden=True, ignore=frozenset(("model", "policy")))
            tally.count("answers the same" if only_named else "answers the same, with other words or confidence")
            return True
        tally.count("changed decisions" if differs else "answers that differ")
        ruled = (self._deciders.model or pair[0], self._deciders.policy or pair[1])
        finding = changes.finding(
            place, old, new, at_ms=recorded.timestamp_ms, deciders=self._deciders, before=pair, now=ruled
        )
        finding |= {
            "what": "changed" if differs else "differs",
            "recorded": f"case-inbox/{recorded.partition}/{recorded.offset}",
        }
        if again.headers[0][1].decode() != recorded.ce_id:
            finding["fields"].append(["ce_id", recorded.ce_id, again.headers[0][1].decode()])
        tally.found(finding)
        if self._deciders.what_if:
            part.overrides[record.partition, record.offset] = made
            part.changed += changes.cases_of(old, new)
        return True

    def _is_outside(self, part: Part, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether all that differs is which earlier case a call was held to be about, and that one is from before."""
        if self._setup.plan.all_calls or new.get("related_to") or new.get("link"):
            return False
        if not (old.get("related_to") or old.get("link")) or old.get("caller") is None:
            return False
        if any(
            path
            for path, _, _ in differing(
                old, new, hidden=True, ignore=frozenset(("related_to", "link", "model", "policy"))
            )
        ):
            return False
        return self._state[part.partition].get(str(old["caller"]).encode()) is None

    def _unexpected(self, partition: int, answers: Iterable[Answer]) -> None:
        for answer in answers:
            tally = self._parts[partition].tally
            tally.count("recorded, not re-made")
            place = f"calls/{partition}/{answer.source}"
            finding = _bare(place, "recorded, not re-made", answer.value)
            tally.found(finding | {"recorded": f"case-inbox/{answer.partition}/{answer.offset}"})

    def _strays(self) -> None:
        for partition, answer in self._answers.strays():
            self._unexpected(partition, [answer])


def _bare(place: str, what: str, value: bytes) -> Finding:
    fields = load(value)
    kind = UnreadableCall.ce_type if "error_code" in fields else TriagedCall.ce_type
    return {
        "stage": "triage",
        "place": place,
        "what": what,
        "type": kind,
        "case": str(fields.get("case_id", "")),
        "id": str(fields.get("call_id", "")),
        "hidden": is_hidden(fields),
        "fields": [],
    }
