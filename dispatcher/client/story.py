"""What a record means for its call or case, in one line for a person."""

from typing import Any

from dispatcher.client import happened
from dispatcher.client.trace import Step
from dispatcher.domain.units import City
from dispatcher.observe.logging import mask
from dispatcher.stream import dead_letters

#: Characters of a call's text that are shown.
_EXCERPT = 40


def tell(step: Step, city: City) -> str:
    """One line, Chinese where the record speaks Chinese; telephone and identity numbers are masked."""
    value = step.value
    if step.type == "dead letter":
        reason, code = (
            (step.record.header(name) or b"").decode("utf-8", "replace")
            for name in (dead_letters.REASON, dead_letters.CODE)
        )
        return f"死信 set aside: {code} {reason}"
    if value is None:
        return f"{len(step.record.value or b'')} bytes that are no JSON object"
    told = _LINES.get((step.record.topic.split(".")[0], step.type))
    return mask(told(value, city) if told else happened.tell(step.type, value, city))


def _called(value: dict[str, Any], _city: City) -> str:
    caller = value.get("caller") or value.get("bjdh")
    by = f" by {caller}" if caller else ""
    return f"来电 published{by}: {_excerpt(value.get('text') or value.get('bjnr'))}"


def _sorted(value: dict[str, Any], city: City) -> str:
    decision = value.get("decision") or {}
    link = value.get("link")
    joins = f"; {link['kind']} of case {link['case_id']}" if link else ""
    return f"研判 {_decision(decision, city)}{joins}"


def _attached(value: dict[str, Any], _city: City) -> str:
    return f"并案 call {(value.get('call') or {}).get('call_id')} travels on to this case"


def _unreadable(value: dict[str, Any], _city: City) -> str:
    return f"无法读取 {value.get('error_code')} {value.get('error')}: {_excerpt(value.get('text'))}"


def _triaged(value: dict[str, Any], city: City) -> str:
    return f"研判入账 {_decision(value, city)}: {value.get('reason')}"


def _opened(value: dict[str, Any], _city: City) -> str:
    return f"立案 {value.get('status')}, {len(value.get('orders') or ())} orders: {value.get('routing')}"


def _linked(value: dict[str, Any], _city: City) -> str:
    return f"重复来电 {value.get('kind')}, {value.get('minutes_since')} min after, {value.get('repeats')} repeats"


def _raised(value: dict[str, Any], _city: City) -> str:
    before = f"{value.get('before_outcome')}/{value.get('before_urgency')}"
    return f"升级 from {before} to {value.get('outcome')}/{value.get('urgency')}, {len(value.get('orders') or ())} new orders"


def _alert(value: dict[str, Any], _city: City) -> str:
    return f"告警 {value.get('alert')}: {value.get('reason')}"


def _ordered(value: dict[str, Any], city: City) -> str:
    return f"派单 {value.get('role')} to {city.unit_name(str(value.get('agency')))} ({value.get('agency')})"


_LINES = {
    ("calls", "call.received.v1"): _called,
    ("case-inbox", "triage.decided.v1"): _sorted,
    ("case-inbox", "call.attached.v1"): _attached,
    ("case-inbox", "call.unreadable.v1"): _unreadable,
    ("case-events", "call.triaged.v1"): _triaged,
    ("case-events", "case.opened.v1"): _opened,
    ("case-events", "call.linked.v1"): _linked,
    ("case-events", "case.raised.v1"): _raised,
    ("case-events", "alert.raised.v1"): _alert,
    ("work-orders", "work_order.issued.v1"): _ordered,
    ("agency", "work_order.issued.v1"): _ordered,
}


def _decision(value: dict[str, Any], city: City) -> str:
    matter = city.matters.get(str(value.get("category")))
    name = matter.name if matter else value.get("category")
    return f"{value.get('outcome')} {name} {value.get('urgency')} by {value.get('rule')}"


def _excerpt(text: object) -> str:
    said = " ".join(str(text or "").split())
    return said if len(said) <= _EXCERPT else said[: _EXCERPT - 1] + "…"
