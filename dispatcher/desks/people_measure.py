"""How well the weights rank authored reports of people: ``python -m dispatcher.desks.people_measure tests/desks/people p``."""

import sys
from dataclasses import dataclass
from pathlib import Path

import orjson

from dispatcher.desks.measure import Figures, tell
from dispatcher.desks.people_likeness import PeopleWeights, people_weights
from dispatcher.desks.people_pool import PeoplePool
from dispatcher.desks.people_profile import PersonProfile, person_profile
from dispatcher.desks.reports import Report


@dataclass(frozen=True, slots=True)
class AuthoredPeople:
    """Authored reports: missing, the pool of found ones, and who of the found is the missing one (None: nobody)."""

    missing: tuple[PersonProfile, ...]
    found: tuple[PersonProfile, ...]
    truth: dict[str, str | None]


def read_people(folder: Path, name: str) -> AuthoredPeople:
    """``NAME.lost.jsonl``, ``NAME.found.jsonl`` and ``NAME.truth.jsonl`` of a folder."""

    def lines(kind: str) -> list[bytes]:
        return (folder / f"{name}.{kind}.jsonl").read_bytes().splitlines()

    def read(kind: str, *, found: bool) -> tuple[PersonProfile, ...]:
        reports = [Report.model_validate_json(line) for line in lines(kind)]
        return tuple(person_profile(str(one.id), one.text, at=one.at, found=found) for one in reports)

    return AuthoredPeople(
        missing=read("lost", found=False),
        found=read("found", found=True),
        truth={one["lost"]: one["found"] for one in map(orjson.loads, lines("truth"))},
    )


def measure_people(reports: AuthoredPeople, known: PeopleWeights) -> Figures:
    """The figures of one set of reports."""
    pool = PeoplePool(reports.found, known)
    asked = ((reports.truth[missing.report_id], pool.matches(missing)) for missing in reports.missing)
    return tell(asked, known.candidate)


def main(folder: Path, names: list[str]) -> int:
    for name in names:
        print(name, measure_people(read_people(folder, name), people_weights()))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
