"""A record of ``case-events`` as the fold reads it; what no event can be read from is told as `Unread`.

Fields are taken by name and checked one by one, not by the models: what was written years ago, or by the next version with a
field more, is still an event. A field that is not what its type says makes the event odd: kept, not folded.

Moments are texts that sort by time: half of a row are moments, and each is written and read again for every event of its case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from dispatcher.stream import chain
from dispatcher.stream.records import InputRecord

Row = dict[str, Any]
#: Characters of what an index may hold: PostgreSQL takes some 2,700 bytes of a key.
LONGEST_KEY = 400
_KEYS = frozenset(("case_id", "call_id", "order_id", "lookup_id", "agency", "lead", "status", "desk"))
_INTEGER = 2**31 - 1
_BIG = 2**63 - 1


class Odd(ValueError):
    """A field of an event is not what events of its type have there."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A record that is no event: `why` in words, the record as it lies there."""

    record: InputRecord
    why: str

    def row(self) -> Row:
        """For the table ``unread``."""
        record = self.record
        return {
            "partition": record.partition,
            "offset": record.offset,
            "why": self.why,
            "key": record.key,
            "value": record.value,
            "written_at": _stamp(record.timestamp_ms),
        }


@dataclass(frozen=True, slots=True)
class Fields:
    """Typed looks into a JSON object. Each raises `Odd`; one without a value is None unless it is `needed`."""

    value: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """A text; NUL, which PostgreSQL cannot keep, is replaced."""
        found = self.value.get(name)
        if found is None:
            return None
        if not isinstance(found, str):
            raise Odd(f"{name} is no text")
        if name in _KEYS and len(found) > LONGEST_KEY:
            raise Odd(f"{name} is too long")
        return clean(found)

    def needed(self, name: str) -> str:
        """A text that must be there."""
        found = self.text(name)
        if found is None:
            raise Odd(f"{name} is missing")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where it is missing."""
        found = self.value.get(name) or ()
        if isinstance(found, list | tuple) and all(isinstance(one, str) for one in found):
            return tuple(clean(one) or "" for one in found)
        raise Odd(f"{name} is no list of texts")

    def moment(self, name: str) -> str | None:
        """A moment, as rows have it."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, str):
            try:
                return _moment(found)
            except (ValueError, OverflowError):
                pass
        raise Odd(f"{name} is no moment")

    def now(self) -> str:
        """When the event happened."""
        found = self.moment("at")
        if found is None:
            raise Odd("at is missing")
        return found

    def whole(self, name: str) -> int | None:
        """A whole number of 32 bits."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, int) and not isinstance(found, bool) and -_INTEGER <= found <= _INTEGER:
            return found
        raise Odd(f"{name} is no whole number")

    def number(self, name: str) -> float | None:
        """A number."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, int | float) and not isinstance(found, bool):
            return float(found)
        raise Odd(f"{name} is no number")

    def yes(self, name: str) -> bool | None:
        """Yes or no."""
        found = self.value.get(name)
        if found is None or isinstance(found, bool):
            return found
        raise Odd(f"{name} is neither true nor false")

    def inner(self, name: str) -> "Fields | None":
        """An object within."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, dict):
            return Fields(found)
        raise Odd(f"{name} is no object")

    def inners(self, name: str) -> "list[Fields]":
        """A list of objects within; empty where it is missing."""
        found = self.value.get(name) or []
        if isinstance(found, list) and all(isinstance(one, dict) for one in found):
            return [Fields(one) for one in found]
        raise Odd(f"{name} is no list of objects")


@dataclass(frozen=True, slots=True)
class Entry(Fields):
    """One event of the ledger: its type, its fields, and the record that it came in."""

    type: str
    event_id: str
    record: InputRecord = field(repr=False)
    headers: Mapping[str, bytes] = field(repr=False)

    @property
    def case_id(self) -> str:
        """Whose event it is."""
        return self.needed("case_id")

    def row(self, folded: str) -> Row:
        """For the table ``events``. What is no text where one should be stays in the body alone."""
        record, headers = self.record, self.headers
        sequence = headers.get(chain.SEQUENCE, b"")
        return {
            "partition": record.partition,
            "offset": record.offset,
            "event_id": self.event_id,
            "at": self._soft_at(),
            "type": self.type,
            **{name: self.soft(name) for name in _TOLD},
            "unit": self.soft("agency"),
            "chain": _header(headers.get(chain.NAME)),
            "chain_seq": int(sequence) if sequence.isdigit() and int(sequence) <= _BIG else None,
            "chain_hash": _header(headers.get(chain.HASH)),
            "written_at": _stamp(record.timestamp_ms),
            "folded": folded,
            "body": (record.value or b"").decode(),
        }

    def soft(self, name: str) -> str | None:
        """A text, None where it is none."""
        try:
            return self.text(name)
        except Odd:
            return None

    def _soft_at(self) -> str | None:
        try:
            return self.moment("at")
        except Odd:
            return None


_TOLD = ("case_id", "call_id", "actor", "role", "rule", "reason", "status", "category", "district", "lead")


def read(record: InputRecord) -> Entry | Unread:
    """The event in `record`."""
    if record.value is None:
        return Unread(record, "a tombstone, and the ledger deletes nothing")
    headers = dict(record.headers)
    kind = headers.get("ce_type")
    if not kind:
        return Unread(record, "no ce_type says what it is")
    try:
        value = orjson.loads(record.value)
    except orjson.JSONDecodeError as error:
        return Unread(record, f"no JSON: {error}")
    if not isinstance(value, dict):
        return Unread(record, "no JSON object")
    named = value.get("event_id")
    if not isinstance(named, str):
        named = _header(headers.get("ce_id"))
    if not named:
        return Unread(record, "no event_id")
    if len(named) > LONGEST_KEY or len(kind) > LONGEST_KEY:
        return Unread(record, "its event_id or its ce_type is too long for one")
    return Entry(value, _header(kind) or "", clean(named) or "", record, headers)


def clean(text: str | None) -> str | None:
    """`text` as both databases can keep it."""
    return text.replace("\0", "\ufffd") if text is not None and "\0" in text else text


@lru_cache(maxsize=4_096)
def _header(said: bytes | None) -> str | None:
    return clean(said.decode("utf-8", "replace")) if said is not None else None


@lru_cache(maxsize=16_384)
def _moment(written: str) -> str:
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return as_text(moment)


def as_text(moment: datetime) -> str:
    """A moment as rows have it: UTC, sortable, ``YYYY-MM-DD HH:MM:SS.ffffff``; what SQLite keeps and its functions read."""
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


@lru_cache(maxsize=1024)
def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(max(milliseconds, 0), 1000)
    return as_text(datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000))
