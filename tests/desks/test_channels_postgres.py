"""The SQL adapter on a real PostgreSQL, started from a wheel where the machine has one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from channels_world import NOW, asked
from sqlalchemy.engine import URL

from dispatcher.desks.channels.conditions import Condition, How
from dispatcher.desks.channels.interface import ChannelDown, ChannelLied
from dispatcher.desks.channels.mapping import HitMap
from dispatcher.desks.channels.settings import SqlSettings
from dispatcher.desks.channels.sql import SqlAdapter


@pytest.fixture(scope="module")
def url(empty_postgres: Callable[[], URL]) -> str:
    """A database with one table."""
    address = empty_postgres()
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE finds (id text, plate text, words text, at timestamptz, age integer)")
        connection.execute(
            sa.text("INSERT INTO finds VALUES (:id, :plate, :words, :at, :age)"),
            [
                {"id": "A1", "plate": "辽AT7803", "words": "手机 华为", "at": NOW - timedelta(hours=1), "age": 40},
                {"id": "A2", "plate": "辽AT7136", "words": "手机 100%_", "at": NOW - timedelta(hours=4), "age": 72},
                {"id": "A3", "plate": None, "words": "伞", "at": NOW - timedelta(days=9), "age": None},
            ],
        )
    engine.dispose()
    return address.render_as_string(hide_password=False)


WHERE = (
    Condition(fact="plate", how=How.EQUALS, columns=("plate",), or_empty=True),
    Condition(fact="plate_part", how=How.PATTERN, columns=("plate",)),
    Condition(fact="item", how=How.CONTAINS, columns=("words", "plate")),
    Condition(fact="age", how=How.RANGE, columns=("age",), slack=2),
)
AROUND = Condition(fact="since", how=How.WINDOW, columns=("at",), before_hours=24, after_hours=1)


def adapter(url: str, **changes: object) -> SqlAdapter:
    settings = {"kind": "sql", "url_env": "X", "table": "finds", "hit": HitMap(ref="{id}", text="{words}", at="at")}
    return SqlAdapter(SqlSettings.model_validate(settings | changes), url, Path("/"))


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, ["A1", "A2"]),
        ({"plate": "辽AT7803"}, ["A1"]),
        ({"plate_part": "辽AT7*6"}, ["A2"]),
        ({"item": "100%_"}, ["A2"]),
        ({"age": "70-79"}, ["A2"]),
        ({"item": "手机\x00'; DROP TABLE finds; --"}, []),
    ],
)
async def test_conditions(url: str, facts: dict[str, str], found: list[str]) -> None:
    one = adapter(url, where=(*WHERE, AROUND), newest="at", prefer=(WHERE[2],))
    hits = (await one.ask(asked(**facts))).hits
    await one.close()
    assert [hit.ref for hit in hits] == found
    assert all(hit.at is not None and hit.at.tzinfo is not None for hit in hits)


async def test_parameters_of_a_select(url: str) -> None:
    select = "SELECT * FROM finds WHERE (:plate IS NULL OR plate = :plate) AND at <= :since"
    one = adapter(url, table=None, select=select)
    assert {hit.ref for hit in (await one.ask(asked(plate="辽AT7136"))).hits} == {"A2"}
    assert {hit.ref for hit in (await one.ask(asked())).hits} == {"A1", "A2", "A3"}
    await one.close()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"table": "lost"}, ChannelLied),
        ({"newest": "nothing"}, ChannelLied),
        ({"table": None, "select": "SELECT pg_sleep(60)::text AS id, '' AS words, now() AS at"}, ChannelDown),
        ({"table": None, "select": "SELECT 1/0 AS id, '' AS words, now() AS at"}, ChannelLied),
        ({"table": None, "select": "DELETE FROM finds RETURNING id, words, at"}, ChannelLied),
    ],
)
async def test_what_goes_wrong(url: str, changes: dict[str, object], error: type[Exception]) -> None:
    one = adapter(url, timeout_seconds=0.2, **changes)
    with pytest.raises(error):
        await one.ask(asked())
    await one.close()


async def test_questions_side_by_side(url: str) -> None:
    one = adapter(url, at_once=2)
    replies = await asyncio.gather(*(one.ask(asked(item="手机")) for _ in range(20)))
    await one.close()
    assert {len(reply.hits) for reply in replies} == {3}


async def test_a_server_that_is_not_there_is_down(tmp_path: Path) -> None:
    one = adapter(f"postgresql+psycopg://nobody@/none?host={tmp_path}")
    with pytest.raises(ChannelDown):
        await one.ask(asked())
    await one.close()
