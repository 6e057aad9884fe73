"""Where the cluster is, and the one question that every lane asks it."""

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


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
        answer = await self._admin.list_consumer_group_offsets(group, partitions=[place])
        return max(0, int(answer[place].offset))

    async def stop(self) -> None:
        """Disconnect."""
        if self._admin is not None:
            await self._admin.close()
