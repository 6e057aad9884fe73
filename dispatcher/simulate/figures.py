"""The figures of a run, as plain data: what ``report.json`` holds and the page shows. The same run gives the same data."""

from array import array
from collections import Counter
from datetime import timedelta
from typing import Any

from dispatcher.domain.codes import (
    DISSATISFIED,
    CaseStatus,
    ClosedAs,
    LinkKind,
    Mark,
    Outcome,
    Satisfaction,
)
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City
from dispatcher.simulate.checks import INVARIANTS
from dispatcher.simulate.desk_figures import desks
from dispatcher.simulate.run import Run
from dispatcher.simulate.tally import Tally, UnitTally

CARDS = (Mark.BLUE.value, Mark.YELLOW.value, Mark.RED.value)
#: Cases that were never a unit's: nothing is to be closed about them.
_NOBODYS = (CaseStatus.INVALID, CaseStatus.LINKED)
_PER_DAY = ("calls", "opened", "closed", "returns", "reopened", *(f"{card} cards" for card in CARDS))


def figures(run: Run, city: City, policy: Policy) -> dict[str, Any]:
    """All of them. Shares lie between 0 and 1; None where there was nothing to share."""
    tally, setting = run.tally, run.plan.setting
    units = [_unit(code, tally.units.get(code, UnitTally()), city) for code in city.units]
    every = list(tally.units.values())
    repeats = tally.links[LinkKind.REPEAT]
    cases = sum(unit.cases for unit in every)
    unhappy = sum(tally.satisfaction[answer] for answer in DISSATISFIED)
    answers = sum(tally.satisfaction.values())
    return {
        "setting": {
            "days": setting.days,
            "calls_per_day": setting.calls_per_day,
            "seed": setting.seed,
            "start": setting.start.isoformat(),
            "policy": policy.sha256,
        },
        "complete": run.complete,
        "calls": tally.calls,
        "messages": tally.messages,
        "by_outcome": _counts(tally.outcomes, Outcome),
        "by_category": dict(sorted(tally.categories.items(), key=lambda item: (-item[1], item[0]))),
        "by_district": {code: tally.districts[code] for code in (*city.districts, "")},
        "cases": {
            "opened": sum(count for status, count in tally.statuses.items() if status != CaseStatus.LINKED),
            "at_the_end_of_the_last_day": _counts(tally.statuses_then, CaseStatus),
            "when_all_had_settled": _counts(tally.statuses, CaseStatus),
            "closed_as": _counts(tally.closed_as, ClosedAs),
            "closed_rate_at_the_end_of_the_last_day": _closed(tally.statuses_then),
            "closed_rate": _closed(tally.statuses),
        },
        "cards": {card: tally.cards[card] for card in CARDS},
        "cards_by_clock": {
            clock: {card: tally.cards[f"{clock}.{card}"] for card in CARDS} for clock in ("acknowledge", "finish")
        },
        "reminders": tally.events["reminder.sent.v1"],
        "first_answers_overdue": tally.events["answer.overdue.v1"],
        "returns": tally.events["order.returned.v1"],
        "rerouted": tally.events["case.rerouted.v1"],
        "conferences": tally.events["conference.called.v1"],
        "arbitrated": tally.events["case.arbitrated.v1"],
        "handed_over": tally.events["case.handed_over.v1"],
        "levels_raised": tally.events["case.level_raised.v1"],
        "reopenings": tally.events["case.reopened.v1"],
        "extensions_and_moves": tally.events["deadline.moved.v1"],
        "pauses": tally.events["deadline.paused.v1"],
        "merges_suggested": tally.events["merge.suggested.v1"],
        "merged": tally.events["case.merged.v1"],
        "reviews_decided": tally.events["review.decided.v1"],
        "labels": tally.events["label.recorded.v1"],
        "continuations": tally.links[LinkKind.CONTINUATION],
        "repeats": repeats,
        "repeat_rate": _share(repeats, repeats + cases),
        "satisfaction": _counts(tally.satisfaction, Satisfaction),
        "satisfied": _share(answers - unhappy, answers),
        "acknowledge": _times(_together(every, "acknowledge"), sum(unit.acknowledge_in_time for unit in every), 60),
        "finish": _times(_together(every, "finish"), sum(unit.finish_in_time for unit in every), 3600),
        "lookups": desks(tally, policy),
        "events": dict(sorted(tally.events.items())),
        "refusals": dict(sorted(tally.refusals.items())),
        "violations": {name: tally.violations[name] for name in INVARIANTS},
        "first_violations": dict(sorted(tally.examples.items())),
        "per_hour": [tally.hours[hour] for hour in range(24)],
        "per_day": list(_days(tally)),
        "units": units,
    }


def violations(found: dict[str, Any]) -> int:
    """How often an invariant did not hold."""
    return sum(found["violations"].values())


def _unit(code: str, unit: UnitTally, city: City) -> dict[str, Any]:
    return {
        "unit": code,
        "name": city.unit_name(code),
        "hours": str(city.units[code].hours),
        "orders": unit.orders,
        "lead_orders": unit.leads,
        "cases_led_first": unit.cases,
        "acknowledge": _times(unit.acknowledge, unit.acknowledge_in_time, 60),
        "finish": _times(unit.finish, unit.finish_in_time, 3600),
        "returns": unit.returns,
        "cards": {card: unit.cards[card] for card in CARDS},
        "repeats": unit.repeats,
        "repeat_rate": _share(unit.repeats, unit.repeats + unit.cases),
        "reopened": unit.reopened,
        "revisited": unit.satisfied + unit.dissatisfied,
        "satisfied": _share(unit.satisfied, unit.satisfied + unit.dissatisfied),
    }


def _times(seconds: "array[int]", in_time: int, unit: int) -> dict[str, Any]:
    """Of durations in seconds: how many, median and nine tenths in units of so many seconds, and the share in time."""
    ordered = sorted(seconds)

    def rank(share: float) -> float | None:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] / unit, 2) if ordered else None

    return {"count": len(ordered), "median": rank(0.5), "p90": rank(0.9), "in_time": _share(in_time, len(ordered))}


def _together(units: list[UnitTally], name: str) -> "array[int]":
    every: array[int] = array("Q")
    for unit in units:
        every.extend(getattr(unit, name))
    return every


def _closed(statuses: Counter[str]) -> float | None:
    units = sum(count for status, count in statuses.items() if status not in _NOBODYS)
    return _share(statuses[CaseStatus.CLOSED], units)


def _days(tally: Tally) -> Any:
    standing = 0
    last = max((day for day, _ in tally.per_day), default=-1)
    for day in range(max(tally.days, last + 1)):
        standing += tally.per_day[day, "opened"] - tally.per_day[day, "ended"]
        counts = {name: tally.per_day[day, name] for name in _PER_DAY}
        yield {"date": (tally.begins + timedelta(days=day)).date().isoformat(), **counts, "open": standing}


def _counts(found: Counter[str], order: Any) -> dict[str, int]:
    return {str(one): found[one] for one in order if found[one]}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
