"""Writing checkpoints: to the topic in one transaction each, and after it to the file that an auditor keeps elsewhere.

Whoever signs takes over the transactional id first. So there is one signer at a time, and what it reads as the last
checkpoint is the last: a process that was killed, or that stood still for an hour, cannot write one more behind it.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer

from dispatcher.audit import checkpoints
from dispatcher.audit.breaks import Report
from dispatcher.audit.checkpoints import Found
from dispatcher.audit.keys import Keys, Signer, signed
from dispatcher.audit.session import CHECKPOINTS
from dispatcher.client.connection import reach
from dispatcher.client.reader import Reader
from dispatcher.domain import ids
from dispatcher.domain.audit import LedgerCheckpoint
from dispatcher.domain.errors import SettingsError, TopicMismatch
from dispatcher.stream import codec
from dispatcher.stream.topics import CASE_EVENTS

_TRANSACTIONAL_ID = "dispatcher-audit"


class OvertakenError(TopicMismatch):
    """Another signer has written a checkpoint that knows more than ours would, or that contradicts it."""


async def sign(
    bootstrap: str, report: Report, read: Mapping[int, int], *, signer: Signer, keys: Keys, ledger: str = CASE_EVENTS
) -> LedgerCheckpoint:
    """Publish the checkpoint of a verified ledger; returns it when it is committed.

    Raises ValueError for a broken ledger, and `OvertakenError` where the last checkpoint does not agree.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        transactional_id=_TRANSACTIONAL_ID,
        transaction_timeout_ms=15_000,
        request_timeout_ms=20_000,
        linger_ms=0,
    )
    await reach(producer.start, bootstrap=bootstrap, give_up=producer.stop)  # from here on nobody else can write
    try:
        async with Reader(bootstrap) as reader:
            places = reader.partitions(CHECKPOINTS)
            last = await reader.tail(places, 1)
        before = Found(last[-1].value or b"", "") if last else None
        at = datetime.now(UTC)
        if before is not None:
            at = max(at, _trusted(before, {**keys, signer.id: signer.public}).at)
        made = checkpoints.make(before, report, read, at=at, ledger=ledger, signer=signer)
        if before is not None and (
            why := checkpoints.contradicts(LedgerCheckpoint.model_validate_json(before.raw), made)
        ):
            raise OvertakenError(f"the new checkpoint is not signed: {why}", hint="Run `dispatcher audit verify`")
        raw = made.encode()
        event_id = ids.event_id(ledger, CHECKPOINTS, 0, made.number, 0)
        output = codec.output(CHECKPOINTS, ledger, made, event_id=event_id, at=at, trace=checkpoints.link(raw)[:32])
        async with producer.transaction():
            await producer.send_and_wait(
                CHECKPOINTS, raw, key=output.key, partition=places[0].partition, headers=list(output.headers)
            )
        return made
    finally:
        await producer.stop()


def _trusted(last: Found, keys: Keys) -> LedgerCheckpoint:
    try:
        found = LedgerCheckpoint.model_validate_json(last.raw)
    except ValueError:
        found = None
    if found is None or found.key_id not in keys or not signed(keys[found.key_id], found.signature, found.unsigned()):
        raise OvertakenError(
            "the last checkpoint on the topic is not signed by a key that was given",
            hint="Give all public keys with --public, and run `dispatcher audit verify`",
        )
    return found


def append(file: Path, on_topic: Sequence[bytes]) -> int:
    """Write to `file` what it lacks of the topic's checkpoints; returns how many. What it holds is never changed, but for a
    last line that was cut short by a crash. Raises `SettingsError` where the file holds another past than the topic."""
    content = file.read_bytes() if file.exists() else b""
    *lines, torn = content.split(b"\n")
    torn_from = on_topic[len(lines)] if len(lines) < len(on_topic) else b""
    if list(on_topic[: len(lines)]) != lines or not torn_from.startswith(torn):
        raise SettingsError(
            f"{file} and the topic {CHECKPOINTS} tell different checkpoints",
            hint=f"Keep both, and run `dispatcher audit verify --file {file}`",
        )
    missing = on_topic[len(lines) :]
    if missing:
        try:
            with file.open("r+b" if content else "wb") as out:
                out.seek(len(content) - len(torn))
                out.write(b"".join(raw + b"\n" for raw in missing))
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise SettingsError(f"{file} cannot be written: {error.strerror}", hint="Choose another place") from None
    return len(missing)
