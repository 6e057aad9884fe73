"""All files of a city, loaded and checked against each other."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from classifiers import ClassifierError, load_taxonomy
from classifiers.gazetteer import load_gazetteer
from dispatcher.catalog.agencies import Agencies
from dispatcher.catalog.files import read_model
from dispatcher.catalog.matters import Grid, Matters, lost
from dispatcher.catalog.topics import SCHEMAS, Topic, Topics
from dispatcher.domain import policy as models
from dispatcher.domain.codes import Outcome
from dispatcher.domain.desk_policy import DesksPolicy
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.lookups.codes import Desk
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import DISTRICT, City, Matter

#: The policy that ships with the program.
POLICY_DIR = Path(__file__).resolve().parent.parent / "policy"
_POLICIES: dict[str, type[BaseModel]] = {
    "intake": models.IntakePolicy,
    "repeat": models.RepeatPolicy,
    "triage": models.TriagePolicy,
    "hours": models.HoursPolicy,
    "deadlines": models.DeadlinePolicy,
    "routing": models.RoutingPolicy,
    "casework": models.CaseworkPolicy,
    "desks": DesksPolicy,
}

_LISTS: dict[str, type[BaseModel]] = {"matters": Matters, "grid": Grid}


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a city has written down."""

    topics: Topics
    agencies: Agencies
    city: City
    policy: Policy

    @property
    def all_topics(self) -> dict[str, Topic]:
        """Every topic by its real name."""
        return self.topics.expanded(tuple(self.city.units))


def load_catalog(home: Path, *, policy_dir: Path | None = None) -> Catalog:
    """Read ``topics.yaml`` and ``agencies.yaml`` in `home` and the policy files; raises `CatalogError` naming every mistake."""
    folder = policy_dir or POLICY_DIR
    found: dict[str, Any] = {}
    problems: list[str] = []

    def read(name: str, path: Path, model: type[BaseModel]) -> None:
        try:
            found[name] = read_model(path, model)
        except CatalogError as error:
            problems.append(f"{error.message}; {error.hint}" if error.hint else error.message)

    read("topics", home / "topics.yaml", Topics)
    read("agencies", home / "agencies.yaml", Agencies)
    for name, model in _POLICIES.items():
        read(name, folder / f"{name}.yaml", model)
    for list_name, list_model in _LISTS.items():
        read(list_name, folder / f"{list_name}.yaml", list_model)
    if problems:
        raise CatalogError("\n".join(problems))
    agencies: Agencies = found["agencies"]
    listed: Matters = found["matters"]
    grid: Grid = found["grid"]
    try:
        matters, districts = _matters(), {code: d.name for code, d in load_gazetteer().districts.items()}
    except ClassifierError as error:
        raise CatalogError(str(error), hint="Correct the classifier's table named") from None
    city = City(
        units={agency.code: agency.unit() for agency in agencies.units},
        matters=matters,
        districts=districts,
        listed=listed.by_matter(),
        rulings=listed.rulings,
        grid={node.code: node for node in grid.nodes},
    )
    policy = Policy(**{name: found[name] for name in _POLICIES}, sha256=_digest(home, folder))
    problems = [
        *_orphans(city, policy),
        *lost(listed, grid, city),
        *_lost_districts(agencies, city),
        *_examples(found["topics"]),
    ]
    if problems:
        raise CatalogError("\n".join(problems))
    return Catalog(found["topics"], agencies, city, policy)


def _matters() -> dict[str, Matter]:
    return {
        code: Matter(
            code=code,
            name=category.name,
            outcome=Outcome(category.outcome),
            lead=category.lead,
            also=tuple(category.also),
            assist=tuple(category.assist),
            desk=category.desk,
        )
        for code, category in load_taxonomy().categories.items()
    }


