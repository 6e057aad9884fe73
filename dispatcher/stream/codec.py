"""CloudEvents 1.0 in binary mode (attributes as headers, the value is the data) and W3C trace context."""

import hashlib
from datetime import datetime

from dispatcher.domain.messages import Message
from dispatcher.stream.records import InputRecord, Output

SOURCE = "/dispatcher"
_CONTENT = ("content-type", b"application/json; charset=utf-8")
_SOURCE = ("ce_source", SOURCE.encode())
_SPEC = ("ce_specversion", b"1.0")
_TYPES: dict[str, tuple[str, bytes]] = {}


def trace_of(record: InputRecord) -> str:
    """The record's trace id (32 hexadecimal digits): its own, or one derived from where it lies."""
    header = record.header("traceparent")
    if header is not None and header.count(b"-") == 3:
        trace = header.split(b"-")[1].decode("ascii", "replace")
        if len(trace) == 32 and all(c in "0123456789abcdef" for c in trace):
            return trace
    place = f"{record.topic}/{record.partition}/{record.offset}"
    return hashlib.blake2b(place.encode(), digest_size=16).hexdigest()


def output(topic: str, key: str, message: Message, *, event_id: str, at: datetime, trace: str) -> Output:
    """`message` as a record of `topic`; ``ce_subject`` is its case."""
    subject = getattr(message, "case_id", key)
    kind = _TYPES.setdefault(message.ce_type, ("ce_type", message.ce_type.encode()))
    headers = (
        ("ce_id", event_id.encode()),
        kind,
        _SOURCE,
        _SPEC,
        ("ce_time", at.isoformat().encode()),
        ("ce_subject", subject.encode("utf-8", "replace")),
        _CONTENT,
        ("traceparent", f"00-{trace}-{event_id.replace('-', '')[:16]}-01".encode()),
    )
    return Output(topic, key.encode("utf-8", "replace"), message.encode(), headers)


def also(to: Output, *, topic: str, key: str) -> Output:
    """The same message on another topic, without encoding it again."""
    return Output(topic, key.encode("utf-8", "replace"), to.value, to.headers)
