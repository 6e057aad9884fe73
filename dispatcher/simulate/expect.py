"""What a story expects of a case at a moment, and how that differs from what is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import CaseStatus, Clock, ClosedAs, Level, Mark, OrderStatus, Outcome, Urgency
from dispatcher.domain.events import CardIssued, MessageRejected
from dispatcher.simulate.expect_lookup import LookupExpectation
from dispatcher.simulate.moments import moment


class Expectation(BaseModel):
    """All fields are optional; what is not named is not looked at. `case`: a call of the story, by default the latest.

    clocks: ``finish`` of the case, or ``UNIT.acknowledge``, ``UNIT.first_answer``: the time at which it ends, or null where
    it does not run. orders: unit -> status of its latest order. cards: [card, unit] in order, all there are so far.
    events: kinds (without ``.v1``) that this step has brought, in any order; others may have come too. no_events: kinds
    that it must not have brought. rejected: the code of a refusal in this step; null: none. lookup: of the case's lookup;
    null: it has none (looked at by the runner, which knows the questions asked).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    case: str | None = None
    status: CaseStatus | None = None
    lead: str | None = None
    assist: tuple[str, ...] | None = None
    category: str | None = None
    outcome: Outcome | None = None
    urgency: Urgency | None = None
    district: str | None = None
    level: Level | None = None
    repeats: int | None = None
    returns: int | None = None
    confidential: bool | None = None
    closed_as: ClosedAs | None = None
    claimed_by: str | None = None
    rung: str | None = None
    merged_into: str | None = None
    members: tuple[str, ...] | None = None
    same_case_as: str | None = None
    related: tuple[str, ...] | None = None
    orders: dict[str, OrderStatus] | None = None
    clocks: dict[str, str | None] | None = None
    cards: tuple[tuple[Mark, str], ...] | None = None
    events: tuple[str, ...] = ()
    no_events: tuple[str, ...] = ()
    rejected: str | None = None
    addressee: str | None = None
    lookup: LookupExpectation | None = None


_PLAIN = (
    "status", "lead", "category", "outcome", "urgency", "district", "level", "repeats", "returns", "confidential",
    "closed_as",
)  # fmt: skip


def differences(
    wanted: Expectation,
    case: CaseRecord | None,
    fresh: Sequence[Any],
    everything: Sequence[Any],
    cases: Mapping[str, str],
    now: datetime,
) -> Iterator[str]:
    """In words. `fresh`: the case's events of this step; `everything`: all its events; `cases`: a call's id -> case_id."""
    if case is None:
        yield "there is no such case"
        return
    for name in _PLAIN:
        if name in wanted.model_fields_set and getattr(case, name) != getattr(wanted, name):
            yield f"{name} is {_say(getattr(case, name))}, expected {_say(getattr(wanted, name))}"
    yield from _people(wanted, case, cases)
    yield from _orders(wanted, case)
    yield from _clocks(wanted, case, now)
    yield from _events(wanted, fresh, everything)


def _say(value: object) -> str:
    return "none" if value is None else str(value)


def _people(wanted: Expectation, case: CaseRecord, cases: Mapping[str, str]) -> Iterator[str]:
    if wanted.assist is not None and Counter(case.assist) != Counter(wanted.assist):
        yield f"assist is {', '.join(case.assist) or 'none'}, expected {', '.join(wanted.assist) or 'none'}"
    if "claimed_by" in wanted.model_fields_set:
        by = case.claim.by if case.claim is not None else None
        if by != wanted.claimed_by:
            yield f"claimed by {_say(by)}, expected {_say(wanted.claimed_by)}"
    if "rung" in wanted.model_fields_set:
        rung = case.mediation.rung if case.mediation is not None else None
        if rung != wanted.rung:
            yield f"mediation is on {_say(rung)}, expected {_say(wanted.rung)}"

    def meant(name: str) -> str:
        return cases.get(name, name)

    if "merged_into" in wanted.model_fields_set:
        expected_into = meant(wanted.merged_into) if wanted.merged_into else None
        if case.merged_into != expected_into:
            yield f"merged into {_say(case.merged_into)}, expected {_say(wanted.merged_into)}"
    if wanted.same_case_as is not None and meant(wanted.same_case_as) != case.case_id:
        yield f"it is another case than {wanted.same_case_as}'s"
    for field in ("members", "related"):
        expected = getattr(wanted, field)
        found = getattr(case, field)
        if expected is not None and Counter(found) != Counter(map(meant, expected)):
            yield f"{field} are {', '.join(found) or 'none'}, expected {', '.join(expected) or 'none'}"


def _orders(wanted: Expectation, case: CaseRecord) -> Iterator[str]:
    for unit, status in (wanted.orders or {}).items():
        held = [order for order in case.orders if order.agency == unit]
        found = held[-1].status if held else None
        if found != status:
            yield f"the order of {unit} is {_say(found)}, expected {status}"


def _clocks(wanted: Expectation, case: CaseRecord, now: datetime) -> Iterator[str]:
    for name, written in (wanted.clocks or {}).items():
        unit, _, clock = name.rpartition(".")
        running = case.finish
        if clock != Clock.FINISH:
            held = [order for order in case.orders if order.agency == unit]
            running = getattr(held[-1], clock, None) if held else None
        due = None if running is None or running.paused_at is not None else running.due_at
        expected = None if written is None else moment(written, now)
        if due != expected:
            yield f"clock {name} ends {_when(due)}, expected {_when(expected)}"
    if wanted.cards is not None and case.cards != wanted.cards:
        found = ", ".join(f"{card} {unit}" for card, unit in case.cards)
        yield f"cards are {found or 'none'}, expected {', '.join(f'{c} {u}' for c, u in wanted.cards) or 'none'}"


def _when(at: datetime | None) -> str:
    return "never" if at is None else at.astimezone(CITY_TIME).strftime("%Y-%m-%d %H:%M:%S")


def _events(wanted: Expectation, fresh: Sequence[Any], everything: Sequence[Any]) -> Iterator[str]:
    kinds = [event.ce_type.removesuffix(".v1") for event in fresh]
    missing = Counter(wanted.events) - Counter(kinds)
    if missing:
        yield f"no event {', '.join(missing.elements())}; there were {', '.join(kinds) or 'none'}"
    for kind in wanted.no_events:
        if kind in kinds:
            yield f"event {kind} was not expected"
    refused = [event.code for event in fresh if isinstance(event, MessageRejected)]
    if "rejected" in wanted.model_fields_set and (refused[-1] if refused else None) != wanted.rejected:
        yield f"refused with {', '.join(refused) or 'nothing'}, expected {_say(wanted.rejected)}"
    if wanted.addressee is not None:
        told = [event.addressee for event in everything if isinstance(event, CardIssued)]
        if not told or told[-1] != wanted.addressee:
            yield f"the last card went to {_say(told[-1] if told else None)}, expected {wanted.addressee}"
