"""Orders, notices, questions and messages of casework: what was taken out, doubled, changed or slipped in is named, and no other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st
from replay_town import Tamper, Town, copied, records, shortened
from stream_judge import Records, body, kind

from dispatcher.replay import plan
from dispatcher.replay.reading import Names
from dispatcher.replay.sieve import Sieve

Record = ConsumerRecord[bytes, bytes]

#: What is compared, by its name in the counts: the topic, and which of its records.
COMPARED: dict[str, tuple[str, Callable[[Record], bool]]] = {
    "orders": ("work-orders", lambda _: True),
    "notices": ("order-notices", lambda _: True),
    "questions": ("lookups", lambda _: True),
    "messages of casework": ("case-inbox", lambda r: _is_caseworks(r)),
}


def _is_caseworks(record: Record) -> bool:
    kinds = ("call.attached.v1", "case.notice.v1", "case.split_off.v1", "case.neighbour_seen.v1", "place.seen.v1")
    return kind(record) in kinds or (kind(record) == "call.unreadable.v1" and b'"error_code":"D310"' in record.value)


def agencies(town: Town) -> list[str]:
    return [f"agency.{unit}" for unit in sorted({body(r)["agency"] for r in records(town, "work-orders")})]


def test_all_that_casework_has_written_is_compared(town: Town) -> None:
    found = town.replayed()
    assert found["same"], found["findings"][:3]
    for name, (topic, wanted) in COMPARED.items():
        written = sum(map(wanted, records(town, topic)))
        assert found["counts"][f"{name} the same"] == written > 0, name
    orders = found["counts"]["orders the same"]
    assert found["counts"]["orders on units' own topics the same"] == orders
    assert not [name for name in found["counts"] if "not compared" in name]


# -- tampering ---------------------------------------------------------------------------------------------------


def at(found: Records, wanted: Callable[[Record], bool], number: int = 3) -> int:
    return [index for index, record in enumerate(found) if wanted(record)][number]


def other_byte(record: Record) -> Record:
    value = bytearray(record.value)
    value[value.index(b'":"', value.index(b'","') + 1) + 4] ^= 1
    return replace(record, value=bytes(value))


def with_id(record: Record, name: bytes) -> Record:
    return replace(record, headers=tuple((n, name if n == "ce_id" else v) for n, v in record.headers))


def changed(found: Records, n: int) -> Records:
    return [*found[:n], other_byte(found[n]), *found[n + 1 :]]


def taken_out(found: Records, n: int) -> Records:
    return found[:n] + found[n + 1 :]


def doubled(found: Records, n: int) -> Records:
    return [*found[: n + 1], *found[n:]]


def slipped_in(found: Records, n: int) -> Records:
    return [*found[: n + 1], with_id(found[n], b"f" * 36), *found[n + 1 :]]


TAMPERED = {
    changed: "differs",
    taken_out: "re-made, not recorded",
    doubled: "recorded twice",
    slipped_in: "recorded, not re-made",
}


@pytest.mark.parametrize("name", COMPARED)
def test_what_was_tampered_with_is_named_and_no_other(town: Town, name: str) -> None:
    """One record in each of the four ways, all at once."""
    topic, wanted = COMPARED[name]
    victims: dict[str, tuple[Callable[[Records, int], Records], Record]] = {}

    def tamper(found: Records) -> Records:
        places = [at(found, wanted, 2 + 3 * number) for number in range(len(TAMPERED))]
        for place, how in sorted(zip(places, TAMPERED, strict=True), key=lambda one: -one[0]):  # places before stay
            victims[TAMPERED[how]] = (how, found[place])
            found = how(found, place)
        return found

    names = named(topic, copied(town, topic, f"{topic}-tampered", tamper))
    found = town.replayed(names=names)
    assert sorted(told["what"] for told in found["findings"]) == sorted(TAMPERED.values())
    for told in found["findings"]:
        how, victim = victims[told["what"]]
        assert told["type"] == kind(victim)
        assert told["case"] == header(victim, "ce_subject")
        assert told["id"] == ("f" * 36 if how is slipped_in else header(victim, "ce_id"))
        assert told["place"].startswith(topic if what_is_extra(how) else "case-inbox/")
        assert len(told["fields"]) == (how is changed)
    assert not found["same"]
    assert found["differences"] == len(TAMPERED)
    written = sum(map(wanted, records(town, topic)))
    assert found["counts"][f"{name} the same"] == written - 2


def what_is_extra(how: object) -> bool:
    return how in (doubled, slipped_in)


def header(record: Record, name: str) -> str:
    return dict(record.headers)[name].decode()


def named(topic: str, name: str) -> Names:
    field = {"work-orders": "orders", "order-notices": "notices", "case-inbox": "messages"}.get(topic, topic)
    return replace(Names(), **{field: name})


def test_an_order_on_its_units_own_topic_alone(town: Town) -> None:
    """Doubled for the unit, while the topic of all units has it once; and a unit's topic that has forgotten its beginning."""
    own = agencies(town)
    most = max(own, key=lambda topic: len(records(town, topic)))
    for topic in own:
        tamper: Tamper = (lambda found: doubled(found, 2)) if topic == most else (lambda found: found)
        copied(town, topic, f"own.{topic.removeprefix('agency.')}", tamper, partitions=1)
    names = Names(agency="own.")
    found = town.replayed(names=names)
    (told,) = found["findings"]
    assert (told["what"], told["place"]) == ("recorded twice", f"{most}/0/3")
    shortened(town, f"own.{most.removeprefix('agency.')}", partition=0, before=5)
    found = town.replayed(names=names)
    assert found["same"], found["findings"][:3]
    left = found["counts"]["orders on units' own topics outside of what can be compared: not compared"]
    assert left > 5  # a minute more is left out than what is gone, for brokers' clocks differ
    assert found["counts"]["orders on units' own topics the same"] == found["counts"]["orders the same"] - left


