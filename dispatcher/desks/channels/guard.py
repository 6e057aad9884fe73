"""What stands around every adapter: time-outs, retries, a circuit breaker, and a bound on what comes back.

A database that hangs, lies, floods or is down costs its own question its own time and nobody else anything. The breaker is the
library `circuitbreaker`: one file without dependencies, BSD-3, released in 2025, and counting by the monotonic clock (`purgatory` counts by
the wall clock, which jumps; `pybreaker` has asyncio only through Tornado; `aiobreaker` was last released in 2021).
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from circuitbreaker import CircuitBreaker
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt, wait_exponential

from dispatcher.desks.channels.interface import Adapter, ChannelDown, ChannelLied, Reply
from dispatcher.desks.channels.settings import GuardSettings
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.lookups.codes import AnswerStatus
from dispatcher.domain.lookups.messages import MOST_HITS, LookupAsked, RawHit

log = structlog.get_logger(__name__)

_LONGEST_TEXT: Final = 300


class _Broken(ChannelLied):
    """The adapter itself is at fault."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question. seconds: from asking to this; tries: 0 where the breaker let none through; text: why there is
    no answer, in Chinese, with nothing secret in it."""

    status: AnswerStatus
    hits: tuple[RawHit, ...] = ()
    more: int = 0
    seconds: float = 0.0
    tries: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class BreakerState:
    """For a board. state: closed, open, half_open; failures: in a row; until: when an open one lets a question through."""

    database: str
    state: str
    failures: int
    until: datetime | None
    cause: str


class Guarded:
    """An adapter that never raises (but when cancelled)."""

    def __init__(self, database: str, adapter: Adapter, settings: GuardSettings) -> None:
        self.database = database
        self._adapter = adapter
        self._settings = settings
        self._breaker = CircuitBreaker(
            failure_threshold=settings.failures,
            recovery_timeout=settings.open_seconds,
            expected_exception=(ChannelDown, ChannelLied),
            name=database,
        )
        self._turn = asyncio.Semaphore(settings.at_once)
        self._probing = False
        self._cause = ""

    async def ask(self, question: LookupAsked) -> Outcome:
        """Ask, again if that may help, and say what came of it."""
        began = time.monotonic()
        tries = 0

        async def once() -> Reply:
            nonlocal tries
            self._admit()
            tries += 1
            return await self._once(question)

        try:
            self._admit()  # before a turn is waited for: behind an open breaker nobody stands in line
            async with asyncio.timeout(self._settings.total_seconds), self._turn:
                reply: Reply = await self._retrying()(once)
        except (ChannelDown, ChannelLied) as error:
            return self._none(str(error), began, tries)
        except TimeoutError:
            return self._none(f"{self._settings.total_seconds:g}秒内没有应答", began, tries)
        hits = reply.hits[:MOST_HITS]
        more = max(0, reply.more) + len(reply.hits) - len(hits)
        status = AnswerStatus.FOUND if hits else AnswerStatus.NOTHING
        return Outcome(status, hits, more, time.monotonic() - began, tries)

    async def close(self) -> None:
        """Close the adapter."""
        await self._adapter.close()

    def state(self) -> BreakerState:
        """Where the breaker stands."""
        opened = bool(self._breaker.opened)
        until = datetime.now(CITY_TIME) + timedelta(seconds=self._breaker.open_remaining) if opened else None
        cause = self._cause if self._breaker.failure_count else ""
        return BreakerState(self.database, str(self._breaker.state), int(self._breaker.failure_count), until, cause)

    def _admit(self) -> None:
        """Raises ChannelDown where the breaker lets nothing through; half open it lets one at a time."""
        state = self.state()
        if state.until is not None:
            raise ChannelDown(f"连续出错{state.failures}次，{state.until:%H:%M:%S}后再试（{state.cause}）")
        if state.state == "half_open" and self._probing:
            raise ChannelDown(f"正在试探是否恢复（{state.cause}）")

    async def _once(self, question: LookupAsked) -> Reply:
        probe = self.state().state == "half_open"
        self._probing = self._probing or probe
        try:
            reply = await self._bounded(question)
        except (ChannelDown, ChannelLied) as error:
            self._cause = str(error)[:_LONGEST_TEXT]
            with suppress(ChannelDown, ChannelLied), self._breaker:
                raise
            raise
        finally:
            if probe:
                self._probing = False
        self._breaker.reset()
        return reply

    async def _bounded(self, question: LookupAsked) -> Reply:
        try:
            async with asyncio.timeout(self._settings.try_seconds):
                return await self._adapter.ask(question)
        except (ChannelDown, ChannelLied):
            raise
        except TimeoutError:
            raise ChannelDown(f"{self._settings.try_seconds:g}秒内没有应答") from None
        except Exception as error:
            # Not foreseen: its database is out, the desk goes on.
            log.exception("adapter_at_fault", database=self.database, request=question.request_id)
            raise _Broken(f"适配器出错（{type(error).__name__}）") from error

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=self._worth_another,
            stop=stop_after_attempt(self._settings.tries),
            wait=wait_exponential(multiplier=self._settings.wait_seconds, max=self._settings.total_seconds),
            reraise=True,
        )

    def _worth_another(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome is not None else None
        return isinstance(error, ChannelDown) and bool(self._breaker.closed)

    def _none(self, text: str, began: float, tries: int) -> Outcome:
        said = text[:_LONGEST_TEXT] if tries <= 1 else f"{text}（试了{tries}次）"[:_LONGEST_TEXT]
        return Outcome(AnswerStatus.UNAVAILABLE, (), 0, time.monotonic() - began, tries, said)
