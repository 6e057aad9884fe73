"""The sample city: made up from a seed, plainly so, and with a counterpart for each call of the demo that can have one."""

from __future__ import annotations

import asyncio
import csv
import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import orjson
import pytest
from channels_world import NOW

from classifiers.triage import Classifier
from dispatcher.catalog.load import Catalog, load_catalog
from dispatcher.demo.story import load
from dispatcher.desks import sample
from dispatcher.desks.channels.config import build, read_channels
from dispatcher.desks.sample.__main__ import main
from dispatcher.desks.sample.words import planted, things
from dispatcher.domain.desk_policy import By
from dispatcher.domain.lookups import asking, beside
from dispatcher.domain.lookups.codes import Desk, Side
from dispatcher.domain.lookups.facts import from_call, last_known
from dispatcher.domain.lookups.messages import LookupAsked, RawHit
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.messages import Place

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    sample.make(folder, now=NOW)
    return folder


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(HOME)


@pytest.fixture(scope="module")
def answered(city: Path, catalog: Catalog) -> dict[tuple[float, str], list[RawHit]]:
    """What each database answers to each desk call of the demo: (second of the story, database) -> findings."""
    return asyncio.run(tell(city, catalog))


async def tell(city: Path, catalog: Catalog) -> dict[tuple[float, str], list[RawHit]]:
    policy, classifier = catalog.policy.desks, Classifier.load()
    channels = read_channels(sample.CHANNELS, policy.databases)
    found: dict[tuple[float, str], list[RawHit]] = {}
    async with sample.serve(city) as served:
        guarded = build(channels, city, environment=served.environment)
        for line in load().lines:
            at = NOW - timedelta(hours=1) + timedelta(seconds=line.at)
            told = classifier.triage(line.fields["text"], address=line.fields.get("address"), received_at=at)
            desk = beside.desk_of(told.category, catalog.city, catalog.policy)
            if desk is None:
                continue
            place = Place(landmark=told.place.landmark, address=line.fields.get("address"))
            facts = from_call(told.extracted, place, told.category, desk)
            lookup = LookupRecord(
                lookup_id="L",
                desk=desk,
                side=Side.FOUND if told.category in policy.found else Side.LOST,
                opened_at=at,
                since=last_known(facts, at),
                facts=facts,
            )
            for database in asking.fitting(lookup, policy):
                question = LookupAsked(
                    request_id=f"{line.at}/{database.code}",
                    lookup_id="L",
                    case_id="C",
                    call_id="K",
                    channel=database.channel,
                    database=database.code,
                    number=0,
                    asked_at=at,
                    until=at,
                    text=line.fields["text"],
                    **lookup.model_dump(include={"desk", "side", "since", "facts"}),
                )
                if database.code in guarded:
                    outcome = await guarded[database.code].ask(question)
                    assert outcome.text == "", (database.code, outcome.text)
                    found[line.at, database.code] = list(outcome.hits)
                elif database.by is By.MACHINE:
                    found[line.at, database.code] = list(sample.answer_for(question, city).hits)
        for one in guarded.values():
            await one.close()
    return found


@pytest.mark.parametrize(
    ("second", "database", "says"),
    [
        (102, "taxi", "壳上贴个小熊"),  # SQL
        (940, "taxi", "辽AT7803"),
        (585, "metro_bus", "拉链上挂小恐龙"),  # Excel
        (2989, "metro_bus", "右边那只缠着胶布"),
        (1223, "metro_bus", "疫苗本"),
        (682, "bulletins", "叫豆包"),  # HTTP
        (3511, "bulletins", "蓝花小被"),
        (1317, "bulletins", "棕色钱夹"),
        (1317, "earlier_records", "棕色钱夹子"),  # SQL, the other side
        (3272, "earlier_records", "全家福"),
        (302, "rescue_station", "老太太"),  # CSV
        (302, "hospitals", "老年女性"),  # Kafka
        (302, "population", "79岁，住万莲"),
        (302, "wristband", "王**，女，79岁"),
        (1516, "rescue_station", "明廉路"),
        (1516, "national_missing", "在明廉路干过活"),
        (2601, "hospitals", "俄语"),
    ],
)
def test_a_call_of_the_demo_finds_its_counterpart_first(
    answered: dict[tuple[float, str], list[RawHit]], second: float, database: str, says: str
) -> None:
    hits = answered[second, database]
    assert says in hits[0].text
    assert all("样本" in hit.text and "SAMPLE" in hit.ref for hit in hits)


def test_the_demo_hears_from_each_database(answered: dict[tuple[float, str], list[RawHit]], catalog: Catalog) -> None:
    heard = {database for (_, database), hits in answered.items() if hits}
    assert heard == {one.code for one in catalog.policy.desks.databases if one.by is By.MACHINE}
    assert heard >= {"taxi", "metro_bus", "bulletins", "earlier_records", "rescue_station", "hospitals"}
    assert heard >= {"national_missing", "population", "wristband"}


def test_the_same_seed_and_moment_make_the_same_city(city: Path, tmp_path: Path) -> None:
    sample.make(tmp_path, now=NOW)
    assert content(tmp_path) == content(city)
    sample.make(tmp_path, seed=7, now=NOW)  # over the files that are there
    assert content(tmp_path) != content(city)


