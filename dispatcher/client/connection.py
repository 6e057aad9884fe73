"""Reaching a broker, or saying in one sentence that none is there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from dispatcher.domain.errors import ClusterUnreachable

#: A broker that has not answered by then is not there. Loopback and a city's network answer in milliseconds.
REACH_SECONDS = 8.0

Answer = TypeVar("Answer")


def quiet() -> None:
    """Keep the Kafka client's own log off a person's terminal: what matters is raised as an error of ours."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


async def knock(bootstrap: str) -> None:
    """Return when a broker answers at `bootstrap`; raises `ClusterUnreachable`."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=int(REACH_SECONDS * 1000))
    await reach(client.bootstrap, bootstrap=bootstrap, give_up=client.close)
    await client.close()


async def reach(
    start: Callable[[], Awaitable[Answer]], *, bootstrap: str, give_up: Callable[[], Awaitable[None]] | None = None
) -> Answer:
    """The answer of `start`; raises `ClusterUnreachable` when it fails or takes too long, after `give_up`."""
    try:
        async with asyncio.timeout(REACH_SECONDS):
            return await start()
    except (KafkaError, OSError, TimeoutError, ValueError) as error:
        if give_up is not None:
            await give_up()
        # aiokafka's own "unable to bootstrap" only repeats the address.
        said = (
            "" if isinstance(error, KafkaConnectionError) else f" ({str(error) or f'silent for {REACH_SECONDS:.0f} s'})"
        )
        raise ClusterUnreachable(
            f"no Kafka broker answers at {bootstrap}{said}",
            hint="Start one with `dispatcher up` or `dispatcher broker start`, or set KAFKA_BOOTSTRAP_SERVERS",
        ) from None
