"""Traffic for a replay, and the replay as its parts call each other."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from stream_casework import People, at_work, short_clocks
from stream_cluster import CATALOG, ROOT, Crew, until
from stream_judge import Records, body, drained, kind, read
from stream_traffic import Sent, call, mixed, publish

from classifiers import Classifier
from dispatcher import artefacts
from dispatcher.broker import provision
from dispatcher.catalog import load_catalog
from dispatcher.client import erasing
from dispatcher.client.reader import Reader
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.inbox import EraseAsked
from dispatcher.domain.lookups.codes import AnswerStatus
from dispatcher.domain.lookups.messages import LookupAnswered
from dispatcher.observe import logging
from dispatcher.replay import plan, report, resume
from dispatcher.replay.deciders import Artefacts
from dispatcher.replay.reading import Names
from dispatcher.replay.run import fresh, run
from dispatcher.replay.setup import Part, Setup
from dispatcher.settings import SAMPLE_KEY
from dispatcher.stream import codec

CALLS = 260
NAMES = Names()


class Town:
    """A city with short clocks, and everything that was said in it. `store`: the artefacts that its worker kept."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.store = folder / "artefacts"
        self.policy_dir = folder / "policy"

    async def live(self) -> None:
        """Let a worker take the town's calls, answer its questions, and let its first deadlines fall."""
        logging.configure(level="CRITICAL")
        short_clocks(self.policy_dir)
        self.catalog = load_catalog(ROOT, policy_dir=self.policy_dir)
        artefacts.keep_model(self.store, Classifier.load().digest)
        artefacts.keep_policy(self.store, self.catalog.policy.sha256, ROOT, self.policy_dir)
        await provision.create(self.bootstrap, CATALOG.all_topics)
        async with Crew(self.bootstrap, self.folder) as crew:
            await crew.add("a", launcher=True, policy=str(self.policy_dir))  # it dies of one of the calls
            async with at_work(People(self.bootstrap, seed=7)):
                desks = asyncio.create_task(self._answer())
                await publish(self.bootstrap, self.calls(), rate=60)
                await until("deadlines fall, lookups are answered, cases end", self._has_lived)
                desks.cancel()
            await self._erase("l-1")
            await drained(self.bootstrap)
            await crew.remove("a")

    def calls(self) -> list[Sent]:
        """Repeats, twins, wrong keys, records that are no calls, a confidential one, quarrels, and people who are lost."""
        start = datetime.now(UTC) - timedelta(minutes=30)
        quarrel = [
            call(f"q-{n}", text, caller="13800009001", at=start + timedelta(minutes=minutes))
            for n, (minutes, text) in enumerate(
                (
                    (0, "楼上半夜装修吵得睡不着，沈河区"),
                    (3, "还是楼上装修那个事，没人来管"),
                    (25, "楼上的拿刀要砍人了，快来"),
                )
            )
        ]
        silent = [
            call(f"s-{n}", "（无人说话）", caller="13800009002", at=start + timedelta(minutes=20 * n)) for n in range(2)
        ]
        bad = [Sent(f"bad-{n}", None, b"console", value, "") for n, value in enumerate((b"{", b"", b'{"text":"\xff"}'))]
        hidden = call(
            "h-0", "我要举报沈河区派出所民警态度恶劣，电话13800001234", caller="13800009003", confidential=True
        )
        lost = [
            call("l-0", "我手机落在出租车上了，车牌辽A12366", caller="13800009004"),
            call("l-1", "老人走失了，八十岁，穿灰色外套，在沈河区北站附近", caller="13800009005"),
        ]
        again = call("q-0", "同一编号的另一个电话，路灯坏了", caller="13800009006")
        deadly = call("d-0", "【DIE】有人从楼上掉下来了", caller="13800009007")
        return [*quarrel, *silent, *bad, hidden, *lost, again, deadly, *mixed(7, CALLS)]

    async def _answer(self) -> None:
        """The databases behind the desks, which know nothing."""
        consumer = AIOKafkaConsumer("lookups", bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        await producer.start()
        try:
            async for record in consumer:
                asked = body(record)
                said = LookupAnswered(
                    message_id=asked["request_id"],
                    case_id=asked["case_id"],
                    lookup_id=asked["lookup_id"],
                    channel=asked["channel"],
                    database=asked["database"],
                    found=False,
                    status=AnswerStatus.NOTHING,
                )
                made = codec.output(
                    "case-inbox", said.case_id, said, event_id=asked["request_id"], at=datetime.now(UTC), trace="0" * 32
                )
                await producer.send_and_wait(made.topic, made.value, key=made.key, headers=list(made.headers))
        finally:
            await consumer.stop()
            await producer.stop()

    async def _erase(self, call_id: str) -> None:
        """A person is erased while the search for somebody goes on: the rest of the case is decided without what was said."""
        async with Reader(self.bootstrap) as reader:
            meant = await erasing.find(reader, call_id)
            asked = EraseAsked(
                message_id="erase-1",
                case_id=meant.case_id,
                keys=meant.keys,
                actor="A001",
                role=ActorRole.AUDITOR,
                reason="本人申请",
                even_open=True,
            )
            answer = await erasing.erase(reader, asked, timeout=60.0)
            assert answer.refused is None

    async def _has_lived(self) -> bool:
        kinds = {kind(r) for r in (await read(self.bootstrap, "case-events"))["case-events"]}
        wanted = {"reminder.sent.v1", "order.finished.v1", "case.raised.v1", "lookup.recorded.v1", "review.decided.v1"}
        return kinds >= wanted | {"case.closed.v1", "order.returned.v1"}

    # -- the replay -------------------------------------------------------------------------------------------

    def replayed(self, *, names: Names = NAMES, **asked: Any) -> dict[str, Any]:
        """The report of a replay in this program. `asked`: model, policy, case, or what the plan is asked."""
        artefacts_ = self.artefacts(**{name: asked.pop(name) for name in ("model", "policy") if name in asked})
        case = asked.pop("case", None)
        planned = asyncio.run(plan.make(self.bootstrap, names, group="dispatcher", **({"warm_up_days": 30.0} | asked)))
        setup = Setup(self.bootstrap, names, planned, artefacts_, case)
        return self.report(planned, run(setup, fresh(setup), workers=0), case=case)

    def in_pieces(self, left: Path, *, names: Names = NAMES, **asked: Path) -> tuple[int, dict[str, Any]]:
        """The report of a replay that is interrupted again and again, and how many pieces it was done in. `left`: its resume file."""
        planned = asyncio.run(plan.make(self.bootstrap, names, group="dispatcher", warm_up_days=30.0))
        parts, pieces = fresh(Setup(self.bootstrap, names, planned, self.artefacts(**asked))), 0
        while not all(part.done for part in parts):
            taken = 0

            def told(records: int) -> None:
                nonlocal taken
                taken += records

            setup = Setup(self.bootstrap, names, planned, self.artefacts(**asked))
            parts = run(setup, parts, workers=0, stop=lambda: taken >= 200, told=told)  # noqa: B023
            pieces += 1
            resume.save(left, {"case": None}, planned, parts)
            _, planned, parts = resume.load(left)
        return pieces, self.report(planned, parts)

    def report(self, planned: plan.Plan, parts: list[Part], *, case: str | None = None) -> dict[str, Any]:
        return report.made(planned, parts, model=None, policy=None, case=case)

    def other_policy(self, folder: Path, file: str, **changes: Any) -> Path:
        """The town's policy files with some values of one of them changed; returns their folder."""
        shutil.copytree(self.policy_dir, folder)
        fields = yaml.safe_load((folder / f"{file}.yaml").read_text("utf-8"))
        for name, value in changes.items():
            fields[name] = fields[name] | value if isinstance(value, dict) else value
        (folder / f"{file}.yaml").write_text(yaml.safe_dump(fields, allow_unicode=True), "utf-8")
        return folder

    def artefacts(self, **what_if: Path) -> Artefacts:
        return replace(Artefacts(self.store, ROOT, None, SAMPLE_KEY), **what_if)

    def command(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        """``dispatcher replay`` as a person runs it."""
        kept_ = () if "--artefacts" in arguments else ("--artefacts", str(self.store))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DISPATCHER_")}
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments, *kept_],
            cwd=self.folder,
            env=kept | {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap, "PYTHONPATH": str(ROOT)} | env,
            capture_output=True,
            check=False,
        )


