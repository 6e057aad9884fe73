"""What a real worker has recorded, decided again: the same in every byte, on any machine, whole or in pieces."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from replay_town import Town, lines
from stream_judge import body, kind, read

from dispatcher.domain import ids
from dispatcher.replay import plan
from dispatcher.replay.deciders import CaseworkAgain, decide
from dispatcher.replay.findings import Tally
from dispatcher.replay.reading import Names, as_input
from dispatcher.stream.agents import CaseworkAgent


def test_a_town_replayed_has_no_difference(town: Town) -> None:
    """Calls of all kinds, replies, decisions, lookups and deadlines, all decided again by the recorded model and policy."""
    found = town.replayed()
    recorded = asyncio.run(read(town.bootstrap, "calls", "case-inbox", "case-events"))
    assert found["same"], found["findings"][:3]
    assert found["findings"] == []
    assert found["counts"]["calls"] == len(recorded["calls"])
    # What the clocks sent when the worker was about to go home has not been worked off, and is in no range.
    ends = {p: int(found["ranges"][f"case-inbox/{p}"].partition("-")[2]) for p in range(4)}
    assert found["counts"]["messages"] == sum(r.offset < ends[r.partition] for r in recorded["case-inbox"])
    assert found["counts"]["events the same"] == len(recorded["case-events"])
    answers = [r for r in recorded["case-inbox"] if kind(r) in ("triage.decided.v1", "call.unreadable.v1")]
    refused = sum(kind(r) == "call.unreadable.v1" and b"D310" in r.value for r in answers)  # by casework
    assert found["counts"]["answers the same"] == len(answers) - refused
    erased = [r for r in recorded["case-events"] if r.key == ids.case_id("l-1").encode()]
    gone = next(n for n, r in enumerate(erased) if kind(r) == "case.erased.v1")
    sealed = sum("sealed" in dict(r.headers) for r in erased[:gone])
    assert found["counts"]["events of erased cases: compared without what was said"] == sealed > 2
    assert found["counts"]["calls that the worker set aside"] == 1
    assert found["counts"]["calls sent home"] > 0
    assert found["counts"]["calls taken before"] > 0
    assert all(old == new for old, new in (name.split(" > ") for name in found["outcomes"]))


def test_casework_again_writes_what_casework_writes(town: Town) -> None:
    """Casework without clocks and traces, against the worker's own, on every message of the town."""
    recorded = asyncio.run(read(town.bootstrap, "case-inbox"))["case-inbox"]
    agents = [
        made(lambda _topic, _key: 0, city=town.catalog.city, policy=town.catalog.policy)
        for made in (CaseworkAgent, CaseworkAgain)
    ]
    state: dict[bytes, bytes] = {}
    written: Counter[str] = Counter()
    for record in recorded:
        results = [decide(agent, as_input(record, "case-inbox"), state.get, stage="casework") for agent in agents]
        whole, ours = ([(o.topic, o.key, o.value, o.headers[:2]) for o in r.outputs] for r in results)
        assert ours == whole
        beside = [[dict(o.headers) for o in r.outputs if o.topic != "case-events"] for r in results]
        for one, other in zip(*beside, strict=True):
            assert {n: v for n, v in one.items() if n != "traceparent"} == {
                n: v for n, v in other.items() if n != "traceparent"
            }
        assert results[0].state == results[1].state
        written.update(topic.partition(".")[0] for topic, *_ in whole)
        for key, value in results[0].state.items():
            if value is None:
                state.pop(key)
            else:
                state[key] = value
    assert written.keys() == {"case-events", "work-orders", "agency", "order-notices", "lookups", "case-inbox"}


