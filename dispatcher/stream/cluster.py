"""Where the cluster is, and the one question that every lane asks it."""

import asyncio
import time

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupLoadInProgressError

#: How long a coordinator that has just been started may take to load the group, in seconds.
_LOADING = 15.0


class Cluster:
    """A bootstrap address with one shared admin connection."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin: AIOKafkaAdminClient | None = None

    async def start(self) -> None:
        """Connect."""
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await self._admin.start()

    async def committed(self, group: str, place: TopicPartition) -> int:
        """The group's committed offset on `place`, 0 where there is none yet."""
        assert self._admin is not None, "start first"
        deadline = time.monotonic() + _LOADING
        while True:
            answer = await self._admin.list_consumer_group_offsets(group, partitions=[place])
            if place in answer:
                return max(0, int(answer[place].offset))
            # aiokafka does not look at the answer's own error: an empty one says "not now", and by no means "0".
            if time.monotonic() > deadline:
                raise GroupLoadInProgressError(f"the committed offset of {place} is not to be had")
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Disconnect."""
        if self._admin is not None:
            await self._admin.close()
