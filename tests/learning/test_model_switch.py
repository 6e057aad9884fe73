"""A promotion and a rollback under load, on real workers: each call is decided by the model that stands before it in its partition."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from learning_world import anxious
from stream_cluster import CATALOG, ROOT, Worker, house, until
from stream_judge import Found, body, drained, everything, judge, kind, read
from stream_traffic import Sent, call, publish, texts

from classifiers import Classifier
from classifiers.model import MODEL_DIR
from dispatcher.artefacts import digest_of, keep_model
from dispatcher.domain.triage import Classify, in_doubt
from dispatcher.learning.promoting import shipped
from dispatcher.stream.classify import classify_with

FIRST = shipped()
RATE = 60.0


class Switch(NamedTuple):
    """A promotion or rollback as the command told it: which model, and the offset of its record in each partition."""

    model: str
    offsets: dict[int, int]


async def dispatcher(bootstrap: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    """A command as a person runs it, with --json; its last line."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DISPATCHER_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dispatcher", *arguments, "--json"),
        cwd=ROOT,
        env=env | {"KAFKA_BOOTSTRAP_SERVERS": bootstrap},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, errors = await process.communicate()
    assert process.returncode == status, f"{told.decode()[:3000]}\n{errors.decode()}"
    found = json.loads(told.splitlines()[-1])
    assert isinstance(found, dict)
    return found


async def switch(bootstrap: str, store: Path, what: str, *arguments: str) -> Switch:
    """``model promote`` or ``model rollback``."""
    words = ("--by", "王", "--reason", "季度更新", "--artefacts", str(store))
    told = await dispatcher(bootstrap, "model", what, *arguments, *words)
    places = [place.split("/") for place in told["places"]]
    assert len(places) == CATALOG.all_topics["calls"].partitions
    return Switch(told["model"], {int(partition): int(offset) for _, partition, offset in places})


def traffic(name: str, number: int) -> Iterator[Sent]:
    """Each call from another person, so that none depends on an earlier one; some are sent twice, some under a wrong key,
    and some cannot be read as calls, and go to a person with the model's advice."""
    for n in range(number):
        caller = f"138{sum(map(ord, name)) % 1000:03d}{n:05d}"
        made = call(f"{name}-{n:04d}", texts()[(n * 37) % len(texts())], caller=caller)
        if n % 15 == 7:
            made = Sent(made.call_id, made.caller, b"console-7", made.value, made.text)
        yield made
        if n % 20 == 3:
            yield made
        if n % 25 == 11:
            yield bad(f"{name}-bad-{n}")


def bad(name: str) -> Sent:
    fields = {"call_id": name, "received_at": "no time", "text": "楼道灯坏了半个月没人换"}
    return Sent(name, None, name.encode(), json.dumps(fields, ensure_ascii=False).encode(), str(fields["text"]))


def apart(found: Found, sent: list[Sent]) -> tuple[Found, list[Sent], int]:
    """What was read as calls; and how many cases there are of what could not be read."""
    cases = {event["case_id"] for event in found.of("case.opened.v1") if event["dead_letter"]}
    events = [(name, event) for name, event in found.events if event["case_id"] not in cases]
    orders = [order for order in found.orders if order["case_id"] not in cases]
    by_agency = [(unit, order) for unit, order in found.by_agency if order["case_id"] not in cases]
    return Found(events, orders, by_agency, found.dead), [one for one in sent if "-bad-" not in one.call_id], len(cases)


async def decisions(bootstrap: str) -> list[dict[str, Any]]:
    """All that triage decided."""
    kinds = ("triage.decided.v1", "call.unreadable.v1")
    return [body(record) for record in (await read(bootstrap, "case-inbox"))["case-inbox"] if kind(record) in kinds]


def deciding(decided: dict[str, Any], *switches: Switch) -> tuple[int, str]:
    """How many switches lie before a call in its partition, and the model that has to decide it."""
    source = decided["source"]
    passed = [one for one in switches if one.offsets[source["partition"]] < source["offset"]]
    return len(passed), passed[-1].model if passed else FIRST


def answers_otherwise(decided: dict[str, Any], one: Classify, other: Classify) -> bool:
    """Whether two models, asked without any replay, decide a call differently."""
    address = decided["place"].get("address")
    unreadable = "error_code" in decided
    at = None if unreadable else datetime.fromisoformat(decided["received_at"])
    found = []
    for classify in (one, other):
        answer = classify(decided["text"], address, at)
        if unreadable:  # always a person's, whatever the model says of it
            found.append(("review", answer.category, in_doubt(answer.outcome, answer.urgency)))
        else:
            found.append((answer.outcome, answer.category, answer.urgency))
    return found[0] != found[1]


