"""The adapters over real SQLite files, a real HTTP server, and real CSV and Excel files."""

from __future__ import annotations

import csv
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from channels_world import HIT, NOW, Owner, asked, over_http, owner
from pydantic import ValidationError

from dispatcher.desks.channels.conditions import Condition, How
from dispatcher.desks.channels.interface import ChannelDown, ChannelLied
from dispatcher.desks.channels.mapping import HitMap, Sure, fill
from dispatcher.desks.channels.register import RegisterAdapter
from dispatcher.desks.channels.settings import GuardSettings, HttpSettings, RegisterSettings, SqlSettings
from dispatcher.desks.channels.sql import SqlAdapter
from dispatcher.domain.lookups.messages import MOST_HITS

COLUMNS = ("ref", "plate", "words", "at", "age", "phone")
ROWS: list[tuple[Any, ...]] = [
    ("A1", "辽AT7803", "手机 华为", "2026-11-29 16:56:00", 40, "13800000001"),
    ("A2", "辽AT7136", "手机 100%_好", "2026-11-29 13:50:00", 70, None),
    ("A3", "辽AF9153", "黑色双肩包", "2026-11-20 10:00:00", None, "13800000003"),
    ("A4", None, "伞", "2026-11-29 17:30:00", 75, "13800000004"),
]
FINDING = HitMap(ref="S-{ref}", text="{words}[，车{plate}][，电{phone}]", at="at", contact="{phone}")


def on(fact: str, how: How, *columns: str, **more: Any) -> Condition:
    return Condition(fact=fact, how=how, columns=columns, **more)


