"""Topics on a cluster: made from topics.yaml, and compared with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code

from dispatcher.catalog.topics import Topic
from dispatcher.domain.errors import ClusterUnreachable, TopicMismatch


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the cluster is not what topics.yaml says."""

    topic: str
    what: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} should be {self.wanted}, is {self.found}"


async def connect(bootstrap: str) -> AIOKafkaAdminClient:
    """An admin connection; raises `ClusterUnreachable`."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=20_000)
    try:
        await client.start()
    except (KafkaConnectionError, KafkaError, OSError, ValueError) as error:
        await client.close()
        raise ClusterUnreachable(
            f"no Kafka broker answers at {bootstrap} ({error})",
            hint="Start one with `dispatcher up` or `dispatcher broker start`, or set KAFKA_BOOTSTRAP_SERVERS",
        ) from None
    return client


async def create(bootstrap: str, topics: Mapping[str, Topic]) -> list[str]:
    """Make the topics that are missing; returns their names. What exists is left as it is (see `compare`)."""
    client = await connect(bootstrap)
    try:
        there = set(await client.list_topics())
        missing = [name for name in topics if name not in there]
        if not missing:
            return []
        copies = await _copies(client)
        new = [
            NewTopic(
                name,
                topics[name].partitions,
                min(copies, topics[name].replication),
                topic_configs=topics[name].config(replication=min(copies, topics[name].replication)),
            )
            for name in missing
        ]
        answer = await client.create_topics(new, timeout_ms=30_000)
        for name, code, message in ((e[0], e[1], e[2] if len(e) > 2 else "") for e in answer.topic_errors):
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise TopicMismatch(f"topic {name} could not be made: {message or for_code(code).__name__}")
        return missing
    finally:
        await client.close()


async def compare(bootstrap: str, topics: Mapping[str, Topic]) -> list[Difference]:
    """Every difference between the cluster and the file; empty where they agree."""
    client = await connect(bootstrap)
    try:
        copies = await _copies(client)
        described = {entry["topic"]: entry for entry in await client.describe_topics(list(topics))}
        found: list[Difference] = []
        present: list[str] = []
        for name, topic in topics.items():
            entry = described.get(name)
            if entry is None or entry["error_code"]:
                found.append(Difference(name, "topic", "there", "missing"))
                continue
            present.append(name)
            partitions = entry["partitions"]
            if len(partitions) != topic.partitions:
                found.append(Difference(name, "partitions", str(topic.partitions), str(len(partitions))))
            replicas = {len(partition["replicas"]) for partition in partitions}
            wanted = min(copies, topic.replication)
            if replicas != {wanted}:
                found.append(Difference(name, "replication", str(wanted), ", ".join(map(str, sorted(replicas)))))
        configs = await _configs(client, present)
        for name in present:
            wanted_config = topics[name].config(replication=min(copies, topics[name].replication))
            for key, value in wanted_config.items():
                real = configs[name].get(key, "(not set)")
                if real != value:
                    found.append(Difference(name, key, value, real))
        return found
    finally:
        await client.close()


async def _copies(client: AIOKafkaAdminClient) -> int:
    return len((await client.describe_cluster())["brokers"])


async def _configs(client: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    answers = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }
