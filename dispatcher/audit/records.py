"""A record of the ledger as verification sees it: its chain's headers apart from all the rest, and the hash over both.

`digest` is `dispatcher.stream.chain.digest` with one call of SHA-256, and strict: a header of the chain's own among the others
makes another hash, so that no such header can be slipped in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol

from dispatcher.stream.chain import HASH, NAME, SEQUENCE

Pairs = tuple[tuple[str, bytes], ...]

_OWN: Final = frozenset((NAME, SEQUENCE, HASH))
_SIZES: Final = [size.to_bytes(4, "big") for size in range(8192)]
#: In place of a header of the chain's own where none may stand: no lane reckons so.
_NO_NAME: Final = b"\xff\xff\xff\xff"
_names: dict[str, bytes] = {}
_NAMES_KEPT: Final = 1000
_LOWER_HEX: Final = frozenset(b"0123456789abcdef")
_MAX_PLACE: Final = 2**63


class Entry(Protocol):
    """A record as the Kafka client hands it out."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Held:
    """A record that is kept until its place is certain. `place` and `claimed` are None where its headers do not say."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    body: Pairs
    chain: str | None
    place: int | None
    claimed: bytes | None
    why: str = ""

    @property
    def at(self) -> tuple[int, int]:
        """Partition and offset."""
        return self.partition, self.offset

    def after(self, before: bytes | None, place: int) -> bytes | None:
        """Its hash at `place`, behind a record with the hash `before`."""
        return None if before is None else digest(before, place, self.key, self.value, self.body)


def digest(
    before: bytes, place: int, key: bytes | None, value: bytes | None, body: Iterable[tuple[str, bytes]]
) -> bytes:
    """The hash of a record at `place`; the same as the lane reckons (`dispatcher.stream.chain.digest`)."""
    parts = [before, place.to_bytes(8, "big")]
    for part in (key, value):
        if part is None:
            parts.append(b"-")
        else:
            size = len(part)
            parts.append(_SIZES[size] if size < 8192 else size.to_bytes(4, "big"))
            parts.append(part)
    for name, said in body:
        told = _names.get(name)
        if told is None:
            told = _tell(name)
        size = len(said)
        parts.append(told)
        parts.append(_SIZES[size] if size < 8192 else size.to_bytes(4, "big"))
        parts.append(said)
    return sha256(b"".join(parts)).digest()


def _tell(name: str) -> bytes:
    if name in _OWN:
        return _NO_NAME
    told = name.encode("utf-8", "surrogatepass")
    told = len(told).to_bytes(4, "big") + told
    if len(_names) < _NAMES_KEPT:
        _names[name] = told
    return told


def hold(partition: int, record: Entry) -> Held:
    """The record with what its headers say of its chain, however little. `why` names what is wrong with them."""
    headers: Pairs = tuple((name, said or b"") for name, said in record.headers)
    body = tuple(pair for pair in headers if pair[0] not in _OWN)
    own = [pair for pair in headers if pair[0] in _OWN]
    said = dict(own)
    why = ""
    if not own:
        why = "it has no chain headers"
    elif [name for name, _ in headers[-3:]] != [NAME, SEQUENCE, HASH] or len(own) != 3:
        why = "its chain headers are not the three last"
    if any(said is None for _, said in record.headers):
        why = "a header has no value"
    place = place_of(said.get(SEQUENCE, b""))
    if not why and place is None:
        why = "its place is no number"
    chain = said.get(NAME)
    return Held(
        partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        body,
        None if chain is None else chain.decode("utf-8", "replace"),
        place,
        hash_of(said.get(HASH, b"")),
        why,
    )


def place_of(said: bytes) -> int | None:
    """The number that a lane would have written so; None for anything else."""
    if not said.isdigit() or len(said) > 20:
        return None
    number = int(said)
    return number if b"%d" % number == said and number < _MAX_PLACE else None


def hash_of(said: bytes) -> bytes | None:
    """The hash that a lane would have written so (lower case); None for anything else."""
    if len(said) != 64 or not _LOWER_HEX.issuperset(said):
        return None
    return bytes.fromhex(said.decode("ascii"))


def case_of(key: bytes | None) -> str | None:
    """The case that a record is about."""
    return None if key is None else key.decode("utf-8", "replace")
