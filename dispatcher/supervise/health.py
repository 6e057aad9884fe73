"""Asking a worker on its health port whether it is ready, and which lanes it holds."""

import asyncio
from dataclasses import dataclass

import orjson

_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """A worker's answer. `lanes` are the open ones, named topic/partition."""

    ready: bool
    stuck: str
    lanes: frozenset[str]


async def ask(port: int) -> Health | None:
    """The answer of the worker behind `port` on this machine; None while nothing (sensible) answers."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /ready HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n")
                answer = await reader.read(1 << 20)
                while more := await reader.read(1 << 20):
                    answer += more
            finally:
                writer.close()
        told = orjson.loads(answer.partition(b"\r\n\r\n")[2])
        lanes = frozenset(name for name, lane in told["lanes"].items() if lane["open"])
        return Health(ready=bool(told["ready"]), stuck=str(told["stuck"]), lanes=lanes)
    except (OSError, TimeoutError, ValueError, LookupError, TypeError, AttributeError):
        return None
