"""A decision that has changed: what it was, what it is, and by which rule, words and cut-off."""

from collections.abc import Mapping
from typing import Any

from dispatcher.artefacts import MissingArtefact
from dispatcher.console.view import HIDDEN, HIDDEN_REASON
from dispatcher.domain import dispatch
from dispatcher.domain.calls import utc
from dispatcher.domain.entries import Context
from dispatcher.domain.messages import SourceRecord, TriagedCall, UnreadableCall
from dispatcher.observe.logging import mask
from dispatcher.replay.deciders import Deciders
from dispatcher.replay.findings import Finding, differing, is_hidden
from dispatcher.stream import topics

#: Cut-off by which a rule's answer was chosen; a rule that is not here is a rule of danger or of repeated calls.
_CUTOFFS = {
    "review.possible_danger": "non_police",
    "review.maybe_real": "invalid",
    "review.low_confidence": "category",
}
_DANGER = ("police", "joint")
_CUES = 6

Value = Mapping[str, Any]


def outcome_of(value: bytes) -> str:
    """The outcome in an encoded answer; found without reading all of it."""
    begin = value.find(b'"decision":{"outcome":"')
    if begin < 0:
        return "none"
    begin += 23
    return value[begin : value.index(b'"', begin)].decode("utf-8", "replace")


def facets(value: Value) -> tuple[object, ...]:
    """What makes two answers the same decision, whatever their words and confidence."""
    decision, place, link = _part(value, "decision"), _part(value, "place"), _part(value, "link")
    return (
        "error_code" in value,
        decision.get("outcome"),
        decision.get("category"),
        decision.get("urgency"),
        place.get("district"),
        link.get("case_id"),
        link.get("kind"),
    )


def cases_of(*values: Value) -> list[str]:
    """The cases that an answer, old or new, is about."""
    named = [str(v.get("case_id")) for v in values] + [_part(v, "link").get("case_id") for v in values]
    return list(dict.fromkeys(case for case in named if case))


def finding(
    place: str,
    old: Value,
    new: Value,
    *,
    at_ms: int,
    deciders: Deciders,
    before: tuple[str, str],
    now: tuple[str, str],
) -> Finding:
    """The change of one call's decision for the report. `before`, `now`: model and policy of each."""
    hidden = is_hidden(old, new)
    text = str(old.get("text", ""))
    return {
        "stage": "triage",
        "place": place,
        "type": UnreadableCall.ce_type if "error_code" in old else TriagedCall.ce_type,
        "case": str(old.get("case_id", "")),
        "id": str(old.get("call_id", "")),
        "hidden": hidden,
        "text": HIDDEN if hidden else mask(text)[:200],
        "old": _told(old, at_ms, deciders, before[1]),
        "new": _told(new, at_ms, deciders, now[1]),
        "why": reasons(old, new, deciders=deciders, before=before, now=now, hidden=hidden),
        "fields": differing(
            old, new, hidden=hidden, ignore=frozenset(("model", "policy")) if before != now else frozenset()
        ),
    }


def _told(value: Value, at_ms: int, deciders: Deciders, policy: str) -> dict[str, Any]:
    decision, link = _part(value, "decision"), _part(value, "link")
    return {
        "outcome": decision.get("outcome"),
        "category": decision.get("category"),
        "urgency": decision.get("urgency"),
        "lead": lead_of(value, at_ms, deciders, policy),
        "district": _part(value, "place").get("district"),
        "joins": link.get("case_id"),
        "rule": decision.get("rule"),
        "confidence": decision.get("confidence"),
    }


def lead_of(value: Value, at_ms: int, deciders: Deciders, policy: str) -> str | None:
    """Who would lead the case that this answer opens at that moment; None where it opens none, or nobody leads."""
    if value.get("link") or "error_code" in value:
        return None
    try:
        call = TriagedCall.model_validate(value)
        catalog = deciders.catalog(policy)
    except (ValueError, MissingArtefact):  # tampered with, so that it is no answer any more; or a what-if without it
        return None
    context = Context(
        SourceRecord(topic=topics.CASE_INBOX, partition=0, offset=0), utc(at_ms), catalog.city, catalog.policy
    )
    return dispatch.plan_for(call, call.place, context).lead


