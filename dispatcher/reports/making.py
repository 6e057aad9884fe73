"""A report: which tables it has, and what is to be said about them. Reads one snapshot; the period is given, no clock is read."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Level
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City
from dispatcher.reports import places as placing
from dispatcher.reports.counting import MEASURES, Groups, count
from dispatcher.reports.definitions import HOURS, Definition, used
from dispatcher.reports.desks import DATABASE_COLUMNS, DESK_COLUMNS, databases, desks
from dispatcher.reports.heat import WEEKDAYS, Heat, by_key, heat, hours_of, hours_of_all
from dispatcher.reports.models import COLUMNS, CORRECTIONS, decided
from dispatcher.reports.periods import Period, Span
from dispatcher.reports.places import Places
from dispatcher.reports.reading import Range, as_of
from dispatcher.reports.tables import Table, table


class Report(StrEnum):
    """The reports, by the words of the command."""

    WEEKLY_COMMUNITY = "weekly-community"
    HALF_MONTHLY_STREET = "half-monthly-street"
    MONTHLY_DISTRICT = "monthly-district"
    UNITS = "units"
    DESKS = "desks"
    MODEL = "model"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class Form:
    """What a report is like: its name, how long its periods are, how finely it tells places."""

    title: str
    span: Span
    level: Level


FORMS: Final[Mapping[Report, Form]] = {
    Report.WEEKLY_COMMUNITY: Form("社区周研判 Weekly, by community", Span.WEEK, Level.COMMUNITY),
    Report.HALF_MONTHLY_STREET: Form("街道半月研判 Half-monthly, by street", Span.HALF_MONTH, Level.STREET),
    Report.MONTHLY_DISTRICT: Form("区县月研判 Monthly, by district", Span.MONTH, Level.DISTRICT),
    Report.UNITS: Form("联动单位 Units", Span.MONTH, Level.DISTRICT),
    Report.DESKS: Form("两个专席 The two desks", Span.MONTH, Level.DISTRICT),
    Report.MODEL: Form("研判模型 The model", Span.MONTH, Level.DISTRICT),
    Report.HEAT: Form("时空规律 Heat by place and hour", Span.MONTH, Level.STREET),
}


@dataclass(frozen=True, slots=True)
class Made:
    """A report. `as_of`: when the last record was written that it knows of; None for an empty ledger. `notes`: what to bear in
    mind."""

    report: Report
    form: Form
    period: Period
    districts: tuple[str, ...]
    as_of: datetime | None
    tables: tuple[Table, ...]
    notes: tuple[str, ...]

    def table(self, code: str) -> Table | None:
        """The table of that code."""
        return next((one for one in self.tables if one.code == code), None)

    def definitions(self) -> list[Definition]:
        """Of everything in it."""
        return used(column for one in self.tables for column in one.columns)


def make(
    connection: sa.Connection,
    report: Report,
    period: Period,
    city: City,
    policy: Policy,
    districts: tuple[str, ...] = (),
) -> Made:
    """The report of a period. `districts`: codes; empty for the whole city."""
    found = _Making(Range(connection, period, districts), FORMS[report].level, city, policy, as_of(connection))
    tables, notes = _MAKERS[report](found)
    said = (*found.said(), *notes)
    return Made(report, FORMS[report], period, districts, found.as_of, tuple(tables), said)


_Parts = tuple[list[Table], list[str]]


class _Making:
    def __init__(self, rows: Range, level: Level, city: City, policy: Policy, written: datetime | None) -> None:
        self.rows, self.level, self.city, self.policy, self.as_of = rows, level, city, policy, written
        self._now = written if written is not None else datetime.min.replace(tzinfo=UTC)
        self._places: Places | None = None

    def said(self) -> list[str]:
        if self.as_of is None:
            return ["The ledger is empty."]
        if self.as_of < self.rows.period.ends:
            until = f"{self.as_of.astimezone(CITY_TIME):%Y-%m-%d %H:%M}"
            return [f"The ledger goes no further than {until}: the period is not whole."]
        return []

    # -- places ----------------------------------------------------------------------------------------

    def places(self) -> Places:
        if self._places is None:
            self._places = Places(self.city, self.level)
            if self.level is not Level.DISTRICT:
                self._places.learn(self.rows.spots())
        return self._places

    def place_table(self, groups: Groups) -> Table:
        ordered = placing.in_order(groups.places, self.city)
        rows = [placing.named(one, self.level, self.city) | groups.places[one].row() for one in ordered]
        names = placing.columns(self.level)
        return table("places", "各地情况 Places", (*names, *MEASURES), rows, groups.whole.row())

    def known(self, found: Heat) -> list[str]:
        return placing.coverage(by_key(found.places), self.level, self.places().sealed())

    # -- the closed loop -------------------------------------------------------------------------------

    def unit_table(self, groups: Groups) -> Table:
        codes = [code for code in self.city.units if code in groups.units]
        codes += sorted(groups.units.keys() - self.city.units.keys())
        rows = [{"unit": code, "unit_name": self.city.unit_name(code)} | groups.units[code].row() for code in codes]
        return table("units", "各单位情况 Units", ("unit", "unit_name", *MEASURES), rows, groups.whole.row())

    def counted(self) -> Groups:
        return count(self.rows, self.places().of, self._now)

    # -- heat ------------------------------------------------------------------------------------------

    def heat(self) -> Heat:
        return heat(self.rows.cases(), self.places().of)

    def heat_table(self, found: Heat) -> Table:
        ordered = placing.in_order(by_key(found.places), self.city)
        rows = [placing.named(one, self.level, self.city) | hours_of(found.places, one) for one in ordered]
        columns = (*placing.columns(self.level), *HOURS, "matters")
        return table("heat", "地点与时段 Matters by place and hour", columns, rows, hours_of_all(found.places))

    def matter_table(self, found: Heat) -> Table:
        counts = by_key(found.categories)
        ordered = sorted(counts, key=lambda code: (-counts[code], code))
        rows = [self._matter(code) | hours_of(found.categories, code) for code in ordered]
        columns = ("category", "category_name", *HOURS, "matters")
        return table("matters", "事项与时段 Matters by kind and hour", columns, rows, hours_of_all(found.categories))

    def weekday_table(self, found: Heat) -> Table:
        rows = [{"weekday": name} | hours_of(found.weekdays, number) for number, name in enumerate(WEEKDAYS)]
        columns = ("weekday", *HOURS, "matters")
        return table("weekdays", "星期与时段 Matters by weekday and hour", columns, rows, hours_of_all(found.weekdays))

    def day_table(self, found: Heat) -> Table:
        days = [day.isoformat() for day in self.rows.period.days]
        rows = [{"date": day, "matters": found.days[day]} for day in days]
        return table("days", "逐日 Day by day", ("date", "matters"), rows, {"matters": found.days.total()})

    def _matter(self, code: str, prefix: str = "category", name: str = "category_name") -> dict[str, Any]:
        matter = self.city.matters.get(code)
        return {prefix: code, name: matter.name if matter is not None else code or placing.UNKNOWN}

    # -- whole reports ---------------------------------------------------------------------------------

    def periodic(self) -> _Parts:
        groups, found = self.counted(), self.heat()
        tables = [self.place_table(groups), self.unit_table(groups), self.heat_table(found), self.matter_table(found)]
        return [*tables, self.day_table(found)], self.known(found)

    def of_units(self) -> _Parts:
        return [self.unit_table(self.counted())], []

    def of_heat(self) -> _Parts:
        found = self.heat()
        tables = [self.heat_table(found), self.matter_table(found), self.weekday_table(found), self.day_table(found)]
        return tables, self.known(found)

    def of_desks(self) -> _Parts:
        names = {one.code: one.name for one in self.policy.desks.databases}
        return [
            table("desks", "专席查找 Searches", DESK_COLUMNS, desks(self.rows.lookups(), self._now)),
            table("databases", "数据库应答 Databases", DATABASE_COLUMNS, databases(self.rows.answers(), names)),
        ], []

    def of_model(self) -> _Parts:
        found = decided(self.rows.calls(), self.rows.labels())
        calls: Counter[str] = found.categories
        ordered = sorted(calls, key=lambda code: (-calls[code], code))
        kinds = [self._matter(code) | {"calls": calls[code], "share": calls[code] / calls.total()} for code in ordered]
        for row in kinds:
            row["share"] = round(row["share"], 4)
        pairs = [
            self._matter(before, "before_category", "before_name") | self._matter(after) | {"count": times}
            for before, after, times in found.corrections()
        ]
        tables = [
            table("models", "各模型 Models", COLUMNS, found.rows(), found.total()),
            table("corrections", "人工改类 What people named instead", CORRECTIONS, pairs),
            table("categories", "来电事项 Calls by matter", ("category", "category_name", "calls", "share"), kinds),
        ]
        notes = []
        if self.rows.districts:
            notes.append(
                "Calls are of the district that triage found for them, people's answers of the case's district now."
            )
        return tables, notes


_MAKERS: Final[Mapping[Report, Callable[[_Making], _Parts]]] = {
    Report.WEEKLY_COMMUNITY: _Making.periodic,
    Report.HALF_MONTHLY_STREET: _Making.periodic,
    Report.MONTHLY_DISTRICT: _Making.periodic,
    Report.UNITS: _Making.of_units,
    Report.DESKS: _Making.of_desks,
    Report.MODEL: _Making.of_model,
    Report.HEAT: _Making.of_heat,
}
