"""A database behind an HTTP interface that answers JSON, by a declared mapping. Facts go into the query or the body, never into the path."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import orjson

from dispatcher.desks.channels.conditions import known
from dispatcher.desks.channels.interface import ChannelDown, ChannelLied, Reply
from dispatcher.desks.channels.mapping import flat, reply_of
from dispatcher.desks.channels.settings import HttpSettings
from dispatcher.domain.lookups.messages import LookupAsked

_COME_AGAIN: Final = frozenset((408, 425, 429))
_PIECE: Final = 65_536


class HttpJsonAdapter:
    """One HTTP interface. headers: with their secrets."""

    def __init__(self, settings: HttpSettings, url: str, headers: Mapping[str, str]) -> None:
        self._settings = settings
        self._url = url
        self._headers = dict(headers)
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, question: LookupAsked) -> Reply:
        """One request. Raises ChannelDown, ChannelLied."""
        settings = self._settings
        try:
            async with self._open().request(
                settings.method,
                self._url,
                params=settings.fixed | self._said(settings.query, question),
                json=self._said(settings.body, question) if settings.method == "POST" else None,
                headers={"X-Request-Id": question.request_id},  # the same however often it is put
                allow_redirects=False,  # nobody else may be given the facts
            ) as response:
                if response.status in settings.nothing_is:
                    return Reply()
                _check(response.status)
                answer = await self._read(response)
        except aiohttp.ClientResponseError as error:
            raise ChannelLied(f"回答不是正常的HTTP（{type(error).__name__}）") from error
        except aiohttp.InvalidURL as error:
            raise ChannelLied("地址无效") from error
        except (aiohttp.ClientError, TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            raise ChannelDown(f"连接不上（{type(error).__name__}）") from error
        return self._reply(answer, question)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            seconds = self._settings.guard.try_seconds
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=seconds, connect=min(seconds, 3.0)),
                connector=aiohttp.TCPConnector(limit=self._settings.guard.at_once),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _said(self, wanted: Mapping[str, str], question: LookupAsked) -> dict[str, str]:
        found = {name: self._value(fact, question) for name, fact in wanted.items()}
        return {name: value for name, value in found.items() if value}

    def _value(self, fact: str, question: LookupAsked) -> str:
        value = known(question, fact)
        return self._settings.values[fact].get(value, "") if fact in self._settings.values else value

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        pieces, size = [], 0
        async for piece in response.content.iter_chunked(_PIECE):
            size += len(piece)
            if size > self._settings.most_bytes:
                raise ChannelLied(f"回答超过{self._settings.most_bytes}字节")
            pieces.append(piece)
        return b"".join(pieces)

    def _reply(self, answer: bytes, question: LookupAsked) -> Reply:
        try:
            found: Any = orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise ChannelLied("回答不是JSON") from error
        for name in filter(None, self._settings.items.split(".")):
            if not isinstance(found, dict) or name not in found:
                raise ChannelLied(f"回答里没有{self._settings.items}")
            found = found[name]
        if not isinstance(found, list):
            raise ChannelLied("回答里应是列表的不是列表")
        read = found[: self._settings.most_items]
        if not all(isinstance(item, dict) for item in read):
            raise ChannelLied("列表里有不是记录的东西")
        return reply_of([flat(item) for item in read], self._settings.hit, question, more=len(found) - len(read))


def _check(status: int) -> None:
    if status >= 500 or status in _COME_AGAIN:
        raise ChannelDown(f"对方返回{status}")
    if status in (401, 403):
        raise ChannelLied(f"对方拒绝访问（{status}），请核对凭据")
    if not 200 <= status < 300:
        raise ChannelLied(f"对方返回{status}")
