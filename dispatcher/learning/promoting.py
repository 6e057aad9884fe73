"""Promotions as the topics tell them: which model runs, which ran before, and how another one takes over.

A promotion is one record in each partition of ``calls``, all in one transaction: either every partition learns of it or none does.
The log is the only truth about which model runs; nothing about it is kept elsewhere.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from aiokafka import AIOKafkaProducer, TopicPartition
from pydantic import ValidationError

from classifiers.model import MODEL_DIR
from dispatcher.artefacts import digest_of
from dispatcher.client.connection import reach
from dispatcher.client.reader import Raw, Reader
from dispatcher.domain.errors import ClusterUnreachable, NotFound, SettingsError
from dispatcher.domain.model_events import KEY, ModelPromoted
from dispatcher.learning.ledger import Place
from dispatcher.learning.store import Store
from dispatcher.stream import codec, topics
from dispatcher.stream.records import InputRecord

_TYPE = ModelPromoted.ce_type.encode()
#: Two who promote at the same moment fence each other: one of them fails, and no order of the two differs between partitions.
_TRANSACTIONAL_ID = "dispatcher-model-promotion"
_VISIBLE_SECONDS = 20.0


def is_promotion(raw: Raw) -> bool:
    """Whether a record of ``calls`` is no call but a promotion."""
    return any(name == "ce_type" and value == _TYPE for name, value in raw.headers)


def read_promotion(record: InputRecord) -> ModelPromoted | None:
    """The promotion in a record, None where it cannot be read."""
    try:
        return ModelPromoted.model_validate_json(record.value or b"")
    except ValidationError:
        return None


def shipped() -> str:
    """The digest of the model that ships with the program: the one that runs until another is promoted."""
    digest = digest_of(MODEL_DIR)
    if digest is None:
        raise NotFound("the model that ships with this program cannot be loaded", hint="Run `make train`")
    return digest


async def promotions(reader: Reader, *, newest: int | None = None) -> list[ModelPromoted]:
    """Promotions that are still on the topic, oldest first; only so many of the newest, if given.

    One partition is read for all, since each holds every promotion. Of a topic without any the whole partition is looked through.
    """
    place = reader.partitions(topics.CALLS)[0]
    if newest is None:
        begins, ends = await reader.begins([place]), await reader.ends([place])
        found = await reader.all(begins, ends, keep=is_promotion)
    else:
        found = await reader.tail([place], newest, keep=is_promotion)
    return [
        read for record in sorted(found, key=lambda one: one.offset) if (read := read_promotion(record)) is not None
    ]


async def running(reader: Reader) -> str:
    """The digest of the model that decides now."""
    found = await promotions(reader, newest=1)
    return found[-1].model if found else shipped()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of `promotion`. `force`: without an accepted proposal, for a reason."""

    by: str
    reason: str
    force: bool = False


def promotion(store: Store, digest: str, current: str, wish: Wish, *, at: datetime) -> ModelPromoted:
    """The message that puts a model of the store in the running one's place.

    Raises `SettingsError` where it runs already, where there is no reason, or where no proposal of it against the running model
    was accepted and nobody forces it; `NotFound` where its files are not the model of that name.
    """
    _demand_words(wish)
    if digest == current:
        raise SettingsError(f"model {digest[:12]} runs already", hint="Nothing is to be done")
    store.home_of(digest)
    kept = store.get(digest)
    report = kept.read_report() if kept is not None else None
    accepted = report is not None and report.get("accepted") is True and report.get("proposed") == digest
    against = str(report.get("running")) if report is not None else ""
    if not wish.force:
        again = "Run `dispatcher model propose DIR`, or give --force with a reason"
        if not accepted:
            raise SettingsError(f"model {digest[:12]} has no accepted proposal", hint=again)
        if against != current:
            raise SettingsError(
                f"model {digest[:12]} was accepted against {against[:12]}, but {current[:12]} runs now", hint=again
            )
    return _message(digest, current, wish, report=kept.report if kept is not None and accepted else None, at=at)


def rollback(store: Store, found: Sequence[ModelPromoted], wish: Wish, *, at: datetime) -> ModelPromoted:
    """The message that brings back the model before the running one; `found` are all promotions, oldest first.

    Raises `SettingsError` where there is nothing to go back to, `NotFound` where that model is not at hand.
    """
    _demand_words(wish)
    before = _before(found)
    if before is None:
        raise SettingsError(
            "there is no promotion to take back",
            hint="The model that ships with the program runs, or the topic no longer holds the promotion before",
        )
    store.home_of(before)
    kept = store.get(before)
    report = kept.report if kept is not None else None
    return _message(before, found[-1].model, wish, report=report, at=at, back=True)


def _before(found: Sequence[ModelPromoted]) -> str | None:
    """The model to go back to: promotions and rollbacks are a stack, so that two rollbacks go back two steps."""
    stack: list[str] = []
    for one in found:
        if one.rollback and stack:
            stack.pop()
        elif not one.rollback:
            stack.append(one.previous)
    return stack[-1] if stack else None


def _message(
    model: str, previous: str, wish: Wish, *, report: str | None, at: datetime, back: bool = False
) -> ModelPromoted:
    return ModelPromoted(
        promotion=str(uuid4()),
        model=model,
        previous=previous,
        by=wish.by.strip(),
        reason=wish.reason.strip(),
        report=report,
        forced=wish.force,
        rollback=back,
        at=at,
    )


def _demand_words(wish: Wish) -> None:
    for name, words in (("--by", wish.by), ("--reason", wish.reason)):
        if not words.strip():
            raise SettingsError(f"{name} is empty", hint="Whoever reads the log later must know who and why")


async def publish(bootstrap: str, reader: Reader, message: ModelPromoted) -> list[Place]:
    """One record into each partition of ``calls``, in one transaction; where they lie.

    Returns when every reader of committed records can see all of them: the broker writes a partition's mark of the commit after it has
    acknowledged the commit. Raises `ClusterUnreachable`.
    """
    places = reader.partitions(topics.CALLS)
    record = codec.output(
        topics.CALLS, KEY, message, event_id=message.promotion, at=message.at, trace=secrets.token_hex(16)
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=_TRANSACTIONAL_ID, acks="all", request_timeout_ms=20_000
    )
    await reach(producer.start, bootstrap=bootstrap, give_up=producer.stop)
    try:
        async with producer.transaction():
            waiting = [
                await producer.send(
                    record.topic,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    partition=place.partition,
                )
                for place in places
            ]
            told = [await one for one in waiting]
    finally:
        await producer.stop()
    lies = {TopicPartition(one.topic, one.partition): one.offset for one in told}
    try:
        async with asyncio.timeout(_VISIBLE_SECONDS):
            while any(end <= lies[place] for place, end in (await reader.ends(lies)).items()):
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise ClusterUnreachable(
            f"the promotion is committed, but not to be read after {_VISIBLE_SECONDS:.0f} s",
            hint="Look at the broker; `dispatcher model list` shows when it is there. Do not promote again",
        ) from None
    return [Place(place.partition, offset) for place, offset in lies.items()]


def now() -> datetime:
    """The moment of a promotion."""
    return datetime.now(UTC)
