"""One line of JSONL from a stranger, read into a model: what is wrong is said in one sentence."""

import json
from datetime import datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.errors import BadRecord

Line = TypeVar("Line", bound=BaseModel)


def read_line(raw: bytes, model: type[Line], *, hint: str) -> Line:
    """The line as `model`; raises `BadRecord` saying what is wrong. Bytes that are no UTF-8 become U+FFFD."""
    try:
        return model.model_validate(_json(raw))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "line"
        raise BadRecord(f"{where}: {first['msg']}", code="D304", hint=hint) from None


def in_city_time(moment: datetime, field: str, *, hint: str) -> datetime:
    """`moment` aware: without an offset it is the city's time. Raises `BadRecord` for a year that no clock shows."""
    if not 1970 <= moment.year <= 9000:
        raise BadRecord(f"{field}: no year of ours", code="D304", hint=hint)
    return moment if moment.tzinfo else moment.replace(tzinfo=CITY_TIME)


def claimed_id(raw: bytes) -> str | int | None:
    """The id of a line that cannot be used, if it can be told."""
    try:
        fields = _json(raw)
    except BadRecord:
        return None
    found = fields.get("id") if isinstance(fields, dict) else None
    return clean(found) if isinstance(found, str) else found if isinstance(found, int) else None


def clean(text: str) -> str:
    """`text` with half surrogate pairs, which cannot be written, replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _json(raw: bytes) -> Any:
    text = raw.decode("utf-8", "replace")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(text)  # takes half a surrogate pair, which a telephone's text may hold
        except (ValueError, RecursionError):
            raise BadRecord(f"not JSON: {error}", code="D303", hint="Write one JSON object on each line") from None
