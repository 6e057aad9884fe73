"""The ledger on a real broker: whole, tampered with, cut at either end, signed."""

from __future__ import annotations

import asyncio
import json
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from audit_lanes import PARTITIONS, copy, cut, lanes_write, lose, publish, records_of
from click.testing import CliRunner, Result

from dispatcher.audit import keys, session
from dispatcher.audit.breaks import Kind
from dispatcher.audit.session import CHECKPOINTS, Verified, Wanted
from dispatcher.cli.audit import audit
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord

Change = Callable[[list[InputRecord]], list[InputRecord]]
PLACE = 17


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(audit, [str(word) for word in words])


def verified(city: str, *words: str | Path) -> tuple[int, dict[str, Any]]:
    """Status and what `dispatcher audit verify --json` says."""
    done = run("verify", "--bootstrap", city, "--json", *words)
    assert done.exit_code in (0, 3), done.output + repr(done.exception)
    loaded = json.loads(done.stdout)
    assert isinstance(loaded, dict)
    return done.exit_code, loaded


def of_copy(city: str, topic: str, *paths: Path) -> Verified:
    public = keys.load_public(paths) if paths else None
    return asyncio.run(session.verify(Wanted(city, public, ledger=topic, copy_of=topics.CASE_EVENTS)))


def said(record: InputRecord) -> tuple[str, int]:
    return (record.header("chain") or b"").decode(), int(record.header("chain_seq") or b"-1")


def index_of(records: list[InputRecord], chain: str, place: int) -> int:
    return next(n for n, record in enumerate(records) if said(record) == (chain, place))


def changed(records: list[InputRecord]) -> list[InputRecord]:
    at = index_of(records, "casework/1", PLACE)
    return [*records[:at], replace(records[at], value=b'{"n":"another"}'), *records[at + 1 :]]


def removed(records: list[InputRecord]) -> list[InputRecord]:
    at = index_of(records, "casework/1", PLACE)
    return records[:at] + records[at + 1 :]


def inserted(records: list[InputRecord]) -> list[InputRecord]:
    at = index_of(records, "casework/1", PLACE)
    return [*records[:at], replace(records[at], value=b"{}", headers=records[at].headers[:-3]), *records[at:]]


def swapped(records: list[InputRecord]) -> list[InputRecord]:
    at = index_of(records, "casework/1", PLACE)
    other = index_of(records, "casework/1", PLACE + 3)
    found = list(records)
    found[at], found[other] = found[other], found[at]
    return found


@pytest.fixture
def ledger(city: str) -> str:
    asyncio.run(lanes_write(city, 60))
    return city


def test_a_ledger_and_what_was_done_to_copies_of_it(ledger: str) -> None:
    status, told = verified(ledger)
    assert (status, told["whole"], told["records"]) == (0, True, 60 * PARTITIONS + 20)
    assert {name: span["next"] for name, span in told["chains"].items()} == {
        **{f"casework/{n}": 60 for n in range(PARTITIONS)},
        "triage/0": 20,
    }
    wanted: dict[Change, Kind] = {
        changed: Kind.CHANGED,
        removed: Kind.MISSING,
        inserted: Kind.INSERTED,
        swapped: Kind.REORDERED,
    }
    whole = asyncio.run(records_of(ledger))
    places = [record for record in whole if record.partition == 1]
    at = index_of(places, "casework/1", PLACE)
    for change, kind in wanted.items():
        name = f"copy-{change.__name__}"
        asyncio.run(copy(ledger, name, change))
        first = of_copy(ledger, name).report.breaks[0]
        assert (first.kind, first.partition) == (kind, 1), first
        if kind is Kind.REORDERED:
            assert first.place == PLACE
        else:
            assert first.offset == at
            assert kind is Kind.INSERTED or (first.chain, first.place) == ("casework/1", PLACE)
    asyncio.run(copy(ledger, "copy-whole", list))
    assert of_copy(ledger, "copy-whole").report.whole


