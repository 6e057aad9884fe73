"""Writes the sample city's databases into a folder: one SQLite file, a CSV, an Excel sheet, and JSON for what is served."""

import csv
import os
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import openpyxl
import orjson

from dispatcher.desks.sample import people, transport
from dispatcher.desks.sample.words import HERE, Maker
from dispatcher.domain.calls import CITY_TIME

SEED: Final = 110
CHANNELS: Final = HERE / "channels.yaml"
"""Connects all of them."""

_VIEW: Final = """
CREATE VIEW taxi_answers AS
SELECT f.find_id AS ref, 1 AS is_find, f.found_at AS at, f.words AS words, f.text AS text, t.plate, t.invoice, t.boarded, t.boarded_at,
       t.alighted, t.alighted_at, c.company, c.colour, c.driver, c.contact
FROM taxi_finds f JOIN trips t USING (trip_id) JOIN taxis c USING (plate)
UNION ALL
SELECT t.trip_id, 0, t.alighted_at, NULL, '【样本】行程记录，司机未上报失物，可电话询问', t.plate, t.invoice, t.boarded, t.boarded_at,
       t.alighted, t.alighted_at, c.company, c.colour, c.driver, c.contact
FROM trips t JOIN taxis c USING (plate) WHERE t.trip_id NOT IN (SELECT trip_id FROM taxi_finds)
"""


def make(folder: Path, *, seed: int = SEED, now: datetime | None = None) -> dict[str, int]:
    """Write the city; the same seed and moment give the same rows. now: aware; else this moment. Returns rows by table.

    Files that are there are replaced, each at once: nobody reads a half.
    """
    maker = Maker(seed, (now or datetime.now(CITY_TIME)).astimezone(CITY_TIME))
    folder.mkdir(parents=True, exist_ok=True)
    cars = transport.taxis(maker)
    ridden = transport.trips(maker, cars)
    tables = {
        "taxis": cars,
        "trips": ridden,
        "taxi_finds": transport.taxi_finds(maker, ridden),
        "wristbands": people.wristbands(maker),
        "earlier_records": people.earlier_records(maker),
    }
    _sqlite(folder / "city.sqlite3", tables)
    stations = transport.station_finds(maker)
    _excel(folder / "metro_bus.xlsx", transport.HEADER, stations, maker.now)
    rescued = people.rescued(maker)
    _csv(folder / "rescue_station.csv", people.RESCUE_HEADER, rescued)
    served = {
        "population": people.population(maker),
        "bulletins": people.notices(maker),
        "hospitals": people.treated(maker),
        "national_missing": people.sought(maker),
    }
    for name, rows in served.items():
        _whole(folder / f"{name}.json", orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    amounts = {name: len(rows) for name, rows in (tables | served).items()}
    return amounts | {"metro_bus": len(stations), "rescue_station": len(rescued)}


def _sqlite(path: Path, tables: dict[str, list[dict[str, Any]]]) -> None:
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    connection = sqlite3.connect(aside)
    try:
        for name, rows in tables.items():
            columns = tuple(rows[0])
            typed = ", ".join(f"{column} {'INTEGER' if column == 'age' else 'TEXT'}" for column in columns)
            connection.execute(f"CREATE TABLE {name} ({typed})")
            marks = ", ".join(f":{column}" for column in columns)
            connection.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", rows)
        connection.execute("CREATE INDEX trips_plate ON trips (plate)")
        connection.execute("CREATE INDEX trips_invoice ON trips (invoice)")
        connection.execute(_VIEW)
        connection.commit()
    finally:
        connection.close()
    os.replace(aside, path)


def _excel(path: Path, header: Iterable[str], rows: Iterable[tuple[Any, ...]], now: datetime) -> None:
    book = openpyxl.Workbook(write_only=True)
    book.properties.created = book.properties.modified = now.replace(tzinfo=None)
    sheet = book.create_sheet("失物登记（样本）")
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
    aside = path.with_name(f".{path.name}")
    book.save(aside)
    os.replace(aside, path)


def _csv(path: Path, header: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> None:
    aside = path.with_suffix(".new")
    with aside.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    os.replace(aside, path)


def _whole(path: Path, content: bytes) -> None:
    aside = path.with_suffix(".new")
    aside.write_bytes(content)
    os.replace(aside, path)
