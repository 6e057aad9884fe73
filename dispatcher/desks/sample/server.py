"""The sample's population register and bulletins behind HTTP on loopback, as an owner of such a database would offer them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from aiohttp import web

from dispatcher.desks.channels.mapping import moment
from dispatcher.domain.calls import CITY_TIME

POPULATION_URL: Final = "SAMPLE_POPULATION_URL"
BULLETINS_URL: Final = "SAMPLE_BULLETINS_URL"
_MOST: Final = 60
_LOOKED_BACK: Final = timedelta(days=20)
_LOOKED_ON: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Served:
    """Where it listens; environment: the variables that the sample's channels.yaml names."""

    port: int
    environment: dict[str, str]


@asynccontextmanager
async def serve(folder: Path, port: int = 0) -> AsyncIterator[Served]:
    """Serve the files that `make` wrote, on loopback; port 0: a free one. Raises OSError: a file is missing, the port is taken."""
    people: list[dict[str, Any]] = orjson.loads((folder / "population.json").read_bytes())
    notices: list[dict[str, Any]] = orjson.loads((folder / "bulletins.json").read_bytes())

    async def population(request: web.Request) -> web.Response:
        name = request.query.get("name", "")
        rows = [
            {"id": one["id"], "name": one["shown"], "sex": one["sex"], "age": one["age"]}
            | {"address": {"street": one["street"]}, "family": {"phone": one["family_phone"]}}
            for one in people
            if one["name"] == name
        ]
        return _json({"code": 0, "data": {"rows": rows}})

    async def bulletins(request: web.Request) -> web.Response:
        try:
            asked = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            return web.Response(status=400)
        return _json({"notices": _notices(notices, asked)} if isinstance(asked, dict) else {"notices": []})

    application = web.Application()
    application.router.add_get("/population", population)
    application.router.add_post("/bulletins", bulletins)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        taken = int(runner.addresses[0][1])
        base = f"http://127.0.0.1:{taken}"
        yield Served(taken, {POPULATION_URL: f"{base}/population", BULLETINS_URL: f"{base}/bulletins"})
    finally:
        await runner.cleanup()


def _notices(notices: list[dict[str, Any]], asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the other side around the time asked for, the ones that share most with the words first."""
    since = moment(asked.get("since"))
    words = " ".join(str(asked.get(name, "")) for name in ("item", "colour", "place", "name", "clothes"))
    pairs = {words[i : i + 2] for i in range(len(words) - 1) if " " not in words[i : i + 2]}
    found = []
    for one in notices:
        at = moment(one["at"])
        if one["side"] == asked.get("side") or (asked.get("desk") == "missing_person") != (one["kind"] == "person"):
            continue
        if at is None or (since is not None and not -_LOOKED_BACK <= at - since.astimezone(CITY_TIME) <= _LOOKED_ON):
            continue
        shared = sum(pair in one["text"] for pair in pairs)
        if shared or not pairs or one["kind"] == "person":
            found.append((shared, one["at"], one))
    found.sort(key=lambda item: item[:2], reverse=True)
    return [one for _, _, one in found[:_MOST]]


def _json(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")
