"""One input partition in the hands of one process, from its assignment to its revocation.

Opening, in this order: start the transactional producer (which fences a zombie and aborts what it left open), read the
committed offset, load the partition's state. From then on nobody else can commit for this partition, and what this lane
knows is what the cluster knows.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiokafka import TopicPartition

from dispatcher.domain.errors import BadRecord
from dispatcher.observe import metrics
from dispatcher.stream import chain, codec, dead_letters, sealing, topics
from dispatcher.stream.attempts import DEATHS, InHand
from dispatcher.stream.clock import LaneClock
from dispatcher.stream.cluster import Cluster
from dispatcher.stream.fuse import Fuse
from dispatcher.stream.records import Due, Handler, InputRecord, Output, Result
from dispatcher.stream.sealing import Sealer
from dispatcher.stream.state import State, load_state, read_between
from dispatcher.stream.valve import Valve
from dispatcher.stream.writer import Writer

log = structlog.get_logger(__name__)

#: How often a handler is tried on one record before the record is set aside.
_TRIES = 3
#: Entries of the state that are the lane's own, and no business of its handler.
OWN = (chain.PREFIX, sealing.PREFIX)
#: Records handled before other tasks of the process get their turn.
_BREATH = 10


@dataclass(frozen=True, slots=True)
class Spec:
    """What a stage reads, where its state lies, what it may write, and how much it takes at once."""

    name: str
    source: str
    state_topic: str
    outputs: tuple[str, ...]
    group: str
    batch: int
    commit_seconds: float
    make_handler: Callable[[Callable[[str, bytes], int]], Handler]
    fuse: Callable[[], Fuse]


class Lane:
    """Takes records in order, and commits each batch with all that it causes in one transaction."""

    def __init__(
        self,
        spec: Spec,
        partition: int,
        *,
        generation: int,
        cluster: Cluster,
        valve: Valve,
        in_hand: InHand,
        pause: Callable[[TopicPartition, bool], None],
    ) -> None:
        self.place = TopicPartition(spec.source, partition)
        self.generation = generation
        self.floor = 0  # the committed offset: the next record to take has this offset or a higher one
        self.state = State()
        self._spec = spec
        self._cluster = cluster
        self._valve = valve
        self._pause = pause
        self._fuse = spec.fuse()
        self._clock = LaneClock()
        self._in_hand = in_hand
        self._waiting: deque[InputRecord] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closing = False
        self._busy_since = 0.0  # monotonic; 0 while nothing waits
        self.opened = False
        self._caught_up = False
        self._writer = Writer(
            cluster.bootstrap,
            transactional_id=f"{spec.group}-{spec.source}-{partition}",
            topics=(*spec.outputs, spec.state_topic, spec.source),
            commit_seconds=spec.commit_seconds,
        )
        self._handler = spec.make_handler(self._writer.partition_of)
        self._metrics = metrics.lane(spec.name, partition)
        self._chain = chain.Head(f"{spec.name}/{partition}")
        self._sealer = Sealer(self._writer.partition_of) if topics.CASE_KEYS in spec.outputs else None

    # -- life ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Open, then work until `close` is called. Any error is for the stage to die of."""
        try:
            await self._open()
            await self._loop()
        finally:
            await self._writer.stop()

    async def _loop(self) -> None:
        while not self._closing:
            await self._wait()
            if self._closing:
                return
            if self._valve.is_stopped(self.place) or not self._valve.loaded:
                self._room.set()  # nor may a full queue
                self._pause(self.place, True)  # so that a stopped partition does not hold up its neighbours
                await self._valve.wait_open(self.place, unless=lambda: self._closing)
                self._pause(self.place, False)
                continue
            await self._send_due()
            await self._catch_up()
            batch = self._take()
            if batch:
                await self._work(batch)
            if not self._waiting:
                self._busy_since = 0.0

    async def _open(self) -> None:
        await self._writer.start()
        self.floor = await self._cluster.committed(self._spec.group, self.place)
        state_place = TopicPartition(self._spec.state_topic, self.place.partition)
        self.state = await load_state(self._cluster.bootstrap, state_place)
        self._chain = self._chain.at(self.state.get(self._chain.key))
        for count, (key, value) in enumerate(self.state.items()):
            if not key.startswith(OWN):
                self._clock.set(key, self._handler.due(key, value))
            if count % 200 == 199:
                await asyncio.sleep(0)
        self.opened = True
        log.info(
            "lane.open",
            lane=str(self),
            floor=self.floor,
            entries=len(self.state),
            due=len(self._clock),
            generation=self.generation,
        )

    async def _wait(self) -> None:
        """Until a record arrives or something falls due."""
        if self._arrived.is_set():
            return
        first = self._clock.next_ms()
        if first is None:
            await self._arrived.wait()
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), max(0.0, first / 1000 - time.time()))

    async def _send_due(self) -> None:
        """Send what has fallen due, in a transaction of its own; it comes back as a record like any other.

        No more than one transaction's worth: after an outage, what units and people say must not wait for all of it.
        """
        taken = self._clock.take(round(time.time() * 1000))
        if taken:
            messages = [self._handler.elapsed(key, self.state.value(key)) for key, _ in taken]
            last, stamped_ms = await self._writer.send(messages, to=self.place)
            self._clock.sent(taken, last_offset=last, stamped_ms=stamped_ms)
            self._metrics.deadlines.inc(len(taken))

    def close(self) -> None:
        """Stop after the transaction in hand. What waits is left to whoever reads from the committed offset."""
        self._closing = True
        self._arrived.set()
        self._room.set()

    async def put(self, record: InputRecord) -> None:
        """Queue a record; waits while two batches are queued already, which makes Faust stop fetching."""
        if not self._waiting and not self._busy_since:
            self._busy_since = time.monotonic()
        self._waiting.append(record)
        self._arrived.set()
        if len(self._waiting) >= 2 * self._spec.batch and not self._valve.is_stopped(self.place):
            self._room.clear()
            await self._room.wait()

    def stalled_for(self, now: float) -> float:
        """Seconds (on the monotonic clock) since the last progress, 0 where there is nothing to do or to be done."""
        if self._closing or not self._busy_since or self._valve.is_stopped(self.place):
            return 0.0
        return now - max(self._busy_since, self._metrics.last_progress)

    def summary(self) -> dict[str, object]:
        """What health shows of a lane."""
        return {
            "open": self.opened,
            "floor": self.floor,
            "waiting": len(self._waiting),
            "stopped": self._valve.is_stopped(self.place),
        }

    def __str__(self) -> str:
        return f"{self.place.topic}/{self.place.partition}"

    async def _catch_up(self) -> None:
        """Before the first batch: read for ourselves whatever lies between the committed offset and Faust's first record.

        Mostly it is a transaction marker. But Faust has dropped fetched records around a rebalance before (faust #596),
        and what is skipped here would be committed over.
        """
        if self._caught_up or not self._waiting:
            return
        first = self._waiting[0].offset
        if first > self.floor:
            missed = await read_between(self._cluster.bootstrap, self.place, self.floor, first)
            if missed:
                log.warning("lane.caught_up", lane=str(self), records=len(missed), floor=self.floor, first=first)
                self._waiting.extendleft(reversed(missed))
        self._caught_up = True

    # -- work ------------------------------------------------------------------------------------------

    def _take(self) -> list[InputRecord]:
        limit = self._spec.batch
        batch: list[InputRecord] = []
        expected = self.floor
        while self._waiting and len(batch) < limit:
            record = self._waiting.popleft()
            if record.offset >= expected:  # what lies below has been committed, here or by the lane's predecessor
                batch.append(record)
                expected = record.offset + 1
        if not self._waiting:
            self._arrived.clear()
        if len(self._waiting) <= self._spec.batch:
            self._room.set()
        return batch

    async def _work(self, batch: list[InputRecord]) -> None:
        partition = self.place.partition
        outputs: list[Output] = []
        changes: dict[bytes, bytes | None] = {}
        dues: dict[bytes, Due | None] = {}
        next_offset = self.floor
        blown = False

        def read(key: bytes) -> bytes | None:
            return changes[key] if key in changes else self.state.get(key)

        for count, record in enumerate(batch):
            result = self._handle(record, read)
            if self._sealer is not None:
                self._sealer.seal(result, record.key, read)
            outputs += result.outputs
            changes |= result.state
            dues |= result.due
            dues |= {key: None for key, value in result.state.items() if value is None}
            next_offset = record.offset + 1
            if result.dead is not None:
                outputs.append(dead_letters.letter(record, result.dead, stage=self._spec.name))
                self._metrics.dead.inc()
                log.warning(
                    "record.dead",
                    lane=str(self),
                    offset=record.offset,
                    code=result.dead.code,
                    reason=result.dead.message,
                    traceparent=codec.trace_of(record),
                )
            if self._fuse.saw(bad=result.dead is not None):
                outputs += self._valve.closing(self.place, record)
                blown = True
                self._waiting.extendleft(reversed(batch[count + 1 :]))
                self._arrived.set()
                break
            if count % _BREATH == _BREATH - 1:
                await asyncio.sleep(0)

        head, outputs = chain.link_all(self._chain, outputs, topics.CASE_EVENTS)
        if head is not self._chain:
            changes[head.key] = head.encode()
        outputs += [Output(self._spec.state_topic, key, value, partition=partition) for key, value in changes.items()]
        with self._metrics.transaction.time():
            await self._writer.commit(outputs, source=self.place, next_offset=next_offset, group=self._spec.group)
        self._chain = head
        self.state.apply(changes)
        self._clock.apply(dues.items())
        self._clock.passed(next_offset, round(time.time() * 1000))
        self.floor = next_offset
        done = batch[: count + 1]
        for record in done:
            self._in_hand.settled(record)
        self._metrics.progressed(len(done), floor=next_offset, entries=len(self.state))
        if blown:
            log.critical("fuse.blown", lane=str(self), offset=next_offset - 1)
            self._valve.shut(self.place)
            self._fuse.reset()

    def _handle(self, record: InputRecord, read: Callable[[bytes], bytes | None]) -> Result:
        died = self._in_hand.died_on(record)
        self._in_hand.take(record)
        try:
            if died < DEATHS:
                return self._try(record, read)
            error = BadRecord(f"the worker died {died} times on this record", code="D312", hint="See the worker's log")
            # Even the last resort may be what kills: after one more death the record is a dead letter and nothing else.
            return self._give_up(record, error, read) if died == DEATHS else Result(dead=error)
        finally:
            self._in_hand.put_down()

    def _try(self, record: InputRecord, read: Callable[[bytes], bytes | None]) -> Result:
        bug: Exception | None = None
        for _ in range(_TRIES):
            try:
                return self._handler.handle(record, read)
            except BadRecord as error:
                return self._give_up(record, error, read)
            except Exception as error:  # a bug of ours must not stop the line; the record goes to a person
                bug = error
        log.error(
            "handler.raised",
            lane=str(self),
            offset=record.offset,
            traceparent=codec.trace_of(record),
            exc_info=bug,
        )
        where = f"{type(bug).__name__} in stage {self._spec.name}, {_TRIES} tries"
        fault = BadRecord(where, code="D311", hint="A fault of this program, not of the record")
        return self._give_up(record, fault, read)

    def _give_up(self, record: InputRecord, error: BadRecord, read: Callable[[bytes], bytes | None]) -> Result:
        try:
            result = self._handler.give_up(record, error, read)
        except Exception:  # even a failing last resort must not lose the record: it is still a dead letter
            log.exception("give_up.raised", lane=str(self), offset=record.offset)
            result = Result()
        result.dead = error
        return result
