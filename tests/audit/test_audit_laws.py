"""Whatever is done to one record of a ledger is found, and its place named exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_ledger import LANES, PARTITIONS, Ledger, Written, written
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.audit.breaks import Kind, Report
from dispatcher.audit.settle import Ends
from dispatcher.stream.chain import Head
from dispatcher.stream.records import Output

LEDGER = written(1, 120, older=6)
CHAINED = [
    (p, n) for p, records in LEDGER.partitions.items() for n in range(len(records)) if len(records[n].headers) > 3
]
CHAINS = {name: head.sequence for name, head in LEDGER.heads.items()}
ONE = st.sampled_from(CHAINED)
laws = settings(max_examples=300, deadline=None)


def place_of(record: Written) -> tuple[str, int]:
    said = dict(record.headers)
    return said["chain"].decode(), int(said["chain_seq"])


def brief(report: Report) -> list[tuple[str, str | None, int | None, int | None, int | None]]:
    return [(one.kind, one.chain, one.place, one.partition, one.offset) for one in report.breaks]


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_what_lanes_have_written_is_whole(step: int) -> None:
    report = LEDGER.verify(step=step)
    assert report.whole, report.breaks
    assert (report.records, report.older) == (126, 6)
    assert {name: (span.first, span.next) for name, span in report.chains.items()} == {
        name: (0, count) for name, count in CHAINS.items()
    }
    assert {name: span.hash for name, span in report.chains.items()} == {
        name: head.hash.hex() for name, head in LEDGER.heads.items()
    }


def test_readers_of_single_partitions_together_see_what_one_reader_sees() -> None:
    first, second = LEDGER.verifier(only=[0]), LEDGER.verifier(only=[1])
    first.merge(second)
    assert first.report(Ends(LEDGER.heads, LEDGER.heads)) == LEDGER.verify()


@laws
@given(place=ONE, part=st.integers(0, 10_000), bit=st.integers(0, 7), heads=st.booleans(), data=st.data())
def test_any_flipped_bit_is_named_where_it_is(
    place: tuple[int, int], part: int, bit: int, heads: bool, data: st.DataObject
) -> None:
    partition, index = place
    found = LEDGER.copy()
    record = found.partitions[partition][index]
    pieces: list[tuple[str, int | None]] = [("key", None), ("value", None)]
    pieces += [(side, n) for n in range(len(record.headers)) for side in ("name", "said")]
    side, number = pieces[part % len(pieces)]
    assert record.key is not None
    assert record.value is not None
    raw = (
        record.key if side == "key"
        else record.value if side == "value"
        else record.headers[number or 0][0].encode() if side == "name"
        else record.headers[number or 0][1]
    )  # fmt: skip
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + bytes([raw[at] ^ (1 << bit)]) + raw[at + 1 :]
    if side == "key":
        record = replace(record, key=changed)
    elif side == "value":
        record = replace(record, value=changed)
    else:
        headers = list(record.headers)
        name, said = headers[number or 0]
        # As a header name that is no UTF-8 arrives (dispatcher.stream.headers).
        headers[number or 0] = (changed.decode("utf-8", "replace"), said) if side == "name" else (name, changed)
        record = replace(record, headers=tuple(headers))
    found.partitions[partition][index] = record
    report = found.verify(heads=heads)
    chain, number_in_chain = place_of(LEDGER.partitions[partition][index])
    assert len(report.breaks) >= 1
    told = brief(report)
    last = number_in_chain == CHAINS[chain] - 1
    if last and not heads:  # nothing tells what the end of the chain was: what is named is the strange record itself
        assert any(one[3:] == (partition, index) for one in told), told
    else:
        assert told == [(Kind.CHANGED, chain, number_in_chain, partition, index)]


@pytest.mark.parametrize("chain", CHAINS)
def test_a_last_record_whose_hash_cannot_be_read_is_told_once(chain: str) -> None:
    found = LEDGER.copy()
    last = CHAINS[chain] - 1
    (at,) = (at for at in CHAINED if place_of(LEDGER.partitions[at[0]][at[1]]) == (chain, last))
    record = found.partitions[at[0]][at[1]]
    headers = tuple(("bhain_hash" if name == "chain_hash" else name, said) for name, said in record.headers)
    found.partitions[at[0]][at[1]] = replace(record, headers=headers)
    assert brief(found.verify(heads=True)) == [(Kind.CHANGED, chain, last, *at)]


@laws
@given(place=ONE)
def test_a_removed_record_is_missed_at_its_place(place: tuple[int, int]) -> None:
    partition, index = place
    found = LEDGER.copy()
    chain, number = place_of(found.partitions[partition].pop(index))
    report = found.numbered().verify()
    (one,) = report.breaks
    assert (one.chain, one.place, one.last) == (chain, number, number)
    assert one.kind is (Kind.CUT_OFF if number == CHAINS[chain] - 1 else Kind.MISSING)


@laws
@given(place=ONE, other=ONE)
def test_two_records_in_each_others_place_are_named(place: tuple[int, int], other: tuple[int, int]) -> None:
    found = LEDGER.copy()
    (p, a), (q, b) = sorted((place, other))
    found.partitions[p][a], found.partitions[q][b] = found.partitions[q][b], found.partitions[p][a]
    moved = {place_of(LEDGER.partitions[p][a]): (q, b), place_of(LEDGER.partitions[q][b]): (p, a)}
    found = found.numbered()
    report = found.verify()
    told = {(one.chain, one.place): (one.partition, one.offset) for one in report.breaks}
    if p != q:
        assert told == moved
        assert {one.kind for one in report.breaks} == {Kind.REORDERED}
        return
    # On one partition the order within each chain counts; the order between chains nobody has promised.
    lanes = [place_of(r)[0] for r in LEDGER.partitions[p][a : b + 1]] if a != b else []
    hurt = {key for key in moved if lanes.count(key[0]) > 1}
    # Of two neighbours in each other's place either may be the one that was moved: both are in the words.
    for one in report.breaks:
        assert any(
            (one.chain, one.place) == key or (one.chain == key[0] and one.told.endswith(f" place {key[1]}"))
            for key in moved
        )
    assert {one.kind for one in report.breaks} <= {Kind.REORDERED}
    assert bool(told) == bool(hurt)
    assert {chain for chain, _ in told} == {chain for chain, _ in hurt}


@laws
@given(place=ONE, where=ONE)
def test_a_record_written_twice_is_named_where_it_stands_second(place: tuple[int, int], where: tuple[int, int]) -> None:
    partition, index = place
    found = LEDGER.copy()
    record = found.partitions[partition][index]
    at = min(where[1] + 1, len(found.partitions[where[0]]))
    found.partitions[where[0]].insert(at, record)
    report = found.numbered().verify()
    chain, number = place_of(record)
    (one,) = report.breaks
    assert (one.kind, one.chain, one.place) == (Kind.INSERTED, chain, number)
    second = max(at, index + (at <= index)) if where[0] == partition else at
    if where[0] == partition and at <= index:
        # The copy stands first and is as good as the other: which of two equal records is the second, order tells.
        assert (one.partition, one.offset) in {(partition, at), (partition, index + 1)}
    else:
        assert (one.partition, one.offset) == (where[0], second)


def forged(kind: str, place: int) -> Written:
    """A record that no lane has written."""
    record = next(r for r in LEDGER.partitions[0] if len(r.headers) > 3)
    own: dict[str, tuple[tuple[str, bytes], ...]] = {
        "bare": (),
        "unknown chain": (("chain", b"casework/9"), ("chain_seq", b"%d" % place), ("chain_hash", b"ab" * 32)),
        "used place": (("chain", b"casework/0"), ("chain_seq", b"%d" % place), ("chain_hash", b"ab" * 32)),
        "far place": (("chain", b"casework/0"), ("chain_seq", b"99999"), ("chain_hash", b"ab" * 32)),
    }
    return replace(record, value=b"{}", headers=(*record.headers[:3], *own[kind]))


@laws
@given(
    kind=st.sampled_from(["bare", "unknown chain", "used place", "far place"]),
    at=st.integers(6, len(LEDGER.partitions[0])),
    place=st.integers(0, CHAINS["casework/0"] - 1),
)
def test_a_record_slipped_in_is_named_where_it_stands(kind: str, at: int, place: int) -> None:
    found = LEDGER.copy()
    found.partitions[0].insert(at, forged(kind, place))
    report = found.numbered().verify()
    (one,) = report.breaks
    assert (one.kind, one.partition, one.offset) == (Kind.INSERTED, 0, at)


@laws
@given(place=st.integers(0, CHAINS["casework/0"] - 1), last=st.booleans())
def test_a_record_slipped_in_with_a_hash_that_fits_is_named(place: int, last: bool) -> None:
    found = LEDGER.copy()
    place = CHAINS["casework/0"] - 1 if last else place
    partition, index = found.where("casework/0", place)
    real = found.partitions[partition][index]
    before = Head("casework/0")
    if place:
        p, n = found.where("casework/0", place - 1)
        before = Head("casework/0", place, bytes.fromhex(dict(found.partitions[p][n].headers)["chain_hash"].decode()))
    _, linked = before.link(Output("case-events", real.key, b'{"forged":1}', real.headers[:-3]))
    found.partitions[partition].insert(index, replace(real, value=linked.value, headers=linked.headers))
    report = found.numbered().verify()
    (one,) = report.breaks
    assert (one.kind, one.chain, one.place) == (Kind.INSERTED, "casework/0", place)
    assert (one.partition, one.offset) == (partition, index)


@laws
@given(name=st.sampled_from(LANES))
def test_a_record_appended_with_a_hash_that_fits_is_more_than_the_lane_has_written(name: str) -> None:
    found = LEDGER.copy()
    head = found.heads[name]
    real = next(r for r in found.partitions[0] if len(r.headers) > 3)
    _, linked = head.link(Output("case-events", real.key, b"{}", real.headers[:-3]))
    found.partitions[0].append(replace(real, value=linked.value, headers=linked.headers))
    found = found.numbered()
    (one,) = found.verify().breaks
    assert (one.kind, one.chain, one.place) == (Kind.INSERTED, name, head.sequence)
    assert (one.partition, one.offset) == (0, len(found.partitions[0]) - 1)


def test_after_a_break_later_ones_are_told_too() -> None:
    found = LEDGER.copy()
    wanted = []
    for place in (3, 4, 9):
        partition, index = found.where("casework/0", place)
        found.partitions[partition][index] = replace(found.partitions[partition][index], value=b"{}")
        wanted.append((Kind.CHANGED, "casework/0", place, partition, index))
    partition, index = found.where("casework/1", 7)
    found.partitions[partition].pop(index)
    report = found.numbered().verify()
    told = brief(report)
    assert told[:3] == wanted
    assert [(one.kind, one.chain, one.place) for one in report.breaks[3:]] == [(Kind.MISSING, "casework/1", 7)]


def test_a_long_ledger_is_held_in_one_run_and_one_record() -> None:
    ledger = written(3, 5000)
    verifier = ledger.verifier(step=1)
    assert PARTITIONS == 2
    for chain in verifier.chains.values():
        (run,) = chain.runs()
        assert (run.start, run.next) == (0, ledger.heads[chain.name].sequence)
    assert not verifier.strays


def test_no_ledger_at_all_is_whole() -> None:
    empty = Ledger({0: [], 1: []}, {})
    assert empty.verify().whole
