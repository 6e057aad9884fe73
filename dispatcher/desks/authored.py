"""Authored lost and found reports with the truth: what the weights are fitted and measured on."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from dispatcher.desks.profile import Profile
from dispatcher.desks.reports import read_report


@dataclass(frozen=True, slots=True)
class Authored:
    """Authored reports: lost, the pool of found ones, and which found report is the lost thing (None: none is)."""

    lost: tuple[Profile, ...]
    found: tuple[Profile, ...]
    truth: dict[str, str | None]


def read_authored(folder: Path, name: str) -> Authored:
    """``NAME.lost.jsonl``, ``NAME.found.jsonl`` and ``NAME.truth.jsonl`` of a folder."""

    def lines(kind: str) -> list[bytes]:
        return (folder / f"{name}.{kind}.jsonl").read_bytes().splitlines()

    return Authored(
        lost=tuple(read_report(line, found=False) for line in lines("lost")),
        found=tuple(read_report(line, found=True) for line in lines("found")),
        truth={one["lost"]: one["found"] for one in map(orjson.loads, lines("truth"))},
    )
