"""How far a missing person may have come, and whom that concerns. Straight lines on the globe; no map of roads."""

from collections.abc import Mapping
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Final

from dispatcher.domain.desk_policy import DesksPolicy
from dispatcher.domain.lookups.codes import Mode
from dispatcher.domain.lookups.facts import bounds
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.messages import Message

_EARTH_KM: Final = 6371.0
_DISTRICT_KM: Final = 6.0
"""A district is reached when the circle comes so near to its middle."""


class Reach(Message):
    """The area in which a person may be: around the place where they were last seen.

    centre: in words; district: its code. km: as far as the person may have come. alert_km: how far the search is told
    (never less than `km`). districts: codes that the circle of `km` touches, the nearest first.
    """

    ce_type = "reach.v1"

    centre: str | None
    district: str | None
    since: datetime
    hours: float
    mode: Mode
    km: float
    alert_km: float
    districts: tuple[str, ...]


def reach(lookup: LookupRecord, at: datetime, policy: DesksPolicy) -> Reach:
    """The area at `at`."""
    seen = lookup.sightings[-1] if lookup.sightings else None
    since = seen.at if seen is not None else lookup.since
    hours = max(0.0, (at - since).total_seconds() / 3600)
    mode = _mode(lookup)
    km = hours * policy.speeds_kmh[mode]
    if mode is Mode.WALK:
        km = min(km, policy.walk_at_most_km)
    district = seen.district if seen is not None else lookup.facts.get("district")
    centre = policy.centres.get(district or "")
    near = sorted(
        (distance, code)
        for code, middle in policy.centres.items()
        if centre is not None and (distance := distance_km(centre, middle)) - _DISTRICT_KM <= km
    )
    since_lost = max(0.0, (at - lookup.since).total_seconds() / 3600)
    return Reach(
        centre=seen.place if seen is not None else lookup.facts.get("last_place"),
        district=district,
        since=since,
        hours=round(hours, 2),
        mode=mode,
        km=round(km, 1),
        alert_km=max(alert_km(lookup, since_lost, policy), round(km, 1)),
        districts=tuple(code for _, code in near),
    )


def _mode(lookup: LookupRecord) -> Mode:
    seen = next((one.mode for one in reversed(lookup.sightings) if one.mode is not None), None)
    if seen is not None:
        return seen
    said = lookup.facts.get("mode")
    return Mode(said) if said in set(Mode) else Mode.WALK


def is_child(facts: Mapping[str, str], policy: DesksPolicy) -> bool:
    """By the lower bound of what is known of the age: an alert too wide costs less than a child."""
    age = bounds(facts.get("age", ""))
    return age is not None and age[0] < policy.child_below


def alert_km(lookup: LookupRecord, hours: float, policy: DesksPolicy) -> float:
    """The radius of the alert, by hours since last seen."""
    steps = policy.alert_km["child" if is_child(lookup.facts, policy) else "other"]
    return max((step.km for step in steps if step.from_hours <= hours), default=steps[0].km)


def distance_km(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Between two places in degrees north and east."""
    north, east = radians(two[0] - one[0]), radians(two[1] - one[1])
    half = sin(north / 2) ** 2 + cos(radians(one[0])) * cos(radians(two[0])) * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))
