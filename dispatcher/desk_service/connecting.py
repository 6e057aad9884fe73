"""How this process reaches its databases: by a city's own channels.yaml, or the sample city that ships with the program."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic import ValidationError

from dispatcher.catalog import Catalog
from dispatcher.client.connection import reach
from dispatcher.desk_service.service import Channels
from dispatcher.desks import sample
from dispatcher.desks.channels.config import build, read_channels
from dispatcher.domain.lookups.messages import LookupAsked
from dispatcher.settings import Settings
from dispatcher.stream import topics

log = structlog.get_logger(__name__)

_FRESH_SECONDS: Final = 86_400.0
_SHARE: Final = 0.8
"""Of the time that casework waits: so that "no answer" arrives before casework takes the channel for silent."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The channels, and what has to run beside them."""

    channels: Channels
    beside: tuple[Coroutine[Any, Any, None], ...] = ()


async def connect(settings: Settings, catalog: Catalog, folder: Path, stack: AsyncExitStack) -> Connected:
    """`folder`: of the sample city, used where the settings name no channels.yaml. Raises CatalogError for a file with mistakes."""
    policy = catalog.policy.desks
    environment: dict[str, str] | None = None
    beside: tuple[Coroutine[Any, Any, None], ...] = ()
    path = settings.channels
    if path is None:
        await asyncio.to_thread(_ensure, folder)
        served = await stack.enter_async_context(sample.serve(folder))
        environment, path = served.environment, sample.CHANNELS
        beside = (answer_by_kafka(settings.bootstrap, folder),)
    listed = read_channels(path, policy.databases)
    paths_from = folder if settings.channels is None else path.parent
    guarded = build(listed, paths_from, environment=environment, file=path.name)
    for one in guarded.values():
        stack.push_async_callback(one.close)
    waits = {one.code: one.wait_minutes * 60 * _SHARE for one in policy.databases}
    return Connected(Channels(guarded, {code: waits[code] for code in listed.of_kind("kafka")}), beside)


def _ensure(folder: Path) -> None:
    """Make the sample city where it is missing, or so old that it knows nothing of today."""
    newest = folder / "bulletins.json"
    if not newest.exists() or time.time() - newest.stat().st_mtime > _FRESH_SECONDS:
        sample.make(folder)


async def answer_by_kafka(bootstrap: str, folder: Path) -> None:
    """The sample city's databases that answer by Kafka: on the other side of ``desk-requests``, until cancelled."""
    consumer = AIOKafkaConsumer(
        topics.DESK_REQUESTS,
        bootstrap_servers=bootstrap,
        group_id="sample-city",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await reach(consumer.start, bootstrap=bootstrap, give_up=consumer.stop)
    await reach(producer.start, bootstrap=bootstrap, give_up=producer.stop)
    try:
        async for record in consumer:
            try:
                question = LookupAsked.model_validate_json(record.value or b"")
            except ValidationError:
                log.warning("sample.unreadable", offset=record.offset)
                continue
            reply = await asyncio.to_thread(sample.answer_for, question, folder)
            await producer.send_and_wait(topics.DESK_REPLIES, key=reply.request_id.encode(), value=reply.encode())
            await consumer.commit()
    finally:
        await consumer.stop()
        await producer.stop()
