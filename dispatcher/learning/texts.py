"""From labels to lines: each call's text read from ``calls``, masked, and written down."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dispatcher.client.reader import Reader
from dispatcher.domain.calls import CallReceived, read_call, utc
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.policy import IntakePolicy
from dispatcher.domain.units import City
from dispatcher.learning.labels import KINDS, Label, Labels
from dispatcher.learning.ledger import ERASED, Place, events, pinned, records
from dispatcher.learning.masking import masked
from dispatcher.learning.policy import LabelsPolicy
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord


@dataclass(frozen=True, slots=True)
class Collected:
    """Lines for a JSONL file, by time; how many decisions gave none, by the reason in words."""

    lines: list[dict[str, Any]]
    left_out: dict[str, int]


async def collect(
    reader: Reader,
    *,
    city: City,
    intake: IntakePolicy,
    policy: LabelsPolicy,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Collected:
    """Every label whose decision fell between `since` and `until`.

    Later decisions on the same cases count for `agreement`. Where a person was erased, the text of the call is not used either,
    although it may still lie on ``calls``.
    """
    before = None if since is None else since - timedelta(days=policy.look_back_days)
    starts, ends = await pinned(reader, topics.CASE_EVENTS, since=before)
    labels = Labels(city)
    erased: set[str] = set()
    async for event in events(reader, KINDS | {ERASED}, starts, ends):
        if event.kind == ERASED:
            erased.add(event.case_id)
            continue
        try:
            labels.take(event)
        except (LookupError, TypeError, ValueError):
            labels.left_out["an event of another version of the service"] += 1
    found = labels.found(since=since, until=until, wanted=lambda case_id: case_id not in erased)
    return await _written(reader, found, labels.left_out, intake=intake, policy=policy)


async def _written(
    reader: Reader, found: list[Label], left_out: Counter[str], *, intake: IntakePolicy, policy: LabelsPolicy
) -> Collected:
    texts: dict[Place, str | None] = {}
    async for place, record in records(reader, {label.place for label in found}):
        call = call_in(record, intake)
        if call is None:
            left_out["the record is no call that can be read"] += 1
        elif call.confidential:
            left_out["confidential"] += 1
        texts[place] = None if call is None or call.confidential else masked(call.text)[: policy.text_characters]
    lines = []
    for label in found:
        if label.place not in texts:
            left_out["the call is no longer on the topic"] += 1
        elif text := texts[label.place]:
            lines.append(label.line(text))
    return Collected(lines, dict(sorted(left_out.items())))


def call_in(record: InputRecord, intake: IntakePolicy) -> CallReceived | None:
    """The call in a record, None where a person had to read it."""
    try:
        return read_call(record.value, appended_at=utc(record.timestamp_ms), policy=intake)
    except BadRecord:
        return None