def content(folder: Path) -> dict[str, object]:
    """Every row of every file."""
    held: dict[str, object] = {path.name: orjson.loads(path.read_bytes()) for path in folder.glob("*.json")}
    with (folder / "rescue_station.csv").open(encoding="gb18030", newline="") as file:
        held["csv"] = list(csv.reader(file))
    held["xlsx"] = list(openpyxl.load_workbook(folder / "metro_bus.xlsx").worksheets[0].iter_rows(values_only=True))
    with closing(sqlite3.connect(folder / "city.sqlite3")) as connection:
        tables = ("taxis", "trips", "taxi_finds", "wristbands", "earlier_records", "taxi_answers")
        held |= {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    return held


def test_it_is_of_the_size_it_says(city: Path) -> None:
    held = content(city)
    amounts = {name: len(rows) for name, rows in held.items() if isinstance(rows, list)}
    assert (amounts["taxis"], amounts["trips"], amounts["wristbands"]) == (300, 5_000, 200)
    assert amounts["taxi_finds"] + amounts["xlsx"] - 1 >= 400
    assert amounts["taxi_answers"] < amounts["trips"] + amounts["taxi_finds"]
    assert sum(path.stat().st_size for path in city.iterdir()) < 5_000_000


def test_it_is_plainly_made_up(city: Path) -> None:
    """Telephone numbers that nobody has, and no text that could be taken for a real one."""
    held = content(city)
    told = orjson.dumps(held, default=str).decode()
    assert set(re.findall(r"\b1\d{10}\b", told)) <= {f"138000{number:05}" for number in range(100_000)}
    for name in ("taxi_finds", "earlier_records"):
        rows = held[name]
        assert isinstance(rows, list)
        assert all("【样本】" in str(row) and "SAMPLE" in str(row) for row in rows)


def test_nothing_lies_in_the_future(city: Path) -> None:
    told = orjson.dumps(content(city), default=str).decode()
    moments = re.findall(r"2026-\d\d-\d\d \d\d:\d\d:\d\d", told)
    assert len(moments) > 5_000
    assert max(moments) <= NOW.strftime("%Y-%m-%d %H:%M:%S")


def test_descriptions_are_many_and_distinct() -> None:
    texts = [text for kind in things().kinds.values() for text in kind.texts]
    assert len(texts) == len(set(texts)) >= 150
    assert {one["kind"] for one in (*planted().taxi, *planted().metro_bus)} <= things().kinds.keys()


def test_all_databases_of_the_policy_are_connected(catalog: Catalog) -> None:
    databases = catalog.policy.desks.databases
    assert read_channels(sample.CHANNELS, databases).databases.keys() == {one.code for one in databases}


async def ask(city: Path, catalog: Catalog, database: str, **facts: str) -> list[RawHit]:
    channels = read_channels(sample.CHANNELS, catalog.policy.desks.databases)
    question = LookupAsked(
        request_id="R", lookup_id="L", case_id="C", call_id="K", desk=Desk.MISSING_PERSON, side=Side.LOST, channel="x",
        database=database, number=0, asked_at=NOW, until=NOW, since=NOW, facts=facts, text="",
    )  # fmt: skip
    async with sample.serve(city) as served:
        guarded = build(channels, city, environment=served.environment)
        outcome = await guarded[database].ask(question)
        for one in guarded.values():
            await one.close()
    return list(outcome.hits)


async def test_a_wristband_is_sure_by_its_code(city: Path, catalog: Catalog) -> None:
    hits = await ask(city, catalog, "wristband", wristband="HSH10007")
    assert [(hit.ref, hit.sure) for hit in hits] == [("SAMPLE-HSH10007", True)]
    others = await ask(city, catalog, "wristband", age="78", illness="dementia", sex="female")
    assert others
    assert not any(hit.sure for hit in others)


async def test_the_population_register_tells_no_whole_name(city: Path, catalog: Catalog) -> None:
    people = orjson.loads((city / "population.json").read_bytes())
    name = people[0]["name"]
    hits = await ask(city, catalog, "population", name=name)
    assert hits
    assert all(name not in hit.text and name[0] + "*" in hit.text for hit in hits)
    assert await ask(city, catalog, "population", name="没有这个人") == []


def test_an_unknown_database_is_an_error_and_no_exception(city: Path, tmp_path: Path) -> None:
    question = LookupAsked(
        request_id="R", lookup_id="L", case_id="C", call_id="K", desk=Desk.MISSING_PERSON, side=Side.LOST, channel="x",
        database="other", number=0, asked_at=NOW, until=NOW, since=NOW, facts={}, text="",
    )  # fmt: skip
    assert sample.answer_for(question, city).error
    assert sample.answer_for(question.model_copy(update={"database": "hospitals"}), tmp_path).error


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "new"), "3"]) == 0
    assert "trips：5000条" in capsys.readouterr().out
    assert (tmp_path / "new" / "metro_bus.xlsx").exists()
    assert main([]) == 2
    assert datetime.fromisoformat(orjson.loads((tmp_path / "new" / "bulletins.json").read_bytes())[0]["at"])