def test_processes_find_what_one_finds(ledger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatcher.audit.parallel._WORTH", 0)
    (one, first), (two, second) = verified(ledger, "--workers", "1"), verified(ledger, "--workers", "3")
    assert one == two == 0
    assert first | {"seconds": 0} == second | {"seconds": 0}
    forged = next(record for record in asyncio.run(records_of(ledger)) if record.partition == 2)
    asyncio.run(publish(ledger, topics.CASE_EVENTS, [forged, replace(forged, headers=forged.headers[:3])]))
    (one, first), (two, second) = verified(ledger, "--workers", "1"), verified(ledger, "--workers", "3")
    assert one == two == 3
    assert first | {"seconds": 0} == second | {"seconds": 0}
    assert [(b["kind"], b["partition"]) for b in first["breaks"]] == [("inserted", 2), ("inserted", 2)]
    assert first["breaks"][0]["advice"]


def test_an_end_that_is_cut_off_is_known_from_the_lane(ledger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PATIENCE", 0.5)  # nobody writes here: nothing will still become readable
    asyncio.run(lose(ledger, 2, 3))
    status, told = verified(ledger)
    assert status == 3
    (one,) = told["breaks"]
    assert (one["kind"], one["chain"], one["place"], one["last"], one["partition"]) == (
        "cut_off",
        "casework/2",
        60,
        62,
        2,
    )
    asyncio.run(lanes_write(ledger, 10, seed=3, lanes=[2]))  # the lane goes on: now there is a hole
    (one,) = verified(ledger)[1]["breaks"]
    assert (one["kind"], one["chain"], one["place"], one["last"]) == ("missing", "casework/2", 60, 62)


def test_a_partition_of_which_nothing_is_left_is_not_anchored(ledger: str) -> None:
    ends = {r.partition: r.offset for r in asyncio.run(records_of(ledger))}
    asyncio.run(cut(ledger, topics.CASE_EVENTS, {0: ends[0] + 1}))
    status, told = verified(ledger)
    assert (status, told["records"]) == (0, 60 * (PARTITIONS - 1) + 15)
    assert told["notes"][0].startswith("not anchored")


def test_checkpoints_their_keys_and_their_file(ledger: str, key: Path, tmp_path: Path) -> None:
    file = tmp_path / "checkpoints.jsonl"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert run("key", "new", key).exit_code == 1  # SettingsError: never overwritten
    for _ in range(2):
        done = run("checkpoint", "--bootstrap", ledger, "--key", key, "--file", file)
        assert done.exit_code == 0, done.output + repr(done.exception)
    status, told = verified(ledger, "--public", keys.beside(key), "--file", file)
    assert (status, told["checkpoints"], told["notes"]) == (0, 2, [])

    # Another key takes over: with its public half alone the old ones are strangers, with both all is well.
    later = tmp_path / "later"
    keys.new(later)
    asyncio.run(lanes_write(ledger, 20, seed=5))
    done = run("checkpoint", "--bootstrap", ledger, "--key", later, "--file", file)
    assert done.exit_code == 3
    assert "a key that nobody has given" in done.output
    both = ("--public", keys.beside(key), "--public", keys.beside(later))
    done = run("checkpoint", "--bootstrap", ledger, "--key", later, "--file", file, *both)
    assert done.exit_code == 0, done.output + repr(done.exception)
    assert verified(ledger, *both, "--file", file)[1]["checkpoints"] == 3

    # A byte of the file, a line of it, a strange signature on the topic.
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(lines[0] + lines[1].replace(b'"sequence":60', b'"sequence":61') + lines[2])
    status, told = verified(ledger, *both, "--file", bad)
    assert status == 3
    assert told["breaks"][0]["told"] == "bad.jsonl:2, checkpoint 1: its signature is bad"
    bad.write_bytes(lines[0] + lines[2])
    status, told = verified(ledger, *both, "--file", bad)
    assert [b["told"] for b in told["breaks"]] == ["bad.jsonl:2, checkpoint 2: checkpoint 1 is gone"]
    on_topic = asyncio.run(records_of(ledger, CHECKPOINTS))
    asyncio.run(publish(ledger, CHECKPOINTS, [replace(on_topic[0], value=b"{}")]))
    status, told = verified(ledger, *both)
    assert [(b["kind"], b["topic"], b["offset"]) for b in told["breaks"]] == [
        ("checkpoint", CHECKPOINTS, on_topic[-1].offset + 2)
    ]
    assert run("checkpoint", "--bootstrap", ledger, "--key", later, *both).exit_code == 3  # nor is it signed


def test_a_chain_written_anew_contradicts_its_checkpoint(ledger: str, key: Path) -> None:
    assert run("checkpoint", "--bootstrap", ledger, "--key", key).exit_code == 0

    def anew(records: list[InputRecord]) -> list[InputRecord]:
        from dispatcher.stream.chain import Head
        from dispatcher.stream.records import Output

        head, found = Head("casework/1"), []
        for record in records:
            if said(record)[0] == "casework/1":
                value = b"{}" if said(record)[1] == PLACE else record.value
                head, out = head.link(Output(record.topic, record.key, value, record.headers[:-3]))
                record = replace(record, value=out.value, headers=out.headers)
            found.append(record)
        return found

    asyncio.run(copy(ledger, "anew", anew))
    assert of_copy(ledger, "anew").report.whole  # the chain itself cannot tell
    (one,) = of_copy(ledger, "anew", keys.beside(key)).report.breaks
    assert (one.kind, one.chain, one.place) == (Kind.CONTRADICTED, "casework/1", 59)

    asyncio.run(copy(ledger, "short", lambda records: [r for r in records if said(r) != ("casework/2", 59)]))
    assert of_copy(ledger, "short").report.whole
    (one,) = of_copy(ledger, "short", keys.beside(key)).report.breaks
    assert (one.kind, one.chain, one.place, one.last) == (Kind.CUT_OFF, "casework/2", 59, 59)


def test_a_beginning_that_is_gone_is_anchored_at_a_checkpoint(ledger: str, key: Path) -> None:
    public = ("--public", keys.beside(key))
    half = {r.partition: r.offset for r in asyncio.run(records_of(ledger))}
    assert run("checkpoint", "--bootstrap", ledger, "--key", key).exit_code == 0
    asyncio.run(lanes_write(ledger, 30, seed=9))
    status, told = verified(ledger, *public, "--since", "0s")
    assert (status, told["records"]) == (0, 30 * PARTITIONS + 20)  # from the checkpoint on, whatever lies before
    assert told["notes"][0].startswith("begins at checkpoint 0")

    asyncio.run(cut(ledger, topics.CASE_EVENTS, {p: offset // 2 + 7 * p for p, offset in half.items()}))
    status, told = verified(ledger, *public)
    assert (status, told["breaks"]) == (0, [])
    assert told["notes"] == ["the beginning is gone (retention); anchored at checkpoint 0"]
    status, told = verified(ledger)
    assert status == 0
    assert told["notes"][0].startswith("not anchored")
    assert not any(span["anchored"] for span in told["chains"].values())

    # Behind the anchor nothing may be missing, though the beginning is gone.
    before = [r for r in asyncio.run(records_of(ledger)) if said(r) == ("casework/3", 70)]
    assert before
    asyncio.run(cut(ledger, topics.CASE_EVENTS, {3: before[0].offset + 1}))
    status, told = verified(ledger, *public)
    assert status == 0  # cut behind the only checkpoint: there is no anchor any more, which is said
    assert told["notes"][0].startswith("not anchored")


def test_no_broker_and_no_key_are_no_broken_ledger(tmp_path: Path) -> None:
    done = run("verify", "--bootstrap", "127.0.0.1:1")
    assert type(done.exception).__name__ == "ClusterUnreachable"  # the program ends with status 2
    done = run("checkpoint", "--bootstrap", "127.0.0.1:1")
    assert type(done.exception).__name__ == "SettingsError"
    loose = tmp_path / "loose"
    keys.new(loose)
    loose.chmod(0o644)
    with pytest.raises(Exception, match="can be read by others"):
        keys.load_private(loose)


WATCH = [
    sys.executable,
    "-c",
    "from dispatcher.cli import options; from dispatcher.cli.audit import audit; audit()",
    "watch",
]


def test_a_watch_that_is_killed_signs_nothing_twice_and_tells_the_first_break(
    ledger: str, key: Path, tmp_path: Path
) -> None:
    file = tmp_path / "checkpoints.jsonl"
    command = [*WATCH, "--bootstrap", ledger, "--key", str(key), "--file", str(file), "--every", "1", "--json"]
    for round_ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert "checkpoint" in json.loads(process.stdout.readline())
        if round_ % 2:
            asyncio.run(lanes_write(ledger, 10, seed=round_, lanes=[round_]))
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 40])  # as if it had been killed in the middle of a line
    status, told = verified(ledger, "--public", keys.beside(key))
    assert status == 0
    on_topic = [r.value for r in asyncio.run(records_of(ledger, CHECKPOINTS))]
    numbers = [json.loads(value or b"")["number"] for value in on_topic]
    assert numbers == list(range(len(numbers)))
    assert told["checkpoints"] == len(numbers) >= 6

    process = subprocess.Popen([*command, "--once"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["checkpoint"]["number"] == len(numbers)
    forged = asyncio.run(records_of(ledger))[0]
    asyncio.run(publish(ledger, topics.CASE_EVENTS, [replace(forged, headers=forged.headers[:3])]))
    rest = process.stdout.read().splitlines()
    assert process.wait() == 3
    process.stdout.close()
    alarm = json.loads(rest[-1])["alarm"]
    assert (alarm["kind"], alarm["partition"]) == ("inserted", forged.partition)
    written = file.read_bytes().splitlines()
    assert written == [r.value for r in asyncio.run(records_of(ledger, CHECKPOINTS))]


def test_an_empty_ledger_is_whole_and_can_be_signed(city: str, key: Path) -> None:
    assert verified(city)[0] == 0
    assert run("checkpoint", "--bootstrap", city, "--key", key).exit_code == 0
    asyncio.run(lanes_write(city, 5))
    assert verified(city, "--key", key)[1]["checkpoints"] == 1
