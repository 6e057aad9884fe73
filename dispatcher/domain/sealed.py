"""Personal texts of the ledger: which they are, how they are taken out of an event, and how they are put back.

The ledger stays for ever, a person's data must not (domain section 7). So what people said, and what tells who they are, lies in a
record of ``case-events`` as ciphertext under a key of its case (`dispatcher.stream.sealing`), in the header ``sealed``. In the value a
mark stands in its place, and all else can be read, counted and chained as ever. Without the key the texts are gone.
"""

import re
from collections.abc import Iterable
from typing import Any, Final, Protocol

import orjson

from dispatcher.domain.errors import BadRecord
from dispatcher.domain.messages import CaseErased, Message

HEADER: Final = "sealed"
"""The header that holds the ciphertext, behind the id of its key and a colon."""

MARK: Final = "§1:"
"""A text that begins so stands for one that is sealed; its number follows."""

SHOWN: Final = "（已封存）"
"""What a screen shows in its place."""

PERSONAL: Final = frozenset(
    ("text", "address", "caller", "who", "told", "recipient", "document", "contact", "extracted", "facts")
)
"""Fields, at whatever depth, that hold what somebody said or who somebody is."""

NEVER: Final = CaseErased.ce_type.encode()
"""The event that says what was erased and why is itself not sealed: it would need a key again."""

_QUOTES: Final = "“"

_MARKS: Final = re.compile(rb'\{"\xc2\xa7":"\xc2\xa71:\d+"\}|"\xc2\xa71:\d+"')


class CaseKey(Message):
    """``case.key.v1`` on ``case-keys``: a key under which personal texts of a case are sealed; 16 bytes, hexadecimal."""

    ce_type = "case.key.v1"

    case_id: str
    key_id: str
    key: str


def key_name(case: bytes, key_id: str) -> bytes:
    """The record's key on ``case-keys``: one case may have had several, and each must be found to be erased."""
    return case + b"/" + key_id.encode()


class Written(Protocol):
    """A record as it lies on the ledger."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Iterable[tuple[str, bytes]]: ...


def header_of(record: Written) -> bytes | None:
    """What is sealed in a record; None where nothing is."""
    return next((said for name, said in record.headers if name == HEADER), None)


def key_of(record: Written) -> bytes | None:
    """The key that opens a record, by its name on ``case-keys``; None where nothing is sealed."""
    header = header_of(record)
    return None if header is None else (record.key or b"") + b"/" + header.partition(b":")[0]


def take_out(value: bytes) -> tuple[bytes, bytes] | None:
    """An event's value with marks for its personal texts, and these as JSON; None where it has none.

    `put_back` gives the very same bytes again. Where marks cannot do that, because the event has been encoded in another way or
    holds such marks itself, all of it is kept instead, as one JSON text.
    """
    event = orjson.loads(value)
    found: list[Any] = []
    _walk(event, found, said=event.get("actor") is not None)
    if not found:
        return None
    marked = orjson.dumps(event)
    texts = [orjson.dumps(one) for one in found]
    if _filled(marked, texts) != value:
        return marked, orjson.dumps(value.decode())
    return marked, b"[%s]" % b",".join(texts)


def put_back(marked: bytes, texts: bytes) -> bytes:
    """The value that `take_out` was given. Raises `BadRecord` where the two do not belong together."""
    kept = orjson.loads(texts)
    whole = kept.encode() if isinstance(kept, str) else _filled(marked, [orjson.dumps(one) for one in kept])
    if whole is None:
        raise BadRecord("a sealed event does not fit its texts", code="D315", hint="`dispatcher audit verify` looks")
    return whole


def without(value: bytes) -> bytes:
    """An event's value with nothing but marks for its personal texts: what is left of it when its key has been erased."""
    taken = take_out(value)
    return value if taken is None else taken[0]


def _walk(found: Any, texts: list[Any], *, said: bool) -> None:
    if isinstance(found, list):
        for one in found:
            _walk(one, texts, said=said)
    if not isinstance(found, dict):
        return
    for name, value in found.items():
        if value and isinstance(value, str | dict) and _is_personal(name, value, said=said):
            mark = f"{MARK}{len(texts)}"
            texts.append(value)
            found[name] = {"§": mark} if isinstance(value, dict) else mark
        else:
            _walk(value, texts, said=said)


def _is_personal(name: str, value: str | dict[str, Any], *, said: bool) -> bool:
    if name in PERSONAL:
        return True
    if isinstance(value, dict):
        return False
    # A sighting's place is a text. A reason is what a person wrote, or the service's own, which may quote the call.
    return name == "place" or (name == "reason" and (said or _QUOTES in value))


def _filled(marked: bytes, texts: list[bytes]) -> bytes | None:
    """`texts` in the places of the marks; None where there are not as many."""
    parts = _MARKS.split(marked)
    if len(parts) != len(texts) + 1:
        return None
    whole = [parts[0]]
    for text, part in zip(texts, parts[1:], strict=True):
        whole += (text, part)
    return b"".join(whole)
