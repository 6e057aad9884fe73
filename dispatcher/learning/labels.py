"""What people said of calls, as labelled examples. Pure: events of the ledger in, labels out.

A label is what a person's decision says of the call that opened the case. Four decisions say something: the answer to a review, a
recategorisation, an arbiter's ruling, and a return after which another unit took the matter as it was named. One case gives
one label, its last; where its decisions contradict each other the label says so (`agreement`), and training trusts it less.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from dispatcher.domain.codes import Outcome, Role
from dispatcher.domain.units import DISTRICT, City
from dispatcher.learning.ledger import Event, Place, place_of
from dispatcher.learning.policy import Origin

#: Kinds of events that are looked at.
KINDS: Final = frozenset(
    (
        "call.triaged",
        "case.opened",
        "case.raised",
        "split.opened",
        "confidential.set",
        "label.recorded",
        "review.decided",
        "case.recategorised",
        "case.rerouted",
        "conference.called",
        "case.arbitrated",
    )
)

_NAMED: Final[Mapping[str, Origin]] = {"review.decided": "review", "case.recategorised": "recategorised"}
_ORIGINS: Final[Mapping[str, Origin]] = {"review": "review", "recategorise": "recategorised"}


@dataclass(frozen=True, slots=True)
class Said:
    """One decision on a case, as it names the matter."""

    at: datetime
    origin: Origin
    category: str
    outcome: str
    urgency: str
    role: str
    place: Place | None
    model: str


@dataclass(frozen=True, slots=True)
class Label:
    """A label whose text is still to be read at `place`."""

    case: str
    said: Said
    place: Place
    agreement: bool

    def line(self, text: str) -> dict[str, Any]:
        """As it is written down."""
        said = self.said
        return {
            "text": text,
            "category": said.category,
            "outcome": said.outcome,
            "urgency": said.urgency,
            "origin": said.origin,
            "agreement": self.agreement,
            "decided_by": said.role,
            "model": said.model,
            "case": self.case,
            "at": said.at.isoformat(),
        }


@dataclass(slots=True)
class _Case:
    place: Place | None = None
    model: str = ""
    suggestions: tuple[str, ...] = ()
    confidential: bool = False
    split: bool = False
    raised_at: datetime | None = None
    disputed: bool = False  # a conference has not ended yet
    said: list[Said] = field(default_factory=list)
    heard: set[tuple[object, ...]] = field(default_factory=set)


class Labels:
    """Takes events in, those of a case in its order; `found` gives the labels. `left_out` counts by the reason, in words."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._cases: dict[str, _Case] = {}
        self.left_out: Counter[str] = Counter()

    def take(self, event: Event) -> None:
        """One event. Raises `LookupError`, `TypeError` or `ValueError` for one of another version, which then counts for nothing."""
        value = event.value
        case = self._cases.setdefault(event.case_id, _Case())
        match event.kind:
            case "call.triaged" if case.place is None:
                case.suggestions = tuple(str(one["category"]) for one in value.get("suggestions") or ())
            case "case.opened":
                case.place, case.model = place_of(value["source"]), str(value["model"])
                case.confidential |= bool(value.get("confidential"))
            case "case.raised":
                case.raised_at = event.at
            case "split.opened":
                case.split = True
            case "confidential.set":
                case.confidential = bool(value["confidential"])
            case "label.recorded":
                self._named(case, event, _ORIGINS[value["origin"]], place_of(value["text_source"]), str(value["model"]))
            case "review.decided" | "case.recategorised":
                self._named(case, event, _NAMED[event.kind], case.place, case.model)
            case "case.rerouted":
                self._hear(case, event, "return", str(value["category"]))
            case "conference.called":
                case.disputed = True
            case "case.arbitrated":
                case.disputed = False
                self._arbitrated(case, event)

    def _named(self, case: _Case, event: Event, origin: Origin, place: Place | None, model: str) -> None:
        """A person named the matter. Both the decision and its label tell of it, and from one record only one counts."""
        case.disputed = False
        source = event.value["source"]
        told = (origin, source["topic"], source["partition"], source["offset"])
        if told not in case.heard:
            case.heard.add(told)
            self._hear(case, event, origin, str(event.value["category"]), place=place, model=model)

    def _arbitrated(self, case: _Case, event: Event) -> None:
        """An arbiter names a unit. The matter stands where it may be that unit's; else it is the one likely matter that is."""
        unit, named = _owner(event.value), str(event.value["category"])
        if any(_is(unit, code) for code in self._owners(named)):
            self._hear(case, event, "arbitration", named)
            return
        likely = [code for code in case.suggestions if any(_is(unit, owner) for owner in self._owners(code)[:1])]
        if len(likely) == 1:
            self._hear(case, event, "arbitration", likely[0])
        else:
            self.left_out["an arbiter named a unit from which no matter follows"] += 1

    def _owners(self, category: str) -> tuple[str, ...]:
        """Who may lead the matter by the list of matters, the first owner first."""
        matter = self._city.matters.get(category)
        if matter is None:
            return ()
        return (*((matter.lead,) if matter.lead else ()), *matter.also)

    def _hear(
        self,
        case: _Case,
        event: Event,
        origin: Origin,
        category: str,
        *,
        place: Place | None = None,
        model: str | None = None,
    ) -> None:
        value = event.value
        same = category == value["category"]
        outcome = Outcome(value["outcome"]) if same else self._city.matters[category].outcome
        case.said.append(
            Said(
                at=event.at,
                origin=origin,
                category=category,
                outcome=outcome.value,
                urgency=str(value["urgency"]),
                role=str(value["role"]),
                place=place or case.place,
                model=case.model if model is None else model,
            )
        )

    def found(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        wanted: Callable[[str], bool] = lambda _case_id: True,
    ) -> list[Label]:
        """The labels whose decision fell into that time, by time. `wanted`: whether a case's text may be used at all."""
        labels = []
        for case_id, case in self._cases.items():
            if not case.said or not _within(case.said[-1].at, since, until):
                continue
            last = _chosen(case.said)
            if case.confidential:
                self.left_out["confidential"] += 1
            elif case.split:
                self.left_out["the case was split off: its text is no caller's"] += 1
            elif case.raised_at is not None and case.raised_at <= last.at:
                self.left_out["the case had grown by a later call: the first one's text was not what was judged"] += 1
            elif last.place is None:
                self.left_out["the call is not known: it came before the range that was read"] += 1
            elif last.category not in self._city.matters or last.outcome == Outcome.REVIEW:
                self.left_out["no matter was named"] += 1
            elif not wanted(case_id):
                self.left_out["the case's text may not be used"] += 1
            else:
                same = {(one.category, one.outcome) for one in case.said} == {(last.category, last.outcome)}
                labels.append(Label(case_id, last, last.place, same and not case.disputed))
        return sorted(labels, key=lambda label: (label.said.at, label.case))


def _owner(value: Mapping[str, Any]) -> str:
    """The unit that was meant to lead: at night another one covers for it."""
    lead: Mapping[str, Any] = next(
        (order for order in value.get("orders") or () if order.get("role") == Role.LEAD.value), {}
    )
    return str(lead.get("covers_for") or value["lead"])


def _is(unit: str, owner: str) -> bool:
    """Whether the unit is that owner. A district's matter may be any district's."""
    return unit == owner or (owner == DISTRICT and unit.startswith(f"{DISTRICT}-"))


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)


def _chosen(said: Iterable[Said]) -> Said:
    """The last decision; of those that say the same as the last the last in which a person named the matter itself."""
    decisions = list(said)
    last = decisions[-1]
    same = [one for one in decisions if (one.category, one.outcome) == (last.category, last.outcome)]
    return next((one for one in reversed(same) if one.origin in ("review", "recategorised")), last)
