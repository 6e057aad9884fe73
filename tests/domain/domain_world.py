"""The shipped city and small builders for the tests of the domain. The classifier is an argument there: `Heard` is one answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from dispatcher.catalog import load_catalog
from dispatcher.domain import triage as rules
from dispatcher.domain.calls import CallReceived, read_call
from dispatcher.domain.codes import Outcome, Urgency
from dispatcher.domain.entries import Context
from dispatcher.domain.messages import Decision, Link, Place, SourceRecord, TriagedCall
from dispatcher.domain.triage import CallerHistory, Triaged
from dispatcher.simulate.heard import Spot

ROOT = Path(__file__).resolve().parents[2]
CATALOG = load_catalog(ROOT)
CITY, POLICY = CATALOG.city, CATALOG.policy
CHINA = timezone(timedelta(hours=8))
#: A Saturday at night; and a Tuesday morning.
NIGHT = datetime(2026, 11, 21, 23, 0, tzinfo=CHINA)
OFFICE = datetime(2026, 11, 24, 10, 0, tzinfo=CHINA)


@dataclass(frozen=True)
class Heard:
    """A classifier's answer."""

    category: str = "noise_business"
    outcome: str = ""
    urgency: str = "routine"
    confidence: float = 0.9
    suggestions: tuple[tuple[str, float], ...] = (("noise_business", 0.9),)
    rule: str = "model"
    reason: str = "依据“烧烤”判断"
    cues: tuple[tuple[str, float], ...] = (("烧烤", 2.5),)
    place: Spot = field(default_factory=lambda: Spot(("shenhe",)))
    extracted: dict[str, Any] = field(default_factory=dict)
    model: str = "model-1"

    @property
    def classify(self) -> Callable[[str, str | None, datetime | None], "Heard"]:
        answer = (
            self if self.outcome else Heard(**(vars(self) | {"outcome": CITY.matters[self.category].outcome.value}))
        )
        return lambda _text, _address, _at: answer


def record(**fields: Any) -> bytes:
    """A call as a console publishes it; None leaves a field out."""
    whole = {"call_id": "c-1", "received_at": "2026-11-21T18:05:00+08:00", "text": "楼下烧烤摊太吵"} | fields
    return json.dumps({k: v for k, v in whole.items() if v is not None}, ensure_ascii=False).encode()


def call(call_id: str = "c-1", at: datetime = OFFICE, text: str = "楼下烧烤摊太吵", **fields: Any) -> CallReceived:
    value = record(call_id=call_id, received_at=at.isoformat(), text=text, **fields)
    return read_call(value, appended_at=at.astimezone(UTC), policy=POLICY.intake)


def source(offset: int = 0, topic: str = "calls", partition: int = 0) -> SourceRecord:
    return SourceRecord(topic=topic, partition=partition, offset=offset)


def triage(received: CallReceived, heard: Heard, history: CallerHistory | None = None, *, offset: int = 0) -> Triaged:
    return rules.triage(
        received,
        caller="p" * 32,
        history=history or CallerHistory(),
        source=source(offset),
        classify=heard.classify,
        city=CITY,
        policy=POLICY,
    )


def taken(
    received: CallReceived, heard: Heard, history: CallerHistory | None = None, *, offset: int = 0
) -> TriagedCall:
    """Triage of a call that is no duplicate."""
    done = triage(received, heard, history, offset=offset).call
    assert done is not None
    return done


def triaged_call(
    call_id: str,
    *,
    category: str,
    outcome: Outcome | None = None,
    urgency: Urgency = Urgency.ROUTINE,
    place: Place | None = None,
    link: Link | None = None,
    at: datetime = OFFICE,
    text: str = "一句话",
    offset: int = 0,
) -> TriagedCall:
    """A message to casework, without the detour through a classifier."""
    heard = Heard(category=category, outcome=(outcome or CITY.matters[category].outcome).value, urgency=urgency.value)
    made = taken(call(call_id, at, text), heard, offset=offset)
    return made.model_copy(update={"place": place or Place(district="shenhe"), "link": link})


def context(offset: int = 0, at: datetime = OFFICE, partition: int = 0) -> Context:
    return Context(record=source(offset, "case-inbox", partition), at=at.astimezone(UTC), city=CITY, policy=POLICY)


def decision(**fields: Any) -> Decision:
    whole: dict[str, Any] = {
        "outcome": Outcome.NON_POLICE,
        "category": "noise_business",
        "urgency": Urgency.ROUTINE,
        "confidence": 0.9,
        "rule": "model",
        "reason": "依据“烧烤”判断",
        "model": "model-1",
        "policy": POLICY.sha256,
    }
    return Decision(**(whole | fields))
