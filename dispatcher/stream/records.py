"""What goes into a stage and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from dispatcher.domain.errors import BadRecord

Headers = tuple[tuple[str, bytes], ...]
#: How a handler looks into its partition's state: key -> last committed value.
ReadState = Callable[[bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One record as it lies on its topic; `timestamp_ms` is the broker's (LogAppendTime)."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    def header(self, name: str) -> bytes | None:
        """The last header called `name`."""
        return next((value for key, value in reversed(self.headers) if key == name), None)


@dataclass(frozen=True, slots=True)
class Output:
    """One record to write. Its partition is murmur2(key), as every Kafka client chooses it, unless given."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


@dataclass(slots=True)
class Result:
    """All that one input record causes; it is written in one transaction with the record's offset.

    `state` maps keys of this partition's state to new values (None removes). `dead` puts the record itself among the
    dead letters, beside the outputs. `due` says what falls due next on an entry that has changed, None for nothing. `erased`:
    the keys of the record's case are to go, those of these names on ``case-keys`` and the one in use (`dispatcher.stream.sealing`).
    """

    outputs: list[Output] = field(default_factory=list)
    state: dict[bytes, bytes | None] = field(default_factory=dict)
    dead: BadRecord | None = None
    due: dict[bytes, "Due | None"] = field(default_factory=dict)
    erased: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Something falls due at `at_ms` (Unix time in milliseconds); `name` tells it from anything else that does.

    Its message is made when its time has come: there are as many of these as open cases.
    """

    at_ms: int
    name: str


class Handler(Protocol):
    """The business of a stage. Pure: the same record and state give the same result."""

    def handle(self, record: InputRecord, state: ReadState) -> Result:
        """Apply one record. May raise `BadRecord`; anything else it raises is a bug of ours."""
        ...

    def give_up(self, record: InputRecord, error: BadRecord, state: ReadState) -> Result:
        """What remains to be done for a record that cannot be handled: a case for a person, if it may be a call."""
        ...

    def due(self, key: bytes, value: bytes) -> Due | None:
        """What falls due next on an entry of the state, when the state has just been loaded."""
        ...

    def elapsed(self, key: bytes, value: bytes) -> Output:
        """The message that what `due` told of an entry has fallen due."""
        ...
