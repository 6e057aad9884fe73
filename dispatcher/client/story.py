"""What a record means for its call or case, in one line for a person."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dispatcher.client import happened
from dispatcher.client.aliases import names_of
from dispatcher.client.trace import Step, calls_of, cases_of
from dispatcher.domain import ids, sealed
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import GUARDS, CaseStatus
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City
from dispatcher.domain.visibility import View, Viewer, view
from dispatcher.observe.logging import mask
from dispatcher.stream import dead_letters, topics

#: Characters of a call's text that are shown.
_EXCERPT = 40
#: Stands for what is not shown of a confidential case.
HIDDEN = "（保密）"
#: Ciphertext in the place of a text.
_SEALED = re.compile(rf"{sealed.MARK}[A-Za-z0-9+/=_-]*…?")
#: What a record says of being confidential, and how it says that it is not.
_CONFIDENTIAL = names_of("confidential")
_OPEN = frozenset(("false", "0", "否", "no", "n", "none", ""))
#: Fields of calls and decisions that quote people.
_WORDS = frozenset((*names_of("text"), "reason", "routing", "error"))
_CALLER = frozenset(names_of("caller"))
#: Fields that may be shown of any record.
_OUTLINE = frozenset(
    (
        "event_id", "at", "call_id", "case_id", "message_id", "status", "outcome", "category", "urgency", "lead", "assist",
        "actor", "role", "rule", "model", "policy", "source", "order_id", "agency", "capacity", "covers_for", "notice_id",
        "notice", "card", "clock", "due_at", "request_id", "lookup_id", "lookup_status", "desk", "side", "channel", "database",
        "operation", "action", "kind", "code", "message_type", "issued_at", "asked_at", "until", "confidential",
    )
)  # fmt: skip


def tell(step: Step, city: City, *, hidden: bool = False) -> str:
    """One line, Chinese where the record speaks Chinese; telephone and identity numbers are masked.

    `hidden`: without texts, reasons and whatever else quotes people, as a confidential case is told.
    """
    value = step.value
    if step.type == "dead letter":
        code = (step.record.header(dead_letters.CODE) or b"").decode("utf-8", "replace")
        reason = (step.record.header(dead_letters.REASON) or b"").decode("utf-8", "replace")
        return mask(f"死信 set aside: {code} {HIDDEN if hidden else reason}")
    if value is None:
        return f"{len(step.record.value or b'')} bytes that are no JSON object"
    return _SEALED.sub(sealed.SHOWN, _told(step, value, city, hidden=hidden))


def _told(step: Step, value: dict[str, Any], city: City, *, hidden: bool) -> str:
    told = _LINES.get((step.record.topic.split(".")[0], step.type))
    return mask(
        told(_withheld(value) if hidden else value, city)
        if told
        else happened.tell(step.type, value, city, hidden=hidden)
    )


def hidden(steps: Iterable[Step], cases: Mapping[str, CaseRecord], viewer: Viewer, policy: Policy) -> bool:
    """Whether `viewer` may not see all of a story: one case in it that is confidential hides the words of all, for their
    records quote each other. `cases`: as they are now; of one that has left ``case-state`` its records tell.
    """
    known = list(steps)
    about = set(cases).union(*(cases_of(one.value) for one in known))
    about |= {ids.case_id(call) for one in known if one.record.topic == topics.CALLS for call in calls_of(one.value)}
    for case_id in about:
        case = cases.get(case_id)
        if case is not None and case.linked_to is not None:  # its call is a part of that case, and shown as it is
            case = cases.get(case.linked_to, case)
        if view(_standing(case_id, case, known), viewer, policy) is not View.FULL:
            return True
    return False


def _standing(case_id: str, case: CaseRecord | None, steps: Iterable[Step]) -> CaseRecord:
    """The case, or where only a guard of its call's id is left, as much of it as decides who may see it."""
    if case is not None and case.status not in GUARDS:
        return case
    confidential = False
    for one in steps:
        value = one.value or {}
        raw = one.record.topic == topics.CALLS
        if not (case_id in cases_of(value) or (raw and case_id in map(ids.case_id, calls_of(value)))):
            continue
        parts = [part for part in (value, value.get("call")) if isinstance(part, dict)]
        said = [part[name] for part in parts for name in _CONFIDENTIAL if name in part]
        if one.type == "confidential.set.v1":  # a person's word counts for more than a call's
            confidential = value.get("confidential") is not False
        else:
            confidential = confidential or any(str(word).lower() not in _OPEN for word in said)
    return CaseRecord(
        case_id=case_id, call_id="", fingerprint="", status=CaseStatus.ARCHIVED, confidential=confidential
    )


def outline(value: Mapping[str, Any]) -> dict[str, Any]:
    """Of a record about a confidential case what says nothing about people, places or words."""
    return {name: said for name, said in value.items() if name in _OUTLINE}


def _withheld(value: dict[str, Any]) -> dict[str, Any]:
    """`value` with a sign in the place of what quotes people, for the lines that are made here."""
    return {
        name: HIDDEN if name in _WORDS and said is not None else said
        for name, said in value.items()
        if name not in _CALLER
    }


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
