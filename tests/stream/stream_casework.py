"""A city with short clocks, and its units and people at work on real topics."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from stream_cluster import CATALOG, ROOT
from stream_judge import body, kind

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import ActorRole, Clock, Mark, Satisfaction
from dispatcher.domain.inbox import AgencyReplied, DeadlineElapsed, Operation, OperatorDecided, ReplyAction, TimerKind
from dispatcher.stream import codec

#: Every clock's limit: the shortest that a policy can say.
LIMIT = timedelta(minutes=1)
#: When each mark falls, as a share of the limit.
SHARES = {Mark.REMINDER: 0.1, Mark.BLUE: 1.0, Mark.YELLOW: 1.05, Mark.RED: 1.1}
#: On a message that somebody else than the service made up.
FORGED = "/forger"


def short_clocks(folder: Path) -> Path:
    """The policy files of a city whose every limit is a minute, open day and night; returns their folder."""
    folder.mkdir()
    limit = {"elapsed_minutes": 1}
    today = datetime.now(CITY_TIME).date()
    changes: dict[str, dict[str, Any]] = {
        "deadlines": {
            **{clock: dict.fromkeys(("emergency", "urgent", "routine"), limit) for clock in Clock},
            "finish_queries": limit,
        },
        "casework": {
            "conference_finish": limit,
            "lease_minutes": 1,
            "review_reminder_minutes": 1,
            "whistle_minutes": 1,
        },
        "hours": {
            "morning_start": "00:00",
            "afternoon_start": "12:00",
            "afternoon_end": "23:59:59.999999",
            "extra_workdays": [today, today + timedelta(days=1)],
        },
    }
    for file in (ROOT / "dispatcher/policy").glob("*.yaml"):
        fields = yaml.safe_load(file.read_text("utf-8"))
        fields |= {str(name): value for name, value in changes.get(file.stem, {}).items()}
        if file.stem == "casework":
            fields["cards"] = {str(m): {**fields["cards"][str(m)], "at": at} for m, at in SHARES.items()}
            fields["ladder"] = [{**rung, "limit": limit} for rung in fields["ladder"]]
        (folder / file.name).write_text(yaml.safe_dump(fields, allow_unicode=True), "utf-8")
    return folder


# -- the city at work ------------------------------------------------------------------------------------------


Said = AgencyReplied | OperatorDecided | DeadlineElapsed


@dataclass
class People:
    """Units and people who read what the service writes and answer it: late, twice, at the very last moment, never.

    What each does follows from `seed` and the id of the order or case that it answers. Nobody ever says anything on a
    case of `silent`.
    """

    bootstrap: str
    seed: int
    said: list[Said] = field(default_factory=list)
    forged: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def silent(self, case_id: str) -> bool:
        return self._dice(case_id).random() < 0.4

    def _dice(self, about: str) -> random.Random:
        return random.Random(f"{self.seed} {about}")

    async def work(self) -> None:
        """Until cancelled; what is still to be said then is not said."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True, linger_ms=1)
        consumer = AIOKafkaConsumer(
            "work-orders",
            "case-events",
            bootstrap_servers=self.bootstrap,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=20,
        )
        await producer.start()
        await consumer.start()
        try:
            async for record in consumer:
                told = body(record)
                if self.silent(told["case_id"]):
                    continue
                for at, message in self._answers(kind(record), told):
                    task = asyncio.create_task(self._say(producer, at, message))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await consumer.stop()
            await producer.stop()

    async def _say(self, producer: AIOKafkaProducer, at: float, message: Said) -> None:
        await asyncio.sleep(max(0.0, at - time.time()))
        said = getattr(message, "message_id", f"forged-{len(self.said)}")
        made = codec.output(
            "case-inbox", message.case_id, message, event_id=said, at=datetime.now(UTC), trace=f"{len(self.said):032x}"
        )
        headers = [
            (n, FORGED.encode() if n == "ce_source" and said.startswith("forged") else v) for n, v in made.headers
        ]
        self.said.append(message)
        # Not to be given up in the middle: what is in `said` is on the topic.
        await asyncio.shield(producer.send_and_wait(made.topic, made.value, key=made.key, headers=headers))

    def _answers(self, name: str, told: dict[str, Any]) -> Iterator[tuple[float, Said]]:
        if name == "work_order.issued.v1":
            answers = self._of_unit(told, self._dice(told["order_id"]))
        else:
            answers = self._of_people(name, told, self._dice(told.get("event_id", "")))
        dice = self._dice(str(told))
        for at, message in answers:
            for _ in range(dice.choice((1, 1, 1, 2, 3))):  # said again, with the same message_id
                yield at + dice.choice((0.0, 0.01, dice.uniform(0, 5))), message

    def _of_unit(self, order: dict[str, Any], dice: random.Random) -> Iterator[tuple[float, Said]]:
        issued = datetime.fromisoformat(order["issued_at"])
        start, agency = issued.timestamp(), order["agency"]
        ids = {"case_id": order["case_id"], "order_id": order["order_id"], "agency": agency}
        count = iter(range(100))

        def says(action: ReplyAction, **more: Any) -> AgencyReplied:
            return AgencyReplied(message_id=f"{order['order_id']}-{next(count)}", action=action, **ids | more)

        brink = [LIMIT.total_seconds() * share + dice.uniform(-0.05, 0.05) for share in SHARES.values()]
        at = start + dice.choice((dice.uniform(0, 55), *brink))
        roll = dice.random()
        if roll < 0.08:
            yield at, says(ReplyAction.RETURN, text="不属本单位", proposed=dice.choice(tuple(CATALOG.city.units)))
        elif roll < 0.85:
            yield at, says(ReplyAction.ACKNOWLEDGE)
            if dice.random() < 0.3:
                yield at + 1, says(ReplyAction.PAUSE, text="等待材料")
                yield at + dice.uniform(2, 20), says(ReplyAction.RESUME)
            if dice.random() < 0.1:
                yield at + 0.5, says(ReplyAction.EXTEND, text="情况复杂")
            if dice.random() < 0.6:
                yield at + dice.uniform(0, 20), says(ReplyAction.PROGRESS, text="已到现场")
            if dice.random() < 0.6:
                yield at + dice.uniform(0, 40), says(ReplyAction.FINISH, text="已处理")
        if dice.random() < 0.2:  # somebody else speaks about this order, or this unit about another
            self.forged += 1
            forger = next(code for code in CATALOG.city.units if code != agency)
            wrong = dice.choice(({"agency": forger}, {"order_id": "none"}))
            yield (
                start + dice.uniform(0, 60),
                says(ReplyAction.FINISH, text="假", **wrong).model_copy(
                    update={"message_id": f"forged-{order['order_id']}"}
                ),
            )
        if dice.random() < 0.2:  # and somebody says that time has passed before it has
            self.forged += 1
            due = issued + LIMIT * SHARES[Mark.REMINDER]
            subject = f"{order['order_id']}:{Mark.REMINDER}"
            yield (
                start,
                DeadlineElapsed(case_id=order["case_id"], kind=TimerKind.ACKNOWLEDGE, subject=subject, due_at=due),
            )

    def _of_people(self, name: str, event: dict[str, Any], dice: random.Random) -> Iterator[tuple[float, Said]]:
        at = datetime.fromisoformat(event["at"]).timestamp() + dice.uniform(0, 10)
        count = iter(range(100))

        def decides(operation: Operation, **more: Any) -> OperatorDecided:
            told = {"actor": "王", "role": ActorRole.DUTY_LEADER, "reason": "核实", "case_id": event["case_id"]}
            return OperatorDecided(message_id=f"{event['event_id']}-{next(count)}", operation=operation, **told | more)

        roll = dice.random()
        if name == "case.opened.v1" and event["status"] == "review":
            if roll < 0.6:
                yield at, decides(Operation.CLAIM)
            if roll > 0.3:
                yield at + 0.1, decides(Operation.DECIDE, category="property_service", district="shenhe")
        elif name == "case.opened.v1" and event["status"] == "dispatched":
            if roll < 0.1:
                yield at, decides(Operation.WHISTLE, units=tuple(dice.sample(sorted(CATALOG.city.units), 2)))
            elif roll < 0.2:
                yield at, decides(Operation.WITHDRAW)
            elif roll < 0.4:
                yield at, decides(Operation.MEDIATE)
            elif roll < 0.5:
                yield at, decides(Operation.NOTE, text="群众在现场等候")
        elif name == "conference.called.v1":
            yield at, decides(Operation.ARBITRATE, unit=event["lead"])
        elif name == "case.done.v1":
            answer = dice.choice((Satisfaction.SATISFIED, Satisfaction.DISSATISFIED, None))
            yield at, decides(Operation.REVISIT, answered=answer is not None, satisfaction=answer)


@contextlib.asynccontextmanager
async def at_work(people: People) -> Any:
    """`people` at work beside the body; what they have begun to say is said when it ends."""
    task = asyncio.create_task(people.work())
    try:
        yield people
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
