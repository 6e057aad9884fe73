"""Erasing a person from a case: which keys it has, and the message that lets them go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatcher.client import acting
from dispatcher.client.acting import Answer
from dispatcher.client.cases import Cases
from dispatcher.client.reader import Reader
from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.errors import NoAnswer, NotFound
from dispatcher.domain.inbox import EraseAsked
from dispatcher.stream import topics
from dispatcher.stream.writer import partition_for


@dataclass(frozen=True, slots=True)
class Meant:
    """The case to erase from. `case` is None where ``case-state`` has forgotten it; `keys`: ids of all its keys that are left."""

    case_id: str
    case: CaseRecord | None
    keys: tuple[str, ...]


async def find(reader: Reader, named: str) -> Meant:
    """The case called `named`: as `Cases.find` takes it, or the whole id of a case or call that has been forgotten. Raises `NotFound`."""
    try:
        case = (await Cases(reader).find(named)).case
    except NotFound:
        for case_id in (named.lower(), ids.case_id(named)):
            if _is_uuid(case_id) and (keys := await keys_of(reader, case_id)):
                return Meant(case_id, None, keys)
        raise
    return Meant(case.case_id, case, await keys_of(reader, case.case_id))


async def keys_of(reader: Reader, case_id: str) -> tuple[str, ...]:
    """Ids of the keys under which texts of a case can still be read."""
    places = reader.partitions(topics.CASE_KEYS)
    place = places[partition_for(case_id.encode(), len(places))]
    begin = case_id.encode() + b"/"
    left: dict[bytes, None] = {}
    starts, ends = await reader.begins([place]), await reader.ends([place])
    async for record in reader.read(starts, ends, keep=lambda raw: (raw.key or b"").startswith(begin)):
        key = record.key or b""
        left.pop(key, None)
        if record.value is not None:
            left[key] = None
    return tuple(key[len(begin) :].decode("utf-8", "replace") for key in left)


async def erase(reader: Reader, asked: EraseAsked, *, timeout: float) -> Answer:
    """Say `asked` and see that no key is left. Raises `NoAnswer`, also where one is."""
    async with acting.publisher(reader.bootstrap) as sender:
        answer = await acting.say(reader, sender, asked, timeout=timeout)
    if answer.refused is None and (left := await keys_of(reader, asked.case_id)):
        raise NoAnswer(
            f"the case was erased, but has had a new key since: {', '.join(left)}",
            hint="Something was said in it meanwhile; erase it again",
        )
    return answer


def held_until(case: CaseRecord | None, retention: timedelta, *, now: datetime) -> datetime:
    """Until when the topics that the person's words came by may still hold them: they keep each record so long."""
    last = (case.ended_at or case.last_call_at or case.opened_at) if case is not None else None
    return (last or now) + retention


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
