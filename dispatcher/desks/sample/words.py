"""The hand-written words of the sample city, and how people and numbers are made up of them."""

from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from dispatcher.catalog.files import read_model

HERE: Final = Path(__file__).resolve().parent
WRITTEN: Final = "%Y-%m-%d %H:%M:%S"
"""How the sample's text columns write times, in the city's time."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(_Table):
    """Words under which a register files a thing, and how people describe one."""

    words: str
    texts: tuple[str, ...]


class Things(_Table):
    """All kinds of things."""

    kinds: dict[str, Kind]


class City(_Table):
    """Names of places, companies and people."""

    surnames: str
    given: str
    companies: tuple[str, ...]
    places: tuple[str, ...]
    metro: dict[str, tuple[str, ...]]
    buses: tuple[str, ...]
    trains: tuple[str, ...]
    metro_spots: tuple[str, ...]
    bus_spots: tuple[str, ...]
    taxi_spots: tuple[str, ...]
    hospitals: tuple[str, ...]
    clothes: tuple[str, ...]
    shoes: tuple[str, ...]
    speech: tuple[str, ...]
    marks: tuple[str, ...]
    child_clothes: tuple[str, ...]
    child_speech: tuple[str, ...]
    child_marks: tuple[str, ...]


class Planted(_Table):
    """Counterparts of the demo's calls, by database."""

    taxi: tuple[dict[str, Any], ...]
    metro_bus: tuple[dict[str, Any], ...]
    earlier_records: tuple[dict[str, Any], ...]
    bulletins: tuple[dict[str, Any], ...]
    population: tuple[dict[str, Any], ...]
    wristbands: tuple[dict[str, Any], ...]
    rescue_station: tuple[dict[str, Any], ...]
    hospitals: tuple[dict[str, Any], ...]
    national_missing: tuple[dict[str, Any], ...]


@lru_cache(maxsize=1)
def things() -> Things:
    return read_model(HERE / "things.yaml", Things)


@lru_cache(maxsize=1)
def city() -> City:
    return read_model(HERE / "city.yaml", City)


@lru_cache(maxsize=1)
def planted() -> Planted:
    return read_model(HERE / "planted.yaml", Planted)


class Maker:
    """A seed, a moment, and what is drawn from them. The same seed and moment make the same city."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.chance = Random(seed)
        self.now = now
        self.story = now - timedelta(hours=1)

    def at(self, minutes: float | str) -> str:
        """A moment of the story, in minutes from its first second; one that is written out stays as it is."""
        if isinstance(minutes, str):
            return minutes
        return (self.story + timedelta(minutes=minutes)).strftime(WRITTEN)

    def ago(self, days: float) -> str:
        """A moment within the last `days`, none in the last two hours: those are the story's."""
        minutes = self.chance.uniform(120, days * 1440)
        return (self.now - timedelta(minutes=minutes)).strftime(WRITTEN)

    def phone(self) -> str:
        """A number that nobody has."""
        return f"138000{self.chance.randrange(1_000, 10_000):05}"

    def name(self) -> str:
        words = city()
        return self.chance.choice(words.surnames) + "".join(
            self.chance.choice(words.given) for _ in range(self.chance.choice((1, 2, 2)))
        )

    def thing(self) -> tuple[str, Kind, str]:
        """A kind, its words, and a description."""
        code = self.chance.choice(tuple(things().kinds))
        kind = things().kinds[code]
        return code, kind, self.chance.choice(kind.texts)

    def looks(self, age: int = 70) -> str:
        """How somebody without a name is described."""
        words, draw = city(), self.chance.choice
        if age < 15:
            return f"穿{draw(words.child_clothes)}，{draw(words.child_marks)}，{draw(words.child_speech)}"
        return f"穿{draw(words.clothes)}，{draw(words.shoes)}，{draw(words.marks)}，{draw(words.speech)}"
