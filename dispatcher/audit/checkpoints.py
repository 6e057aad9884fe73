"""Signed checkpoints: made, and judged, each by its signature, its predecessor and the ledger. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from dispatcher.audit.breaks import Break, Kind, Report
from dispatcher.audit.keys import Keys, Signer, signed
from dispatcher.audit.runs import Watch
from dispatcher.domain.audit import NO_CHECKPOINT, ChainHead, LedgerCheckpoint, ReadUpTo
from dispatcher.stream.chain import Head

_NO_JSON = "it is no checkpoint as this program writes them"


@dataclass(frozen=True, slots=True)
class Found:
    """A checkpoint's bytes as they lie on the topic or stand in a file. `where` names the place, `offset` that on the topic."""

    raw: bytes
    where: str
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """The checkpoints that may be relied on, in order, by number, and what is wrong with the others."""

    trusted: tuple[LedgerCheckpoint, ...] = ()
    breaks: tuple[Break, ...] = ()
    raw: Mapping[int, bytes] = field(default_factory=dict)

    def watches(self) -> dict[str, dict[int, Watch]]:
        """Which hash each place must have that a checkpoint speaks of."""
        found: dict[str, dict[int, Watch]] = {}
        for one in self.trusted:
            who = f"checkpoint {one.number}"
            for head in one.heads:
                if head.sequence:
                    found.setdefault(head.chain, {}).setdefault(head.sequence - 1, (bytes.fromhex(head.hash), who))
        return found

    def anchor(self, begins: Mapping[int, int], *, before: datetime | None = None) -> LedgerCheckpoint | None:
        """The first checkpoint all of whose future is still there; with `before` the last one that is not younger."""
        fitting = [
            one
            for one in self.trusted
            if all(begins[p] <= read_up_to(one).get(p, 0) for p in begins) and (before is None or one.at <= before)
        ]
        return None if not fitting else fitting[0] if before is None else fitting[-1]


def read_up_to(one: LedgerCheckpoint) -> dict[int, int]:
    """Partition -> offset."""
    return {place.partition: place.offset for place in one.read}


def heads_of(one: LedgerCheckpoint) -> dict[str, Head]:
    """The heads that it tells."""
    return {head.chain: Head(head.chain, head.sequence, bytes.fromhex(head.hash)) for head in one.heads}


def link(raw: bytes) -> str:
    """What the next checkpoint says of this one."""
    return hashlib.sha256(raw).hexdigest()


def make(
    before: Found | None, report: Report, read: Mapping[int, int], *, at: datetime, ledger: str, signer: Signer
) -> LedgerCheckpoint:
    """The checkpoint of a ledger that is whole, behind `before`. Raises ValueError for a broken one: it is never signed."""
    if not report.whole:
        raise ValueError("a broken ledger is not signed")
    number = 0 if before is None else LedgerCheckpoint.model_validate_json(before.raw).number + 1
    unsigned = LedgerCheckpoint(
        number=number,
        ledger=ledger,
        at=at,
        heads=tuple(
            ChainHead(chain=name, sequence=span.next, hash=span.hash) for name, span in sorted(report.chains.items())
        ),
        read=tuple(ReadUpTo(partition=p, offset=offset) for p, offset in sorted(read.items())),
        before=NO_CHECKPOINT if before is None else link(before.raw),
        key_id=signer.id,
    )
    return unsigned.model_copy(update={"signature": signer.sign(unsigned.unsigned())})


