"""Faust's Kafka transport with four differences: it reads only committed records, its commits go nowhere (offsets are
committed inside our transactions, see `stage`), it delivers without two tasks a message, and it tells of an assignment
before records of it flow (the signal `on_partitions_assigned` may come after the first of them).

All four are methods of Faust's that have no setting.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiokafka
import faust
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP


class _Thread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:  # noqa: ARG002
        return True


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:
        """Deliver a message at once while messages flow.

        Faust makes two tasks a message, to be able to stop a delivery that blocks; a delivery only appends to a queue.
        """
        if timeout is None and len(coros) == 2 and self.flow_active:
            delivery, suspension = coros
            suspension.close()
            return await delivery
        return await super().wait_first(*coros, timeout=timeout)


class _Transport(driver.Transport):
    Consumer = _Consumer


class NoTables(TableManager):
    """This app has no Faust tables; Faust would sleep a second at each start, in case some are registered late."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class App(faust.App):
    """A Faust app on that transport. `opening` is awaited with each assignment and its generation; it must not raise."""

    opening: Callable[[set[TP], int], Awaitable[None]]

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        if not self.should_stop:
            await self.opening(assigned, generation_id)
        await super()._on_partitions_assigned(assigned, generation_id)

    def _new_transport(self) -> Any:
        return _Transport(self.conf.broker_consumer, self)
