"""A stage: a Faust agent whose offsets are committed only inside our own Kafka transactions.

Faust's own guarantees end where a process dies or an agent raises (docs/adr/0001). So:

1. Faust fetches (read_committed) and hands over records; its commits are switched off (`transport`).
2. Each input partition is a `Lane` with a transactional producer of its own, ``<group>-<topic>-<partition>``. Starting it
   fences any zombie; only then is the committed offset read, everything below it dropped, and the state loaded.
3. One transaction holds the outputs, the state changes, the dead letters and the offset of a batch.
4. Bad input is data: a dead letter in the same transaction. Any other error ends the process, because after it nobody
   knows what the cluster has taken; the supervisor starts another, which asks the cluster.
5. On a rebalance the lanes finish the transaction in hand before the partitions are given away.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from aiokafka import TopicPartition

from dispatcher.stream.attempts import InHand
from dispatcher.stream.cluster import Cluster
from dispatcher.stream.lane import Lane, Spec
from dispatcher.stream.records import InputRecord
from dispatcher.stream.valve import Valve

log = structlog.get_logger(__name__)


class Stage:
    """The lanes of one agent in this process."""

    def __init__(
        self,
        spec: Spec,
        *,
        cluster: Cluster,
        valve: Valve,
        in_hand: InHand,
        pause: Callable[[TopicPartition, bool], None],
        die: Callable[[str], None],
    ) -> None:
        self.spec = spec
        self.lanes: dict[TopicPartition, Lane] = {}
        self._cluster = cluster
        self._valve = valve
        self._in_hand = in_hand
        self._pause = pause
        self._die = die
        self._tasks: dict[Lane, asyncio.Task[None]] = {}

    async def consume(self, stream: Any) -> None:
        """The body of the agent: give each event to its partition's lane, never acknowledging by Faust's own means.

        Takes all that has arrived at once from the stream's channel. Iterating the stream itself costs a turn of the
        event loop for each record, which lets a busy triage starve casework (measured: 9 records a transaction).
        """
        channel = aiter(stream.channel)
        while True:
            try:
                event = await channel.get()
            except StopAsyncIteration:  # so Faust says that the app ends
                return
            while True:
                message = event.message
                lane = self.lanes.get(TopicPartition(message.topic, message.partition))
                # A leftover of an assignment that is over is dropped: whoever owns the partition now reads it again. To
                # open a lane for it would fence that owner.
                if lane is not None and lane.generation == message.generation_id:
                    await lane.put(
                        InputRecord(
                            message.topic,
                            message.partition,
                            message.offset,
                            round(message.timestamp * 1000),
                            message.key,
                            message.value,
                            tuple(message.headers or ()),
                        )
                    )
                # Acknowledging only clears Faust's own bookkeeping: what it would commit goes nowhere.
                event.ack()
                if channel.queue.empty():
                    break
                event = channel.queue.get_nowait()

    def open(self, partitions: set[int], *, generation: int) -> None:
        """Open the lanes of newly assigned partitions. Must come before Faust lets records flow: see `consume`."""
        for partition in partitions:
            place = TopicPartition(self.spec.source, partition)
            if place in self.lanes:  # assigned anew without having been revoked: nobody knows who wrote meanwhile
                self._die(f"partition {self.lanes[place]} was assigned twice")
            lane = Lane(
                self.spec,
                partition,
                generation=generation,
                cluster=self._cluster,
                valve=self._valve,
                in_hand=self._in_hand,
                pause=self._pause,
            )
            self.lanes[place] = lane
            self._tasks[lane] = asyncio.create_task(self._guard(lane), name=f"lane {lane}")

    def summary(self) -> dict[str, dict[str, object]]:
        """Each lane as health shows it."""
        return {str(lane): lane.summary() for lane in tuple(self.lanes.values())}

    async def close(self) -> None:
        """Give all partitions away: each lane ends after the transaction in hand."""
        lanes, self.lanes = list(self.lanes.values()), {}
        tasks = [self._tasks.pop(lane) for lane in lanes]
        for lane, task in zip(lanes, tasks, strict=True):
            lane.close()
            if not lane.opened:  # still loading: nothing is under way, and a rebalance must not wait for it
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # a failure has ended the process already (`_guard`)

    async def _guard(self, lane: Lane) -> None:
        try:
            await lane.run()
        except Exception as error:
            log.critical("lane.failed", lane=str(lane), exc_info=error)
            self._die(f"lane {lane}: {type(error).__name__}: {error}")
