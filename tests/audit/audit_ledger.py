"""Ledgers as lanes write them, in memory, and what somebody may do to them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from dispatcher.audit.breaks import Report
from dispatcher.audit.settle import Ends
from dispatcher.audit.verify import Beginning, Verifier
from dispatcher.stream.chain import Head
from dispatcher.stream.records import Output
from dispatcher.stream.writer import partition_for

PARTITIONS = 2
#: Casework writes to its own partition; triage's few alerts go to any.
LANES = ("casework/0", "casework/1", "triage/0")


@dataclass(frozen=True)
class Written:
    """A record as the Kafka client hands it out."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass
class Ledger:
    """Partitions of records, and the heads that the lanes' states hold."""

    partitions: dict[int, list[Written]]
    heads: dict[str, Head]
    begins: dict[int, int] = field(default_factory=dict)

    def where(self, chain: str, place: int) -> tuple[int, int]:
        """Partition and index of a record."""
        for partition, records in self.partitions.items():
            for index, record in enumerate(records):
                said = dict(record.headers)
                if (said.get("chain"), said.get("chain_seq")) == (chain.encode(), b"%d" % place):
                    return partition, index
        raise AssertionError(f"{chain} {place} is not there")

    def numbered(self) -> Ledger:
        """The same with offsets anew, as on a topic written from it."""
        partitions = {
            p: [replace(r, offset=self.begins.get(p, 0) + n) for n, r in enumerate(records)]
            for p, records in self.partitions.items()
        }
        return Ledger(partitions, self.heads, self.begins)

    def copy(self) -> Ledger:
        return Ledger({p: list(records) for p, records in self.partitions.items()}, dict(self.heads), dict(self.begins))

    def verifier(self, *, only: Iterable[int] | None = None, step: int = 7, **more: Any) -> Verifier:
        """Everything read, a few records of each partition in turn."""
        verifier = Verifier(LANES, partitions=PARTITIONS, **more)
        wanted = sorted(self.partitions if only is None else only)
        longest = max((len(self.partitions[p]) for p in wanted), default=0)
        for start in range(0, longest, step):
            for partition in wanted:
                verifier.take(partition, self.partitions[partition][start : start + step])
        return verifier

    def verify(self, *, heads: bool = True, **more: Any) -> Report:
        ends = Ends(self.heads, self.heads) if heads else Ends()
        return self.verifier(**more).report(ends)


def written(seed: int, count: int, *, older: int = 0) -> Ledger:
    """`count` records by all lanes, and before them some of the time before there were chains."""
    dice = random.Random(seed)
    heads = {name: Head(name) for name in LANES}
    partitions: dict[int, list[Written]] = {p: [] for p in range(PARTITIONS)}

    def put(partition: int, output: Output) -> None:
        found = partitions[partition]
        stamp = 1_700_000_000_000 + sum(map(len, partitions.values())) * 1000
        found.append(Written(len(found), stamp, output.key, output.value, output.headers))

    for number in range(older + count):
        key = str(UUID(int=dice.getrandbits(128))).encode()
        home = partition_for(key, PARTITIONS)
        headers = (("ce_id", b"%d" % number), ("ce_type", b"case.opened.v1"), ("ce_subject", key))
        output = Output("case-events", key, b'{"n":%d,"text":"x"}' % number, headers)
        if number >= older:
            lane = "triage/0" if dice.random() < 0.3 else f"casework/{home}"
            heads[lane], output = heads[lane].link(output)
        put(home, output)
    return Ledger(partitions, heads)


def begun(ledger: Ledger, cut: Mapping[int, int]) -> Ledger:
    """The ledger without the first records of each partition, as after retention."""
    return Ledger({p: records[cut.get(p, 0) :] for p, records in ledger.partitions.items()}, ledger.heads, dict(cut))


__all__ = ["LANES", "PARTITIONS", "Beginning", "Ledger", "Written", "begun", "written"]
