"""Reports of a simulated city, held against the numbers that the simulation counted for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson
from sqlalchemy.engine import URL

from dispatcher.catalog import Catalog
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Outcome
from dispatcher.domain.events import CaseEvent, LabelRecorded, OrderAcknowledged
from dispatcher.domain.messages import CaseOpened, CaseRaised
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Store
from dispatcher.reports import writing
from dispatcher.reports.definitions import HOURS
from dispatcher.reports.making import Made, Report
from dispatcher.reports.periods import Period
from dispatcher.simulate.world import Event

WHOLE = Period(date(2026, 4, 1), date(2026, 8, 31))


def rows(made: Made, code: str, key: str) -> dict[str, Any]:
    table = made.table(code)
    assert table is not None
    return {row[key]: row for row in table.rows}


def total(made: Made, code: str) -> Any:
    table = made.table(code)
    assert table is not None
    assert table.total is not None
    return table.total


def test_units_are_those_of_the_simulation(making: Any, ledger: URL, played: Any) -> None:
    found = rows(making(ledger, Report.UNITS), "units", "unit")
    units = {code: unit for code, unit in played.tally.units.items() if unit.orders or unit.cases}
    assert found.keys() == units.keys()
    for code, unit in units.items():
        row = found[code]
        assert (row["cases"], row["orders"], row["lead_orders"]) == (unit.cases, unit.orders, unit.leads)
        assert (row["returned"], row["repeats"]) == (unit.returns, unit.repeats)
        assert [row[card] for card in ("blue", "yellow", "red")] == [
            unit.cards[card] for card in ("blue", "yellow", "red")
        ]
        assert (row["answers"], row["satisfied"]) == (unit.satisfied + unit.dissatisfied, unit.satisfied)


def test_acknowledged_in_time_is_that_of_the_first_acknowledgements(making: Any, ledger: URL, played: Any) -> None:
    orders = Counter(event.order_id for event in played.events if isinstance(event, OrderAcknowledged))
    again = sum(times - 1 for times in orders.values())
    whole = total(making(ledger, Report.UNITS), "units")
    kept = sum(unit.acknowledge_in_time for unit in played.tally.units.values())
    assert kept - again <= whole["acknowledged_in_time"] <= kept
    assert whole["acknowledge_due"] >= len(orders)
    assert 0 < whole["finished_in_time"] < whole["finished"] <= whole["finish_due"] <= whole["lead_orders"]


def test_bounced_cases_were_returned_twice(making: Any, ledger: URL, played: Any) -> None:
    per_case = Counter(event.case_id for event in played.events if event.ce_type == "order.returned.v1")
    bounced = sum(count > 1 for count in per_case.values())
    assert total(making(ledger, Report.UNITS), "units")["bounced"] == bounced > 0


def matters(events: Iterable[Event]) -> Counter[int]:
    """City hour -> cases opened in it that are neither invalid nor merged in the end."""
    opened: dict[str, int] = {}
    outcomes: dict[str, str] = {}
    merged: set[str] = set()
    for event in events:
        if event.ce_type in ("case.opened.v1", "split.opened.v1"):
            opened[event.case_id] = event.at.astimezone(CITY_TIME).hour
        if event.ce_type == "case.merged.v1":
            merged.add(event.case_id)
        elif event.ce_type in ("case.unmerged.v1", "case.reopened.v1"):
            merged.discard(event.case_id)
        if isinstance(event, CaseEvent | CaseOpened | CaseRaised):
            outcomes[event.case_id] = event.outcome
    kept = (case for case in opened if outcomes[case] != Outcome.INVALID and case not in merged)
    return Counter(opened[case] for case in kept)


def test_heat_has_every_matter_once(making: Any, ledger: URL, played: Any) -> None:
    made = making(ledger, Report.HEAT)
    expected = matters(played.events)
    for code in ("heat", "matters", "weekdays"):
        whole = total(made, code)
        assert {hour: whole[name] for hour, name in enumerate(HOURS)} == {hour: expected[hour] for hour in range(24)}
        assert sum(row["matters"] for row in made.table(code).rows) == whole["matters"] == expected.total()
    assert total(made, "days")["matters"] == expected.total()
    assert "The ledger knows the street (街道) of 0 of" in made.notes[1]  # the simulation tells districts only


def test_the_model_decided_what_the_simulation_counted(making: Any, ledger: URL, played: Any) -> None:
    made = making(ledger, Report.MODEL)
    whole = total(made, "models")
    assert whole["calls"] == played.tally.calls
    assert {outcome: whole[outcome] for outcome in Outcome} == {one: played.tally.outcomes[one] for one in Outcome}
    assert {row["category"]: row["calls"] for row in made.table("categories").rows} == played.tally.categories
    labels = [event for event in played.events if isinstance(event, LabelRecorded)]
    reviews = [event for event in labels if event.origin == "review"]
    assert whole["reviews"] == len(reviews) > whole["reviews_agreed"] > 0
    assert whole["corrected"] == len(labels) - len(reviews) > 0


def test_the_desks_found_what_the_simulation_counted(making: Any, ledger: URL, played: Any) -> None:
    made = making(ledger, Report.DESKS)
    counts = played.tally.lookups
    for desk, minutes in (("lost_item", played.tally.item_minutes), ("missing_person", played.tally.person_minutes)):
        row = rows(made, "desks", "desk")[desk]
        assert row["opened"] == counts[f"{desk}.lost.opened"] > 0
        assert row["found"] == counts[f"{desk}.lost.confirmed"] - counts[f"{desk}.lost.taken_back"] > 0
        assert row["handed_over"] == counts[f"{desk}.lost.handed_over"] - counts[f"{desk}.lost.resumed"]
        assert row["found_side"] == counts[f"{desk}.found.opened"]
        assert row["found_in_a_day"] <= sum(one <= 24 * 60 for one in minutes)
    told = played.tally.channels
    for code, row in rows(made, "databases", "database").items():
        assert (row["replies"], row["hits"], row["late"]) == tuple(told[code, w] for w in ("answered", "hit", "late"))
        assert (row["unavailable"], row["silent"]) == (told[code, "unavailable"], told[code, "silent"])


def test_places_and_units_add_up_to_the_whole(making: Any, ledger: URL) -> None:
    made = making(ledger, Report.MONTHLY_DISTRICT)
    for code in ("places", "units"):
        for name in ("cases", "orders", "acknowledge_due", "finished", "returned", "repeats", "answers", "red"):
            assert sum(row[name] for row in made.table(code).rows) == total(made, code)[name], name
    assert total(made, "places")["orders"] == total(made, "units")["orders"] > 0


def test_districts_are_parts_of_the_whole(making: Any, ledger: URL, catalog: Catalog) -> None:
    whole = rows(making(ledger, Report.MONTHLY_DISTRICT), "places", "district")
    some = making(ledger, Report.MONTHLY_DISTRICT, WHOLE, "tiexi", "shenhe")
    assert rows(some, "places", "district") == {code: whole[code] for code in ("shenhe", "tiexi")}
    assert total(some, "places")["orders"] == whole["tiexi"]["orders"] + whole["shenhe"]["orders"]
    desks = [making(ledger, Report.DESKS, WHOLE, code) for code in catalog.city.districts]
    every = total_of(making(ledger, Report.DESKS))
    assert 0 < sum(map(total_of, desks)) <= every


def total_of(made: Made) -> int:
    return sum(row["opened"] for row in made.table("desks").rows)  # type: ignore[union-attr]


def test_the_same_events_give_the_same_bytes(
    making: Any, ledger: URL, empty: URL, played: Any, catalog: Catalog
) -> None:
    with Store(empty) as store:
        Projector(store).take(played.records)
    for report in Report:
        first, second = making(ledger, report), making(empty, report)
        assert orjson.dumps(writing.data(first)) == orjson.dumps(writing.data(second))
        assert writing.page(first, catalog.city) == writing.page(second, catalog.city)
        assert [writing.as_csv(table) for table in first.tables] == [writing.as_csv(table) for table in second.tables]
