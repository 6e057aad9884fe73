"""Which rows of a database a question is about, declared fact by fact; the same for SQL and for files.

A condition whose fact is not known is left out: the unknown excludes nobody. A value of a question only ever becomes a bound
parameter or a compared text, never a piece of a statement.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveInt, model_validator

from dispatcher.domain.lookups.facts import FACTS, bounds
from dispatcher.domain.lookups.messages import LookupAsked

#: What a question has beside its facts.
BESIDE: Final = ("text", "district", "since", "desk", "side")

_MOST_TEXTS: Final = 80
_LONGEST: Final = 400
_EARLIEST: Final = datetime(1900, 1, 2, tzinfo=UTC)
_LATEST: Final = datetime(2199, 12, 30, tzinfo=UTC)
"""What every database can compare."""


class Strict(BaseModel):
    """Base of all models of `channels.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class How(StrEnum):
    """How a fact and a column are compared."""

    EQUALS = "equals"  # the same text, letter by letter, so that an index serves; the column must be a text
    PATTERN = "pattern"  # the fact has * for what is not known: 辽A*66
    CONTAINS = "contains"  # the column has one of the fact's words in it; words are parted by 、 and spaces
    SHARES = "shares"  # the column has two characters in a row of the fact in it: for places and free words
    WINDOW = "window"  # the column's time lies around `since`
    RANGE = "range"  # the column's number, or the span of two columns, meets the fact's span: 70-79


class Condition(Strict):
    """One comparison.

    columns: any of them fits (for `range` two are the span's ends). values: words of the facts -> of the database (female -> 女); a
    word that is not listed is then unknown. before_hours, after_hours: of a window. slack: added to both ends of a range. written:
    how a text column writes times (strftime, city's time); left out, the column is a timestamp. or_empty: rows without a value
    fit too. weight: of a preference.
    """

    fact: str
    how: How
    columns: tuple[str, ...] = Field(min_length=1)
    values: dict[str, str] | None = None
    before_hours: NonNegativeFloat = 24.0
    after_hours: NonNegativeFloat = 24.0
    slack: NonNegativeFloat = 0.0
    written: str | None = None
    or_empty: bool = False
    weight: PositiveInt = 1

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.fact not in FACTS and self.fact not in BESIDE:
            raise ValueError(f"fact: {self.fact} is no fact; use one of {', '.join((*FACTS, *BESIDE))}")
        if (self.how is How.WINDOW) != (self.fact == "since"):
            raise ValueError("how: a window is around `since` and nothing else is; correct fact or how")
        if self.how is How.RANGE and len(self.columns) > 2:
            raise ValueError("columns: a range has one column, or two for its ends; remove the others")
        return self


@dataclass(frozen=True, slots=True)
class Wanted:
    """A condition with the values of one question.

    texts: each a pattern, its pieces to be found in order with anything between them (one piece: the whole); any fits.
    low, high: of a window or a range, both included.
    """

    condition: Condition
    texts: tuple[tuple[str, ...], ...] = ()
    low: datetime | float = 0.0
    high: datetime | float = 0.0


def all_wanted(conditions: tuple[Condition, ...], question: LookupAsked) -> list[Wanted]:
    """The conditions whose facts are known."""
    found = (wanted(condition, question) for condition in conditions)
    return [one for one in found if one is not None]


def wanted(condition: Condition, question: LookupAsked) -> Wanted | None:
    """The condition for this question; None where its fact is not known, or says nothing that can be compared."""
    if condition.how is How.WINDOW:
        low, high = _window(question.since, condition)
        return Wanted(condition, low=low, high=high)
    said = known(question, condition.fact)
    if not said:
        return None
    if condition.how is How.RANGE:
        span = bounds(said)
        if span is None or not all(math.isfinite(end) and abs(end) < 1e9 for end in span):
            return None
        return Wanted(condition, low=min(span) - condition.slack, high=max(span) + condition.slack)
    texts = tuple(dict.fromkeys(_texts(condition, said)))[:_MOST_TEXTS]
    return Wanted(condition, texts=texts) if texts else None


def known(question: LookupAsked, fact: str) -> str:
    """The value of a fact, or of what a question has beside; empty where unknown. What no database takes is taken out."""
    if fact == "text":
        value = question.text
    elif fact == "district":
        value = question.district or question.facts.get("district", "")
    elif fact in ("desk", "side"):
        value = question.desk if fact == "desk" else question.side
    elif fact == "since":
        value = question.since.isoformat()
    else:
        value = question.facts.get(fact, "")
    return clean(value)[:_LONGEST]


def clean(value: str) -> str:
    """Without control characters and halves of characters, which a database would refuse, and without space around."""
    return "".join(char for char in value if char.isprintable() or char == "\u3000").strip()


def _window(since: datetime, condition: Condition) -> tuple[datetime, datetime]:
    middle = min(max(since.astimezone(UTC), _EARLIEST), _LATEST) if since.tzinfo else _EARLIEST
    before, after = (min(hours, 1_000_000.0) for hours in (condition.before_hours, condition.after_hours))
    low = middle - min(timedelta(hours=before), middle - _EARLIEST)
    return low, middle + min(timedelta(hours=after), _LATEST - middle)


def _texts(condition: Condition, said: str) -> list[tuple[str, ...]]:
    words = [word for word in said.replace("、", " ").replace("，", " ").split() if word]
    if condition.values is not None:
        words = [condition.values[word] for word in words if word in condition.values]
        said = " ".join(words)
    if not words:
        return []
    if condition.how is How.EQUALS:
        return [(word,) for word in words] if condition.values is not None else [(said,)]
    if condition.how is How.PATTERN:
        pieces = tuple(said.split("*"))
        return [pieces] if any(pieces) else []
    if condition.how is How.CONTAINS:
        return [("", word, "") for word in words]
    pairs = [one + two for word in words for one, two in pairwise(word) if one.isalnum() and two.isalnum()]
    return [("", pair, "") for pair in pairs or words]
