"""Times as callers say them, each with an interval and how certain it is."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from classifiers.extraction.clocks import UNITS, TimePatterns, load
from classifiers.extraction.moments import CITY, DAY, FromNow, OnDates, OnDays, Span, When, absolute, relative
from classifiers.extraction.numbers import DIGITS, between, value

WAKES: Final = frozenset("点时:前后昨今明天早晚午晌夜凌晨周拜星月年刚现会才将功先宿黑号钟-/")

_WEEKS: Final = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}
_WEEKDAYS: Final = {char: number for number, char in enumerate("一二三四五六日")} | {"天": 6}
_SPANS: Final = {
    "去年": Span("year", -1), "前年": Span("year", -2), "今年": Span("year", 0), "明年": Span("year", 1), "本月": Span("month", 0),
}  # fmt: skip
_LEAST_TOLERANCE: Final = {1: 2, 15: 3, 60: 10, 1440: 720, 10080: 2880, 43_800: 14_400, 525_600: 131_400}
_LONGEST: Final = 150 * 525_600
_WEEK_ON: Final = re.compile(r"(?:周|礼拜|星期)[一二三四五六日天](?:到|至|-)$")
_WEEK_TO: Final = re.compile(r"(?:到|至|-)(?:周|礼拜|星期)")
_ABOUT: Final = 15
_TIMETABLE: Final = 240
"""A span from hour to hour longer than this, without a day, is when something is open or noisy, not when it happened."""

_NEARLY: Final = re.compile(r"(?:快|不到|将近|快到)$")
_BABY: Final = re.compile(r"[孕怀孩娃宝胎]")
_BIRTH: Final = re.compile(r"的?(?:生|人|出生|属|款|产|建)")
_ANY_MOMENT: Final = datetime(2000, 1, 1, tzinfo=CITY)

Certainty = Literal["exact", "about", "vague"]


class _Clock(NamedTuple):
    """First and last minute, whether the half of the day is open, whether it was said without a hedge."""

    low: int
    high: int
    twelve: bool
    exact: bool


def find(text: str, *, received_at: datetime | None, limit: int) -> list[dict[str, Any]]:
    """{text, span, certainty: exact|about|vague, start?, end?, relative?, repeats?}, at most `limit`.

    start and end: ISO, city time, where `received_at` is given (or the year is said); else relative: {from, to} in
    minutes from the call. repeats: a habit (每天八点), no single time.
    """
    patterns = load()
    out: list[dict[str, Any]] = []
    for match in _said(text, patterns):
        start, end = match.span()
        if match["nothing"]:
            continue
        if len(out) >= limit:
            break
        before = text[max(0, start - 5) : start]
        read = _read(match, text, before, patterns)
        if read is None:
            continue
        when, certainty = read
        found: dict[str, Any] = {"text": match.group(), "span": [start, end], "certainty": certainty}
        timetable = (
            isinstance(when, OnDays)
            and when.day is when.weekday is None
            and when.end - when.start > _TIMETABLE
            and match["h"]
        )
        if timetable or patterns.repeated.search(before):
            found |= {"certainty": "vague", "repeats": True}
        elif received_at is not None or (isinstance(when, OnDates) and when.year):
            interval = absolute(when, received_at or _ANY_MOMENT)
            if interval is not None:
                found["start"], found["end"] = (one.isoformat(timespec="minutes") for one in interval)
        elif (offsets := relative(when)) is not None:
            found["relative"] = offsets
        out.append(found)
    return out


def _said(text: str, patterns: TimePatterns) -> Iterator[re.Match[str]]:
    """All that may be a time, in the text's order. The pattern is asked where a time can begin, and once: of `finditer` it
    would be asked everywhere, and twice where it matches nothing."""
    at = 0
    while (first := patterns.first.search(text, at)) is not None:
        match = patterns.said.match(text, first.start())
        if match is None or match.end() == match.start():
            at = first.end()
        else:
            at = match.end()
            yield match


def _read(match: re.Match[str], text: str, before: str, patterns: TimePatterns) -> tuple[When, Certainty] | None:
    """What was said and how surely; None where it is no time after all."""
    if match["unit"]:
        return _duration(match, before)
    if match["vague"]:
        return FromNow(*patterns.table.vague[match["vague"]]), "vague"
    if match["span"]:
        word = match["span"]
        return _SPANS.get(word) or Span("month", _WEEKS[word.rstrip("月").rstrip("个")]), "vague"
    end = match.end()
    hedged = patterns.hedged.search(before) is not None
    twelve = False
    certainty: Certainty = "vague"
    if match["from"] or match["h"]:
        clock = _clock(match, text, before, patterns)
        if clock is None:
            return None
        low, high, twelve = clock.low, clock.high, clock.twelve
        certainty = "exact" if clock.exact and not hedged else "about"
        if hedged and clock.exact:
            low, high = low - _ABOUT, high + _ABOUT
    else:
        window = _window(match, patterns)
        if window is None and not (match["numbered"] or match["unit_of_week"]):
            return None
        low, high = window or (0, DAY - 1)
    if match["iso"] or match["year"] or match["month2"] or match["date3"]:
        return _dated(match, text, end, low, high, certainty)
    if match["unit_of_week"]:
        week = None if match["week"] is None else _WEEKS[match["week"].rstrip("个")]
        if match["weekday"] is None:
            return None if week is None else (Span("week", week), "vague")
        if _WEEK_ON.search(before) or _WEEK_TO.match(text, end):
            return None  # 周一到周五 is a timetable
        return OnDays(low, high, weekday=_WEEKDAYS[match["weekday"]], week=week), certainty
    day = _day_of(match, patterns)
    if day == 0 and low >= 21 * 60 and _last_kind(match, patterns) == "night":
        day = None  # 今天半夜 is the night that has been, or the one to come: the latest that has begun
    return OnDays(low, high, day=day, twelve=twelve and day is None), certainty


def _day_of(match: re.Match[str], patterns: TimePatterns) -> int | None:
    if match["joined"]:
        return patterns.table.joined[match["joined"]][0]
    return patterns.table.days[match["day"]] if match["day"] else None


def _parts(match: re.Match[str], patterns: TimePatterns) -> list[str]:
    words = [patterns.table.joined[match["joined"]][1]] if match["joined"] else []
    return words + [word for word in (match["part"], match["part2"]) if word]


def _last_kind(match: re.Match[str], patterns: TimePatterns) -> str | None:
    words = _parts(match, patterns)
    return patterns.table.parts[words[-1]].kind if words else None


def _window(match: re.Match[str], patterns: TimePatterns) -> tuple[int, int] | None:
    words = _parts(match, patterns)
    if not words:
        return None
    low, high = patterns.table.parts[words[-1]].window
    if len(words) > 1 and patterns.table.parts[words[0]].kind in ("evening", "night") and high < 12 * 60:
        return low + DAY, high + DAY  # 昨晚凌晨
    return low, high


def _hour(said: str, kinds: list[str], day: int | None) -> tuple[int, int, bool] | None:
    """First and last minute of the hours said, and whether twelve hours later fits as well."""
    two = between(said) or ((11.0, 12.0) if said == "十一二" else (9.0, 10.0) if said == "九十" else None)
    number = value(said)
    if two is None and number is None:
        return None
    hours = [int(one) for one in (two or (number or 0.0, number or 0.0))]
    if hours[1] > 24:
        return None
    shifted = [_shift(hour, kinds, day) for hour in hours]
    return (
        shifted[0] * 60,
        shifted[1] * 60 + (59 if two else 0),
        not kinds and 1 <= hours[1] <= 12 and not said.startswith("0"),
    )


def _shift(hour: int, kinds: list[str], day: int | None) -> int:
    if not kinds or hour > 12:
        return hour
    kind = kinds[-1]
    if kind == "small":
        small = hour % 12
        return small + 24 if len(kinds) > 1 and kinds[0] in ("evening", "night") else small
    if kind == "noon":
        return hour + 12 if hour <= 3 else hour
    if kind == "afternoon":
        return hour + 12 if 1 <= hour < 12 else hour
    if kind == "evening":
        return hour + 12 if hour >= 5 else hour + 24
    if kind == "night":
        if hour == 12:
            return 24
        return hour + 12 if hour >= 7 else hour + (0 if day == 0 else 24)
    return hour


def _minute(said: str | None) -> int:
    if not said or said == "整":
        return 0
    fixed = {"半": 30, "一刻": 15, "三刻": 45}
    if said in fixed:
        return fixed[said]
    plain = said.rstrip("分")
    if len(plain) == 2 and all(char in DIGITS for char in plain):
        return DIGITS[plain[0]] * 10 + DIGITS[plain[1]]
    return int(value(plain) or 0)


def _clock(match: re.Match[str], text: str, before: str, patterns: TimePatterns) -> _Clock | None:
    """The clock that was said; None where it only looks like one."""
    said = match["from"] or match["h"]
    kinds = [patterns.table.parts[word].kind for word in _parts(match, patterns)]
    day = _day_of(match, patterns)
    anchored = bool(kinds) or match["numbered"] is not None or match["unit_of_week"] is not None
    last = match["h2"] or match["h3"]
    first = _hour(said, list(kinds), day)
    if first is None or (last is None and not anchored and _is_no_clock(match, text)):
        return None
    minute = _minute(match["m"])
    low, high, twelve = first[0] + minute, max(first[1], first[0] + minute), first[2]
    tail = match["tail"]
    if last is not None:
        if match["part3"]:
            kinds = [patterns.table.parts[match["part3"]].kind]
        second = _hour(last, list(kinds), day)
        if second is None:
            return None
        high = second[1] + _minute(match["m2"])
        if high < low:
            high += 720 if high + 720 > low and not match["part3"] else DAY
        return _Clock(low, high, twelve and second[2] and not match["part3"], exact=True)
    if _NEARLY.search(before):
        return _Clock(low - 20, high, twelve, exact=False)
    if tail in ("多", "多钟"):
        return _Clock(low, high + (29 if minute else 59), twelve, exact=False)
    if tail in ("来钟", "左右", "上下", "前后", "许", "钟左右"):
        return _Clock(low - _ABOUT, high + _ABOUT, twelve, exact=False)
    return _Clock(low, high, twelve, exact=high - low < 30)


def _is_no_clock(match: re.Match[str], text: str) -> bool:
    """A bare hour that counts something else: 快一点, 三点建议, 三点五公里, 十一点六度."""
    if match["m"] is not None or match["tail"] is not None or ":" in match.group():
        return False
    after = text[match.end() : match.end() + 1]
    if match.group().endswith("钟"):
        return False
    if after in DIGITS or after.isdigit() or match["h"] in ("一", "0", "零"):
        return True
    return load().not_clock.match(text, match.end()) is not None


def _duration(match: re.Match[str], before: str) -> tuple[When, Certainty] | None:
    unit = UNITS[match["unit"]]
    side = match["side"]
    if side == "了" and unit >= UNITS["月"] and _BABY.search(before):
        return None
    if match["unit"] in ("分", "日") and side == "了":
        return None
    if match["unit"] == "月" and match["half"] is None and match["n"] != "半":
        return None
    future = side.endswith("后")
    more = match["more"] or match["more2"] or match["more3"]
    certainty: Certainty = "about"
    if match["n"] in ("几", "好几"):
        low, high = 2.0 * unit, 9.0 * unit
        certainty = "vague"
    elif (two := between(match["n"])) is not None:
        low, high = two[0] * unit, two[1] * unit
    else:
        number = 0.5 if match["n"] == "半" else value(match["n"])
        if not number:
            return None
        base = (number + (0.5 if match["half"] == "个半" else 0.0)) * unit
        # 二十多: up to the next ten; 一个多小时: up to the next hour.
        step = unit * (10 if match["more"] and number >= 10 and number % 10 == 0 else 1)
        tolerance = max(_LEAST_TOLERANCE[unit], base / 10)
        low, high = (base, base + step) if more in ("多", "几") else (base - tolerance, base + tolerance)
    if high > _LONGEST:
        return None
    low = max(0.0, low)
    return (FromNow(round(low), round(high)) if future else FromNow(-round(high), -round(low))), certainty


def _dated(
    match: re.Match[str], text: str, end: int, low: int, high: int, certainty: Certainty
) -> tuple[When, Certainty] | None:
    if match["iso"]:
        year, month, day = (int(one) for one in re.split(r"[-/]", match["iso"]))
        return OnDates(year, month, day, low, high), certainty
    year = 0
    if match["year"]:
        said = match["year"]
        number = int(value(said) or 0)
        if len(said) == 2:
            if between(said) or said[0] == said[1] == "零":
                return None  # 七八年 is seven or eight years
            number += 1900 if number >= 30 else 2000
        if match["month"] is None and _BIRTH.match(text, end):
            return None
        year = number
    month = int(value(match["month"] or match["month2"] or "0") or 0)
    day = int(value(match["date"] or match["date2"] or match["date3"] or "0") or 0)
    if not month and day:
        return None if not 1 <= day <= 31 else (OnDates(0, 0, day, low, high), certainty)
    if month > 12 or day > 31:
        return None
    return OnDates(year, month, day, low, high), certainty if day else "vague"
