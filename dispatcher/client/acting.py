"""Saying something to a case: one message on ``case-inbox``, and what the service made of it."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from dispatcher.client import case_keys
from dispatcher.client.cases import Cases
from dispatcher.client.letters import read_letter
from dispatcher.client.publisher import Publisher
from dispatcher.client.reader import Raw, Reader
from dispatcher.client.trace import Step, step
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.errors import NoAnswer
from dispatcher.domain.events import MessageRejected
from dispatcher.domain.inbox import AgencyReplied, EraseAsked, OperatorDecided
from dispatcher.domain.lookups.messages import LookupActed
from dispatcher.stream import codec, dead_letters, topics

#: What people and units say.
Said = OperatorDecided | AgencyReplied | LookupActed | EraseAsked


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the message changed nothing; `code` is one of `dispatcher.domain.refusals`, or the dead letter's."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message. `case`: as it is afterwards, None where nothing has changed; seconds since sending."""

    message: Said
    place: tuple[str, int, int]
    events: list[Step]
    case: CaseRecord | None
    refused: Refused | None
    seconds: float


def publisher(bootstrap: str) -> Publisher:
    """A producer for ``case-inbox``: acks=all, idempotent."""
    return Publisher(bootstrap, pseudonym_key="", topics=(topics.CASE_INBOX,))  # no caller, so no pseudonym


async def say(reader: Reader, sender: Publisher, message: Said, *, timeout: float) -> Answer:
    """Publish `message` and wait for what it causes on the ledger. Raises `NoAnswer` after `timeout` seconds.

    The answer is known by its source, the record on ``case-inbox``; a message of which nothing came but a dead letter is
    refused as well.
    """
    cases = Cases(reader)
    ledger = cases.place(topics.CASE_EVENTS, message.case_id)
    state = cases.place(topics.CASE_STATE, message.case_id)
    letters = reader.partitions(topics.DEAD_LETTERS)
    starts = await reader.ends((ledger, state, *letters))  # before publishing: the answer cannot be missed
    began = asyncio.get_running_loop().time()
    place = await _publish(sender, message)
    answers = _Answers(message.case_id, place)
    batches = reader.follow({at: starts[at] for at in (ledger, *letters)}, keep=answers.is_one)
    try:
        async with asyncio.timeout(timeout):
            async for _ in batches:
                break
    except TimeoutError:
        raise NoAnswer(
            f"the message is safe on {'/'.join(map(str, place))} as {message.message_id}, but there is no answer after "
            f"{timeout:g} s; it counts once, however often it is sent under this id",
            hint="Start a worker: `dispatcher worker`; see also `dispatcher intake status`",
        ) from None
    finally:
        await batches.aclose()
    seconds = asyncio.get_running_loop().time() - began
    # All that a message causes is in one transaction: where one of it can be read, all of it can.
    ends = await reader.ends(starts)
    found = await reader.all(starts, ends, keep=lambda raw: answers.is_one(raw) or answers.is_state(raw))
    changed = [r.value for r in found if r.topic == topics.CASE_STATE and r.value is not None]
    told = await case_keys.opened(reader, [r for r in found if r.topic == topics.CASE_EVENTS])
    events = [step(r) for r in told]
    dead = next((letter for r in found if r.topic == topics.DEAD_LETTERS and (letter := read_letter(r))), None)
    refused = next(
        (
            Refused(str((event.value or {}).get("code")), str((event.value or {}).get("reason")))
            for event in events
            if event.type == MessageRejected.ce_type
        ),
        Refused(dead.code, dead.reason) if dead is not None else None,
    )
    return Answer(
        message=message,
        place=place,
        events=sorted(events, key=lambda event: event.record.offset),
        case=CaseRecord.model_validate_json(changed[-1]) if changed and refused is None else None,
        refused=refused,
        seconds=seconds,
    )


async def _publish(sender: Publisher, message: Said) -> tuple[str, int, int]:
    """Put `message` on ``case-inbox``, keyed by its case; where it lies."""
    record = codec.output(
        topics.CASE_INBOX,
        message.case_id,
        message,
        event_id=str(uuid4()),
        at=datetime.now(UTC),
        trace=secrets.token_hex(16),
    )
    sent = await sender.record(record.topic, key=record.key, value=record.value, headers=record.headers)
    lies = await sender.acknowledged(sent)
    return lies.topic, lies.partition, lies.offset


class _Answers:
    """Which records speak of the message that lies at `place`."""

    def __init__(self, case_id: str, place: tuple[str, int, int]) -> None:
        topic, partition, offset = place
        self._key = case_id.encode()
        self._source = f'"topic":"{topic}","partition":{partition},"offset":{offset}}}'.encode()
        self._letter = {
            (dead_letters.SOURCE_TOPIC, topic.encode()),
            (dead_letters.SOURCE_PARTITION, str(partition).encode()),
            (dead_letters.SOURCE_OFFSET, str(offset).encode()),
        }

    def is_one(self, raw: Raw) -> bool:
        """A ledger event of this case caused by the message, or its dead letter."""
        if raw.topic == topics.DEAD_LETTERS:
            return self._letter <= set(raw.headers)
        return raw.topic == topics.CASE_EVENTS and raw.key == self._key and self._source in (raw.value or b"")

    def is_state(self, raw: Raw) -> bool:
        """An entry of case-state for this case."""
        return raw.topic == topics.CASE_STATE and raw.key == self._key