def examine(found: Iterable[Found], keys: Keys, *, ledger: str) -> Trail:
    """Judge checkpoints in their order. One that is bad is told and left out; the next may follow it or the one before it."""
    trusted: list[LedgerCheckpoint] = []
    breaks: list[Break] = []
    raws: dict[int, bytes] = {}
    links: set[str] = {NO_CHECKPOINT}
    for one in found:
        checkpoint = _parse(one.raw)
        last = trusted[-1] if trusted else None
        wrong = _NO_JSON if checkpoint is None else _wrong(checkpoint, last, links, keys, ledger=ledger)
        if wrong:
            breaks.append(_break(one, wrong, None if checkpoint is None else checkpoint.number))
        if checkpoint is None or (wrong and not wrong.startswith("checkpoint")):
            links.add(link(one.raw))
            continue
        links = {link(one.raw)}
        trusted.append(checkpoint)
        raws[checkpoint.number] = one.raw
    return Trail(tuple(trusted), tuple(breaks), raws)


def _parse(raw: bytes) -> LedgerCheckpoint | None:
    try:
        found = LedgerCheckpoint.model_validate_json(raw)
        [bytes.fromhex(head.hash) for head in found.heads]
    except (ValidationError, ValueError):
        return None
    return found if found.encode() == raw else None


def _wrong(
    one: LedgerCheckpoint, last: LedgerCheckpoint | None, links: set[str], keys: Keys, *, ledger: str
) -> str | None:
    """What is wrong with a checkpoint. Where it begins with "checkpoint" it is good in itself, and only what should lie
    between it and the one before is not there."""
    if one.key_id not in keys:
        return f"it is signed with a key that nobody has given: {one.key_id}"
    if not signed(keys[one.key_id], one.signature, one.unsigned()):
        return "its signature is bad"
    if one.ledger != ledger:
        return f"it speaks of the ledger {one.ledger}"
    if last is not None:
        if one.number <= last.number:
            return f"number {one.number} stands behind number {last.number}"
        if one.at < last.at:
            return "it is older than the one before"
        if contradiction := contradicts(last, one):
            return contradiction
    expected = 0 if last is None else last.number + 1
    if one.number != expected:
        gone = f"{expected}" if one.number == expected + 1 else f"{expected} to {one.number - 1}"
        return f"checkpoint {gone} is gone"
    if one.before not in links:
        return "it does not follow the one before"
    return None


def contradicts(earlier: LedgerCheckpoint, later: LedgerCheckpoint) -> str | None:
    """In words, if both cannot be true of one ledger."""
    now = heads_of(later)
    for name, head in heads_of(earlier).items():
        if name not in now or now[name].sequence < head.sequence:
            return f"it knows less of {name} than checkpoint {earlier.number}"
        if now[name].sequence == head.sequence and now[name].hash != head.hash:
            return f"it says of {name} another hash than checkpoint {earlier.number}"
    return None


def together(topic: Trail, file: Trail, file_name: str) -> Trail:
    """The topic's and the auditor's own: where they differ, the auditor's file is what counts."""
    breaks = [*topic.breaks, *file.breaks]
    of_topic = {one.number: one for one in topic.trusted}
    of_file = {one.number: one for one in file.trusted}
    for number in sorted(of_file.keys()):
        if number not in of_topic:
            breaks.append(
                Break(Kind.CHECKPOINT, f"{file_name} holds checkpoint {number}, the topic does not", place=number)
            )
        elif topic.raw[number] != file.raw[number]:
            breaks.append(
                Break(Kind.CHECKPOINT, f"checkpoint {number} differs between {file_name} and the topic", place=number)
            )
    merged = of_topic | of_file
    trusted = tuple(merged[number] for number in sorted(merged))
    return Trail(trusted, tuple(breaks), {**topic.raw, **file.raw})


def lines(content: bytes, name: str) -> list[Found]:
    """The checkpoints of a file, one a line. A last line without its end was being written when its writer was killed."""
    whole: Sequence[bytes] = content.split(b"\n")[:-1]
    return [Found(line, f"{name}:{number}") for number, line in enumerate(whole, 1)]


def _break(one: Found, told: str, number: int | None) -> Break:
    said = f"{one.where}: {told}" if number is None else f"{one.where}, checkpoint {number}: {told}"
    return Break(Kind.CHECKPOINT, said, place=number, offset=one.offset)
