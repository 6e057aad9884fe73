"""The story's file, and each of its lines as a call at a moment of the real past hour."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from dispatcher.domain.calls import CITY_TIME, CallReceived
from dispatcher.domain.errors import CatalogError

DEFAULT = Path(__file__).resolve().parent / "story.jsonl"
#: The story's own length: its first second is that long ago when it begins.
HOUR = timedelta(hours=1)

_NOT_OF_THE_CALL = ("at", "expect")


@dataclass(frozen=True, slots=True)
class Line:
    """One call of the story: the second of the hour at which it comes in, and its fields but for id and time."""

    at: float
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """All lines in order of time. `digest` names this version of the story."""

    lines: tuple[Line, ...]
    digest: str

    def call(self, number: int, *, run: str, base: datetime) -> tuple[CallReceived, bytes]:
        """Line `number` as a call and its bytes; the same for the same `run` and `base`, the moment of second 0."""
        line = self.lines[number]
        received = (base + timedelta(seconds=line.at)).astimezone(CITY_TIME)
        fields = {"call_id": f"demo-{run}-{number + 1:04}", "received_at": received.isoformat(), **line.fields}
        value = orjson.dumps(fields)
        return CallReceived.model_validate_json(value), value


def load(path: Path = DEFAULT) -> Story:
    """Read a story; raises `CatalogError` that names the line at fault."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CatalogError(f"the story {path} cannot be read ({error.strerror})", hint="Name another file") from None
    lines = []
    for number, text in enumerate(raw.splitlines(), 1):
        if not text.strip():
            continue
        try:
            told = orjson.loads(text)
            fields = {key: value for key, value in told.items() if key not in _NOT_OF_THE_CALL}
            CallReceived.model_validate({"call_id": "x", "received_at": "2026-01-01T00:00:00+08:00", **fields})
            lines.append(Line(at=float(told["at"]), fields=fields))
        except (ValueError, TypeError, LookupError, AttributeError, ValidationError) as error:
            raise CatalogError(
                f"{path.name}: line {number}: {str(error).splitlines()[0]}",
                hint="Each line is a call as JSON, with `at`, its second of the hour",
            ) from None
    lines.sort(key=lambda line: line.at)
    return Story(tuple(lines), hashlib.sha256(raw).hexdigest()[:16])
