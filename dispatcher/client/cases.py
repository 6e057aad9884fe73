"""Cases as they are now, read from the compacted topic ``case-state``, and what has happened to them, from the ledger.

Only committed records are read, up to the ends as they are when the read begins; nothing is written and nobody's place
moves.
"""

import asyncio
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from aiokafka import TopicPartition
from pydantic import ValidationError

from dispatcher.client import case_keys
from dispatcher.client.reader import Reader
from dispatcher.client.trace import Step, step
from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import TERMINAL, CaseStatus, Clock, OrderStatus
from dispatcher.domain.errors import NotFound
from dispatcher.stream import topics
from dispatcher.stream.writer import partition_for

#: Of a case_id a person may give a part; fewer characters than this are too few to mean one case.
SHORTEST = 6
#: Clocks of broker and workers may differ by so much: how far before a case's opening its ledger is looked for.
_SLACK_MS = 60_000
_PART = re.compile(rf"[0-9a-f-]{{{SHORTEST},36}}")
_UNREAD = re.compile(r"unread-(.+)-(\d{1,9})-(\d{1,18})")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Due(NamedTuple):
    """One running clock of a case: when it ends, which, whose, and why then."""

    due_at: datetime
    clock: Clock
    unit: str | None
    why: str


def deadlines(case: CaseRecord) -> list[Due]:
    """The clocks that run, the first to end first; one that has passed stands here until somebody stops it."""
    if case.status in TERMINAL or case.status is CaseStatus.DONE:
        return []
    found = [
        Due(clock.due_at, clock.clock, order.agency, clock.why)
        for order in case.orders
        if order.open
        for clock in (
            order.acknowledge if order.status is OrderStatus.ISSUED else None,
            order.first_answer if order.status is not OrderStatus.IN_PROGRESS else None,
        )
        if clock is not None
    ]
    if case.finish is not None and case.finish.paused_at is None:
        found.append(Due(case.finish.due_at, Clock.FINISH, case.lead, case.finish.why))
    return sorted(found, key=lambda due: due.due_at)


def overdue(case: CaseRecord, now: datetime) -> bool:
    """Whether a clock of the case has passed its end."""
    return any(due.due_at <= now for due in deadlines(case))


@dataclass(frozen=True, slots=True)
class Listed:
    """Cases, newest first; `unreadable` entries were written by another version of the service."""

    cases: list[CaseRecord]
    unreadable: int


@dataclass(frozen=True, slots=True)
class Named:
    """The case that a person meant. `joined`: the id of a call that has no case of its own but joined this one."""

    case: CaseRecord
    joined: str | None = None


async def standing(reader: Reader, meant: Callable[[bytes, bytes], bool]) -> dict[bytes, bytes]:
    """The entries of ``case-state``, as they are now, of which key and value are `meant`. Raises `TopicMismatch`."""
    places = reader.partitions(topics.CASE_STATE)
    begins, ends = await asyncio.gather(reader.begins(places), reader.ends(places))
    known: dict[bytes, bytes] = {}
    async for record in reader.read(begins, ends):
        key = record.key or b""
        if record.value is not None and meant(key, record.value):
            known[key] = record.value
        else:  # it has been archived, or has moved on
            known.pop(key, None)
    return known


class Cases:
    """The cases of the cluster that `reader` reads. Its methods raise `TopicMismatch` where a topic is missing."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def all(self, statuses: Collection[CaseStatus]) -> Listed:
        """Every case that stands in one of `statuses` now."""
        known = await standing(self._reader, lambda _key, value: _status(value) in statuses)
        cases, unreadable = [], 0
        for value in known.values():
            try:
                cases.append(CaseRecord.model_validate_json(value))
            except ValidationError:
                unreadable += 1
        cases.sort(key=lambda case: (case.opened_at or _LONG_AGO, case.case_id), reverse=True)
        return Listed(cases, unreadable)

    async def find(self, named: str) -> Named:
        """The case called `named`: a case_id, a part of one with which no other begins, or the call_id of a call.

        Raises `NotFound`.
        """
        exact = _ids_of(named)
        part = named.lower().encode() if _PART.fullmatch(named.lower()) else None
        keys = {case_id.encode() for case_id in exact}
        found = await self._latest(lambda key: key in keys or (part is not None and key.startswith(part)))
        meant = next((found[case_id] for case_id in exact if case_id in found), None)
        if meant is None and len(found) > 1:
            several = ", ".join(sorted(found)[:6])
            raise NotFound(f"{len(found)} cases begin with {named}: {several}", hint="Give more of the case_id")
        if meant is None and not found:
            raise NotFound(
                f"no case is called {named}",
                hint=f"Give a case_id, {SHORTEST} or more of its first characters, or a call_id; `dispatcher case list` shows them",
            )
        case = meant or next(iter(found.values()))
        if case.linked_to is None:
            return Named(case)
        other = case.linked_to.encode()  # this entry only guards the call's id
        joined = await self._latest(lambda key: key == other)
        return Named(joined.get(case.linked_to, case), joined=case.call_id)

    async def history(self, case: CaseRecord) -> list[Step]:
        """The ledger of `case`, in order."""
        place = self.place(topics.CASE_EVENTS, case.case_id)
        ends = await self._reader.ends([place])
        since = int((case.opened_at or datetime.fromtimestamp(0, UTC)).timestamp() * 1000)
        starts = await self._reader.at_time([place], since - _SLACK_MS)
        key = case.case_id.encode()
        found = [record async for record in self._reader.read(starts, ends, keep=lambda raw: raw.key == key)]
        return [step(record) for record in await case_keys.opened(self._reader, found)]

    def place(self, topic: str, case_id: str) -> TopicPartition:
        """Where on `topic` the records of a case lie."""
        return TopicPartition(topic, partition_for(case_id.encode(), len(self._reader.partitions(topic))))

    async def _latest(self, meant: Callable[[bytes], bool]) -> dict[str, CaseRecord]:
        """The entries whose keys are `meant`, by case_id. Raises `NotFound` for one of another version."""
        places = self._reader.partitions(topics.CASE_STATE)
        begins, ends = await asyncio.gather(self._reader.begins(places), self._reader.ends(places))
        values: dict[str, bytes | None] = {}
        async for record in self._reader.read(begins, ends, keep=lambda raw: meant(raw.key or b"")):
            values[(record.key or b"").decode("utf-8", "replace")] = record.value
        try:
            return {key: CaseRecord.model_validate_json(value) for key, value in values.items() if value is not None}
        except ValidationError as error:
            raise NotFound(
                f"the case was written by another version of the service: {error.errors()[0]['msg']}",
                hint="Use the program of the workers' version",
            ) from None


def _ids_of(named: str) -> list[str]:
    """The case_ids that `named` may mean exactly: itself, a call's own case, or that of a record nobody could read."""
    found = [named.lower()] if _is_uuid(named) else []
    found.append(ids.case_id(named))
    if (unread := _UNREAD.fullmatch(named)) is not None:
        found.append(ids.salvage_case_id(unread[1], int(unread[2]), int(unread[3])))
    return found


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _status(value: bytes) -> str | None:
    """The status in an entry of case-state, without reading all of it."""
    try:
        entry = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    status = entry.get("status") if isinstance(entry, dict) else None
    return status if isinstance(status, str) else None
