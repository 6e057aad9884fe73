"""What ``dispatcher check`` looks at. Each look gives findings: what was looked at, how it is, and in words why."""

import ipaddress
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dispatcher import settings as settings_module
from dispatcher.broker import provision
from dispatcher.catalog import Catalog, load_catalog
from dispatcher.client.connection import knock
from dispatcher.domain import calendar
from dispatcher.domain.errors import CatalogError, ClusterUnreachable, DispatcherError
from dispatcher.settings import SAMPLE_KEY, Settings

#: Days before the end of the announced holidays from which on it is warned of.
_HORIZON_DAYS = 60
#: A plain matter: if the model calls this dangerous or nothing at all, something is wrong with it.
_PROBE = "楼道灯坏了半个月没人换"
#: Differences of the topics that are named one by one.
_NAMED = 20


class Level(StrEnum):
    """How a finding is. ``bad`` makes the check fail."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check."""

    what: str
    level: Level
    words: str


def files(settings: Settings) -> tuple[Catalog | None, list[Finding]]:
    """All YAML and its cross-references; every mistake is a finding of its own."""
    try:
        catalog = load_catalog(settings.home, policy_dir=settings.policy)
    except CatalogError as error:
        return None, [Finding("files", Level.BAD, line) for line in error.message.splitlines()]
    units, topics = catalog.city.units, catalog.all_topics
    words = f"{len(units)} units, {len(catalog.city.matters)} categories, {len(topics)} topics; policy {catalog.policy.sha256[:12]}"
    return catalog, [Finding("files", Level.OK, words)]


def model(catalog: Catalog) -> Iterator[Finding]:
    """The classifier: does it load, how long does that take, and what does it make of a plain call?"""
    from classifiers import Classifier, ClassifierError
    from dispatcher.stream.classify import classify_with

    began = time.perf_counter()
    try:
        classify = classify_with(Classifier.load(), catalog.policy.triage)
        first = classify(_PROBE, None, None)
    except (ClassifierError, CatalogError) as error:
        yield Finding("model", Level.BAD, str(error))
        return
    ready = time.perf_counter()
    classify(_PROBE, None, None)
    again = time.perf_counter()
    yield Finding(
        "model",
        Level.OK,
        f"sha256 {first.model}, ready after {ready - began:.2f} s, one call {(again - ready) * 1e6:.0f} µs",
    )
    sensible = first.outcome == "non_police"
    yield Finding(
        "probe",
        Level.OK if sensible else Level.WARN,
        f"“{_PROBE}”: {first.outcome} {first.category} {first.confidence:.2f} by {first.rule}"
        + ("" if sensible else "; a plain call should be non_police: was another model put in place?"),
    )


def environment(settings: Settings) -> Iterator[Finding]:
    """The settings as they are, secrets masked; names that are none, and the sample key where it must not be."""
    for name, value in settings.shown().items():
        yield Finding(f"setting {name}", Level.OK, value)
    for name in settings_module.unknown_names():
        yield Finding("environment", Level.WARN, f"{name} is no setting of this program; correct its name or unset it")
    if settings.pseudonym_key.get_secret_value() == SAMPLE_KEY and not _is_loopback(settings.bootstrap):
        words = (
            "the sample pseudonym key on a cluster: set DISPATCHER_PSEUDONYM_KEY, or anybody can undo the pseudonyms"
        )
        yield Finding("pseudonym_key", Level.WARN, words)


def holidays(today: date) -> Finding:
    """How far the announced holidays reach; beyond them Monday to Friday is taken as working."""
    end = calendar.horizon()
    left = (end - today).days
    if left < 0:
        words = f"the known holidays ended on {end}: deadlines take Monday to Friday as working days; update the package chinesecalendar"
        return Finding("calendar", Level.WARN, words)
    if left < _HORIZON_DAYS:
        words = f"the known holidays end on {end}, in {left} days; update the package chinesecalendar when the next year's are announced"
        return Finding("calendar", Level.WARN, words)
    return Finding("calendar", Level.OK, f"holidays are known until {end}")


async def cluster(settings: Settings, catalog: Catalog | None, *, required: bool) -> list[Finding]:
    """Does a broker answer, and are its topics as topics.yaml says? A broker that is missing is bad only if `required`."""
    try:
        await knock(settings.bootstrap)
        found = [Finding("broker", Level.OK, f"answers at {settings.bootstrap}")]
        differences = await provision.compare(settings.bootstrap, catalog.all_topics) if catalog is not None else []
    except ClusterUnreachable as error:
        return [Finding("broker", Level.BAD if required else Level.WARN, str(error))]
    except DispatcherError as error:
        return [Finding("broker", Level.BAD, str(error))]
    if catalog is None:
        return found
    missing = sum(difference.what == "topic" for difference in differences)
    if missing == len(catalog.all_topics):
        return [*found, Finding("topics", Level.BAD, "none of the topics exists; run `dispatcher topics create`")]
    found += [Finding("topics", Level.BAD, str(difference)) for difference in differences[:_NAMED]]
    if len(differences) > _NAMED:
        found.append(
            Finding("topics", Level.BAD, f"and {len(differences) - _NAMED} more; see `dispatcher topics check`")
        )
    if not differences:
        found.append(Finding("topics", Level.OK, f"all {len(catalog.all_topics)} are as topics.yaml says"))
    return found


def _is_loopback(bootstrap: str) -> bool:
    """Whether every address is on this machine."""

    def local(address: str) -> bool:
        host = address.strip().rsplit(":", 1)[0].strip("[]")
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    return all(local(address) for address in bootstrap.split(","))