Tamper = Callable[[Records], Records]


def records(town: Town, topic: str) -> Records:
    """All that lies on a topic."""
    return asyncio.run(read(town.bootstrap, topic))[topic]


def copied(town: Town, topic: str, name: str, tamper: Tamper, *, partitions: int = 4) -> str:
    """A copy of a topic under another name, every partition in its order and every record with its time, after `tamper`."""

    async def copy() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=town.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(name, partitions, 1)])
        await admin.close()
        async with AIOKafkaProducer(bootstrap_servers=town.bootstrap) as producer:
            for record in tamper((await read(town.bootstrap, topic))[topic]):
                await producer.send(
                    name,
                    record.value,
                    key=record.key,
                    partition=record.partition,
                    timestamp_ms=record.timestamp,
                    headers=list(record.headers),
                )
            await producer.flush()

    asyncio.run(copy())
    return name


def shortened(town: Town, name: str, *, partition: int, before: int) -> None:
    """Let the broker forget the first records of a partition, as it does when their time is over."""

    async def shorten() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=town.bootstrap)
        await admin.start()
        await admin.delete_records({TopicPartition(name, partition): RecordsToDelete(before_offset=before)})
        await admin.close()

    asyncio.run(shorten())


#: The command by itself, with the program's own way of ending.
PROGRAM = """
from dispatcher import cli
cli.COMMANDS["replay"] = ("dispatcher.cli.replay", "")
import sys
sys.argv[1:1] = ["replay"]
if __name__ == "__main__":
    cli.main()
"""


def lines(result: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """The report of a command that was asked for JSON."""
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found
