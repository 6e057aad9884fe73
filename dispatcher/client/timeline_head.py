"""What stands at the head of a case's time line: the case as it is now, and how its first call was decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dispatcher.client.story import HIDDEN
from dispatcher.client.timeline_words import (
    CARDS,
    CLOSED,
    LEVELS,
    LOOKUPS,
    OUTCOMES,
    STATUSES,
    URGENCIES,
    Value,
    Words,
    joined,
    mapping,
    objects,
    percent,
    shown,
    when,
    word,
)
from dispatcher.client.trace import Step, calls_of, cases_of
from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.stream import topics

#: Characters of a hash that are shown.
SHORT = 12
#: Events by which a case begins.
_BEGINS = ("case.opened.v1", "split.opened.v1")


@dataclass(frozen=True, slots=True)
class Cue:
    """A word of the call and how much it spoke for the decision (positive) or against it."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Head:
    """`now` and `first` are rows of a name and a text, masked; `outcome` is the case's, for its colour."""

    case_id: str
    outcome: str
    now: tuple[tuple[str, str], ...]
    first: tuple[tuple[str, str], ...]
    cues: tuple[Cue, ...]
    hidden: bool


def main_case(wanted: str, steps: Iterable[Step], cases: dict[str, CaseRecord]) -> str:
    """The case that a person means by `wanted`, a call_id or case_id: its own, or the one that it joined.

    The case_id of the first case of `steps` where `wanted` names none of them; empty where there is no case at all.
    """
    known = list(steps)
    named = {case for step in known for case in cases_of(step.value)}
    own = next((case for case in (wanted, ids.case_id(wanted)) if case in named), None)
    if own is not None and (held := cases.get(own)) is not None and held.linked_to is not None:
        return held.linked_to
    opened = [str((step.value or {}).get("case_id")) for step in known if step.type in _BEGINS]
    if own in opened:
        return own or ""
    joined_to = [step for step in known if step.type == "call.linked.v1" and wanted in calls_of(step.value)]
    if joined_to:
        return str((joined_to[-1].value or {}).get("case_id"))
    return next(iter(opened), own or next(iter(sorted(named)), ""))


def head(case_id: str, steps: Iterable[Step], case: CaseRecord | None, words: Words, *, hidden: bool = False) -> Head:
    """The head of `case_id`. `case`: as ``case-state`` holds it, None where it has left it: then its last event tells."""
    known = [step for step in steps if case_id in cases_of(step.value)]
    ledger = [step.value for step in known if step.record.topic == topics.CASE_EVENTS and step.value is not None]
    last: Value = next((value for value in reversed(ledger) if "status" in value), {})
    opened: Value = next((mapping(step.value) for step in known if step.type in _BEGINS), {})
    state: dict[str, Any] = case.model_dump(mode="json") if case is not None and case.category else {}
    decision = _decision(known)
    return Head(
        case_id=case_id,
        outcome=str(state.get("outcome") or last.get("outcome") or ""),
        now=tuple(row for row in _now(case_id, state, last, opened, words, hidden=hidden) if row[1]),
        first=tuple(row for row in _first(decision, words, hidden=hidden) if row[1]),
        cues=() if hidden else tuple(_cues(decision)),
        hidden=hidden,
    )


def _decision(known: list[Step]) -> Value:
    """The first call's decision: from the ledger, or from the message where the ledger does not have it."""
    for step in known:
        if step.type == "call.triaged.v1":
            return step.value or {}
    for step in known:
        value = step.value or {}
        if step.type in ("triage.decided.v1", "call.unreadable.v1"):
            return {**mapping(value.get("decision")), "call_id": value.get("call_id"), "source": value.get("source")}
    return {}


def _now(
    case_id: str, state: Value, last: Value, opened: Value, words: Words, *, hidden: bool
) -> list[tuple[str, str]]:
    case = {**last, **state}
    place = mapping(state.get("place") or opened.get("place"))
    closed = word(CLOSED, case["closed_as"]) if case.get("closed_as") else ""
    where = (
        words.district(case.get("district")),
        *(shown(place.get(name)) for name in ("street", "landmark", "address")),
    )
    lookup = mapping(state.get("lookup"))
    cards = (f"{word(CARDS, card[0])} {words.unit(card[1])}" for card in state.get("cards") or () if len(card) == 2)
    finish = mapping(state.get("finish"))
    level = case.get("level")
    return [
        ("案件", case_id),
        ("来电编号", shown(case.get("call_id"))),
        ("现状", joined((word(STATUSES, case.get("status")), closed))),
        ("性质", joined((word(OUTCOMES, case.get("outcome")), words.matter(case.get("category")), word(URGENCIES, case.get("urgency"))))),
        ("内容", HIDDEN if hidden else shown(state.get("text") or opened.get("text"))),
        ("地点", HIDDEN if hidden else joined(dict.fromkeys(where), " ")),
        ("主办", words.unit(case.get("lead"))),
        ("协办", words.units(case.get("assist"))),
        ("层级", word(LEVELS, level) if level and level != "district" else ""),
        ("办结时限", when(finish["due_at"]) if finish.get("due_at") else ""),
        ("重复来电", f"{case['repeats']}次" if case.get("repeats") else ""),
        ("退单", f"{case['returns']}次" if case.get("returns") else ""),
        ("督办", "、".join(cards)),
        ("查找", word(LOOKUPS, lookup["status"]) if lookup.get("status") else ""),
        ("保密", "是" if case.get("confidential") is True else ""),
    ]  # fmt: skip


def _first(decision: Value, words: Words, *, hidden: bool) -> list[tuple[str, str]]:
    if not decision:
        return []
    source = mapping(decision.get("source"))
    top = (
        f"{words.matter(one.get('category'))} {percent(one.get('probability'))}"
        for one in objects(decision.get("suggestions"))
    )
    sort = (
        word(OUTCOMES, decision.get("outcome")),
        words.matter(decision.get("category")),
        word(URGENCIES, decision.get("urgency")),
    )
    return [
        ("研判", joined(sort)),
        ("置信度", percent(decision.get("confidence"))),
        ("依据", HIDDEN if hidden else shown(decision.get("reason"))),
        ("规则", shown(decision.get("rule"))),
        ("备选", "" if hidden else "；".join(top)),
        ("模型", shown(decision.get("model"))[:SHORT]),
        ("政策", shown(decision.get("policy"))[:SHORT]),
        ("输入记录", "/".join(shown(source.get(name)) for name in ("topic", "partition", "offset")) if source else ""),
    ]  # fmt: skip


def _cues(decision: Value) -> list[Cue]:
    """The strongest first."""
    found = [
        Cue(shown(one.get("text")), float(weight))
        for one in objects(decision.get("cues"))
        if isinstance(weight := one.get("weight"), int | float)
    ]
    return sorted(found, key=lambda cue: -abs(cue.weight))
