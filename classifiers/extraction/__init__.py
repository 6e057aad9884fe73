"""Things in a text that routing and the desks use: times, items, people, plates, phones, sums, lines. Spans, no guesses.

One module a family, each with its table beside it; `extract` wakes only the families whose characters are there.
"""

from datetime import datetime
from typing import Any, Final

from classifiers.extraction import amounts, items, lines, persons, phones, plates, rides, times

MOST: Final = 32
"""Findings of one kind in an answer; a call has a few, and an answer has to fit into a message."""

TABLES: Final = tuple(f"extraction/{name}.yaml" for name in ("amounts", "items", "lines", "persons", "times"))
"""The tables, relative to the library; their bytes are part of an answer's digest."""


def extract(text: str, *, received_at: datetime | None = None) -> dict[str, Any]:
    """What `text` (normalised) holds, by kind; a kind that is not there is left out. Never raises.

    Plain values for JSON. `span` is [start, end) in characters of `text`. `received_at`: when the call came; with it
    times are intervals in city time, without it offsets from the call. See each family's `find` for its fields.
    """
    out: dict[str, Any] = {}
    chars = frozenset(text)
    when: list[dict[str, Any]] = []
    if not times.WAKES.isdisjoint(chars):
        when = times.find(text, received_at=received_at, limit=MOST)
        if when:
            out["times"] = when
    if not phones.WAKES.isdisjoint(chars):
        numbers, others = phones.find(text, limit=MOST)
        if numbers:
            out["phones"] = numbers
        if others:
            out["ids"] = others
    for kind, family in _PLAIN:
        if not family.WAKES.isdisjoint(chars) and (found := family.find(text, limit=MOST)):
            out[kind] = found
    if not persons.WAKES.isdisjoint(chars) and (found := persons.find(text, times=when, limit=MOST)):
        out["persons"] = found
    return out


_PLAIN: Final = (("plates", plates), ("amounts", amounts), ("lines", lines), ("items", items), ("rides", rides))


def load_tables() -> None:
    """Reads and compiles every table. Raises TableError when one cannot be used."""
    for family in (times, amounts, lines, items, persons):
        family.load()