def reasons(
    old: Value, new: Value, *, deciders: Deciders, before: tuple[str, str], now: tuple[str, str], hidden: bool
) -> list[str]:
    """Why, one line each: the rules that decided, the cut-offs behind them, the words that moved, and earlier calls."""
    was, is_ = _part(old, "decision"), _part(new, "decision")
    told: list[str] = []
    if was.get("rule") != is_.get("rule"):
        told.append(f"rule {was.get('rule')} -> {is_.get('rule')}")
    if any(was.get(name) != is_.get(name) for name in ("rule", "outcome", "category", "urgency")):
        told += _cutoffs(was, is_, deciders, before, now)
    if was.get("confidence") != is_.get("confidence"):
        told.append(f"confidence {was.get('confidence')} -> {is_.get('confidence')}")
    if hidden:
        return [*told, HIDDEN_REASON]
    told += _cues(was, is_)
    told += _suggestions(was, is_)
    told += _earlier(old, new, deciders, before[1], now[1])
    return told


def _cutoffs(was: Value, is_: Value, deciders: Deciders, before: tuple[str, str], now: tuple[str, str]) -> list[str]:
    named = dict.fromkeys(name for one in (was, is_) if (name := _cutoff(one)) is not None)
    if not named:
        return []
    new = deciders.limits(now)
    try:
        old = deciders.limits(before)
    except MissingArtefact:  # a what-if does without the recorded model
        return [f"cut-off {name} {getattr(new, name)}" for name in named]
    same = {name: getattr(old, name) == getattr(new, name) for name in named}
    return [
        f"cut-off {name} {getattr(new, name)}"
        if same[name]
        else f"cut-off {name} {getattr(old, name)} -> {getattr(new, name)}"
        for name in named
    ]


def _cutoff(decision: Value) -> str | None:
    rule, outcome = str(decision.get("rule")), decision.get("outcome")
    if rule in _CUTOFFS:
        return _CUTOFFS[rule]
    if rule == "model":
        return "danger" if outcome in _DANGER else "non_police" if outcome == "non_police" else "invalid"
    if rule.startswith("review."):
        return None if rule in ("review.empty", "review.not_understood") else "rule"
    return "rule" if outcome in _DANGER else None


def _cues(was: Value, is_: Value) -> list[str]:
    old = {c["text"]: c["weight"] for c in was.get("cues", ())}
    new = {c["text"]: c["weight"] for c in is_.get("cues", ())}
    moved = [word for word in dict.fromkeys((*old, *new)) if old.get(word) != new.get(word)]
    moved.sort(key=lambda word: (-abs(new.get(word, 0.0) - old.get(word, 0.0)), word))
    if not moved:
        return []
    words = [f"“{mask(word)}” {old.get(word, 'none')} -> {new.get(word, 'none')}" for word in moved[:_CUES]]
    return ["cues " + ", ".join(words)]


def _suggestions(was: Value, is_: Value) -> list[str]:
    old = {s["category"]: s["probability"] for s in was.get("suggestions", ())}
    new = {s["category"]: s["probability"] for s in is_.get("suggestions", ())}
    if old == new:
        return []
    named = [f"{c} {old.get(c, 'below')} -> {new.get(c, 'below')}" for c in dict.fromkeys((*old, *new))]
    return ["likeliest " + ", ".join(named)]


def _earlier(old: Value, new: Value, deciders: Deciders, before: str, now: str) -> list[str]:
    was, is_ = _part(old, "link"), _part(new, "link")
    if was == is_:
        return []
    told = [f"joins {_joined(was)} -> {_joined(is_)}"]
    try:
        one, other = (deciders.catalog(policy).policy.repeat for policy in (before, now))
    except MissingArtefact:
        return told
    for name in ("same_call_minutes", "repeat_minutes", "dispute_hours", "remembered_calls"):
        if getattr(one, name) != getattr(other, name):
            told.append(f"{name} {getattr(one, name)} -> {getattr(other, name)}")
    return told


def _joined(link: Value) -> str:
    return f"{link.get('case_id')} ({link.get('kind')}, {link.get('minutes_since')} min)" if link else "no case"


def _part(value: Value, name: str) -> Value:
    found = value.get(name)
    return found if isinstance(found, dict) else {}
