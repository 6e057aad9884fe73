"""What can be wrong with a chain, where, and what a person does about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How a chain is broken."""

    CHANGED = "changed"
    MISSING = "missing"
    REORDERED = "reordered"
    INSERTED = "inserted"
    CUT_OFF = "cut_off"
    CONTRADICTED = "contradicted"
    CHECKPOINT = "checkpoint"


ADVICE: Mapping[Kind, str] = {
    Kind.CHANGED: "Compare it with a copy of the ledger (backup, SQL projection), and keep the broker's segment files",
    Kind.MISSING: "Look for these places in a copy of the ledger, and keep the broker's segment files and its log",
    Kind.REORDERED: "Kafka does not move records: somebody wrote the partition anew. Keep its segment files",
    Kind.INSERTED: "No lane wrote it: see in the broker's log who may write to the ledger, and take that right away",
    Kind.CUT_OFF: "See in the broker's log who cut the partition or put an old copy in its place; restore the newer one",
    Kind.CONTRADICTED: "The chain was written anew: restore the ledger from a copy that fits the checkpoint",
    Kind.CHECKPOINT: "Compare the topic with the auditor's own file; if a key was changed, give its public half as well",
}


@dataclass(frozen=True, slots=True)
class Break:
    """One broken place. `place` is the number in the chain, `last` the end of a range of them; `partition` and `offset`
    say where the record lies, or, for places that are gone, the record before which (cut_off: after which) they should be.
    """

    kind: Kind
    told: str
    chain: str | None = None
    place: int | None = None
    last: int | None = None
    partition: int | None = None
    offset: int | None = None
    case: str | None = None
    may_pass: bool = False
    """Whether a live ledger can look so for a moment: a transaction becomes readable one partition after the other."""

    @property
    def advice(self) -> str:
        """What to do."""
        return ADVICE[self.kind]


@dataclass(frozen=True, slots=True)
class Span:
    """What was seen of a chain: its places from `first` until before `next`; `hash` is that of the last, hexadecimal."""

    first: int
    next: int
    hash: str
    anchored: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found. `older` counts the records of the time before there were chains."""

    records: int
    older: int
    chains: Mapping[str, Span]
    breaks: tuple[Break, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def whole(self) -> bool:
        """Whether nothing is broken."""
        return not self.breaks
