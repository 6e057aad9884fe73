"""The file that connects the channels: mistakes are named with their key, and secrets are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dispatcher.catalog.files import read_model
from dispatcher.desks.channels.config import Channels, build, read_channels
from dispatcher.domain.desk_policy import Database, DesksPolicy
from dispatcher.domain.errors import CatalogError

HOME = Path(__file__).resolve().parents[2]
HIT = {"ref": "{id}", "text": "{text}"}
SECRET = "hunter2-13800000000"


@pytest.fixture(scope="module")
def databases() -> tuple[Database, ...]:
    return read_model(HOME / "dispatcher/policy/desks.yaml", DesksPolicy).databases


def written(folder: Path, **databases: object) -> Path:
    path = folder / "channels.yaml"
    path.write_text(yaml.safe_dump({"version": "x", "databases": databases}), "utf-8")
    return path


SQL = {"kind": "sql", "url": "sqlite:///x.sqlite3", "table": "t", "hit": HIT}


@pytest.mark.parametrize(
    ("code", "settings", "says"),
    [
        ("taxis", SQL, "channels.yaml: databases.taxis: no database of desks.yaml; use one of"),
        ("video", SQL, "databases.video.kind: sql, but desks.yaml says by: person"),
        ("taxi", {"kind": "person"}, "databases.taxi.kind: person, but desks.yaml says by: machine"),
        ("taxi", {"kind": "fax"}, "databases.taxi"),
        ("taxi", SQL | {"tabel": "t"}, "databases.taxi.sql.tabel: Extra inputs are not permitted"),
        ("taxi", {"kind": "sql", "url": "sqlite://", "hit": HIT}, "table: give either table or select"),
        ("taxi", {**SQL, "url": None}, "url: give either url or url_env"),
        ("taxi", {**SQL, "url_env": "X"}, "url: give either url or url_env"),
        ("taxi", SQL | {"where": [{"fact": "hat", "how": "equals", "columns": ["a"]}]}, "hat is no fact"),
        ("taxi", SQL | {"where": [{"fact": "time", "how": "window", "columns": ["a"]}]}, "around `since`"),
        ("taxi", {**SQL, "table": None, "select": "SELECT :hat"}, ":hat is no fact"),
        ("taxi", {**SQL, "hit": {"ref": "{id", "text": "x"}}, "databases.taxi.sql.hit.ref"),
        ("population", {"kind": "http_json", "url": "http://x", "query": {"q": "hat"}, "hit": HIT}, "hat is no fact"),
    ],
)
def test_a_mistake_is_named_with_its_key(
    tmp_path: Path, databases: tuple[Database, ...], code: str, settings: object, says: str
) -> None:
    with pytest.raises(CatalogError) as caught:
        read_channels(written(tmp_path, **{code: settings}), databases)
    assert says in str(caught.value)
    assert "channels.yaml" in str(caught.value)


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path, databases: tuple[Database, ...]) -> None:
    url = f"postgresql+psycopg://reader:{SECRET}@db/taxi"
    with pytest.raises(CatalogError, match="url_env") as caught:
        read_channels(written(tmp_path, taxi={**SQL, "url": url}), databases)
    assert SECRET not in str(caught.value)


def test_a_variable_that_is_not_set_is_named(tmp_path: Path, databases: tuple[Database, ...]) -> None:
    settings = {"kind": "sql", "url_env": "TAXI_URL", "table": "t", "hit": HIT}
    channels = read_channels(written(tmp_path, taxi=settings), databases)
    with pytest.raises(CatalogError, match=r"databases\.taxi\.url_env: the environment variable TAXI_URL is not set"):
        build(channels, tmp_path, environment={})


@pytest.mark.parametrize(
    ("kind", "url"),
    [("sql", f"{SECRET} is no address"), ("sql", f"nosuch://u:{SECRET}@h/d"), ("http_json", f"ftp://u:{SECRET}@h/d")],
)
def test_an_address_that_is_none_is_not_repeated(
    tmp_path: Path, databases: tuple[Database, ...], kind: str, url: str
) -> None:
    settings: dict[str, object] = {"kind": kind, "url_env": "TAXI_URL", "hit": HIT}
    channels = read_channels(written(tmp_path, taxi=settings | ({"table": "t"} if kind == "sql" else {})), databases)
    with pytest.raises(CatalogError, match=r"databases\.taxi\.url") as caught:
        build(channels, tmp_path, environment={"TAXI_URL": url})
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_only_what_this_process_asks_is_built(tmp_path: Path, databases: tuple[Database, ...]) -> None:
    register = {"kind": "register", "path": "x.csv", "hit": HIT}
    path = written(tmp_path, taxi=SQL, video={"kind": "person"}, hospitals={"kind": "kafka"}, metro_bus=register)
    channels = read_channels(path, databases)
    built = build(channels, tmp_path, environment={})
    assert set(built) == {"taxi", "metro_bus"}
    assert channels.of_kind("kafka") == ("hospitals",)
    assert channels.of_kind("person") == ("video",)
    for one in built.values():
        assert one.state().state == "closed"
        await one.close()


def test_a_secret_shows_in_no_text_of_the_settings(tmp_path: Path, databases: tuple[Database, ...]) -> None:
    settings = {"kind": "http_json", "url_env": "URL", "headers_env": {"x-key": "KEY"}, "hit": HIT}
    channels = read_channels(written(tmp_path, population=settings), databases)
    built = build(channels, tmp_path, environment={"URL": f"http://u:{SECRET}@h/x", "KEY": SECRET})
    assert SECRET not in f"{channels!r}{channels.model_dump_json()}{built!r}"
    assert isinstance(channels, Channels)
