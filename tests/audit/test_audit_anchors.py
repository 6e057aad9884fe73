"""Ranges that do not begin at the beginning, and the checkpoints that vouch for what is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from audit_ledger import LANES, PARTITIONS, Ledger, written
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.audit import checkpoints
from dispatcher.audit.breaks import Kind, Report
from dispatcher.audit.checkpoints import Found, Trail
from dispatcher.audit.keys import Signer
from dispatcher.audit.settle import Ends
from dispatcher.audit.verify import Beginning, Verifier
from dispatcher.domain.audit import LedgerCheckpoint
from dispatcher.stream.chain import Head
from dispatcher.stream.records import Output

LEDGER = written(2, 150)
SIZES = {p: len(records) for p, records in LEDGER.partitions.items()}
SIGNER = Signer(Ed25519PrivateKey.generate())
LATER = Signer(Ed25519PrivateKey.generate())
KEYS = {SIGNER.id: SIGNER.public}
AT = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)
laws = settings(max_examples=200, deadline=None)


def checkpoint_at(read: dict[int, int], before: Found | None = None, *, signer: Signer = SIGNER) -> LedgerCheckpoint:
    """Signed when so much of each partition had been written: where that was a whole ledger."""
    report = part(LEDGER, dict.fromkeys(SIZES, 0), read).report()
    number = 0 if before is None else 1
    return checkpoints.make(before, report, read, at=AT + timedelta(hours=number), ledger="case-events", signer=signer)


def part(ledger: Ledger, starts: dict[int, int], ends: dict[int, int], beginning: Beginning | None = None) -> Verifier:
    """A range of the ledger, read."""
    verifier = Verifier(LANES, partitions=PARTITIONS, beginning=beginning)
    for partition in SIZES:
        verifier.take(partition, ledger.partitions[partition][starts[partition] : ends[partition]])
    return verifier


def until(moment: int) -> dict[int, int]:
    """How much lay on each partition when `moment` records had been written in all."""
    stamps = sorted(r.timestamp for records in LEDGER.partitions.values() for r in records)
    return {p: sum(r.timestamp < stamps[moment] for r in records) for p, records in LEDGER.partitions.items()}


def verify_from(one: LedgerCheckpoint, ledger: Ledger, starts: dict[int, int]) -> Report:
    beginning = Beginning(checkpoints.heads_of(one), frozenset(SIZES), begun=True)
    verifier = part(ledger, starts, dict.fromkeys(SIZES, 10**6), beginning)
    for name, known in Trail((one,)).watches().items():
        for place, (hashed, who) in known.items():
            verifier.watch(name, place, hashed, who)
    return verifier.report(Ends(LEDGER.heads, LEDGER.heads))


@laws
@given(moment=st.integers(1, 148))
def test_from_a_checkpoint_on_all_is_verified_to_the_first_record(moment: int) -> None:
    one = checkpoint_at(until(moment))
    starts = checkpoints.read_up_to(one)
    report = verify_from(one, LEDGER, starts)
    assert report.whole, report.breaks
    assert all(span.anchored for span in report.chains.values())
    assert {name: span.next for name, span in report.chains.items()} == {n: h.sequence for n, h in LEDGER.heads.items()}
    for partition, start in starts.items():
        if start < SIZES[partition]:
            hurt = LEDGER.copy()
            hurt.partitions[partition][start] = replace(hurt.partitions[partition][start], value=b"{}")
            (broken,) = verify_from(one, hurt, starts).breaks
            assert (broken.kind, broken.partition, broken.offset) == (Kind.CHANGED, partition, start)
            gone = LEDGER.copy()
            gone.partitions[partition].pop(start)
            (broken,) = verify_from(one, gone, starts).breaks
            assert broken.kind in (Kind.MISSING, Kind.CUT_OFF)


@laws
@given(moment=st.integers(30, 140), cut=st.tuples(st.integers(0, 10), st.integers(0, 10)))
def test_what_retention_has_left_before_the_anchor_may_have_holes(moment: int, cut: tuple[int, int]) -> None:
    one = checkpoint_at(until(moment))
    starts = {p: min(cut[p], checkpoints.read_up_to(one)[p]) for p in SIZES}
    beginning = Beginning(checkpoints.heads_of(one), frozenset(p for p in SIZES if starts[p]))
    verifier = part(LEDGER, starts, dict.fromkeys(SIZES, 10**6), beginning)
    report = verifier.report(Ends(LEDGER.heads, LEDGER.heads))
    assert report.whole, report.breaks


@laws
@given(cut=st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_without_an_anchor_a_cut_beginning_is_no_error_but_is_said(cut: tuple[int, int]) -> None:
    starts = {p: cut[p] for p in SIZES}
    beginning = Beginning(None, frozenset(p for p in SIZES if starts[p])) if any(cut) else Beginning()
    verifier = part(LEDGER, starts, dict.fromkeys(SIZES, 10**6), beginning)
    report = verifier.report(Ends(LEDGER.heads, LEDGER.heads))
    assert report.whole, report.breaks
    assert all(span.anchored != any(cut) for span in report.chains.values())


def test_behind_a_cut_beginning_a_hole_is_still_a_hole() -> None:
    starts = {0: 5, 1: 5}
    hurt = LEDGER.copy()
    last = hurt.partitions[0][-3]
    assert last.timestamp > LEDGER.partitions[1][5].timestamp + 60_000
    said = dict(hurt.partitions[0].pop(-3).headers)
    report = part(hurt, starts, dict.fromkeys(SIZES, 10**6), Beginning(None, frozenset(SIZES))).report(
        Ends(LEDGER.heads, LEDGER.heads)
    )
    (one,) = report.breaks
    assert (one.chain or "").encode() == said["chain"]
    assert one.place == int(said["chain_seq"])


def found(*made: LedgerCheckpoint) -> list[Found]:
    return [Found(one.encode(), f"ledger-checkpoints/0/{n}", n) for n, one in enumerate(made)]


@laws
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7), which=st.integers(0, 1))
def test_any_flipped_bit_of_a_checkpoint_is_found(at: int, bit: int, which: int) -> None:
    first = checkpoint_at(until(50))
    second = checkpoint_at(until(100), Found(first.encode(), ""))
    good = found(first, second)
    assert not checkpoints.examine(good, KEYS, ledger="case-events").breaks
    raw = bytearray(good[which].raw)
    raw[at % len(raw)] ^= 1 << bit
    good[which] = replace(good[which], raw=bytes(raw))
    trail = checkpoints.examine(good, KEYS, ledger="case-events")
    assert trail.breaks[0].offset == which


def test_a_checkpoint_must_follow_the_one_before() -> None:
    first = checkpoint_at(until(50))
    second = checkpoint_at(until(100), Found(first.encode(), ""))
    trail = checkpoints.examine(found(second), KEYS, ledger="case-events")
    assert [one.told for one in trail.breaks] == ["ledger-checkpoints/0/0, checkpoint 1: checkpoint 0 is gone"]
    assert trail.trusted == (second,)  # its signature is good all the same
    for good, told in (
        (found(first, first), "number 0 stands behind number 0"),
        (
            found(first, checkpoint_at(until(20), Found(first.encode(), ""))),
            "it knows less of casework/0 than checkpoint 0",
        ),
        (found(first, checkpoint_at(until(60), Found(second.encode(), ""))), "checkpoint 1 is gone"),
    ):
        (one,) = checkpoints.examine(good[:2], KEYS, ledger="case-events").breaks[:1]
        assert told in one.told, one.told


def test_keys_change_and_strangers_are_named() -> None:
    first = checkpoint_at(until(50))
    second = checkpoint_at(until(100), Found(first.encode(), ""), signer=LATER)
    trail = checkpoints.examine(found(first, second), KEYS, ledger="case-events")
    assert [LATER.id in one.told for one in trail.breaks] == [True]
    both = {**KEYS, LATER.id: LATER.public}
    assert not checkpoints.examine(found(first, second), both, ledger="case-events").breaks
    forged = second.model_copy(update={"key_id": SIGNER.id})
    (one,) = checkpoints.examine(found(first, forged), both, ledger="case-events").breaks
    assert "its signature is bad" in one.told


def test_a_broken_ledger_is_not_signed() -> None:
    hurt = LEDGER.copy()
    hurt.partitions[0].pop(3)
    with pytest.raises(ValueError, match="not signed"):
        checkpoints.make(None, hurt.verify(), {}, at=AT, ledger="case-events", signer=SIGNER)


def test_a_chain_written_anew_contradicts_the_first_checkpoint_behind() -> None:
    one = checkpoint_at(until(100))
    head = Head("casework/0")
    anew = LEDGER.copy()
    for index, record in enumerate(anew.partitions[0]):
        if dict(record.headers)["chain"] == b"casework/0":
            value = b"{}" if head.sequence == 4 else record.value
            head, out = head.link(Output("case-events", record.key, value, record.headers[:-3]))
            anew.partitions[0][index] = replace(record, value=out.value, headers=out.headers)
    verifier = anew.verifier(watches=Trail((one,)).watches())
    (broken,) = verifier.report().breaks
    assert (broken.kind, broken.chain) == (Kind.CONTRADICTED, "casework/0")
    assert broken.place == checkpoints.heads_of(one)["casework/0"].sequence - 1
    assert "checkpoint 0" in broken.told
    kinds = {broken.kind for broken in verifier.report(Ends(LEDGER.heads, LEDGER.heads)).breaks}
    assert kinds == {Kind.CONTRADICTED, Kind.CHANGED}  # and the lane remembers another end
