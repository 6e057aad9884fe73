"""The hash chain of the ledger: each record that a lane writes to ``case-events`` carries the hash over all that it wrote before.

One lane is the one writer of its chain, so there is no race for the next place in it; the head lies in the lane's own state, changed in
the transaction of the records themselves. Whoever changes, takes out, moves or slips in a record breaks every hash behind it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dispatcher.stream.records import Headers, Output

NAME, SEQUENCE, HASH = "chain", "chain_seq", "chain_hash"
"""Headers: whose chain, the record's place in it (0, 1, 2, …), and the hash, 64 hexadecimal digits."""

PREFIX: Final = b"chain:"
"""Keys of a state topic that begin so hold the head of a chain and nothing of a case or a caller."""

START: Final = bytes(32)
"""The hash before the first record."""

_OWN: Final = frozenset((NAME, SEQUENCE, HASH))


def digest(
    before: bytes, sequence: int, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]
) -> bytes:
    """SHA-256 over the hash before, the place, and the record: key, value and its other headers. Every part with its length, so that
    no part can pretend to be another."""
    hashed = hashlib.sha256(before)
    hashed.update(sequence.to_bytes(8, "big"))
    for part in (key, value):
        hashed.update(b"-" if part is None else len(part).to_bytes(4, "big") + part)
    for name, said in headers:
        if name not in _OWN:
            told = name.encode("utf-8", "surrogatepass")
            hashed.update(len(told).to_bytes(4, "big") + told + len(said).to_bytes(4, "big") + said)
    return hashed.digest()


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain stands: the place of the next record, and the hash of the last."""

    name: str
    sequence: int = 0
    hash: bytes = START

    @property
    def key(self) -> bytes:
        """Under which it lies in the lane's state."""
        return PREFIX + self.name.encode()

    def encode(self) -> bytes:
        """As the state holds it."""
        return f"{self.sequence}:{self.hash.hex()}".encode()

    def at(self, value: bytes | None) -> "Head":
        """The head that a state's entry tells; the beginning where there is none. Raises ValueError for anything else."""
        if value is None:
            return self
        sequence, _, hashed = value.decode("ascii").partition(":")
        head = bytes.fromhex(hashed)
        if len(head) != len(START):
            raise ValueError(f"{self.name}: no head of a chain")
        return Head(self.name, int(sequence), head)

    def link(self, record: Output) -> "tuple[Head, Output]":
        """The next head, and the record as it stands in the chain."""
        hashed = digest(self.hash, self.sequence, record.key, record.value, record.headers)
        told: Headers = (
            (NAME, self.name.encode()),
            (SEQUENCE, str(self.sequence).encode()),
            (HASH, hashed.hex().encode()),
        )
        linked = Output(record.topic, record.key, record.value, (*record.headers, *told), record.partition)
        return Head(self.name, self.sequence + 1, hashed), linked


def link_all(head: Head, outputs: list[Output], topic: str) -> tuple[Head, list[Output]]:
    """All records for `topic` linked, in order; the others as they are."""
    linked = []
    for output in outputs:
        if output.topic == topic:
            head, output = head.link(output)
        linked.append(output)
    return head, linked
