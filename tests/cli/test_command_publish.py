"""`dispatcher publish`."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from cli_program import Run, call, lines, rows, until
from worker_process import PATIENCE

from dispatcher.client.reader import Reader
from dispatcher.domain import ids
from dispatcher.settings import SAMPLE_KEY
from dispatcher.stream.records import InputRecord


def on_calls(bootstrap: str, mark: str) -> list[InputRecord]:
    """The records of `calls` that hold `mark`."""

    async def read() -> list[InputRecord]:
        async with Reader(bootstrap) as reader:
            places = reader.partitions("calls")
            begins, ends = await asyncio.gather(reader.begins(places), reader.ends(places))
            return await reader.all(begins, ends, keep=lambda record: mark.encode() in (record.value or b""))

    return asyncio.run(read())


def test_a_published_line_lies_on_the_topic_byte_for_byte(run: Run, cluster: str, tmp_path: Path) -> None:
    mark = str(uuid4())
    with_number, without = call(caller="+86 138 0000 0001", console=mark), call(console=mark)
    # Spaces and the order of the fields are the console's business.
    text = json.dumps(with_number, ensure_ascii=False, indent=None, separators=(" , ", " : ")) + "\n" + lines(without)
    (tmp_path / "calls.jsonl").write_text(text, "utf-8")

    told = run("publish", str(tmp_path / "calls.jsonl"), "--json")
    assert told.exit_code == 0
    assert [(row["published"], row["refused"]) for row in rows(told)] == [(2, 0)]

    records = {record.key: record for record in on_calls(cluster, mark)}
    first = records[ids.pseudonym("13800000001", SAMPLE_KEY).encode()]
    second = records[str(without["call_id"]).encode()]
    assert [first.value, second.value] == [line.encode() for line in text.splitlines()]
    assert first.header("ce_type") == b"call.received.v1"
    assert first.header("ce_subject") == str(with_number["call_id"]).encode()
    trace = (first.header("traceparent") or b"").split(b"-")
    assert [len(part) for part in trace] == [2, 32, 16, 2]
    assert first.header("ce_id") != second.header("ce_id")


def test_a_bad_line_is_told_with_its_number_and_the_rest_goes_on(run: Run, cluster: str) -> None:
    mark = str(uuid4())
    good = call(console=mark)
    text = f"{lines(good)}no json {mark}\n\n{lines(call(text='', console=mark), [1], call(console=mark))}"
    told = run("publish", "-", "--json", input=text)
    assert told.exit_code == 1
    assert [(row["published"], row["refused"]) for row in rows(told)] == [(2, 3)]
    bad = [json.loads(line) for line in told.stderr.splitlines()]
    assert [(line["line"], line["code"]) for line in bad] == [(2, "D303"), (4, "D305"), (5, "D303")]
    # a transaction of a worker on `calls` may hold back readers for a moment
    until("all lie on the topic", lambda: len(on_calls(cluster, mark)) == 2)


def test_force_publishes_what_is_bad_as_it_is(run: Run, cluster: str) -> None:
    mark = str(uuid4())
    told = run("publish", "-", "--json", "--force", input=f"no json {mark}\n{lines(call(text='', console=mark))}")
    assert told.exit_code == 1
    assert [(row["published"], row["refused"], row["forced"]) for row in rows(told)] == [(2, 0, 2)]
    assert f"no json {mark}".encode() in {record.value for record in on_calls(cluster, mark)}


def test_fill_gives_an_id_and_a_time_only_where_there_is_none(run: Run, cluster: str) -> None:
    mark = str(uuid4())
    old = {"jjdbh": f"cad-{mark}", "jjsj": f"{datetime.now():%Y-%m-%d %H:%M:%S}", "bjnr": "水管漏了"}  # noqa: DTZ005
    bare = {"text": "灯坏了", "console": mark}
    assert run("publish", "-", input=lines(bare)).exit_code == 1
    assert run("publish", "-", "--fill", input=lines(old, bare)).exit_code == 0
    found = [json.loads(record.value or b"") for record in on_calls(cluster, mark)]
    assert old in found
    filled = next(value for value in found if value != old)
    assert set(filled) == {"call_id", "received_at", "text", "console"}


def test_many_lines_at_a_rate(run: Run, cluster: str) -> None:
    mark = str(uuid4())
    told = run("publish", "-", "--rate", "400", "--json", input=lines(*(call(console=mark) for _ in range(40))))
    assert rows(told)[0]["published"] == 40
    # a transaction of a worker on `calls` may hold back readers for a moment
    until("all lie on the topic", lambda: len(on_calls(cluster, mark)) == 40)


def test_what_was_acknowledged_before_ctrl_c_is_counted(
    cluster: str, tmp_path: Path, program_process: Callable[..., subprocess.Popen[str]]
) -> None:
    mark = str(uuid4())
    (tmp_path / "calls.jsonl").write_text(lines(*(call(console=mark) for _ in range(2000))), "utf-8")
    process = program_process("publish", str(tmp_path / "calls.jsonl"), "--rate", "20")
    until("some calls lie on the topic", lambda: on_calls(cluster, mark))
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    counted = int(told.split()[0])
    assert told.startswith(f"{counted} published, 0 refused")
    # What was acknowledged lies on the topic; a line under way at the Ctrl-C may lie there too.
    until("all that was counted lies on the topic", lambda: len(on_calls(cluster, mark)) >= counted)
    published = len(on_calls(cluster, mark))
    assert counted <= published <= counted + 2
    assert told.count("\n") == 1
    assert 0 < published < 2000


def test_a_line_that_the_broker_refuses_is_told_and_the_rest_goes_on(run: Run, cluster: str) -> None:
    mark = str(uuid4())
    giant = lines(call(text="长" * 4_400_000))  # 13 MB
    after = "".join(lines(call(console=mark)) for _ in range(12))  # some of them for the giant's own partition
    told = run("publish", "-", "--force", "--json", input=f"{lines(call(console=mark))}{giant}{after}")
    assert told.exit_code == 1
    assert [(row["published"], row["refused"]) for row in rows(told)] == [(13, 1)]
    assert json.loads(told.stderr)["line"] == 2
    # a transaction of a worker on `calls` may hold back readers for a moment
    until("all lie on the topic", lambda: len(on_calls(cluster, mark)) == 13)
