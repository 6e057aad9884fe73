"""What casework writes beside the ledger: which records count, on both sides by the same rule, and their digests.

An order names no record of the inbox, only its case, and the time of what caused it (``ce_time``, which is the broker's time of
that record). So what belongs to a range is told by case and time: both are in a recorded order and in one made again.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from dispatcher.domain import ids
from dispatcher.domain.inbox import CaseNotice, NeighbourSeen, SplitOff
from dispatcher.domain.messages import AttachedCall, UnreadableCall
from dispatcher.domain.neighbours import PlaceSeen
from dispatcher.replay.findings import load
from dispatcher.replay.setup import Setup
from dispatcher.replay.sieve import digest
from dispatcher.stream import topics
from dispatcher.stream.writer import partition_for

#: What is compared, and what it is called: a topic (all units' own topics are one), and its records.
KINDS: Final = {
    topics.WORK_ORDERS: "orders",
    topics.ORDER_NOTICES: "notices",
    topics.LOOKUPS: "questions",
    topics.CASE_INBOX: "messages of casework",
    topics.agency(""): "orders on units' own topics",
}
_AGENCY: Final = topics.agency("")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_DIGESTS: Final = re.compile(rb'"(model|policy)":"[0-9a-f]{64}"')

#: Where a message says which case sent it; of the others of casework that is not in them.
_SENDERS: Final[dict[bytes, tuple[str, ...]]] = {
    PlaceSeen.ce_type.encode(): ("seen", "of_case"),
    CaseNotice.ce_type.encode(): ("other",),
    SplitOff.ce_type.encode(): ("parent",),
}
_CALL: Final = AttachedCall.ce_type.encode()
_UNREADABLE: Final = UnreadableCall.ce_type.encode()
#: What casework sends to itself.
MESSAGES: Final = frozenset((*_SENDERS, _CALL, _UNREADABLE, NeighbourSeen.ce_type.encode()))

Window = tuple[int | None, int | None]


@dataclass(slots=True)  # not frozen: there are several for each call, and that would make them three times as dear
class Sent:
    """One record that casework wrote or would write. `place`: where it lies, or which record of the inbox makes it."""

    topic: str
    key: bytes
    value: bytes
    ce_id: bytes
    ce_type: bytes
    ce_time: bytes
    subject: bytes
    place: str
    hidden: bool = False

    @property
    def kind(self) -> str:
        """Its topic; of a unit's own topic what all of these have in common."""
        return kind_of(self.topic)

    def digest(self) -> bytes:
        """Over all that is compared: where it went, who it is, and what it says."""
        return digest(self.topic.encode(), self.key, self.value, self.ce_id, self.ce_type, self.ce_time, self.subject)

    def at_ms(self) -> int | None:
        """When what caused it was appended to the inbox (Unix, ms); None where the record does not say."""
        try:
            return (datetime.fromisoformat(self.ce_time.decode()) - _EPOCH) // _MS
        except (ValueError, TypeError):
            return None

    def sender(self) -> str | None:
        """The case that wrote it, as far as the record says."""
        if self.topic != topics.CASE_INBOX:
            return self.subject.decode("utf-8", "replace")
        found: Any = load(self.value)
        for name in _SENDERS.get(self.ce_type, ()):
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None

    def presumed(self) -> str | None:
        """The same; of a call that is passed on, or that a person must look at, the case that it came by, though another may
        have passed it on further."""
        if self.topic == topics.CASE_INBOX and self.ce_type == _CALL:
            return str((load(self.value).get("call") or {}).get("case_id"))
        if self.topic == topics.CASE_INBOX and self.ce_type == _UNREADABLE:
            return ids.case_id(str(load(self.value).get("claimed_call_id")))
        return self.sender()

    def plain(self) -> dict[str, Any]:
        """For JSON: bytes as the characters of the same numbers."""
        return {name: v.decode("latin-1") if isinstance(v, bytes) else v for name, v in asdict(self).items()}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """From `plain`."""
        told = ("topic", "place", "hidden")
        return cls(**{name: v if name in told else v.encode("latin-1") for name, v in plain.items()})


def kind_of(topic: str) -> str:
    """Which of `KINDS` a topic is, if any."""
    return _AGENCY if topic.startswith(_AGENCY) else topic


class Scope:
    """What is compared. `left_out`: cases from a time on (Unix, ms), as casework tells them, for both sides alike."""

    def __init__(self, setup: Setup, left_out: Mapping[str, int]) -> None:
        plan = setup.plan
        self._windows = plan.windows
        self._agencies = plan.agencies
        self._partitions = plan.partitions[topics.CASE_INBOX]
        self._case = setup.case
        self._what_if = setup.artefacts.model is not None or setup.artefacts.policy is not None
        self._left_out = left_out
        # Which partition sent a message is not in it: compared is the time that all partitions have in common.
        self._common = _common(plan.windows.values()) if len(plan.windows) == self._partitions else None
        self._alike = self._common is not None and len(set(plan.windows.values())) == 1
        #: Whether the time of a record says nothing about whether it is compared.
        self.is_timeless = (
            self._alike and self._common == (None, None) and not left_out and not any(plan.agencies.values())
        )

    def in_time(self, topic: str, ms: int | None, subject: bytes, partition: int | None = None) -> bool:
        """Whether what caused a record lies in the range, certainly. `partition`: of the inbox, where it is known."""
        if topic == topics.CASE_INBOX or self._alike:
            window = self._common
        else:
            window = self._windows.get(partition_for(subject, self._partitions) if partition is None else partition)
        if window is None:
            return False
        if topic.startswith(_AGENCY):
            kept_from = self._agencies.get(topic)
            if kept_from is None or (ms is not None and ms < kept_from):
                return False  # that unit's own topic is not there, or has forgotten what it held then
        first, end = window
        return ms is None or ((first is None or ms >= first) and (end is None or ms < end))

    def is_told(self, sent: Sent) -> bool:
        """Whether it belongs to the one case asked for, if one is."""
        return self._case is None or sent.sender() == self._case

    def left_out(self, sent: Sent, ms: int | None) -> str | None:
        """The case that is left out and that a record is of, None where it is of none."""
        if not self._left_out:
            return None
        case = sent.presumed()
        since = self._left_out.get(case) if case is not None else None
        return case if since is not None and (ms is None or ms >= since) else None

    def as_compared(self, value: bytes) -> bytes:
        """In a what-if the digests of what decided say nothing: they always differ."""
        return _DIGESTS.sub(rb'"\1":""', value) if self._what_if else value


def _common(windows: Any) -> Window:
    first: int | None = None
    end: int | None = None
    for begins, ends in windows:
        first = begins if first is None else first if begins is None else max(first, begins)
        end = ends if end is None else end if ends is None else min(end, ends)
    return first, end
