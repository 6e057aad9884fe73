"""One line for each thing that happens, when there is no terminal: for a person, or JSON for a program."""

from collections.abc import Callable

import orjson

from dispatcher.console import view
from dispatcher.console.ledger import Alarm, Ledger, Row
from dispatcher.console.words import Words
from dispatcher.domain.calls import CITY_TIME


def row_line(row: Row, ledger: Ledger, words: Words) -> str:
    """A decided call, for a person."""
    outcome = view.OUTCOMES[row.outcome][0]
    head = f"{view.clock(row.received_at)} {view.LINKED + '·' if row.linked else ''}{outcome} {words.category(row.category)}"
    where = " ".join(
        part for part in (f"→ {words.units(row)}" if row.lead else "", words.district(row.district)) if part
    )
    latency = ledger.latency(row)
    took = f" ({latency} ms)" if latency is not None else ""
    return f"{head} {where}{' ' if where else ''}| {row.text} | {row.rule}：{row.reason}{took}"


def row_json(row: Row, ledger: Ledger) -> dict[str, object]:
    """The same for a program; codes instead of names."""
    return {
        "event": "decided",
        "call_id": row.call_id,
        "case_id": row.case_id,
        "received_at": row.received_at.astimezone(CITY_TIME).isoformat(),
        "outcome": row.outcome,
        "linked": row.linked,
        "urgency": row.urgency,
        "category": row.category,
        "lead": row.lead,
        "assist": list(row.assist),
        "district": row.district,
        "rule": row.rule,
        "reason": row.reason,
        "text": None if row.confidential else row.text,
        "confidential": row.confidential,
        "latency_ms": ledger.latency(row),
    }


class Lines:
    """Writes what happens, line by line; a reader that went away is told of by `gone`."""

    def __init__(self, write: Callable[[str], None], *, as_json: bool, gone: Callable[[], None]) -> None:
        self._write = write
        self._json = as_json
        self._gone = gone
        self._open = True

    def say(self, text: str, /, *, kind: str, **facts: object) -> None:
        """What the program itself does."""
        self._line(_json({"event": kind, "text": text, **facts}) if self._json else text)

    def show(self, item: Row | Alarm, ledger: Ledger, words: Words) -> None:
        """A decided call, or something that stands out."""
        if isinstance(item, Row):
            self._line(_json(row_json(item, ledger)) if self._json else row_line(item, ledger, words))
        elif self._json:
            self._line(_json({"event": item.kind, "text": item.text}))
        else:
            self._line(f"!! {item.text}")

    def _line(self, text: str) -> None:
        if not self._open:
            return
        try:
            self._write(text)
        except BrokenPipeError:
            self._open = False
            self._gone()


def _json(facts: dict[str, object]) -> str:
    return orjson.dumps(facts, default=str).decode()
