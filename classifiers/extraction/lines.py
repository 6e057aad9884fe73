"""Lines that a desk can ask: metro (地铁二号线), bus (216路), train (G8037, K96), flight (CZ6301)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from classifiers.extraction.numbers import value
from classifiers.extraction.words import either
from classifiers.tables import HERE, Strict, read_table

WAKES: Final = frozenset("线路") | frozenset("GDCKTZYLSMHFJ0123456789")
_METRO_WAKES: Final = "号线"
_LETTER_AND_FIGURE: Final = re.compile(r"[A-Z][0-9]")
_BACK: Final = 12


class LineTable(Strict):
    version: str
    metro_lines: tuple[int, ...]
    boards: tuple[str, ...]
    bus_after: tuple[str, ...]
    not_bus_after: tuple[str, ...]
    rail_words: tuple[str, ...]
    not_train_after: tuple[str, ...]
    airlines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Patterns:
    metro: re.Pattern[str]
    metro_lines: frozenset[int]
    bus: re.Pattern[str]
    train: re.Pattern[str]
    flight: re.Pattern[str]
    boards: re.Pattern[str]
    bus_after: re.Pattern[str]
    not_bus_after: re.Pattern[str]
    rail: re.Pattern[str]


@lru_cache(maxsize=1)
def load() -> _Patterns:
    """The compiled table. Raises TableError when it cannot be used."""
    table = read_table(HERE / "extraction" / "lines.yaml", LineTable)
    no_train = either(table.not_train_after)
    return _Patterns(
        metro=re.compile(
            r"(?<![0-9一二三四五六七八九十第百.])(?P<tram>有轨电车)?(?:地铁|轻轨)?(?P<number>[0-9]{1,2}|十?[一二三四五六七八九]|十)号线(?![杆路缆])"
        ),
        metro_lines=frozenset(table.metro_lines),
        bus=re.compile(
            r"(?<![0-9A-Za-z东西南北中经纬第.一二三四五六七八九十百零幺])"
            r"(?P<letter>[BKT环])?(?P<number>[0-9]{1,3}|[一二三四五六七八九幺][零〇一幺二三四五六七八九]{1,2}|[二三四五六七八九]|[一二三四五六七八九]?[百十][零一二三四五六七八九十]{0,4})路"
        ),
        train=re.compile(
            rf"(?<![A-Za-z0-9])(?P<number>[GDCKTZYLS][0-9]{{1,4}})(?![A-Za-z0-9])(?!{no_train})(?:次(?!数))?"
        ),
        flight=re.compile(rf"(?<![A-Za-z0-9]){either(table.airlines)}[0-9]{{3,4}}(?![A-Za-z0-9])"),
        boards=re.compile(rf"{either(table.boards)}(?:的|了|过|错了?|那|这|个|趟)*$"),
        bus_after=re.compile(either(table.bus_after)),
        not_bus_after=re.compile(either(table.not_bus_after)),
        rail=re.compile(either(table.rail_words)),
    )


def find(text: str, *, limit: int) -> list[dict[str, Any]]:
    """{text, span, system: metro|tram|bus|train|flight, line}, in the text's order, at most `limit`."""
    patterns = load()
    out: list[dict[str, Any]] = []
    if _METRO_WAKES in text:
        for match in patterns.metro.finditer(text):
            number = int(value(match["number"]) or 0)
            said = match.group().startswith(("地铁", "轻轨", "有轨"))
            if number and (said or number in patterns.metro_lines):
                out.append(_found(match, "tram" if match["tram"] else "metro", str(number)))
    if "路" in text:
        out += [
            _found(match, "bus", (match["letter"] or "") + str(int(value(match["number"]) or 0)))
            for match in patterns.bus.finditer(text)
            if _is_bus(text, match, patterns)
        ]
    if _LETTER_AND_FIGURE.search(text):
        by_rail = patterns.rail.search(text) is not None
        out += [
            _found(match, "train", match["number"])
            for match in patterns.train.finditer(text)
            if _is_train(match, by_rail=by_rail)
        ]
        out += [_found(match, "flight", match.group()) for match in patterns.flight.finditer(text)]
    if len(out) > 1:
        out.sort(key=lambda one: one["span"])
    return out[:limit]


def _found(match: re.Match[str], system: str, line: str) -> dict[str, Any]:
    return {"text": match.group(), "span": [match.start(), match.end()], "system": system, "line": line}


def _is_bus(text: str, match: re.Match[str], patterns: _Patterns) -> bool:
    start, end = match.span()
    number = value(match["number"])
    if not number or patterns.not_bus_after.match(text, end):
        return False
    if patterns.bus_after.match(text, end):
        return True
    before = text[max(0, start - _BACK) : start]
    if patterns.boards.search(before) or "公交" in before:
        return True
    # Figures of two and three digits before 路 are bus lines; said numbers are also roads (十三路, 百十路).
    return match["number"].isascii() and number >= 10


def _is_train(match: re.Match[str], *, by_rail: bool) -> bool:
    digits = len(match["number"]) - 1
    if match.group().endswith("次"):
        return True
    if digits == 1:
        return False
    return (digits > 2 and match["number"][0] in "GDCKTZ") or by_rail
