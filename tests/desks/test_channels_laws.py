"""Laws of the adapters: whatever the facts, no database takes offence; a table and a file with the same rows say the same."""

from __future__ import annotations

import asyncio
import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from channels_world import NOW, asked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.catalog.files import read_model
from dispatcher.desks import sample
from dispatcher.desks.channels.conditions import Condition, How
from dispatcher.desks.channels.config import Channels
from dispatcher.desks.channels.interface import Adapter, ChannelDown, ChannelLied
from dispatcher.desks.channels.mapping import HitMap, fill
from dispatcher.desks.channels.register import RegisterAdapter
from dispatcher.desks.channels.settings import RegisterSettings, SqlSettings
from dispatcher.desks.channels.sql import SqlAdapter
from dispatcher.domain.lookups.codes import Desk, Side
from dispatcher.domain.lookups.facts import FACTS
from dispatcher.domain.lookups.messages import MOST_HITS

ANYTHING = st.one_of(
    st.text(max_size=200),
    st.text("*%_\\'\";:?{}[]$\x00\n辽A0 9-", max_size=30),
    st.sampled_from(("辽A*66", "70-79", "nan", "inf-1", "1e308", "-", "--", "NULL", "手机、包", "\ud800", "0" * 200)),
)
FACTS_SAID = st.dictionaries(st.sampled_from(tuple(FACTS)), ANYTHING, max_size=8)
MOMENTS = st.datetimes(timezones=st.just(UTC)) | st.integers(0, 60 * 24 * 30).map(
    lambda minutes: NOW - timedelta(minutes=minutes)
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    sample.make(folder, now=NOW)
    return folder


@pytest.fixture(scope="module")
def adapters(city: Path) -> Iterator[dict[str, Adapter]]:
    """The adapters of the sample that need no server."""
    channels = read_model(sample.CHANNELS, Channels)
    built: dict[str, Adapter] = {}
    for code, one in channels.databases.items():
        if isinstance(one, SqlSettings):
            built[code] = SqlAdapter(one, one.url or "", city)
        elif isinstance(one, RegisterSettings):
            built[code] = RegisterAdapter(one, city)
    yield built
    for adapter in built.values():
        asyncio.run(adapter.close())


@settings(max_examples=150, deadline=None)
@given(facts=FACTS_SAID, text=ANYTHING, since=MOMENTS, desk=st.sampled_from(Desk), side=st.sampled_from(Side))
def test_whatever_is_said_every_adapter_answers(
    adapters: dict[str, Adapter], facts: dict[str, str], text: str, since: datetime, desk: Desk, side: Side
) -> None:
    question = asked(desk=desk, side=side, since=since, text=text).model_copy(update={"facts": facts})

    async def ask_all() -> None:
        for adapter in adapters.values():
            reply = await adapter.ask(question)
            assert len(reply.hits) <= MOST_HITS
            assert all(hit.text.count("样本") for hit in reply.hits)

    asyncio.run(ask_all())


@settings(max_examples=100, deadline=None)
@given(facts=FACTS_SAID, since=MOMENTS)
@pytest.mark.parametrize("database", ["hospitals", "national_missing"])
def test_whatever_is_said_the_responder_answers(
    city: Path, database: str, facts: dict[str, str], since: datetime
) -> None:
    question = asked(since=since).model_copy(update={"facts": facts, "database": database})
    reply = sample.answer_for(question, city)
    assert reply.error is None
    assert reply == sample.answer_for(question, city)


CELLS = st.text("ab*%_\\ 手机包7", max_size=5)
ROWS = st.lists(st.tuples(CELLS, CELLS, st.integers(0, 99)), max_size=8)
CONDITIONS = st.lists(
    st.builds(
        lambda how, column, or_empty: Condition(fact="item", how=how, columns=(column,), or_empty=or_empty),
        st.sampled_from((How.EQUALS, How.PATTERN, How.CONTAINS, How.SHARES)),
        st.sampled_from(("one", "two")),
        st.booleans(),
    )
    | st.just(Condition(fact="age", how=How.RANGE, columns=("age",), slack=3)),
    max_size=3,
).map(tuple)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, where=CONDITIONS, prefer=CONDITIONS, item=CELLS, age=st.integers(0, 99))
def test_a_table_and_a_file_say_the_same(
    tmp_path: Path,
    rows: list[tuple[Any, ...]],
    where: tuple[Condition, ...],
    prefer: tuple[Condition, ...],
    item: str,
    age: int,
) -> None:
    # A cell of a file has no space around it.
    named = [(f"N{i}", one.strip(), two.strip(), years) for i, (one, two, years) in enumerate(rows)]
    (tmp_path / "x.sqlite3").unlink(missing_ok=True)
    with closing(sqlite3.connect(tmp_path / "x.sqlite3")) as connection:
        connection.execute("CREATE TABLE x (id TEXT, one TEXT, two TEXT, age INTEGER)")
        connection.executemany("INSERT INTO x VALUES (?, ?, ?, ?)", named)
        connection.commit()
    with (tmp_path / "x.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "one", "two", "age"), *named])
    hit = HitMap(ref="{id}", text="{one}")
    table = SqlSettings(
        kind="sql", url="sqlite:///x.sqlite3", table="x", where=where, prefer=prefer, newest="id", hit=hit
    )
    register = RegisterSettings(kind="register", path="x.csv", where=where, prefer=prefer, newest="id", hit=hit)
    question = asked(item=item, age=str(age))

    async def both() -> None:
        one, two = SqlAdapter(table, table.url or "", tmp_path), RegisterAdapter(register, tmp_path)
        assert await one.ask(question) == await two.ask(question)
        await one.close()
        await two.close()

    asyncio.run(both())


@given(content=st.binary(max_size=400), name=st.sampled_from(("x.csv", "x.xlsx", "x.sqlite3")))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_it_is_down_or_lies(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    hit = HitMap(ref="{id}", text="{id}")
    adapter: Adapter
    if name == "x.sqlite3":
        adapter = SqlAdapter(
            SqlSettings(kind="sql", url="sqlite:///x.sqlite3", table="x", hit=hit), "sqlite:///x.sqlite3", tmp_path
        )
    else:
        adapter = RegisterAdapter(RegisterSettings(kind="register", path=name, hit=hit), tmp_path)

    async def ask() -> None:
        with pytest.raises((ChannelDown, ChannelLied)):
            await adapter.ask(asked())
        await adapter.close()

    asyncio.run(ask())


@given(template=st.text("ab{}[]，", max_size=20), row=st.dictionaries(st.sampled_from("ab"), ANYTHING))
def test_a_template_is_refused_or_filled(template: str, row: dict[str, str]) -> None:
    try:
        HitMap(ref=template, text="x")
    except ValueError:
        return
    assert isinstance(fill(template, row), str)
