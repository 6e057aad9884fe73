"""People as callers describe them: who, age, height, clothing, illness, speech, where last seen.

A relative who is only mentioned (我妈说) is left out: a finding has at least one of these, or is missing.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from classifiers.extraction.person_facts import bare_ages, facts, may_say_age
from classifiers.extraction.person_words import PersonWords, load

__all__ = ["WAKES", "find", "load"]

WAKES: Final = frozenset("岁丢失联影踪归散家病痴糊智傻聋哑闭郁癫穿戴着米旬十口女男回找莫见")

_CLAUSE_END: Final = frozenset(",。;!?:\n…")
_SENTENCE_END: Final = frozenset("。;!?\n")
_REACH: Final = 70
_LEAD: Final = 5
_KNOWN_REACH: Final = 30
_GONE_REACH: Final = 25
_WEAK_REACH: Final = 4
_PLACE: Final = re.compile(
    r"(?:最后(?:一次)?)?(?:在|从)(?P<place>[^,。;!?:在从说]{2,12}?)(?:附近|那边|那儿|这儿|门口|里)?(?:走丢|走失|不见|丢的?|跟丢|走散|失踪|离家|出走|跑的?|走的?|出去|出来的?|失联|消失)"
)
_NO_MOMENT: Final = ("现在", "这会儿", "年", "年了", "月了")
_CALLED: Final = ("叫", "喊", "像")  # 管我叫大姐 names nobody
_TO_COME: Final = ("明", "后", "下")


@dataclass(slots=True)
class _Person:
    start: int
    end: int
    name: str
    relation: str | None
    found: dict[str, Any] = field(default_factory=dict)


def find(text: str, *, times: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """{text, span, relation?, sex?, age?, height_cm?, clothing?, illness?, speech?, missing?, last_seen?}, at most `limit`.

    age: {from, to, certainty} in years. height_cm: [from, to]. last_seen: {place?, time?}, as said, with its span.
    """
    words = load()
    said = facts(text, words)
    gone = [match.span() for match in words.missing.finditer(text) if match.group() not in words.not_missing]
    if not said and not gone and not may_say_age(text):
        return []
    people = [
        _Person(
            match.start(),
            match.end(),
            match.group(),
            words.relations.get(match.group(), "self" if match.group() == "我" else None),
        )
        for match in words.people.finditer(text)
        if not text.endswith(_CALLED, 0, match.start())
    ]
    said += bare_ages(text, ((person.start, person.end) for person in people))
    if not said and not gone:
        return []
    if not people:
        if not gone or not said:
            return []
        people = [_Person(said[0][0], said[0][1], text[said[0][0] : said[0][1]], None)]
    starts = [person.start for person in people]
    for start, end, key, fact in sorted(said, key=lambda one: one[:3]):
        person = _owner(people, starts, start, end, text)
        if person is not None:
            _add(person.found, key, fact)
    for start, end in gone:
        person = _owner(people, starts, start, end, text)
        if person is None or "missing" in person.found or not _is_gone(person, start, end, text, words):
            continue
        person.found["missing"] = True
        if seen := _last_seen(text, start, end, times):
            person.found["last_seen"] = seen
    return _written(people, words, limit)


def _is_gone(person: _Person, start: int, end: int, text: str, words: PersonWords) -> bool:
    """Whether it is the person who is gone, not a thing or an answer. What is known of the person speaks for it."""
    if text.startswith(("的", "电话", "手机"), person.end):
        return False  # 找不到司机的电话, 老伴的药丢了
    between_them = text[person.end : start] if person.end <= start else text[end : person.start]
    if any(char in _SENTENCE_END for char in between_them):
        return False
    if person.found and person.relation not in words.anybody and person.relation != "self":
        return len(between_them) <= _KNOWN_REACH
    if text[start:end] in words.weak_missing:
        return len(between_them) <= _WEAK_REACH and not any(char in _CLAUSE_END for char in between_them)
    return len(between_them) <= _GONE_REACH


def _owner(people: list[_Person], starts: list[int], start: int, end: int, text: str) -> _Person | None:
    """Who a fact is about: the person named right after it (七十九岁老爷子), else the last one before it."""
    low, high = 0, len(starts)
    while low < high:
        middle = (low + high) // 2
        if starts[middle] < start:
            low = middle + 1
        else:
            high = middle
    after = people[low] if low < len(people) else None
    if after is not None and (
        start <= after.start < end
        or (after.start - end <= _LEAD and not any(char in _CLAUSE_END for char in text[end : after.start]))
    ):
        return after
    before = people[low - 1] if low else None
    return before if before is not None and start - before.end <= _REACH else None


def _add(found: dict[str, Any], key: str, fact: Any) -> None:
    if key in ("clothing", "illness", "speech"):
        held = found.setdefault(key, [])
        if fact not in held and len(held) < 6:
            held.append(fact)
    else:
        found.setdefault(key, fact)


def _written(people: list[_Person], words: PersonWords, limit: int) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    by_name: dict[str, dict[str, Any]] = {}
    for person in people:
        if not person.found or (person.relation == "self" and set(person.found) <= {"missing"}):
            continue
        known = by_name.get(person.name)
        if known is not None:
            for key, fact in person.found.items():
                known.setdefault(key, fact)
            continue
        if len(out) >= limit:
            break
        one: dict[str, Any] = {"text": person.name, "span": [person.start, person.end]}
        if person.relation is not None and person.relation not in ("elder",):
            one["relation"] = person.relation
        sex = words.sexes.get(person.relation or "") or {"女": "female", "男": "male"}.get(person.name[0])
        if sex:
            one["sex"] = sex
        one |= {key: fact for key, fact in person.found.items() if key != "sex" or "sex" not in one}
        by_name[person.name] = one
        out.append(one)
    return out


def _last_seen(text: str, start: int, end: int, times: list[dict[str, Any]]) -> dict[str, Any]:
    """Place and time of the sentence that says that somebody is gone."""
    low = start
    while low > max(0, start - 60) and text[low - 1] not in "。!?;\n":
        low -= 1
    out: dict[str, Any] = {}
    place = _PLACE.search(text, low, min(len(text), end + 30))
    if place is not None:
        out["place"] = {"text": place["place"], "span": [place.start("place"), place.end("place")]}
    time = next(
        (
            one
            for one in times
            if low <= one["span"][0] <= end + 20
            and not one.get("repeats")
            and not one["text"].startswith(_TO_COME)
            and not one["text"].endswith(_NO_MOMENT)
        ),
        None,
    )
    if time is not None:
        out["time"] = {"text": time["text"], "span": time["span"]}
    return out
