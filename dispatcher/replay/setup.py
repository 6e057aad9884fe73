"""What every process of a replay is told, and what a partition leaves behind when it is interrupted."""

from dataclasses import dataclass, field
from typing import Any

from dispatcher.replay.deciders import Artefacts
from dispatcher.replay.findings import Tally
from dispatcher.replay.plan import Plan
from dispatcher.replay.reading import Names


@dataclass(frozen=True, slots=True)
class Setup:
    """The work, for every process the same. `case`: compare that case alone."""

    bootstrap: str
    names: Names
    plan: Plan
    artefacts: Artefacts
    case: str | None = None


@dataclass(slots=True)
class Part:
    """How far one partition of a stage has come.

    `next_offset`: the next record to decide, None before the first. `low`, `high`: of each partition that it is compared
    with, the first offset not yet settled and the first not yet read. `open`: ids among those read that are not settled.
    `changed`: cases that another decision changes; `outside`: cases opened before what could be read; `since`: the time of
    the first message (Unix, ms) from which on a case is one of these. `sieves`: of what casework writes beside the ledger, by
    kind; `found`: such records that were odd.
    """

    stage: str
    partition: int
    next_offset: int | None = None
    done: bool = False
    tally: Tally = field(default_factory=Tally)
    low: dict[int, int] = field(default_factory=dict)
    high: dict[int, int] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    state: list[tuple[bytes, bytes]] = field(default_factory=list)
    decided_by: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    overrides: dict[tuple[int, int], bytes] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    sieves: dict[str, bytes] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)
