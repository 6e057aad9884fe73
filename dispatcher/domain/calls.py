"""A call as a console publishes it, and how a record becomes one or is refused.

The wire form is the topic ``calls``; the field names of city CAD systems (domain rule 8) are accepted as aliases.
"""

import codecs
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Final

import orjson
from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dispatcher.domain.errors import BadRecord
from dispatcher.domain.policy import IntakePolicy

#: China has one time zone and no daylight saving; CAD systems write local times without an offset.
CITY_TIME: Final = timezone(timedelta(hours=8), "Asia/Shanghai")

#: C0 but tab and line ends, DEL, C1 (a terminal obeys U+009B), surrogates, noncharacters. Ids and names are one line.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_CAD_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
#: More unknown fields than these, or longer names, are not told one by one: a record may be full of them.
_UNKNOWN_FIELDS, _UNKNOWN_NAME = 20, 64

#: Fields of a CAD record that this service has no use for, known so that they are not reported as unknown.
_CAD_IGNORED: Final = frozenset(
    {"lhlx", "bjsj", "jjwcsj", "jqlbdm", "jqlxdm", "jqxldm", "jqzldm", "gxdwdm", "glzjjdbh"}
)


def _time(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a text such as 2026-11-21T18:05:00+08:00")
    if _CAD_TIME.fullmatch(value):
        return datetime.fromisoformat(value).replace(tzinfo=CITY_TIME)
    if not _RFC3339.fullmatch(value):
        raise ValueError("is not an RFC 3339 time with an offset, such as 2026-11-21T18:05:00+08:00")
    return value


def _number(value: str | None) -> str | None:
    """A withheld number (“隐藏号码”, 00000000) is no caller: two people behind it are not one."""
    return value if value and any(c.isdigit() and c != "0" for c in value) else None


def _or_default(default: object) -> BeforeValidator:
    """CAD exports write null or "" for a field that they do not fill."""
    return BeforeValidator(lambda value: default if value is None or value == "" else value)


class CallReceived(BaseModel):
    """``call.received.v1``: one call to the line. Only ``call_id``, ``received_at`` and ``text`` are required."""

    model_config = ConfigDict(frozen=True, extra="allow", str_strip_whitespace=True)

    call_id: str = Field(validation_alias=AliasChoices("call_id", "jjdbh"), min_length=1, max_length=128)
    received_at: Annotated[datetime, BeforeValidator(_time)] = Field(
        validation_alias=AliasChoices("received_at", "jjsj", "bjsj")
    )
    text: str = Field(validation_alias=AliasChoices("text", "bjnr"))
    caller: Annotated[str | None, AfterValidator(_number)] = Field(
        None, validation_alias=AliasChoices("caller", "bjdh"), max_length=64
    )
    contact: str | None = Field(None, validation_alias=AliasChoices("contact", "lxdh"), max_length=64)
    address: str | None = Field(None, validation_alias=AliasChoices("address", "jqdz"), max_length=500)
    caller_address: str | None = Field(None, validation_alias=AliasChoices("caller_address", "bjdz"), max_length=500)
    source: Annotated[str, _or_default("110")] = Field(
        "110", validation_alias=AliasChoices("source", "jqlyfs"), min_length=1, max_length=32
    )
    console: str | None = Field(None, max_length=64)
    operator: str | None = Field(None, max_length=64)
    confidential: Annotated[bool, _or_default(False)] = Field(
        False, validation_alias=AliasChoices("confidential", "sfbm")
    )

    @property
    def unknown_fields(self) -> tuple[str, ...]:
        """Names that the contract does not know, sorted: kept out of every decision, but told to the console's owner.

        At most 20 names of 64 characters, then how many more: what a record says of itself must not outgrow a message.
        """
        names = sorted(set(self.model_extra or ()) - _CAD_IGNORED)
        told = [_one_line(name, _UNKNOWN_NAME) for name in names[:_UNKNOWN_FIELDS]]
        more = len(names) - _UNKNOWN_FIELDS
        return (*told, f"… {more} more") if more > 0 else tuple(told)


def read_call(value: bytes | None, *, appended_at: datetime, policy: IntakePolicy) -> CallReceived:
    """The call in a record of ``calls``.

    ``appended_at`` is the record's own time (aware UTC): "future" and "ancient" are judged by it and not by a clock, so
    that a replay years later judges the same. Raises `BadRecord` with the reason in words.
    """
    if not value:
        raise BadRecord("the record has no value", code="D301", hint="Publish the call as a JSON object")
    if len(value) > policy.record_max_bytes:
        raise BadRecord(
            f"the record has {len(value):,} bytes, the limit is {policy.record_max_bytes:,}",
            code="D302",
            hint="Send what the caller said, not recordings or pictures",
        )
    try:
        call = CallReceived.model_validate_json(value)
    except ValidationError as error:
        raise _refusal(error) from None
    if not any(c.isprintable() and not c.isspace() for c in call.text) and not _CONTROL.search(call.text):
        raise BadRecord("text is empty", code="D305", hint="A silent call has a text that says so, e.g. （无人说话）")
    if len(call.text) > policy.text_max_characters:
        raise BadRecord(
            f"text has {len(call.text):,} characters, the limit is {policy.text_max_characters:,}",
            code="D306",
            hint="Split the record or send a summary",
        )
    for name in ("call_id", "text", "caller", "contact", "address", "caller_address", "source", "console", "operator"):
        unwanted = _CONTROL if name in ("text", "address", "caller_address") else _NOT_ONE_LINE
        if unwanted.search(getattr(call, name) or ""):
            raise BadRecord(f"{name} holds control characters", code="D307", hint="Check the console's encoding")
    ahead = call.received_at - appended_at
    if ahead > timedelta(minutes=policy.max_future_minutes):
        raise BadRecord(
            f"received_at lies {_span(ahead)} after the moment at which the broker got the record",
            code="D308",
            hint="Set the console's clock",
        )
    if -ahead > timedelta(days=policy.max_age_days):
        raise BadRecord(
            f"received_at lies {_span(-ahead)} before the moment at which the broker got the record",
            code="D309",
            hint="Calls older than the topic's retention belong into the archive",
        )
    return call


def _refusal(error: ValidationError) -> BadRecord:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "json_invalid":
        return BadRecord(f"not JSON that can be read: {message}", code="D303", hint="Publish UTF-8 JSON")
    more = error.error_count() - 1
    rest = f" (and {more} more)" if more else ""
    if not where:
        return BadRecord(f"not a JSON object: {message}", code="D303", hint="Publish the call as one JSON object")
    return BadRecord(
        f"field {where}: {message}{rest}", code="D304", hint="See the contract of topic calls in topics.yaml"
    )


def _span(delta: timedelta) -> str:
    days, seconds = delta.days, delta.seconds
    return f"{days} days" if days else f"{seconds // 60} minutes"


class Salvage(BaseModel):
    """What can be told of a record that is not a readable call. Texts are cut and cleaned, never trusted."""

    model_config = ConfigDict(frozen=True)

    text: str
    claimed_call_id: str | None = None
    caller: str | None = None
    address: str | None = None
    confidential: bool = False


def salvage(value: bytes | None, *, policy: IntakePolicy) -> Salvage:
    """Whatever a person could read in `value`; never raises. At most ``policy.salvage_characters`` of text."""
    raw = (value or b"")[: policy.salvage_characters * 4 + policy.record_max_bytes]
    legible = _decode(raw, cut=len(raw) < len(value or b""))
    fields: dict[str, Any] = {}
    try:
        loaded = orjson.loads(legible)
        fields = loaded if isinstance(loaded, dict) else {}
    except orjson.JSONDecodeError:
        pass

    def pick(*names: str, limit: int, clean: Callable[[str, int], str] = _one_line) -> str | None:
        for name in names:
            got = fields.get(name)
            if isinstance(got, str | int | float) and not isinstance(got, bool) and str(got).strip():
                return clean(str(got), limit) or None
        return None

    text = pick("text", "bjnr", limit=policy.salvage_characters, clean=_clean)
    if text is None:
        text = _clean(legible[: policy.salvage_characters * 4], policy.salvage_characters)
    return Salvage(
        text=text or "（空记录）",
        claimed_call_id=pick("call_id", "jjdbh", limit=128),
        caller=_number(pick("caller", "bjdh", limit=64)),
        address=pick("address", "jqdz", limit=200),
        confidential=str(fields.get("confidential", fields.get("sfbm", ""))).lower() in ("true", "1", "是", "yes", "y"),
    )


def _decode(raw: bytes, *, cut: bool) -> str:
    """UTF-8, else GB 18030 (what an old console sends), else whatever of UTF-8 can be read; the last character of cut
    bytes may be half."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(raw, final=not cut)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _clean(text: str, limit: int) -> str:
    return _CONTROL.sub(" ", text).strip()[:limit]


def _one_line(text: str, limit: int) -> str:
    return _NOT_ONE_LINE.sub(" ", text).strip()[:limit]


def utc(milliseconds: int) -> datetime:
    """A Kafka record's timestamp as an aware UTC time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
