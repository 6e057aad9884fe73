"""What a gate puts to two models: the frozen test sets, and the live calls of the last days with what people made of them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from classifiers.corpus import TEST, read_rows
from dispatcher.client.reader import Reader
from dispatcher.domain.codes import Outcome
from dispatcher.domain.policy import IntakePolicy
from dispatcher.learning.ledger import ERASED, Place, events, pinned, place_of, records
from dispatcher.learning.texts import call_in
from dispatcher.stream import topics

LIVE: Final = "live"
"""The set of live calls; the others have the names of their files."""

KINDS: Final = frozenset(
    ("call.triaged", "case.opened", "review.decided", "case.recategorised", "split.opened", ERASED)
)


@dataclass(frozen=True, slots=True)
class Question:
    """A call to be decided by both models. `outcome` is the truth as far as it is known, None where nobody has decided yet;
    `category` only where a person named it. `shown`: the text where a report may show it (never a live call's)."""

    name: str
    text: str
    outcome: Outcome | None
    category: str | None
    address: str | None = None
    received_at: datetime | None = None
    case: str | None = None
    shown: str | None = None


def frozen(folder: Path = TEST) -> dict[str, list[Question]]:
    """The frozen test sets by name. Raises `CorpusError`."""
    return {
        path.stem: [
            Question(row.id, row.text, Outcome(row.outcome), row.category, shown=row.text) for row in read_rows(path)
        ]
        for path in sorted(folder.glob("*.jsonl"))
    }


@dataclass(slots=True)
class Known:
    """A decided call: what triage said, and what people said of the case that it opened."""

    case: str
    outcome: Outcome
    opened: bool = False
    said_outcome: Outcome | None = None
    said_category: str | None = None

    @property
    def truth(self) -> Outcome | None:
        """What people said, else what triage said and nobody contradicted; an open review is not known."""
        return self.said_outcome or (self.outcome if self.outcome is not Outcome.REVIEW else None)


class Truths:
    """Takes the ledger's events in; `by_place` tells of each decided call. Pure."""

    def __init__(self) -> None:
        self.by_place: dict[Place, Known] = {}
        self._opening: dict[str, Known] = {}
        self._split: set[str] = set()

    def take(self, kind: str, value: Mapping[str, object]) -> None:
        """One event. Raises `LookupError`, `TypeError` or `ValueError` for one of another version."""
        case = str(value["case_id"])
        if kind == "call.triaged":
            place = place_of(value["source"])
            if place is not None:
                self.by_place[place] = Known(case, Outcome(str(value["outcome"])))
        elif kind == "case.opened":
            place = place_of(value["source"])
            known = self.by_place.get(place) if place is not None else None
            if known is not None:
                known.opened = True
                self._opening[case] = known
        elif kind == ERASED:
            self.by_place = {place: known for place, known in self.by_place.items() if known.case != case}
        elif kind == "split.opened":
            self._split.add(case)
        elif case in self._opening and case not in self._split:
            # What people decide of a case is said of the call that opened it; those that joined it are judged by triage alone.
            known = self._opening[case]
            known.said_outcome, known.said_category = Outcome(str(value["outcome"])), str(value["category"])


@dataclass(frozen=True, slots=True)
class Live:
    """The decided calls of a range, and how many there are."""

    known: dict[Place, Known]

    async def questions(self, reader: Reader, intake: IntakePolicy) -> AsyncIterator[Question]:
        """Each with its text, address and own time; one that is no longer on the topic is left out."""
        async for place, record in records(reader, self.known):
            call = call_in(record, intake)
            if call is not None:
                known = self.known[place]
                yield Question(
                    str(place),
                    call.text,
                    known.truth,
                    known.said_category,
                    address=call.address,
                    received_at=call.received_at,
                    case=known.case,
                )


async def live(reader: Reader, *, since: datetime, until: datetime) -> Live:
    """The calls decided from `since` up to `until` by the broker's time, with all that people said of them until now."""
    starts, ends = await pinned(reader, topics.CASE_EVENTS, since=since)
    truths = Truths()
    async for event in events(reader, KINDS, starts, ends):
        if event.kind == "call.triaged" and not since <= event.at < until:
            continue
        try:
            truths.take(event.kind, event.value)
        except (LookupError, TypeError, ValueError):  # of another version of the service
            continue
    return Live(truths.by_place)
