"""Things lost and found: their kind, and what tells one from another.

Only a sentence that speaks of losing, finding or taking is looked at: a telephone in any other call is no matter.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from classifiers.errors import TableError
from classifiers.extraction.words import either
from classifiers.tables import HERE, Strict, read_table

WAKES: Final = frozenset("丢落忘掉遗没不撂拉捡拾拣扫失招认蹦少弄摸莫唔跑走偷顺盗抢拽划掏扒撬拎找")
SENTENCE_ENDS: Final = frozenset("。!?;\n")
CLAUSE_ENDS: Final = SENTENCE_ENDS | frozenset(",:…")
_NEAR: Final = 16
_DESCRIBED_BEFORE: Final = 8
_DESCRIBED_AFTER: Final = 24
_MARK_LENGTH: Final = 14
_PACKED_REACH: Final = 12
_PACKED: Final = re.compile(r"装(?:着|有|了|满)?[^,。;]{0,3}$")
_PACKING: Final = re.compile(r"(?:、[^,。;]{1,6})?的[^,。;]{0,4}[包袋兜箱盒夹筐桶]")
_NOT_WHERE: Final = ("现在", "正在")
_FOLLOWS: Final = re.compile(r"(?:,|是|,是)")
_MOST_CONTENTS: Final = 12


class ItemTable(Strict):
    version: str
    kinds: dict[str, tuple[str, ...]]
    lost: tuple[str, ...]
    found: tuple[str, ...]
    taken: tuple[str, ...]
    nothing: tuple[str, ...]
    weak: tuple[str, ...]
    not_before: tuple[str, ...]
    not_after: tuple[str, ...]
    colours: tuple[str, ...]
    brands: tuple[str, ...]
    materials: tuple[str, ...]
    contains: tuple[str, ...]
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    kind_of: MappingProxyType[str, str]
    event_of: MappingProxyType[str, str]
    weak: frozenset[str]
    names: re.Pattern[str]
    events: re.Pattern[str]
    not_before: re.Pattern[str]
    not_after: re.Pattern[str]
    colour: re.Pattern[str]
    brand: re.Pattern[str]
    material: re.Pattern[str]
    contains: re.Pattern[str]
    marks: re.Pattern[str]


@lru_cache(maxsize=1)
def load() -> _Words:
    """The compiled table. Raises TableError when a name stands under two kinds."""
    table = read_table(HERE / "extraction" / "items.yaml", ItemTable)
    kind_of: dict[str, str] = {}
    for kind, names in table.kinds.items():
        for name in names:
            if kind_of.setdefault(name, kind) != kind:
                raise TableError(f"items.yaml: {name} is both {kind_of[name]} and {kind}; keep one")
    events = {word: event for event in ("lost", "found", "taken", "nothing") for word in getattr(table, event)}
    colours = either(table.colours)
    return _Words(
        kind_of=MappingProxyType(kind_of),
        event_of=MappingProxyType(events),
        weak=frozenset(table.weak),
        names=re.compile(either(kind_of)),
        events=re.compile(either(events)),
        not_before=re.compile(f"{either(table.not_before)}(?:着|个|了)?$"),
        not_after=re.compile(either(table.not_after)),
        colour=re.compile(f"{colours}(?:{colours})?(?:色|的|格)?"),
        brand=re.compile(either(table.brands)),
        material=re.compile(either(table.materials)),
        contains=re.compile(either(table.contains)),
        marks=re.compile(f"{either(table.marks)}[^,。!?;:\n]{{0,{_MARK_LENGTH}}}"),
    )


def find(text: str, *, limit: int) -> list[dict[str, Any]]:
    """{text, span, kind, event: lost|found|taken, colour?, brand?, material?, contents?, marks?}, at most `limit`.

    contents: names of what is inside, as said; the things inside are no findings of their own.
    """
    words = load()
    events = [
        (match.start(), match.end(), what)
        for match in words.events.finditer(text)
        if (what := words.event_of[match.group()]) != "nothing"
    ]
    if not events:
        return []
    out: list[dict[str, Any]] = []
    packed: list[tuple[int, str]] = []
    at = inside_from = inside_until = 0
    for match in words.names.finditer(text):
        start, end = match.span()
        name = match.group()
        if inside_from <= start < inside_until:
            _put_inside(out[-1], name)
            continue
        if _PACKED.search(text[max(0, start - 6) : start]) and _PACKING.match(text, end):
            packed.append((end, name))  # 装病历的袋子: the bag is what was lost
            continue
        while at + 1 < len(events) and events[at + 1][0] <= start:
            at += 1
        event = _event(text, start, end, name, events[max(0, at - 1) : at + 2], words)
        if event is None:
            continue
        if len(out) >= limit:
            break
        found: dict[str, Any] = {"text": name, "span": [start, end], "kind": words.kind_of[name], "event": event}
        found |= _described(text, start, end, words)
        for last, inner in packed:
            if start - last <= _PACKED_REACH:
                _put_inside(found, inner)
        packed.clear()
        opening = words.contains.search(text, end, end + _DESCRIBED_AFTER + 6)
        if opening is not None and not _crosses(text, end, opening.start(), SENTENCE_ENDS, most=1):
            inside_from, inside_until = opening.start(), _sentence_end(text, opening.end())
        out.append(found)
    return _merged(out) if len(out) > 1 else out


def _put_inside(found: dict[str, Any], name: str) -> None:
    contents: list[str] = found.setdefault("contents", [])
    if len(contents) < _MOST_CONTENTS and name not in contents:
        contents.append(name)


def _event(text: str, start: int, end: int, name: str, near: list[tuple[int, int, str]], words: _Words) -> str | None:
    """What happened to the thing, by the nearest word of losing; None where it only happens to be named."""
    reach = _NEAR if name in words.weak else 2 * _NEAR
    best: tuple[int, str] | None = None
    for first, last, event in near:
        gap = start - last if first < start else first - end
        low, high = (last, start) if first < start else (end, first)
        if gap > reach or _crosses(text, low, high, SENTENCE_ENDS, most=0):
            continue
        # After the word of losing only its own clause counts (落在车上了,我找老年卡); before it the caller may describe.
        if _crosses(text, low, high, CLAUSE_ENDS, most=0 if first < start else 1 if name in words.weak else 2):
            continue
        if best is None or gap < best[0]:
            best = (gap, event)
    if best is None or words.not_after.match(text, end):
        return None
    if text.endswith("在", 0, start) and not text.endswith(_NOT_WHERE, 0, start):
        return None  # 挂在推车上: where it was left
    if best[0] > 0 and words.not_before.search(text[max(0, start - 4) : start]):
        return None
    return best[1]


def _crosses(text: str, low: int, high: int, marks: frozenset[str], *, most: int) -> bool:
    return sum(char in marks for char in text[low:high]) > most


def _sentence_end(text: str, start: int) -> int:
    for i in range(start, min(len(text), start + 80)):
        if text[i] in SENTENCE_ENDS:
            return i
    return min(len(text), start + 80)


def _described(text: str, start: int, end: int, words: _Words) -> dict[str, Any]:
    low = start
    while low > max(0, start - _DESCRIBED_BEFORE) and text[low - 1] not in CLAUSE_ENDS and text[low - 1] != "、":
        low -= 1
    before = text[low:start]
    out: dict[str, Any] = {}
    colour = None
    for match in words.colour.finditer(before):
        # 长白 and 银行 are no colours: one stands right before the thing, or is marked as a colour.
        if match.group()[-1] in "色的格" or match.end() >= len(before) - 1 or words.material.match(before, match.end()):
            colour = match.group()
    if colour is None:
        # "…,蓝格子的", "…,黑色的": a clause of its own that begins with the colour.
        follows = _FOLLOWS.match(text, end)
        if follows and (after := words.colour.match(text, follows.end())) and after.group()[-1] in "色的格":
            colour = after.group()
    if colour is not None:
        out["colour"] = colour.rstrip("的") if len(colour) > 1 else colour
    brand = _last(words.brand, text[low:end]) or ((m := words.brand.search(text, end, end + 5)) and m.group())
    if brand:
        out["brand"] = brand
    material = _last(words.material, before)
    if (
        material is not None
        and material != colour
        and before.endswith((material, material + "的", material + "质", material + "制"))
    ):
        out["material"] = material
    marks = [match.group() for match in words.marks.finditer(text, end, end + 2 * _DESCRIBED_AFTER)][:3]
    if marks:
        out["marks"] = marks
    return out


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    found = None
    for match in pattern.finditer(text):
        found = match.group()
    return found


def _merged(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One finding for a thing that is named again (布兜子没了,兜子是…): the first, with what the others add."""
    out: list[dict[str, Any]] = []
    for one in found:
        first = next((other for other in out if other["text"].endswith(one["text"])), None)
        if first is None:
            out.append(one)
            continue
        for key, value in one.items():
            first.setdefault(key, value)
    return out