def test_orders_that_are_no_longer_kept_are_said_in_words(town: Town) -> None:
    name = copied(town, "work-orders", "orders-truncated", lambda found: found)
    shortened(town, name, partition=records(town, "work-orders")[0].partition, before=2)
    with pytest.raises(plan.Truncated, match="orders, notices and questions are no longer kept"):
        town.replayed(names=Names(orders=name))


def test_more_than_can_be_named_is_said(town: Town) -> None:
    """All messages of one kind gone and thousands of others in their place."""

    def tamper(found: Records) -> Records:
        return [with_id(found[0], f"{n:036}".encode()) for n in range(9000)]

    found = town.replayed(names=Names(lookups=copied(town, "lookups", "lookups-flooded", tamper)))
    assert not found["same"]
    assert found["counts"]["questions that differ: too many to name"] > 0
    assert found["findings"] == []


def test_interrupted_again_and_again_it_names_the_same(town: Town, tmp_path: Path) -> None:
    name = copied(town, "work-orders", "orders-in-pieces", lambda found: taken_out(doubled(changed(found, 30), 20), 10))
    names = Names(orders=name)
    wanted = town.replayed(names=names)
    assert sorted(f["what"] for f in wanted["findings"]) == ["differs", "re-made, not recorded", "recorded twice"]
    pieces, found = town.in_pieces(tmp_path / "left", names=names)
    assert pieces > 6
    assert found == wanted


def _middle(town: Town) -> dict[str, Any]:
    whole = asyncio.run(plan.make(town.bootstrap, Names(), group="dispatcher", warm_up_days=30.0))
    halves = {("case-inbox", p): (span.end // 3, span.end * 3 // 4) for p, span in whole.inbox.items()}
    return {"offsets": halves}


def test_a_range_names_what_belongs_to_it_and_nothing_beside_it(town: Town) -> None:
    """Two orders are taken out: one that the range makes, and one that was made before it."""
    asked = _middle(town)
    found = town.replayed(**asked)
    assert found["same"], found["findings"][:3]
    planned = asyncio.run(plan.make(town.bootstrap, Names(), group="dispatcher", warm_up_days=30.0, **asked))
    first = max(first for first, _ in planned.windows.values() if first is not None)
    end = min(end for _, end in planned.windows.values() if end is not None)

    def ms(record: Record) -> int:
        return round(1000 * datetime.fromisoformat(header(record, "ce_time")).timestamp())

    def tamper(orders: Records) -> Records:
        within = at(orders, lambda r: first <= ms(r) < end)
        before = at(orders, lambda r: ms(r) < min(f for f, _ in planned.windows.values() if f is not None))
        victims.extend((orders[within], orders[before]))
        return [r for n, r in enumerate(orders) if n not in (within, before)]

    victims: list[Record] = []
    less = town.replayed(names=Names(orders=copied(town, "work-orders", "orders-of-a-range", tamper)), **asked)
    (told,) = less["findings"]
    assert (told["what"], told["id"]) == ("re-made, not recorded", header(victims[0], "ce_id"))
    assert less["counts"]["orders the same"] == found["counts"]["orders the same"] - 1


def test_a_case_alone_has_its_own_orders(town: Town) -> None:
    orders = Counter(body(r)["case_id"] for r in records(town, "work-orders"))
    case, count = max(orders.items(), key=lambda item: (item[1], item[0]))
    found = town.replayed(case=case)
    assert found["same"], found["findings"][:3]
    assert found["counts"]["orders the same"] == count


def test_in_a_what_if_orders_follow_their_decision(town: Town, tmp_path: Path) -> None:
    """A longer limit: every order with it is another, and none of them is told beside its case."""
    policy = town.other_policy(tmp_path / "p", "deadlines", acknowledge={"routine": {"elapsed_minutes": 2}})
    found = town.replayed(policy=policy)
    assert found["counts"]["orders that follow a changed decision"] > 0
    assert all(f["type"] not in ("work_order.issued.v1", "work_order.notice.v1") for f in found["findings"])


# -- the sieve ---------------------------------------------------------------------------------------------------


def numbered(number: int) -> bytes:
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128)).to_bytes(16, "big")


DIGESTS = st.lists(st.integers(0, 30).map(numbered), max_size=60)


@given(DIGESTS, DIGESTS, st.integers(0, 60))
def test_a_sieve_tells_exactly_what_one_side_has_more_often(one: list[bytes], other: list[bytes], cut: int) -> None:
    parts = [Sieve(), Sieve()]
    for number, digest in enumerate(one):
        parts[number >= cut].add(digest, 1)
    for digest in other:
        parts[0].add(digest, -1)
    whole = Sieve.of(parts[1].plain())
    whole.plus(Sieve.of(parts[0].plain()))
    more = Counter(one)
    more.subtract(Counter(other))
    assert whole.left() == ({digest: count for digest, count in more.items() if count}, 0)
    assert whole.is_empty == (Counter(one) == Counter(other))
