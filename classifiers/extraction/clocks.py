"""The pattern of everything that may be a time, built once from the table of words."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from classifiers.extraction.words import either
from classifiers.tables import HERE, Strict, read_table

PartKind = Literal["small", "morning", "noon", "afternoon", "evening", "night"]

_HOUR: Final = r"[0-2]?[0-9]|十一二|二十[一二三四]?|十[一二三四五六七八九]?|七八|八九|九十|[两一]三|三四|四五|五六|六七|[零一二两三四五六七八九]"
_MINUTE: Final = r"[0-5]?[0-9]分|[0-5][0-9](?![0-9])|[二三四五]?十[一二三四五六七八九]?分?|零[一二三四五六七八九]分?|[二三四五][一二三四五六七八九]分?|[一二三四五六七八九]分"
_MARK: Final = r"(?:点钟?|时(?![候间段常速期代光机刻尚令差长装])|:(?=[0-5][0-9]))"
_NUMERAL: Final = "零〇一二两俩仨三四五六七八九十百千万0-9"
_YEAR: Final = r"(?:19|20)[0-9]{2}|[一二][九零〇][零〇一二三四五六七八九]{2}|两千零?[一二三四五六七八九]|[零四五六七八九][零一二三四五六七八九]|二[零一二]"
_DAY_OF_MONTH: Final = r"[0-3]?[0-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九]"

UNITS: Final = {
    "分钟": 1, "分": 1, "刻钟": 15, "小时": 60, "钟头": 60, "天": 1440, "宿": 1440, "日": 1440, "礼拜": 10080, "星期": 10080, "周": 10080,
    "月": 43_800, "年": 525_600,
}  # fmt: skip


class Part(Strict):
    """A part of the day. `bare: false`: a word that means it only right before a clock (早八点)."""

    start: str
    to: str
    kind: PartKind
    bare: bool = True

    @property
    def window(self) -> tuple[int, int]:
        return minutes(self.start), minutes(self.to)


class TimeTable(Strict):
    version: str
    days: dict[str, int]
    joined: dict[str, tuple[int, str]]
    parts: dict[str, Part]
    vague: dict[str, tuple[int, int]]
    nothing: tuple[str, ...]
    hedges: tuple[str, ...]
    repeats: tuple[str, ...]
    not_clock_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimePatterns:
    """`said` matches one time (or one of the words that only look like one, or nothing at all); asked where `first` is alone."""

    table: TimeTable
    first: re.Pattern[str]
    said: re.Pattern[str]
    hedged: re.Pattern[str]
    repeated: re.Pattern[str]
    not_clock: re.Pattern[str]


def minutes(clock: str) -> int:
    """Minutes since midnight of "HH:MM"."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _clock(suffix: str) -> str:
    return rf"(?P<h{suffix}>{_HOUR}){_MARK}(?P<m{suffix}>半|一刻|三刻|整|{_MINUTE})?(?::[0-5][0-9](?![0-9]))?"


def _pattern(table: TimeTable) -> str:
    parts = either(word for word, part in table.parts.items() if part.bare)
    before_clock = either(word for word, part in table.parts.items() if not part.bare)
    part = rf"(?:{parts}|{before_clock}(?=(?:{_HOUR})(?:点|时|:[0-5])))"
    week = r"(?P<week>上上个?|上个?|这个?|本|下个?)?(?P<unit_of_week>周|礼拜|星期)(?P<weekday>[一二三四五六日天](?![一二三四五六七八九十]))?"
    dates = (
        rf"(?P<iso>(?:19|20)[0-9]{{2}}[-/][01]?[0-9][-/][0-3]?[0-9](?![0-9]))T?"
        rf"|(?P<year>{_YEAR})年(?![级代轮限])(?:(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?(?:(?P<date>{_DAY_OF_MONTH})[日号])?)?"
        rf"|(?P<month2>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?:(?P<date2>{_DAY_OF_MONTH})[日号]|份|初|底|中旬)"
        rf"|(?P<date3>{_DAY_OF_MONTH})号(?=的?{parts})"
    )
    duration = (
        rf"(?P<n>[0-9]{{1,4}}(?:\.[0-9])?|好?几|半|[{_NUMERAL}]{{1,4}})(?P<more>多|来|几)?(?P<half>个半|个(?P<more2>多|来)?)?"
        rf"(?P<unit>{either(UNITS)})(?P<more3>多)?"
        r"(?P<side>(?:之|以)?前(?![面头台后妻夫排门任科桥进途]|往)|(?:之|以)?后(?![面勤头台来悔边排])|了(?![解得]|不起|一[个下半]))"
    )
    return (
        rf"(?:(?P<nothing>{either(table.nothing)})"
        rf"|(?<![{_NUMERAL}第])(?:{duration})"
        rf"|(?P<vague>{either(table.vague)})"
        r"|(?P<span>上上?个?月|这个?月(?!饼)|本月|下个?月|去年|前年|今年|明年)(?![0-9一二三四五六七八九十]{1,3}[日号])"
        rf"|(?P<numbered>(?<![{_NUMERAL}第.之:])(?:{dates})|(?P<joined>{either(table.joined)})|(?P<day>{either(table.days)})|(?<![{_NUMERAL}])(?:{week}))?"
        rf"(?:的(?={part})|[ ,T](?={part}?(?:{_HOUR})(?:点|时|:[0-5])))?"
        rf"(?P<part>{part})?(?P<part2>{part})?"
        rf"(?:(?<![{_NUMERAL}第.之:])(?:{_clock('')}(?:(?:到|至|-|~|—|、)(?P<part3>{part})?{_clock('2')})?|(?P<from>{_HOUR})(?:到|至|-|~)(?P<h3>{_HOUR})点)"
        r"(?P<tail>多钟|多|来钟|左右|上下|前后|许|钟左右|钟|之间|中间)*)?"
        r")"
    )


def _first(table: TimeTable) -> str:
    """What any time begins with: at the many other characters of a text the long pattern is not asked."""
    words = (*table.days, *table.joined, *table.parts, *table.vague, *table.nothing)
    return f"[{''.join(sorted({word[0] for word in words}))}{_NUMERAL}上这本下周礼星去前今明半几好]"


@lru_cache(maxsize=1)
def load() -> TimePatterns:
    """The compiled table. Raises TableError when it cannot be used."""
    table = read_table(HERE / "extraction" / "times.yaml", TimeTable)
    return TimePatterns(
        table=table,
        first=re.compile(_first(table)),
        said=re.compile(_pattern(table)),
        hedged=re.compile(rf"{either(table.hedges)}(?:是|在)?$"),
        repeated=re.compile(rf"{either(table.repeats)}(?:的|都|从)?$"),
        not_clock=re.compile(either(table.not_clock_after)),
    )
