"""Laws of the chain itself: what the hash is over, and where a head leads; and that killed lanes go on where they stood."""

from __future__ import annotations

import asyncio
import hashlib
import random
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_cluster import house
from stream_judge import drained, read
from stream_traffic import mixed, publish

from dispatcher.audit import records, session
from dispatcher.audit.session import Wanted
from dispatcher.stream.chain import HASH, NAME, PREFIX, SEQUENCE, START, Head, digest, link_all
from dispatcher.stream.records import Output

names = st.text(max_size=12)
pairs = st.lists(st.tuples(names, st.binary(max_size=20)), max_size=5).map(tuple)
parts = st.none() | st.binary(max_size=30)
places = st.integers(0, 2**63 - 1)
hashes = st.binary(min_size=32, max_size=32)


@given(before=hashes, place=places, key=parts, value=parts, headers=pairs)
def test_both_sides_reckon_the_same(
    before: bytes, place: int, key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...]
) -> None:
    body = tuple(pair for pair in headers if pair[0] not in (NAME, SEQUENCE, HASH))
    assert records.digest(before, place, key, value, body) == digest(before, place, key, value, headers)


Said = tuple[bytes, int, bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]
said = st.tuples(hashes, places, parts, parts, pairs)


@given(one=said, other=said)
def test_different_records_have_different_hashes(one: Said, other: Said) -> None:
    assert (digest(*one) == digest(*other)) == (_own(one) == _own(other))


def _own(one: Said) -> Said:
    return (*one[:4], tuple(pair for pair in one[4] if pair[0] not in (NAME, SEQUENCE, HASH)))


@given(key=st.binary(min_size=1, max_size=10), value=st.binary(min_size=1, max_size=10), name=names)
def test_no_part_can_pretend_to_be_another(key: bytes, value: bytes, name: str) -> None:
    found = {
        digest(START, 0, key, value, ()),
        digest(START, 0, key + value, b"", ()),
        digest(START, 0, b"", key + value, ()),
        digest(START, 0, None, key + value, ()),
        digest(START, 0, key, None, ((name or "x", value),)),
        digest(START, 0, key, value, (("", b""),)),
        digest(START, 0, key, value, (("", b""), ("", b""))),
    }
    assert len(found) == 7


def test_the_hash_is_what_the_description_says() -> None:
    told = START + (5).to_bytes(8, "big") + b"\0\0\0\1k" + b"-" + b"\0\0\0\4ce_x" + b"\0\0\0\2yz"
    assert digest(START, 5, b"k", None, (("ce_x", b"yz"), ("chain", b"a/0"))) == hashlib.sha256(told).digest()


outputs = st.lists(
    st.builds(Output, topic=st.sampled_from(["case-events", "work-orders"]), key=parts, value=parts, headers=pairs),
    max_size=8,
)


@given(outputs=outputs, cut=st.integers(0, 8))
def test_a_chain_goes_on_where_its_head_lies_in_the_state(outputs: list[Output], cut: int) -> None:
    start = Head("casework/2")
    whole, linked = link_all(start, outputs, "case-events")
    middle, first = link_all(start, outputs[:cut], "case-events")
    again = Head("casework/2").at(middle.encode())
    assert again == middle
    end, rest = link_all(again, outputs[cut:], "case-events")
    assert (end, first + rest) == (whole, linked)
    assert whole.sequence == sum(output.topic == "case-events" for output in outputs)
    assert [o for o in linked if o.topic != "case-events"] == [o for o in outputs if o.topic != "case-events"]


@given(outputs=outputs)
def test_a_linked_record_tells_its_chain_its_place_and_its_hash_behind_its_own_headers(outputs: list[Output]) -> None:
    head = Head("triage/0")
    for output in outputs:
        before = head
        head, linked = head.link(output)
        assert linked.headers[:-3] == output.headers
        assert (linked.topic, linked.key, linked.value, linked.partition) == (
            output.topic,
            output.key,
            output.value,
            output.partition,
        )
        assert linked.headers[-3:] == (
            (NAME, b"triage/0"),
            (SEQUENCE, b"%d" % before.sequence),
            (HASH, head.hash.hex().encode()),
        )


def test_a_head_that_is_none_is_refused() -> None:
    head = Head("casework/0")
    assert head.at(None) == head
    assert head.key == PREFIX + b"casework/0"
    for strange in (b"", b"5", b"5:", b"5:zz", b"x:" + b"0" * 64, b"5:" + b"0" * 62, b"\xff"):
        with pytest.raises(ValueError, match=r".*"):
            head.at(strange)


async def test_a_ledger_is_whole_at_every_look_while_its_workers_are_killed(tmp_path: Path) -> None:
    dice = random.Random(11)
    looks: list[int] = []
    async with house(tmp_path) as (broker, crew):
        for slot in ("a", "b"):
            await crew.add(slot, wait=False)
        await crew.ready()
        publishing = asyncio.create_task(publish(broker.bootstrap, mixed(11, 1500), rate=150.0))
        while len(looks) < 5:  # each after a kill that has hit lanes at work
            report = (await session.verify(Wanted(broker.bootstrap))).report
            assert report.whole, report.breaks
            if report.records > (looks[-1] if looks else 0) + 150:
                looks.append(report.records)
                crew.workers[dice.choice("ab")].signal(signal.SIGKILL)
        await publishing
        await drained(broker.bootstrap)
        report = (await session.verify(Wanted(broker.bootstrap, workers=2))).report
        assert report.whole, report.breaks
        events = await read(broker.bootstrap, "case-events")
        assert report.records == len(events["case-events"])
        assert sum(span.next for span in report.chains.values()) == report.records >= looks[-1] > looks[0]
        print(f"looks {looks}, deaths {crew.deaths()}, chains {sorted(report.chains)}")
        assert crew.deaths().count(-signal.SIGKILL) >= 3