PLATE = on("plate", How.EQUALS, "plate")
PART = on("plate_part", How.PATTERN, "plate")
ITEM = on("item", How.CONTAINS, "words")
AGE = on("age", How.RANGE, "age", slack=5)
AROUND = on("since", How.WINDOW, "at", before_hours=6, after_hours=1, written="%Y-%m-%d %H:%M:%S")


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A folder with one table, as SQLite, as CSV and as Excel."""
    with closing(sqlite3.connect(tmp_path / "city.sqlite3")) as connection:
        connection.execute("CREATE TABLE finds (ref TEXT, plate TEXT, words TEXT, at TEXT, age INTEGER, phone TEXT)")
        connection.executemany("INSERT INTO finds VALUES (?, ?, ?, ?, ?, ?)", ROWS)
        connection.commit()
    write_csv(tmp_path / "finds.csv", [COLUMNS, *ROWS])
    write_excel(tmp_path / "finds.xlsx", [COLUMNS, *ROWS])
    return tmp_path


def write_csv(path: Path, rows: list[tuple[Any, ...]], encoding: str = "gb18030") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)


def write_excel(path: Path, rows: list[tuple[Any, ...]], sheet: str = "失物") -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    book.save(path)


def sql_of(folder: Path, **settings: Any) -> SqlAdapter:
    chosen = {"table": "finds", "hit": FINDING} | settings
    return SqlAdapter(SqlSettings(kind="sql", url="sqlite:///city.sqlite3", **chosen), "sqlite:///city.sqlite3", folder)


def register_of(folder: Path, path: str = "finds.csv", **settings: Any) -> RegisterAdapter:
    chosen = {"encoding": "gb18030", "hit": FINDING} | settings
    return RegisterAdapter(RegisterSettings(kind="register", path=path, **chosen), folder)


@pytest.fixture(params=["sql", "finds.csv", "finds.xlsx"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def adapter(kind: str, folder: Path, **settings: Any) -> AsyncIterator[SqlAdapter | RegisterAdapter]:
    one = sql_of(folder, **settings) if kind == "sql" else register_of(folder, kind, **settings)
    try:
        yield one
    finally:
        await one.close()


# -- conditions: the same over a table and over files ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "facts", "found"),
    [
        ((), {}, {"S-A1", "S-A2", "S-A3", "S-A4"}),
        ((PLATE,), {"plate": "辽AT7803"}, {"S-A1"}),
        ((PLATE,), {}, {"S-A1", "S-A2", "S-A3", "S-A4"}),
        ((PLATE,), {"plate": "' OR 1=1 --"}, set()),
        ((PART,), {"plate_part": "辽A*3"}, {"S-A1", "S-A3"}),
        ((PART,), {"plate_part": "辽at78*"}, {"S-A1"}),
        ((PART,), {"plate_part": "*"}, {"S-A1", "S-A2", "S-A3", "S-A4"}),
        ((PART,), {"plate_part": "*%"}, set()),
        ((PART,), {"plate_part": "辽A_7803"}, set()),
        ((ITEM,), {"item": "手机"}, {"S-A1", "S-A2"}),
        ((ITEM,), {"item": "双肩包、伞"}, {"S-A3", "S-A4"}),
        ((ITEM,), {"item": "100%_"}, {"S-A2"}),
        ((on("item", How.SHARES, "words"),), {"item": "大双肩背包"}, {"S-A3"}),
        ((AGE,), {"age": "70-79"}, {"S-A2", "S-A4"}),
        ((AGE,), {"age": "44"}, {"S-A1"}),
        ((AGE,), {"age": "about seventy"}, {"S-A1", "S-A2", "S-A3", "S-A4"}),
        ((AROUND,), {}, {"S-A1", "S-A2", "S-A4"}),
        ((AROUND, PLATE), {"plate": "辽AF9153"}, set()),
        ((on("plate", How.EQUALS, "plate", or_empty=True),), {"plate": "辽AT7803"}, {"S-A1", "S-A4"}),
        ((on("sex", How.EQUALS, "words", values={"male": "伞"}),), {"sex": "male"}, {"S-A4"}),
        ((on("sex", How.EQUALS, "words", values={"male": "伞"}),), {"sex": "unsaid"}, {"S-A1", "S-A2", "S-A3", "S-A4"}),
    ],
)
async def test_facts_choose_rows(
    kind: str, city: Path, where: tuple[Condition, ...], facts: dict[str, str], found: set[str]
) -> None:
    async with adapter(kind, city, where=where) as one:
        reply = await one.ask(asked(**facts))
    assert {hit.ref for hit in reply.hits} == found
    assert reply.more == 0


async def test_a_row_becomes_a_finding(kind: str, city: Path) -> None:
    async with adapter(kind, city, where=(PLATE,)) as one:
        hit = (await one.ask(asked(plate="辽AT7136"))).hits[0]
    assert hit.text == "手机 100%_好，车辽AT7136"
    assert hit.at == (NOW - timedelta(hours=4, minutes=10))
    assert hit.contact is None
    assert not hit.sure


async def test_the_most_preferred_come_first_then_the_newest(kind: str, city: Path) -> None:
    prefer = (on("item", How.CONTAINS, "words", weight=3), on("text", How.SHARES, "words"))
    async with adapter(kind, city, prefer=prefer, newest="at") as one:
        by_words = [hit.ref for hit in (await one.ask(asked(item="伞", text="落了个双肩包"))).hits]
        by_time = [hit.ref for hit in (await one.ask(asked())).hits]
    assert by_words == ["S-A4", "S-A3", "S-A1", "S-A2"]
    assert by_time == ["S-A4", "S-A1", "S-A2", "S-A3"]


async def test_the_database_is_sure_of_its_own_code(kind: str, city: Path) -> None:
    sure = FINDING.model_copy(update={"sure": Sure(fact="wristband", column="ref")})
    async with adapter(kind, city, hit=sure) as one:
        reply = await one.ask(asked(wristband="A2"))
    assert {hit.ref for hit in reply.hits if hit.sure} == {"S-A2"}


async def test_more_findings_than_an_answer_holds_are_counted(kind: str, city: Path) -> None:
    many = [COLUMNS, *((f"A{i}", "x", "伞", "2026-11-29 10:00:00", 1, "") for i in range(MOST_HITS + 7))]
    with closing(sqlite3.connect(city / "city.sqlite3")) as connection:
        connection.execute("DELETE FROM finds")
        connection.executemany("INSERT INTO finds VALUES (?, ?, ?, ?, ?, ?)", many[1:])
        connection.commit()
    write_csv(city / "finds.csv", many)
    write_excel(city / "finds.xlsx", many)
    async with adapter(kind, city, where=(ITEM,)) as one:
        reply = await one.ask(asked(item="伞"))
    assert (len(reply.hits), reply.more) == (MOST_HITS, 7)


def test_what_a_cell_holds_is_no_template() -> None:
    assert fill("{a}[，{b}]", {"a": "{b}[x]", "b": "{a}"}) == "{b}[x]，{a}"
    with pytest.raises(ValidationError, match="bracket"):
        HitMap(ref="{a", text="x")


# -- SQL ---------------------------------------------------------------------------------------------------------------


async def test_a_select_has_parameters_named_for_facts(city: Path) -> None:
    select = "SELECT * FROM finds WHERE (:plate IS NULL OR plate = :plate) AND at <= :since"
    async with adapter("sql", city, table=None, select=select, where=(ITEM,)) as one:
        assert {hit.ref for hit in (await one.ask(asked(plate="辽AT7803"))).hits} == {"S-A1"}
        assert {hit.ref for hit in (await one.ask(asked(item="手机"))).hits} == {"S-A1", "S-A2"}


async def test_no_value_of_a_question_stands_in_the_statement(city: Path) -> None:
    async with adapter("sql", city, where=(PLATE, PART, ITEM, AGE, AROUND)) as one:
        assert isinstance(one, SqlAdapter)
        facts = {"plate": "辽A'1", "plate_part": "*';--", "item": "Robert'); DROP", "age": "1234567"}
        written = str(one.statement(asked(**facts)).compile())
    assert not [value for value in (*facts.values(), "2026", "1234567") if value in written]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"table": "lost"}, ChannelLied),
        ({"where": (on("plate", How.EQUALS, "number"),)}, ChannelLied),
        ({"table": None, "select": "SELEKT"}, ChannelLied),
        ({"hit": HitMap(ref="{phone}", text="x"), "where": (PLATE,)}, ChannelLied),
    ],
)
async def test_a_database_that_is_not_as_declared_lies(city: Path, settings: dict[str, Any], error: type) -> None:
    async with adapter("sql", city, **settings) as one:
        with pytest.raises(error):
            await one.ask(asked(plate="辽AT7136"))


async def test_a_row_without_a_name_is_counted_and_does_not_hide_the_others(city: Path) -> None:
    async with adapter("sql", city, hit=HitMap(ref="{phone}", text="x")) as one:
        reply = await one.ask(asked())
    assert (len(reply.hits), reply.more) == (3, 1)


async def test_a_file_that_is_not_there_is_down_and_is_not_made(tmp_path: Path) -> None:
    async with adapter("sql", tmp_path) as one:
        with pytest.raises(ChannelDown):
            await one.ask(asked())
    assert os.listdir(tmp_path) == []


async def test_a_file_that_is_no_database_lies(tmp_path: Path) -> None:
    (tmp_path / "city.sqlite3").write_bytes(b"not a database, far from it" * 100)
    async with adapter("sql", tmp_path) as one:
        with pytest.raises(ChannelLied):
            await one.ask(asked())


async def test_a_statement_without_end_is_ended_in_the_database(city: Path) -> None:
    endless = "WITH RECURSIVE n(ref) AS (SELECT 1 UNION ALL SELECT ref + 1 FROM n) SELECT max(ref) AS ref FROM n"
    hit = HitMap(ref="{ref}", text="x")
    async with adapter("sql", city, table=None, select=endless, hit=hit, timeout_seconds=0.05) as one:
        with pytest.raises(ChannelDown, match="超时"):
            await one.ask(asked())


async def test_nothing_can_be_written(city: Path) -> None:
    async with adapter("sql", city) as one:
        assert isinstance(one, SqlAdapter)
        with pytest.raises(Exception, match="readonly"), one._engine.connect() as connection:
            connection.exec_driver_sql("DELETE FROM finds")


# -- registers ---------------------------------------------------------------------------------------------------------


async def test_a_register_that_changes_is_read_again(city: Path) -> None:
    async with adapter("finds.csv", city) as one:
        assert len((await one.ask(asked())).hits) == len(ROWS)
        write_csv(city / "finds.csv", [COLUMNS, ROWS[0]])
        os.utime(city / "finds.csv", ns=(1, 1))
        assert [hit.ref for hit in (await one.ask(asked())).hits] == ["S-A1"]


async def test_broken_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    good = "A1,辽A1,伞,2026-11-29 10:00:00,40,\r\n"
    broken = ("A2,too,short\r\n", ",辽A1,nameless,2026-11-29,1,\r\n", f"{'x' * 300},a,b,c,1,\r\n", '"open,1,2,3,4,5')
    (tmp_path / "finds.csv").write_text(",".join(COLUMNS) + "\r\n" + good + "\r\n" + "".join(broken), "gb18030")
    async with adapter("finds.csv", tmp_path) as one:
        assert isinstance(one, RegisterAdapter)
        assert [hit.ref for hit in (await one.ask(asked())).hits] == ["S-A1"]
        assert one.broken == len(broken)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_each_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    write_csv(tmp_path / "finds.csv", [COLUMNS, *ROWS], encoding)
    async with adapter("finds.csv", tmp_path, encoding=encoding, where=(ITEM,)) as one:
        assert [hit.ref for hit in (await one.ask(asked(item="双肩包"))).hits] == ["S-A3"]


@pytest.mark.parametrize(
    ("path", "content", "settings"),
    [
        ("finds.csv", ",".join(COLUMNS).encode() + "\r\nA1,辽,伞,x,1,\r\n".encode("gb18030"), {"encoding": "utf-8"}),
        ("finds.csv", b"ref,plate\r\n1,2\r\n", {}),
        ("finds.csv", b"", {}),
        ("finds.csv", b"x" * 200, {"most_bytes": 100}),
        ("finds.csv", ",".join(COLUMNS).encode() + b"\r\n1,2,3,4,5,6\r\n" * 9, {"most_rows": 3}),
        ("finds.xlsx", b"PK but no sheet", {}),
        ("finds.xlsx", b"", {}),
    ],
)
async def test_a_file_that_is_not_as_declared_lies(
    tmp_path: Path, path: str, content: bytes, settings: dict[str, Any]
) -> None:
    (tmp_path / path).write_bytes(content)
    async with adapter(path, tmp_path, **settings) as one:
        with pytest.raises(ChannelLied):
            await one.ask(asked())


async def test_a_sheet_is_found_by_name(city: Path) -> None:
    async with adapter("finds.xlsx", city, sheet="失物") as one:
        assert len((await one.ask(asked())).hits) == len(ROWS)
    async with adapter("finds.xlsx", city, sheet="other") as one:
        with pytest.raises(ChannelLied, match="other"):
            await one.ask(asked())


async def test_a_register_that_is_away_is_down(tmp_path: Path) -> None:
    async with adapter("finds.csv", tmp_path) as one:
        with pytest.raises(ChannelDown):
            await one.ask(asked())


# -- HTTP --------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def other() -> AsyncIterator[Owner]:
    async with owner() as one:
        yield one


async def test_what_is_known_goes_out_and_findings_come_in(other: Owner) -> None:
    async with over_http(other.url) as one:
        hit = (await one.ask(asked(item="包", colour="黑"))).hits[0]
        await one.ask(asked())
    assert other.heard == [{"thing": "包"}, {}]
    assert (hit.ref, hit.text, hit.contact) == ("N1", "黑包，中街", "13800000001")


async def test_a_body_carries_facts_too(other: Owner) -> None:
    words = {"sex": {"female": "女"}}
    async with over_http(other.url, method="POST", body={"who": "sex"}, values=words, fixed={"v": "2"}) as one:
        await one.ask(asked(sex="female"))
        await one.ask(asked(sex="x"))
    assert other.heard == [{"v": "2", "who": "女"}, {"v": "2"}]


@pytest.mark.parametrize(
    ("manner", "error"),
    [
        ("500", ChannelDown),
        ("403", ChannelLied),
        ("404", ChannelLied),
        ("page", ChannelLied),
        ("word", ChannelLied),
        ("strange", ChannelLied),
        ("nameless", ChannelLied),
        ("deep", ChannelLied),
        ("flood", ChannelLied),
        ("elsewhere", ChannelLied),
    ],
)
async def test_each_way_of_going_wrong_has_its_name(other: Owner, manner: str, error: type[Exception]) -> None:
    other.manner = manner
    async with over_http(other.url) as one:
        with pytest.raises(error):
            await one.ask(asked(item="包"))


async def test_a_status_may_mean_nothing_found(other: Owner) -> None:
    other.manner = "404"
    async with over_http(other.url, nothing_is=(404,)) as one:
        assert (await one.ask(asked())).hits == ()


async def test_halves_of_characters_lie(other: Owner) -> None:
    other.manner = "halves"
    async with over_http(other.url) as one:
        with pytest.raises(ChannelLied):
            await one.ask(asked())


async def test_nobody_listening_is_down(other: Owner) -> None:
    gone = other.url
    await other.stop()
    async with over_http(gone) as one:
        with pytest.raises(ChannelDown):
            await one.ask(asked())


async def test_a_list_too_long_is_cut_and_counted(other: Owner) -> None:
    other.rows = [{"id": f"N{i}", "text": "x"} for i in range(90)]
    async with over_http(other.url, most_items=50) as one:
        reply = await one.ask(asked())
    assert (len(reply.hits), reply.more) == (MOST_HITS, 70)


def test_get_has_no_body() -> None:
    with pytest.raises(ValidationError, match="GET"):
        HttpSettings(kind="http_json", url="http://x", hit=HIT, body={"a": "item"}, guard=GuardSettings())
