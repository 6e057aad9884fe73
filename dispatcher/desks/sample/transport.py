"""Taxis with their trips and what drivers hand in; metro, bus and railway stations with their registers of found things."""

from datetime import datetime, timedelta
from typing import Any

from dispatcher.desks.sample.words import WRITTEN, Kind, Maker, city, planted, things

Rows = list[dict[str, Any]]

TAXIS = 300
TRIPS = 5_000
TAXI_FINDS = 180
STATION_FINDS = 240


def taxis(maker: Maker) -> Rows:
    """The planted ones first."""
    draw, fixed = maker.chance, {one["plate"]: one for one in planted().taxi}
    plates = list(fixed)
    while len(plates) < TAXIS:
        plate = f"辽A{draw.choice('TADFXY')}{draw.randrange(1_000, 10_000)}"
        if plate not in plates and not plate.startswith("辽AT7"):
            plates.append(plate)
    return [
        {
            "plate": plate,
            "company": draw.choice(city().companies),
            "colour": "绿色" if plate in fixed else draw.choice(("绿色", "蓝色", "黄绿", "白色")),
            "driver": f"样本{maker.name()[0]}师傅",
            "contact": fixed[plate]["contact"] if plate in fixed else maker.phone(),
        }
        for plate in plates
    ]


def trips(maker: Maker, cars: Rows) -> Rows:
    """Over the last week; a trip for each planted find ends a few minutes before it was noticed."""
    draw, made = maker.chance, []
    for number, one in enumerate(planted().taxi):
        made.append(_trip(maker, number, one["plate"], maker.at(one["at"] - 3), one["boarded"], one["alighted"]))
    for number in range(len(made), TRIPS):
        boarded, alighted = draw.sample(city().places, 2)
        made.append(_trip(maker, number, draw.choice(cars)["plate"], maker.ago(7), boarded, alighted))
    return made


def _trip(maker: Maker, number: int, plate: str, ended: str, boarded: str, alighted: str) -> dict[str, Any]:
    began = datetime.strptime(ended, WRITTEN) - timedelta(minutes=maker.chance.randrange(6, 50))  # noqa: DTZ007 - the city's
    return {
        "trip_id": f"SAMPLE-TRIP-{number:05}",
        "plate": plate,
        "invoice": f"SAMPLE{20_000_000 + number * 37}",
        "boarded_at": began.strftime(WRITTEN),
        "boarded": boarded,
        "alighted_at": ended,
        "alighted": alighted,
    }


def taxi_finds(maker: Maker, ridden: Rows) -> Rows:
    """What drivers found after a trip."""
    made = [
        _find(number, one["kind"], things().kinds[one["kind"]], one["text"], ridden[number], maker.at(one["at"]))
        for number, one in enumerate(planted().taxi)
    ]
    for number in range(len(made), TAXI_FINDS):
        trip = ridden[maker.chance.randrange(len(planted().taxi), len(ridden))]
        code, kind, text = maker.thing()
        where = maker.chance.choice(city().taxi_spots)
        made.append(_find(number, code, kind, f"{where}，{text}", trip, trip["alighted_at"]))
    return made


def _find(number: int, code: str, kind: Kind, text: str, trip: dict[str, Any], at: str) -> dict[str, Any]:
    return {
        "find_id": f"SAMPLE-TAXI-{number:04}",
        "trip_id": trip["trip_id"],
        "found_at": at,
        "kind": code,
        "words": kind.words,
        "text": f"【样本】{text}",
    }


HEADER = ("编号", "交通", "线路", "车站", "拾得时间", "方向", "车厢", "类别词", "描述", "保管处", "电话")


def station_finds(maker: Maker) -> list[tuple[Any, ...]]:
    """The found-things register of metro, buses and stations, rows in the order of `HEADER`."""
    draw, made = maker.chance, []
    for number, one in enumerate(planted().metro_bus):
        text = f"{one['spot']}，{one['text']}"
        row = _row(maker, number, one["system"], one["line"], one["station"], maker.at(one["at"]), one["kind"], text)
        made.append((*row[:9], f"样本{one['kept_at']}", maker.phone()))
    for number in range(len(made), STATION_FINDS):
        system = draw.choice(("metro", "metro", "bus", "rail"))
        code, _, described = maker.thing()
        if system == "metro":
            line = draw.choice(tuple(city().metro))
            station, spot = draw.choice(city().metro[line]), draw.choice(city().metro_spots)
        elif system == "bus":
            line, station = draw.choice(city().buses), draw.choice(city().places)
            spot = draw.choice(city().bus_spots)
        else:
            line, station = draw.choice(city().trains), draw.choice(("沈阳站", "沈阳北站", "沈阳南站", "桃仙机场"))
            spot = draw.choice(("候车室座椅", "安检口", "检票口", "6车厢行李架", "卫生间"))
        made.append(_row(maker, number, system, line, station, maker.ago(10), code, f"{spot}，{described}"))
    return made


def _row(
    maker: Maker, number: int, system: str, line: str, station: str, at: str, code: str, text: str
) -> tuple[Any, ...]:
    stations = city().metro.get(line, ())
    direction = f"往{maker.chance.choice((stations[0], stations[-1]))}" if stations else ""
    carriage = str(maker.chance.randrange(1, 7)) if system == "metro" else ""
    words = things().kinds[code].words
    return (
        f"SAMPLE-{system.upper()}-{number:04}", system, line, station, at, direction, carriage, words,
        f"【样本】{text}", f"样本{station}失物招领处", maker.phone(),
    )  # fmt: skip
