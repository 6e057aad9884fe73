"""Many open cases: how much memory a worker needs for them, and how soon after its start it serves them all."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources

from aiokafka import AIOKafkaProducer

from classifiers import Classifier
from dispatcher.catalog import Catalog
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import TERMINAL
from dispatcher.domain.ids import case_id
from dispatcher.domain.inbox import AgencyReplied, ReplyAction
from dispatcher.simulate.world import World
from dispatcher.stream import sealing, topics
from dispatcher.stream.classify import classify_with
from dispatcher.stream.writer import partition_for

#: What units have said: nothing, or that they have it, or also what they do.
_SAID: tuple[tuple[ReplyAction, ...], ...] = (
    (),
    (ReplyAction.ACKNOWLEDGE,),
    (ReplyAction.ACKNOWLEDGE, ReplyAction.PROGRESS),
)


def patterns(catalog: Catalog) -> list[CaseRecord]:
    """Open cases as casework keeps them: the demonstration's calls, each at three points of its way."""
    story = resources.files("dispatcher.demo").joinpath("story.jsonl").read_text("utf-8")
    classify = classify_with(Classifier.load(), catalog.policy.triage)
    world, now = World(catalog.city, catalog.policy), datetime.now(UTC)
    for number, line in enumerate(story.splitlines()):
        for index, actions in enumerate(_SAID):
            call_id = f"pattern-{number}-{index}"
            made = CallReceived(call_id=call_id, received_at=now.isoformat(), text=json.loads(line)["text"])
            found = world.call(made, classify, at=now)
            if found is None:
                continue
            for order in world.cases[found].orders:
                for action in actions:
                    said = AgencyReplied(
                        message_id=f"{order.order_id}-{action}",
                        case_id=found,
                        order_id=order.order_id,
                        agency=order.agency,
                        action=action,
                        text="已到现场处理",
                    )
                    world.say(said, at=now)
    return [case for case in world.cases.values() if case.status not in TERMINAL]


def cases(catalog: Catalog, number: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of `number` open cases."""
    made = [(case.case_id.encode(), case.call_id.encode(), case.encode()) for case in patterns(catalog)]
    for n in range(number):
        case, call, value = made[n % len(made)]
        call_id = f"state-{n}"
        key = case_id(call_id).encode()
        yield key, value.replace(case, key).replace(call, call_id.encode())


async def publish(bootstrap: str, catalog: Catalog, number: int) -> int:
    """Write `number` open cases to ``case-state``, each with the key of its texts; returns the bytes of keys and values."""
    written = 0
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=1 << 20)
    await producer.start()
    try:
        partitions = len(await producer.partitions_for(topics.CASE_STATE))
        for key, value in cases(catalog, number):
            place = partition_for(key, partitions)
            for name, kept in ((key, value), (sealing.PREFIX + key, secrets.token_bytes(sealing.SIZE))):
                written += len(name) + len(kept)
                await producer.send(topics.CASE_STATE, kept, key=name, partition=place)
        await producer.flush()
    finally:
        await producer.stop()
    return written
