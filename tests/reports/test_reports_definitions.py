"""Each definition on a ledger written by hand, in both kinds of database."""

from __future__ import annotations

from datetime import date
from typing import Any

from report_ledger import Told, at, brief
from sqlalchemy.engine import URL

from dispatcher.reports.definitions import HOURS
from dispatcher.reports.making import Made, Report
from dispatcher.reports.periods import Period

WEEK = Period(date(2026, 4, 6), date(2026, 4, 12))


def whole(made: Made, code: str = "units") -> Any:
    table = made.table(code)
    assert table is not None
    assert table.total is not None
    return table.total


def by(made: Made, code: str, key: str) -> dict[str, Any]:
    table = made.table(code)
    assert table is not None
    return {row[key]: row for row in table.rows}


def test_acknowledged_in_time(making: Any, empty: URL) -> None:
    told = Told()
    for case, minutes in (("early", 59), ("at-the-limit", 60), ("late", 61)):
        told.opened(at(6), case)
        told.say(
            "order.acknowledged", at(6, 12 + minutes // 60, minutes % 60), case, order_id=f"{case}-0", agency="housing"
        )
    told.opened(at(6), "never")
    told.opened(at(6), "withdrawn-before-its-limit")
    told.say("case.closed", at(6, 12, 30), "withdrawn-before-its-limit", status="closed", closed_as="withdrawn")
    told.opened(at(6), "withdrawn-after-it")
    told.say("case.closed", at(6, 14), "withdrawn-after-it", status="closed", closed_as="withdrawn")
    told.opened(at(7, 11, 30), "still-running")
    told.say("note.added", at(7), "never", text="")
    told.store(empty)
    row = whole(making(empty, Report.UNITS, WEEK))
    assert (row["orders"], row["acknowledge_due"], row["acknowledged_in_time"]) == (7, 5, 2)
    assert row["acknowledged_rate"] == 0.4


def test_finished_in_time(making: Any, empty: URL) -> None:
    told = Told()
    for case, day in (("in-time", 6), ("late", 8), ("reopened", 6)):
        told.opened(at(6), case)
        told.say("order.finished", at(day, 13), case, order_id=f"{case}-0", agency="housing", status="done", text="")
    told.say("case.reopened", at(7, 9), "reopened", status="reopened", deadline=None, orders=())
    told.opened(at(6), "paused")
    told.say("deadline.paused", at(6, 13), "paused", clock="finish")
    told.opened(at(6), "never")
    assisting = [brief(at(6), "joint-0", "housing"), brief(at(6), "joint-1", "power-grid", "assist")]
    told.opened(at(6), "joint", assist=("power-grid",), orders=assisting)
    told.say("note.added", at(9), "never", text="")
    told.store(empty)
    made = making(empty, Report.UNITS, WEEK)
    row = whole(made)
    assert (row["lead_orders"], row["finish_due"], row["finished"], row["finished_in_time"]) == (6, 5, 2, 1)
    assert (row["finished_rate"], row["in_time_rate"]) == (0.4, 0.2)
    helper = by(made, "units", "unit")["power-grid"]
    assert (helper["orders"], helper["lead_orders"], helper["finish_due"], helper["finished_rate"]) == (1, 0, 0, None)


def test_returned_and_bounced(making: Any, empty: URL) -> None:
    told = Told()
    told.opened(at(1), "once")
    told.opened(at(1), "twice")
    told.say("order.returned", at(6), "once", order_id="once-0", agency="housing", proposed=None, returns=1)
    told.say("order.returned", at(6), "twice", order_id="twice-0", agency="housing", proposed=None, returns=1)
    again = [brief(at(6, 13), "twice-1", "water-group")]
    told.say("case.rerouted", at(6, 13), "twice", lead="water-group", orders=again, before_lead="housing", routing="")
    told.say("order.returned", at(14), "twice", order_id="twice-1", agency="water-group", proposed=None, returns=2)
    told.store(empty)
    made = making(empty, Report.UNITS, WEEK)
    units = by(made, "units", "unit")
    assert (units["housing"]["returned"], units["housing"]["bounced"]) == (2, 1)
    assert (units["water-group"]["returned"], units["water-group"]["bounced"]) == (0, 0)  # it gave back a week later
    assert (whole(made)["cases"], whole(made)["orders"]) == (0, 1)  # those were before the period, but for one order


def test_repeats_satisfaction_and_cards(making: Any, empty: URL) -> None:
    told = Told()
    for number in range(3):
        told.opened(at(6), f"c{number}")
    told.opened(at(6), "nobodys", lead=None, status="review")
    link: dict[str, Any] = {"minutes_since": 20, "place": {}, "confidential": False, "text": ""}
    told.say("call.linked", at(6, 13), "c0", kind="repeat", counted_for="housing", repeats=1, **link)
    told.say("call.linked", at(6, 13), "c0", kind="continuation", counted_for=None, repeats=1, **link)
    for case, answer in (("c0", "fair"), ("c1", "dissatisfied"), ("c2", None)):
        answered = answer is not None
        told.say("revisit.made", at(7), case, status="done", answered=answered, satisfaction=answer, attempt=1)
    card = {"clock": "finish", "order_id": "c0-0", "addressee": "", "due_at": at(7).isoformat()}
    for colour in ("blue", "yellow", "blue"):
        told.say("card.issued", at(8), "c0", card=colour, agency="housing", **card)
    told.store(empty)
    row = whole(making(empty, Report.UNITS, WEEK))
    assert (row["cases"], row["repeats"], row["repeat_rate"]) == (3, 1, 0.25)
    assert (row["answers"], row["satisfied"], row["satisfied_rate"]) == (2, 1, 0.5)
    assert (row["blue"], row["yellow"], row["red"]) == (2, 1, 0)


def test_places_as_finely_as_the_ledger_knows_them(making: Any, empty: URL) -> None:
    told = Told()
    told.opened(at(6), "community", place={"street": "北站街道", "landmark": "承德路12号"})
    told.opened(at(6), "street", place={"street": "北站街道"})
    told.opened(at(6), "outside-the-grid", place={"street": "大西街道"})
    told.opened(at(6), "sealed", place={"street": "§1:q83rtPo"})
    told.opened(at(6), "confidential", place={"street": "北站街道"}, confidential=True)
    told.opened(at(6), "later", place={})
    link: dict[str, Any] = {"minutes_since": 20, "kind": "repeat", "counted_for": "housing", "repeats": 1, "text": ""}
    told.say("call.linked", at(6, 13), "later", place={"street": "北站街道"}, confidential=False, **link)
    told.opened(at(6), "moved", district=None, place={"street": "北站街道"})
    told.say("case.placed", at(6, 13), "moved", district="tiexi", before_lead=None, routing="")
    told.opened(at(6), "nowhere", district=None)
    told.store(empty)
    made = making(empty, Report.WEEKLY_COMMUNITY, WEEK)
    table = made.table("places")
    assert table is not None
    names = ("district_name", "street_name", "community_name")
    assert [(*(row[name] for name in names), row["cases"]) for row in table.rows] == [
        ("沈河区", "北站街道", "承德社区", 1),
        ("沈河区", "北站街道", "（未知）", 2),
        ("沈河区", "大西街道", "（未知）", 1),
        ("沈河区", "（未知）", "（未知）", 2),
        ("铁西区", "（未知）", "（未知）", 1),
        ("（未知）", "（未知）", "（未知）", 1),
    ]
    assert made.notes[1:] == (
        "The ledger knows the street (街道) of 4 of 8 cases; the others stand under their district as （未知）. Streets of"
        " confidential cases are not read.",
        "The community (社区) of 1 of 8 cases is known, by the city's grid.",
        "The place of 1 cases is sealed in the ledger and is not opened here.",
        "No district is known of 1 of 8 cases.",
    )
    streets = by(making(empty, Report.HALF_MONTHLY_STREET, WEEK), "places", "street")
    assert streets["shenhe-beizhan"]["cases"] == 3
    assert by(making(empty, Report.MONTHLY_DISTRICT, WEEK), "places", "district")["shenhe"]["cases"] == 6


def test_hours_days_and_edges_are_the_citys(making: Any, empty: URL) -> None:
    told = Told()
    told.opened(at(5, 23, 59), "the-minute-before")
    told.opened(at(6, 0, 0), "the-first-moment")
    told.opened(at(12, 23, 59), "the-last-minute")
    told.opened(at(13, 0, 0), "the-moment-after")
    told.opened(at(8, 7), "invalid", outcome="invalid", lead=None, status="invalid")
    told.opened(at(8, 7), "merged")
    told.say("case.merged", at(8, 8), "merged", status="merged", into="the-first-moment")
    told.store(empty)
    made = making(empty, Report.HEAT, WEEK)
    row = whole(made, "heat")
    assert {code: row[code] for code in HOURS if row[code]} == {"h00": 1, "h23": 1}
    assert {day: one["matters"] for day, one in by(made, "days", "date").items() if one["matters"]} == {
        "2026-04-06": 1,
        "2026-04-12": 1,
    }
    assert {name for name, one in by(made, "weekdays", "weekday").items() if one["matters"]} == {"周一", "周日"}
    assert whole(making(empty, Report.UNITS, WEEK))["orders"] == 3


def test_the_desks(making: Any, empty: URL) -> None:
    told = Told()
    desk = {"lookup_id": "", "desk": "lost_item", "side": "lost", "lookup_status": "searching"}

    def lookup(case: str, **fields: Any) -> None:
        told.opened(at(6), case)
        told.say("lookup.opened", at(6), case, facts={}, since=at(6).isoformat(), **desk | {"lookup_id": case} | fields)

    def found(case: str, minutes: int, day: int) -> None:
        mine = desk | {"lookup_id": case, "lookup_status": "confirmed"}
        told.say("lookup.confirmed", at(day), case, ref="r", by="owner", told="", found_after_minutes=minutes, **mine)

    for case in ("soon", "at-the-day", "later", "never", "called-off"):
        lookup(case)
    lookup("offered", side="found")
    found("soon", 30, 6)
    found("at-the-day", 1440, 7)
    found("later", 1441, 7)
    told.say(
        "lookup.ended", at(6, 13), "called-off", **desk | {"lookup_id": "called-off", "lookup_status": "cancelled"}
    )
    answer: dict[str, Any] = {"channel": "transport", "database": "taxi", "text": ""}
    for status, hit, late, seconds in (("found", True, False, 2.0), ("nothing", False, True, 5.0)):
        more = {"answer": status, "found": hit, "late": late, "seconds": seconds}
        told.say("lookup.recorded", at(6, 13), "soon", lookup_id="soon", **answer, **more)
    down = {"answer": "unavailable", "found": False, "late": False}
    told.say("lookup.recorded", at(6, 13), "soon", lookup_id="soon", **answer, **down)
    silent = desk | {"lookup_id": "soon", "request_id": "q", "channel": "transport", "database": "metro_bus"}
    told.say("lookup.silent", at(6, 14), "soon", **silent)
    told.say("lookup.ended", at(9), "never", **desk | {"lookup_id": "never", "lookup_status": "not_found"})
    told.store(empty)
    made = making(empty, Report.DESKS, WEEK)
    row = by(made, "desks", "desk")["lost_item"]
    assert (row["opened"], row["called_off"], row["found"], row["found_rate"]) == (5, 1, 3, 0.75)
    assert (row["searched_a_day"], row["found_in_a_day"], row["day_rate"]) == (4, 2, 0.5)
    assert (row["median_minutes"], row["not_found"], row["found_side"], row["given_back"]) == (1440, 1, 1, 0)
    databases = by(made, "databases", "database")
    taxi = databases["taxi"]
    assert (taxi["replies"], taxi["hits"], taxi["hit_rate"], taxi["late"], taxi["unavailable"]) == (2, 1, 0.5, 1, 1)
    assert (taxi["mean_seconds"], taxi["median_seconds"]) == (3.5, 3.5)
    assert (databases["metro_bus"]["replies"], databases["metro_bus"]["silent"]) == (0, 1)


def test_the_model(making: Any, empty: URL) -> None:
    told = Told()
    decided = (("police", "old", "danger"), ("non_police", "old", "model"), ("non_police", "new", "model"))
    others = (("invalid", "new", "model"), ("review", "new", "review.doubt"))
    for number, (outcome, model, rule) in enumerate((*decided, *others)):
        more = {"model": model, "rule": rule, "confidence": 0.5 + number / 10, "channel": "110"}
        received = at(6, number).isoformat()
        told.say("call.triaged", at(6, number), f"c{number}", outcome=outcome, received_at=received, **more)
    label = {"before_category": "property_service", "before_outcome": "review", "model": "new"}
    told.say("label.recorded", at(7), "c4", category="property_service", origin="review", **label)
    told.say("label.recorded", at(7), "c4", category="water_supply", origin="review", **label)
    named = {"category": "water_supply", "outcome": "non_police", "before_outcome": "non_police", "model": "old"}
    told.say("label.recorded", at(7), "c1", origin="recategorise", before_category="property_service", **named)
    told.say("label.recorded", at(7), "c1", origin="recategorise", before_category="water_supply", **named)
    told.store(empty)
    made = making(empty, Report.MODEL, WEEK)
    row = whole(made, "models")
    assert [row[name] for name in ("calls", "police", "joint", "non_police", "invalid", "review")] == [5, 1, 0, 2, 1, 1]
    assert (row["diversion"], row["review_rate"], row["by_rule"], row["confidence"]) == (0.5, 0.2, 1, 0.7)
    models = by(made, "models", "model")
    assert list(models) == ["new", "old"]
    assert (models["new"]["reviews"], models["new"]["reviews_agreed"], models["new"]["corrected"]) == (2, 1, 0)
    assert (models["old"]["calls"], models["old"]["reviews"], models["old"]["corrected"]) == (2, 0, 1)
    pair = by(made, "corrections", "before_category")["property_service"]
    assert (pair["category"], pair["count"]) == ("water_supply", 2)