def test_hash_seed_time_zone_and_workers_change_no_byte(town: Town, tmp_path: Path) -> None:
    """Two replays are byte for byte the same, on the terminal and as a page."""
    pages = [tmp_path / name for name in ("one.html", "other.html")]
    one = town.command("--workers", "1", "--html", str(pages[0]), PYTHONHASHSEED="1", TZ="Asia/Shanghai")
    other = town.command("--workers", "3", "--html", str(pages[1]), PYTHONHASHSEED="77", TZ="America/New_York")
    assert (one.returncode, one.stderr) == (0, b"")
    assert other.stdout == one.stdout
    assert b"the same in every byte" in one.stdout
    page = pages[0].read_text("utf-8")
    assert pages[1].read_text("utf-8") == page
    assert "<script" not in page
    assert "http" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "").replace(
        'xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )


def test_a_part_of_the_range_is_the_same_after_a_warm_up(town: Town) -> None:
    whole = asyncio.run(plan.make(town.bootstrap, Names(), group="dispatcher", warm_up_days=30.0))
    offsets = {("calls", p): (span.end // 2, span.end * 3 // 4) for p, span in whole.calls.items()}
    offsets |= {("case-inbox", p): (span.end // 2, span.end * 3 // 4) for p, span in whole.inbox.items()}
    found = town.replayed(offsets=offsets)
    assert found["same"], found["findings"][:3]
    assert 0 < found["counts"]["messages"] < sum(map(len, whole.inbox.values())) / 3
    assert not [name for name in found["counts"] if "warm-up" in name]


def test_without_a_warm_up_what_began_before_is_told_and_not_compared(town: Town) -> None:
    whole = asyncio.run(plan.make(town.bootstrap, Names(), group="dispatcher", warm_up_days=30.0))
    offsets = {("case-inbox", p): (span.end // 2, span.end) for p, span in whole.inbox.items()}
    found = town.replayed(offsets=offsets, warm_up_days=0.0)
    assert found["counts"]["messages to cases opened before the warm-up: not compared"] > 0
    assert found["same"], found["findings"][:3]


def test_one_case_alone(town: Town) -> None:
    events = asyncio.run(read(town.bootstrap, "case-events"))["case-events"]
    told = Counter(body(r)["case_id"] for r in events)
    case, count = max(told.items(), key=lambda item: (item[1], item[0]))
    found = town.replayed(case=case)
    assert found["same"], found["findings"][:3]
    assert found["counts"]["events the same"] == count
    assert 0 < found["counts"]["calls"] < 20


@pytest.mark.parametrize("what_if", [False, True])
def test_interrupted_again_and_again_it_comes_to_the_same_report(town: Town, tmp_path: Path, what_if: bool) -> None:
    asked = {"policy": town.other_policy(tmp_path / "p", "repeat", same_call_minutes=1)} if what_if else {}
    wanted = town.replayed(**asked)
    pieces, found = town.in_pieces(tmp_path / "left", **asked)
    assert pieces > 3
    assert found == wanted


def test_what_cannot_be_done_is_said_in_words(town: Town, tmp_path: Path) -> None:
    """Status 2: a policy that nobody kept; a range that the topic does not have."""
    lost = town.command("--artefacts", str(tmp_path), "--workers", "1")
    assert lost.returncode == 2
    assert f"policy-{town.catalog.policy.sha256} is not in" in lost.stderr.decode()
    assert "--policy" in lost.stderr.decode()
    beyond = town.command("--offsets", "calls/0:0-1000000", "--workers", "1")
    assert beyond.returncode == 2
    assert b"calls/0 ends at offset" in beyond.stderr
    assert town.command("--offsets", "calls/99").returncode == 2
    assert (
        town.command("--resume", str(tmp_path / "none"), "--since", "2020-01-01", "--offsets", "calls/0").returncode
        == 2
    )
    assert lines(town.command("--json", "--offsets", "calls/1"))["ranges"].keys() == {"calls/1"}


def test_a_chain_depends_on_the_order_and_on_each_byte() -> None:
    def chain(*items: tuple[int, bytes, bytes]) -> bytes:
        tally = Tally()
        for offset, old, new in items:
            tally.compared(offset, old, new)
        return tally.chain

    one, two = (1, b"a", b"a"), (2, b"b", b"b")
    chains = [chain(one, two), chain(two, one), chain(one), chain(one, (2, b"b", b"B")), chain((1, b"aa", b""), two)]
    assert len(set(chains)) == len(chains)
