"""From a decision to units: who leads, who assists, who covers off hours, and what must be asked first.

Pure: the moment of dispatch is an argument. Rules 9.5 to 9.8 and 9.13 of the domain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dispatcher.domain import calendar
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import DANGER, Capacity, Outcome, Role, Urgency
from dispatcher.domain.messages import Place
from dispatcher.domain.policy import HoursPolicy, RoutingPolicy
from dispatcher.domain.units import DISTRICT, City, Hours, Matter, Part


@dataclass(frozen=True, slots=True)
class Assignment:
    """One order to be issued."""

    agency: str
    role: Role
    capacity: Capacity = Capacity.OWNER
    covers_for: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Who gets an order. No assignment means that the case waits for a person (or is invalid and needs nobody).

    ``why`` is a Chinese sentence about the routing, ``ask`` the question for the caller, if one is open.
    """

    assignments: tuple[Assignment, ...]
    why: str
    ask: str | None = None
    out_of_area: bool = False
    waits_for_person: bool = False

    @property
    def lead(self) -> str | None:
        """The one unit that leads."""
        return next((a.agency for a in self.assignments if a.role is Role.LEAD), None)

    @property
    def assist(self) -> tuple[str, ...]:
        """The units that assist, in the order of the taxonomy."""
        return tuple(a.agency for a in self.assignments if a.role is Role.ASSIST)


def route(
    *,
    outcome: Outcome,
    category: str,
    urgency: Urgency,
    place: Place,
    at: datetime,
    city: City,
    policy: RoutingPolicy,
    hours: HoursPolicy,
) -> Plan:
    """The plan for one call at the moment `at` (aware)."""
    if outcome is Outcome.INVALID:
        return Plan((), "无效警情，记录后关闭，不派单")
    if outcome is Outcome.REVIEW:
        return Plan((), "系统不作判断，待人工研判", waits_for_person=True)
    if category not in city.matters:  # dropped from the city's list since
        if outcome in DANGER:
            return Plan((Assignment(policy.police_unit, Role.LEAD),), "类别已不在清单，由公安先行处置")
        return Plan((), "类别已不在清单，待人工研判", waits_for_person=True)
    matter = city.matter_at(category, at)
    if place.outside_city is not None:
        return _outside(outcome, urgency, place.outside_city, at=at, city=city, hours=hours, policy=policy)

    owner = _owner(matter, outcome, policy)
    districts = [f"district-{code}" for code in (place.districts or ((place.district,) if place.district else ()))]
    danger = outcome in DANGER
    ask = policy.place_question if danger and not districts else None
    partners: list[str] = []
    if owner == DISTRICT:
        if districts:
            owner, *partners = districts  # rule 9.8: on a border both get it, the one named first leads
        elif danger:
            owner = policy.police_unit  # rule 9.13: danger never waits for the place
        else:
            return Plan((), "事项归属地区县，来电未说明地点，待补问", ask=policy.place_question, waits_for_person=True)
    lead, why = available(owner, districts, at=at, city=city, hours=hours, policy=policy)
    ruled = _ruled(owner, outcome, category, urgency, place, districts, at=at, city=city, hours=hours, policy=policy)
    if ruled is not None:
        lead, why = ruled
    assists = list(dict.fromkeys([*partners, *(_assists(matter, outcome, policy) if danger else ())]))
    return Plan(
        (
            lead,
            *(Assignment(code, Role.ASSIST) for code in assists if code != lead.agency and _linked(code, at, city)),
        ),
        why,
        ask=ask,
    )


def _ruled(
    owner: str,
    outcome: Outcome,
    category: str,
    urgency: Urgency,
    place: Place,
    districts: list[str],
    *,
    at: datetime,
    city: City,
    hours: HoursPolicy,
    policy: RoutingPolicy,
) -> tuple[Assignment, str] | None:
    """Who leads by a ruling of the list of matters, before the owner's own hours are asked; None where none fits."""
    part = Part.OFFICE if calendar.in_office_hours(at, hours=hours) else Part.OFF
    day = at.astimezone(CITY_TIME).date()
    for ruling in city.rulings:
        if ruling.fits(outcome=outcome, matter=category, urgency=urgency, district=place.district, part=part, day=day):
            code = districts[0] if ruling.unit == DISTRICT and districts else ruling.unit
            if not _linked(code, at, city):
                continue
            why = f"按事项清单（{ruling.id}）由{city.unit_name(code)}承办"
            if not ruling.covers or code == owner:
                return available(code, districts, at=at, city=city, hours=hours, policy=policy)[0], why
            return Assignment(code, Role.LEAD, Capacity.FALLBACK, covers_for=owner), why
    return None


def _linked(code: str, at: datetime, city: City) -> bool:
    unit = city.units.get(code)
    return unit is not None and unit.valid_at(at)


def _owner(matter: Matter, outcome: Outcome, policy: RoutingPolicy) -> str:
    if outcome is Outcome.POLICE and matter.outcome is not Outcome.POLICE:
        return policy.police_unit  # a rule raised the call above its category
    return matter.lead or policy.police_unit


def _assists(matter: Matter, outcome: Outcome, policy: RoutingPolicy) -> Iterator[str]:
    if outcome is Outcome.POLICE and matter.outcome is Outcome.JOINT and matter.lead not in (None, DISTRICT):
        yield matter.lead  # police lead, but a fire still needs the fire brigade
    yield from (code for code in matter.assist if code != DISTRICT)
    if outcome is Outcome.JOINT:
        yield policy.police_unit  # rule 9.7: always among lead or assist of a joint case


def available(
    owner: str, districts: list[str], *, at: datetime, city: City, hours: HoursPolicy, policy: RoutingPolicy
) -> tuple[Assignment, str]:
    """`owner` as lead, or who covers it at this hour (rule 9.6), with a Chinese sentence about it."""
    unit = city.units.get(owner)
    if unit is not None and unit.valid_at(at):
        if unit.hours is not Hours.L3 or calendar.in_office_hours(at, hours=hours):
            return Assignment(owner, Role.LEAD), f"事项归{unit.name}"
        reason = f"{unit.name}为{unit.hours}（工作时间）单位，现为非工作时间"
    else:
        reason = f"{city.unit_name(owner)}现不在联动单位之列"
    wishes = (*(unit.fallback if unit else ()), policy.no_place_unit)
    for wish in wishes:
        code = districts[0] if wish == DISTRICT and districts else wish
        stand_in = city.units.get(code)
        if stand_in is not None and stand_in.valid_at(at) and stand_in.hours is not Hours.L3:
            return (
                Assignment(code, Role.LEAD, Capacity.FALLBACK, covers_for=owner),
                f"{reason}，由{stand_in.name}兜底",
            )
    return Assignment(owner, Role.LEAD), f"{reason}，无可用兜底单位，仍派原单位"


def _outside(
    outcome: Outcome,
    urgency: Urgency,
    elsewhere: str,
    *,
    at: datetime,
    city: City,
    hours: HoursPolicy,
    policy: RoutingPolicy,
) -> Plan:
    if outcome in DANGER or urgency is Urgency.EMERGENCY:
        return Plan((), f"事发地在{elsewhere}，转{elsewhere}110", ask=f"转{elsewhere}110", waits_for_person=True)
    lead, _ = available(policy.out_of_area_unit, [], at=at, city=city, hours=hours, policy=policy)
    return Plan(
        (lead,),
        f"事发地在{elsewhere}，不属本市，转热线登记",
        out_of_area=True,
    )