def _digest(home: Path, folder: Path) -> str:
    """One digest over everything that routing and casework decide by."""
    digest = hashlib.sha256()
    for path in (home / "agencies.yaml", *(folder / f"{name}.yaml" for name in sorted((*_POLICIES, *_LISTS)))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    digest.update(load_taxonomy().model_dump_json().encode())
    return digest.hexdigest()


def _orphans(city: City, policy: Policy) -> list[str]:
    """Cross-references that lead nowhere."""
    known = {*city.units, DISTRICT}
    wrong = []
    for matter in city.matters.values():
        for code in (*((matter.lead,) if matter.lead else ()), *matter.also, *matter.assist):
            if code not in known:
                wrong.append(
                    f"taxonomy.yaml: categories.{matter.code}: unit {code} is not in agencies.yaml; add it there"
                )
    for district in city.districts:
        if f"district-{district}" not in city.units:
            wrong.append(f"agencies.yaml: units: no unit district-{district}; every district needs one")
    for key in ("police_unit", "no_place_unit", "out_of_area_unit"):
        if (code := getattr(policy.routing, key)) not in city.units:
            wrong.append(f"routing.yaml: {key}: unit {code} is not in agencies.yaml; name one that is")
    loop = policy.casework
    if loop.forget_days <= max(policy.intake.max_age_days, loop.archive_days):
        wrong.append(
            "casework.yaml: forget_days: a call as old as intake.yaml's max_age_days could open its case again; "
            "make it longer than that and than archive_days"
        )
    for where, codes in {
        "supervising_unit": (loop.supervising_unit,),
        **{f"platforms.{name}": (code,) for name, code in loop.platforms.items()},
        **{f"ladder.{rung.rung}": (rung.unit, *rung.assist) for rung in loop.ladder},
    }.items():
        wrong += [
            f"casework.yaml: {where}: unit {code} is not in agencies.yaml; name one that is"
            for code in codes
            if code not in known
        ]
    named = {
        "repeat.yaml: disputes": policy.repeat.disputes,
        "repeat.yaml: never_repeat": policy.repeat.never_repeat,
        "repeat.yaml: silent": (policy.repeat.silent,),
        "deadlines.yaml: queries": policy.deadlines.queries,
        "casework.yaml: desks": tuple(policy.casework.desks),
        "desks.yaml: beside": tuple(policy.desks.beside),
        "desks.yaml: found": policy.desks.found,
        "desks.yaml: questions": tuple(name for name in policy.desks.questions if name not in (*Desk, "found_person")),
        **{f"repeat.yaml: families.{name}": members for name, members in policy.repeat.families.items()},
        **{f"repeat.yaml: grows_from.{name}": (name, *from_) for name, from_ in policy.repeat.grows_from.items()},
    }
    wrong += [
        f"desks.yaml: centres.{code}: no district of the gazetteer; correct it"
        for code in policy.desks.centres
        if code not in city.districts
    ]
    for where, codes in named.items():
        wrong += [
            f"{where}: {code} is no category of the taxonomy; correct it" for code in codes if code not in city.matters
        ]
    return wrong


def _lost_districts(agencies: Agencies, city: City) -> list[str]:
    """Districts of units that the city does not have."""
    return [
        f"agencies.yaml: units.{unit.code}.districts: {code} is no district of the gazetteer; correct it"
        for unit in agencies.units
        if unit.districts != "all"
        for code in unit.districts
        if code not in city.districts
    ]


def _examples(topics: Topics) -> list[str]:
    """Examples that their own schema refuses."""
    wrong = []
    for topic in topics.topics:
        models_ = [SCHEMAS[name] for name in topic.schemas if name in SCHEMAS]
        if models_ and not any(_fits(model, topic.example) for model in models_):
            wrong.append(
                f"topics.yaml: topics.{topic.name}.example: fits none of {', '.join(topic.schemas)}; correct it"
            )
    return wrong


def _fits(model: type[BaseModel], example: dict[str, Any]) -> bool:
    try:
        model.model_validate(example)
    except ValueError:
        return False
    return True
