"""The one declared vocabulary of metrics. A name that is not here does not exist; nothing personal becomes a label."""

import time
from functools import cache

from prometheus_client import Counter, Gauge, Histogram

DECISIONS = Counter("dispatcher_decisions", "Calls triaged, by outcome and deciding rule.", ["outcome", "rule"])
ORDERS = Counter("dispatcher_orders", "Work orders issued, by unit and role.", ["agency", "role"])
DUPLICATES = Counter("dispatcher_duplicates", "Records that had been taken before and changed nothing.")
OTHER_MODEL = Counter(
    "dispatcher_other_model",
    "Calls decided by another model than the promoted one, which is not in this worker's store.",
)
RECORDS = Counter(
    "dispatcher_records", "Records committed, by lane. Flat while lag grows: look at the log.", ["stage", "partition"]
)
DEAD = Counter(
    "dispatcher_dead_letters",
    "Records set aside. More than 20% of 100 stop the intake: dispatcher dlq list.",
    ["stage", "partition"],
)
FLOOR = Gauge("dispatcher_committed_offset", "Committed offset, by lane.", ["stage", "partition"])
ENTRIES = Gauge("dispatcher_state_entries", "Entries of the lane's state.", ["stage", "partition"])
TRANSACTION = Histogram(
    "dispatcher_transaction_seconds",
    "Time from begin to commit. Rising: look at the broker's disk.",
    ["stage"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
DEADLINES = Counter(
    "dispatcher_deadlines", "Deadlines that have fallen due and were sent to their cases.", ["stage", "partition"]
)
READY = Gauge("dispatcher_ready", "1 while all assigned lanes are open and making progress.")


@cache
def decisions(outcome: str, rule: str) -> Counter:
    """The counter of one outcome and rule, its labels resolved once."""
    return DECISIONS.labels(outcome=outcome, rule=rule)


@cache
def orders(agency: str, role: str) -> Counter:
    """The counter of one unit's orders in one role, its labels resolved once."""
    return ORDERS.labels(agency=agency, role=role)


class LaneMetrics:
    """The metrics of one lane, their labels resolved once."""

    def __init__(self, stage: str, partition: int) -> None:
        labels = {"stage": stage, "partition": str(partition)}
        self.dead = DEAD.labels(**labels)
        self.deadlines = DEADLINES.labels(**labels)
        self.transaction = TRANSACTION.labels(stage=stage)
        self._records = RECORDS.labels(**labels)
        self._floor = FLOOR.labels(**labels)
        self._entries = ENTRIES.labels(**labels)
        self.last_progress = time.monotonic()

    def progressed(self, records: int, *, floor: int, entries: int) -> None:
        """A transaction has been committed."""
        self._records.inc(records)
        self._floor.set(floor)
        self._entries.set(entries)
        self.last_progress = time.monotonic()


@cache
def lane(stage: str, partition: int) -> LaneMetrics:
    """The metrics of a lane; the same object for a lane that is opened again."""
    return LaneMetrics(stage, partition)
