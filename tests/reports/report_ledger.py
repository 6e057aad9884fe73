"""Events of the ledger written by hand, one sentence each, so that a definition can be tried on its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.engine import URL

from dispatcher.domain.calls import CITY_TIME
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Store
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord


def at(day: int, hour: int = 12, minute: int = 0, *, month: int = 4) -> datetime:
    """A moment of 2026 in the city."""
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_TIME)


class Told:
    """A ledger in the making. Each event tells the case as it is: what it said last, and what is given with it."""

    def __init__(self) -> None:
        self.records: list[InputRecord] = []
        self._cases: dict[str, dict[str, Any]] = {}

    def say(self, kind: str, moment: datetime, case: str, /, **fields: Any) -> None:
        """One event of a case."""
        number = len(self.records)
        known = self._cases.setdefault(case, dict(_BLANK))
        known.update({name: value for name, value in fields.items() if name in _BLANK})
        body = {"event_id": f"e{number}", "at": moment.isoformat(), "case_id": case, "call_id": f"call-{case}"}
        value = orjson.dumps(body | known | fields)
        headers = (("ce_type", f"{kind}.v1".encode()),)
        stamp = int(moment.timestamp() * 1000)
        self.records.append(
            InputRecord(topics.CASE_EVENTS, 0, number, stamp, case.encode(), value, headers),
        )

    def opened(self, moment: datetime, case: str, /, **fields: Any) -> None:
        """A case, with the order of its lead where it has one: to be acknowledged in an hour, finished in a day."""
        lead = fields.setdefault("lead", "housing")
        orders = () if lead is None else (brief(moment, f"{case}-0", lead),)
        self.say("case.opened", moment, case, **{"orders": orders, "place": {}, "confidential": False} | fields)

    def store(self, url: URL) -> None:
        """Fold all of it."""
        with Store(url) as store:
            Projector(store).take(self.records)


def brief(moment: datetime, order: str, unit: str, role: str = "lead") -> dict[str, Any]:
    """An order: an hour to acknowledge, a day to finish for a lead."""
    due = {"acknowledge": {"due_at": (moment + timedelta(hours=1)).isoformat(), "why": ""}}
    if role == "lead":
        due["finish"] = {"due_at": (moment + timedelta(days=1)).isoformat(), "why": ""}
    return {"order_id": order, "agency": unit, "role": role, "capacity": "owner", "deadlines": due}


_BLANK: dict[str, Any] = {
    "status": "dispatched",
    "outcome": "non_police",
    "category": "property_service",
    "urgency": "routine",
    "district": "shenhe",
    "lead": "housing",
    "assist": (),
}
