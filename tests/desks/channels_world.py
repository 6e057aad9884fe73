"""What the tests of the channels share: questions, and a real HTTP server on loopback that can be told to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import orjson
from aiohttp import web

from dispatcher.desks.channels.http_json import HttpJsonAdapter
from dispatcher.desks.channels.mapping import HitMap
from dispatcher.desks.channels.settings import GuardSettings, HttpSettings
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.lookups.codes import Desk, Side
from dispatcher.domain.lookups.messages import LookupAsked

NOW = datetime(2026, 11, 29, 18, 0, tzinfo=CITY_TIME)
HIT = HitMap(ref="{id}", text="{text}[，{place.street}]", at="at", contact="{phone}")


def asked(
    *, desk: Desk = Desk.LOST_ITEM, side: Side = Side.LOST, since: datetime = NOW, text: str = "", **facts: str
) -> LookupAsked:
    """A question with these facts."""
    return LookupAsked(
        request_id="R1",
        lookup_id="L1",
        case_id="C1",
        call_id="K1",
        desk=desk,
        side=side,
        channel="transport",
        database="taxi",
        number=0,
        asked_at=NOW,
        until=NOW + timedelta(minutes=5),
        since=since,
        facts=facts,
        text=text,
    )


class Owner:
    """An owner of a database behind HTTP. `manner` is how it answers next; `heard` what it was asked; `inside` how many wait."""

    def __init__(self) -> None:
        self.manner = "good"
        self.rows: list[Any] = [{"id": "N1", "text": "黑包", "place": {"street": "中街"}, "phone": "13800000001"}]
        self.heard: list[dict[str, str]] = []
        self.inside = 0
        self.url = ""
        self.let_go = asyncio.Event()
        self.stop: Callable[[], Awaitable[None]]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(dict(request.query) | (orjson.loads(await request.read() or b"{}")))
        if self.manner == "hang":
            self.inside += 1
            await self.let_go.wait()
        if self.manner == "flood":
            return await self._flood(request)
        answers: dict[str, tuple[int, bytes]] = {
            "500": (500, b"oops"),
            "403": (403, b"no"),
            "404": (404, b"none"),
            "page": (200, b"<html>login</html>"),
            "word": (200, b'{"data": "nothing here"}'),
            "strange": (200, b'{"data": [1, 2]}'),
            "nameless": (200, b'{"data": [{"text": "x"}]}'),
            "deep": (200, b'{"data": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
            "halves": (200, b'{"data": [{"id": "N1", "text": "\\ud83d broken \\u0000 text"}]}'),
        }
        if self.manner == "elsewhere":
            raise web.HTTPFound("http://127.0.0.1:1/other")
        status, body = answers.get(self.manner, (200, orjson.dumps({"data": self.rows})))
        return web.Response(status=status, body=body, content_type="application/json")

    async def _flood(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except (ConnectionError, asyncio.CancelledError):
            return response


@asynccontextmanager
async def owner() -> AsyncIterator[Owner]:
    """The server, listening."""
    one = Owner()
    application = web.Application()
    application.router.add_route("*", "/ask", one.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.stop = runner.cleanup
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ask"
    try:
        yield one
    finally:
        one.let_go.set()
        await runner.cleanup()


@asynccontextmanager
async def over_http(url: str, *, guard: GuardSettings | None = None, **changes: Any) -> AsyncIterator[HttpJsonAdapter]:
    """An adapter for that server."""
    settings = HttpSettings(
        kind="http_json",
        url=url,
        items="data",
        hit=HIT,
        query={"thing": "item"},
        guard=guard or GuardSettings(),
        **changes,
    )
    adapter = HttpJsonAdapter(settings, url, {"x-key": "secret"})
    try:
        yield adapter
    finally:
        await adapter.close()