async def test_each_partition_changes_its_model_at_the_record_and_back_again_while_a_worker_is_killed(
    tmp_path: Path,
) -> None:
    folder = anxious(tmp_path / "second")
    second = digest_of(folder)
    assert second is not None
    async with house(tmp_path) as (broker, crew):
        bootstrap, store = broker.bootstrap, crew.folder / "artefacts"
        for slot in ("a", "b"):
            await crew.add(slot, wait=False)
        await crew.ready()
        sent = await publish(bootstrap, traffic("before", 120))

        flowing = asyncio.create_task(publish(bootstrap, traffic("while", 900), rate=RATE))
        promoted = await switch(bootstrap, store, "promote", str(folder), "--force")
        crew.workers["a"].signal(signal.SIGKILL)
        assert not flowing.done(), "the promotion is to lie among calls"
        sent += await flowing
        sent += await publish(bootstrap, [*sent[:20], *traffic("second", 120)])

        flowing = asyncio.create_task(publish(bootstrap, traffic("back", 900), rate=RATE))
        back = await switch(bootstrap, store, "rollback")
        crew.workers["b"].signal(signal.SIGKILL)
        assert not flowing.done()
        sent += await flowing
        sent += await publish(bootstrap, traffic("after", 120))
        await drained(bootstrap)
        assert crew.deaths() == [-signal.SIGKILL] * 2
        assert (promoted.model, back.model) == (second, FIRST)

        calls, wanted, unread = apart(await everything(bootstrap), sent)
        judge(calls, wanted)
        assert unread == len([one for one in sent if "-bad-" in one.call_id])
        made = await decisions(bootstrap)
        stretches = set()
        for decided in made:
            number, model = deciding(decided, promoted, back)
            assert decided["decision"]["model"] == model, decided["source"]
            stretches.add((decided["source"]["partition"], number))
        assert stretches == {(p, n) for p in promoted.offsets for n in range(3)}, "every partition has calls between"
        assert not [line for worker in crew.workers.values() for line in worker.said("model.missing")]

        named = ("--artefacts", str(store))
        same = await dispatcher(bootstrap, "replay", *named)
        assert (same["differences"], same["findings"]) == (0, [])
        assert same["counts"]["answers the same"] == len(made)
        assert same["counts"]["promotions of a model"] == 2 * len(promoted.offsets)
        first = await dispatcher(bootstrap, "replay", *named, "--model", str(MODEL_DIR), status=3)
        policy = CATALOG.policy.triage
        one, other = (classify_with(Classifier.load(home), policy) for home in (MODEL_DIR, folder))
        between = [decided for decided in made if deciding(decided, promoted, back)[0] == 1]
        changed = {decided["call_id"] for decided in between if answers_otherwise(decided, one, other)}
        assert changed
        assert len(changed) < len(between)
        assert {f["id"] for f in first["findings"] if f["what"] == "changed"} == changed
        assert first["counts"]["changed decisions"] == len(changed)


async def test_a_worker_without_the_model_says_so_goes_on_with_the_one_before_and_takes_it_when_it_is_there(
    tmp_path: Path,
) -> None:
    folder = anxious(tmp_path / "second")
    second = digest_of(folder)
    assert second is not None
    elsewhere = tmp_path / "elsewhere"  # where the command keeps the model, and no worker looks
    async with house(tmp_path) as (broker, crew):
        bootstrap, store = broker.bootstrap, crew.folder / "artefacts"
        worker = await crew.add("a")
        promoted = await switch(bootstrap, elsewhere, "promote", str(folder), "--force")
        sent = await publish(bootstrap, traffic("without", 60))
        await drained(bootstrap)
        without = await decisions(bootstrap)
        assert {decided["decision"]["model"] for decided in without} == {FIRST}
        await told_of(worker, second)

        keep_model(store, second, folder)  # nobody starts the worker again
        sent += await publish(bootstrap, traffic("with", 60))
        await drained(bootstrap)
        made = await decisions(bootstrap)
        assert {decided["decision"]["model"] for decided in made if decided not in without} == {second}
        calls, wanted, _ = apart(await everything(bootstrap), sent)
        judge(calls, wanted)

        replayed = await dispatcher(bootstrap, "replay", "--artefacts", str(store))
        assert replayed["differences"] == 0
        assert replayed["counts"]["calls decided by another model than the promoted one"] == len(without)
        assert promoted.model == second
        await crew.remove("a")


async def told_of(worker: Worker, model: str) -> None:
    """The worker's log and its metrics name it."""

    async def said() -> bool:
        return any(line["model"] == model and line["level"] == "critical" for line in worker.said("model.missing"))

    await until("the log cries", said)
