"""Records as they lie on the topics, made by the service's own models, and the city's names."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import dispatcher
from dispatcher.catalog import load_catalog
from dispatcher.console.ledger import Ledger
from dispatcher.console.words import Words
from dispatcher.domain.codes import LinkKind, Outcome, Urgency
from dispatcher.domain.events import CaseEvent
from dispatcher.domain.events.lookups import LookupRecorded, OfLookup
from dispatcher.domain.messages import (
    AlertRaised,
    CallLinked,
    CallTriaged,
    CaseOpened,
    CaseRaised,
    LedgerEvent,
    Place,
    SourceRecord,
)
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord

AT = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)


@pytest.fixture(scope="session")
def words() -> Words:
    return Words(load_catalog(Path(dispatcher.__file__).resolve().parent.parent).city)


class Told:
    """A ledger and the calls that it is told of, one offset after the other."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self._offsets = count()

    def source(self, *, at_ms: int = AT_MS, known: bool = True) -> SourceRecord:
        """A call on ``calls``; unless `known`, the ledger has not read it."""
        source = SourceRecord(topic=topics.CALLS, partition=0, offset=next(self._offsets))
        if known:
            self.ledger.take([record(topics.CALLS, b"{}", offset=source.offset, at_ms=at_ms)], seen_ms=at_ms, live=True)
        return source

    def opened(
        self, text: str, *, source: SourceRecord, seen_ms: int = AT_MS + 48, live: bool = True, **more: Any
    ) -> Any:
        """A call is triaged and opens a case; returns what became visible."""
        given = fields(source, **{k: v for k, v in more.items() if k in LedgerEvent.model_fields})
        rest = {k: v for k, v in more.items() if k not in LedgerEvent.model_fields}
        triaged = CallTriaged(**given, received_at=AT, channel="110", fingerprint="f")
        status = "review" if given["outcome"] is Outcome.REVIEW else "dispatched"
        opened = CaseOpened(**given, status=status, text=text, place=Place(), routing="因", **rest)
        return self.ledger.take([event(triaged), event(opened)], seen_ms=seen_ms, live=live)

    def linked(self, text: str, *, source: SourceRecord, confidential: bool = False, **more: Any) -> Any:
        """A call joins the case ``case-c``."""
        given = fields(source, **{"call_id": "again", **more})
        told = CallLinked(
            **given,
            kind=LinkKind.REPEAT,
            minutes_since=3,
            repeats=1,
            text=text,
            place=Place(),
            confidential=confidential,
        )
        return self.ledger.take([event(told)], seen_ms=AT_MS, live=True)

    def raised(self, *, source: SourceRecord, **more: Any) -> Any:
        """The case ``case-c`` grew."""
        given = fields(source, **{"call_id": "again", "outcome": Outcome.JOINT, **more})
        told = CaseRaised(
            **given, before_outcome=Outcome.REVIEW, before_urgency=Urgency.ROUTINE, orders=(), routing="因"
        )
        return self.ledger.take([event(told)], seen_ms=AT_MS, live=True)

    def later(self, kind: type[CaseEvent], *, status: str, reason: str = "因", **more: Any) -> Any:
        """Something happens to the case ``case-c`` after its opening."""
        given = {name: value for name, value in fields(self.source()).items() if name in CaseEvent.model_fields}
        told = kind(**given | {"status": status, "reason": reason, "actor": "W001", "role": "duty_leader", **more})
        return self.ledger.take([event(told)], seen_ms=AT_MS, live=True)

    def lookup(
        self, kind: type[OfLookup], *, lookup_id: str = "l", status: str = "searching", at_ms: int = AT_MS, **more: Any
    ) -> Any:
        """Something happens to a lookup beside the case ``case-c``."""
        given = {
            "desk": "lost_item",
            "side": "lost",
            "reason": "因",
            "category": "lost_item_taxi",
            "actor": None,
            **more,
        }
        plain = {name: value for name, value in fields(self.source()).items() if name in CaseEvent.model_fields}
        told = kind(
            **plain
            | {"status": "dispatched", "role": "system", "lookup_id": lookup_id, "lookup_status": status}
            | given
        )
        return self.ledger.take([event(told, at_ms=at_ms)], seen_ms=AT_MS, live=True)

    def answered(self, database: str, *, answer: str = "nothing") -> Any:
        """A database of the lookup ``l`` has answered."""
        plain = {name: value for name, value in fields(self.source()).items() if name in CaseEvent.model_fields}
        told = LookupRecorded(
            **plain | {"status": "dispatched", "role": "system", "actor": None},
            lookup_id="l", channel=f"c-{database}", found=False, text="", database=database, answer=answer,
        )  # fmt: skip
        return self.ledger.take([event(told)], seen_ms=AT_MS, live=True)

    def alerted(self, reason: str) -> Any:
        told = AlertRaised(
            event_id="e", at=AT, case_id="x", alert="call_id_reused", reason=reason, source=self.source()
        )
        return self.ledger.take([event(told)], seen_ms=AT_MS, live=True)


@pytest.fixture
def told() -> Told:
    return Told()


def fields(source: SourceRecord, **more: Any) -> dict[str, Any]:
    return {
        "event_id": "e",
        "at": AT,
        "call_id": "c",
        "case_id": "case-c",
        "outcome": Outcome.NON_POLICE,
        "category": "property_service",
        "lead": "housing",
        "assist": (),
        "district": "shenhe",
        "urgency": Urgency.ROUTINE,
        "confidence": 0.9,
        "reason": "依据“楼道灯”判断",
        "rule": "model",
        "model": "m",
        "policy": "p",
        "source": source,
        **more,
    }


def event(message: LedgerEvent | AlertRaised | CaseEvent, *, at_ms: int = AT_MS) -> InputRecord:
    headers = (("ce_type", message.ce_type.encode()),)
    return record(topics.CASE_EVENTS, message.encode(), headers=headers, at_ms=at_ms)


def record(
    topic: str, value: bytes | None, *, offset: int = 0, at_ms: int = AT_MS, headers: tuple[tuple[str, bytes], ...] = ()
) -> InputRecord:
    return InputRecord(topic, 0, offset, at_ms, b"k", value, headers)
