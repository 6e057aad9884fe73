"""Sex, age, height, wristband and clothes as reports of people tell them."""

import re
from datetime import datetime
from typing import Final

from classifiers.extraction.numbers import DIGITS, between, value
from dispatcher.desks.people_words import PeopleWords

Span = tuple[float, float]

_DIGIT: Final = "一二两三四五六七八九"
_AGE: Final = re.compile(
    rf"(?P<hedge>约|大约|大概|快|将近|不到|得有|顶多|自称|瞅着|看着|估计|看上去)*(?<![0-9一二三四五六七八九十百第])"
    rf"(?P<n>十几|[0-9]{{1,3}}|[{_DIGIT}]?十[{_DIGIT}]{{0,2}}|[{_DIGIT}]{{1,2}})"
    rf"(?:(?:到|至|-|、)(?P<to>[{_DIGIT}]?十[{_DIGIT}]?|[0-9]{{1,2}}))?(?P<more>多|来|几)?"
    r"(?P<unit>周?岁半?|郎当岁?|左右|上下|出头|不到)?(?P<half>左右|上下|出头|多|来?的?样子|吧|好几)?(?P<after>[,。;!?:了的]|$|那年)?"
)
_STARTS: Final = re.compile(
    r"(?:^|[,。;!?:、(]|今年|都|快|也|得|有|才|约|大概|看着|瞅着|瞅|该|上|年|[爷奶爸妈哥弟姐妹姑舅叔伯姨婶嫂婆公夫妻媳妇儿女孩娃老头太者士性子人亲男女的汉龄表甥侄父母师傅伴友])$"
)
_NOT_THEIRS: Final = re.compile(
    r"(?:智力[^,。]{0,4}|我也?才?|我今年|跟|像|相当于?|脑子也就|当她?他?|退休|管自己叫|不到)$"
)
_MEASURE: Final = re.compile(r"[点号块斤层楼路个天年月米里户家趟站张级本条]")
_MONTHS: Final = re.compile(
    rf"(?<!孩子)(?<!怀着)(?<!怀了)(?P<n>[{_DIGIT}]{{1,2}}|十[{_DIGIT}]?|[0-9]{{1,2}})个(?P<half>半)?(?:多|来)?月(?:大|的|左右|,|。|;|$)"
)
_HEIGHT: Final = re.compile(
    rf"(?:1米|一米)(?P<a>[{_DIGIT}0-9])(?P<b>[{_DIGIT}0-9]?)(?P<c>[{_DIGIT}]?)(?P<more>多|出头|几|来|左右|顶天)?|(?<![0-9])(?:身高|个头|个子)约?(?P<cm>1[0-9]{{2}})|(?<![0-9])(?P<cm2>1[0-9]{{2}})(?:厘米|公分|cm)"
)
_WHOLE_BAND: Final = re.compile(r"手环[^0-9]{0,14}?[A-Za-z]{1,3}-?(?P<said>[0-9]{4,10})(?![0-9?？某几啥什*]|后面|多少)")
_BAND: Final = re.compile(
    r"(?<![A-Z0-9])SY[-—一 ]?(?P<said>[0-9什么]*)[^0-9]{0,3}?(?P<late>[0-9]{2,4})?(?![0-9])", re.IGNORECASE
)
_BAND_TAIL: Final = re.compile(
    rf"(?:尾号|后[面边头]?[两二三]位|末[两二]位|最后)(?:是|好像是?)?(?P<tail>[0-9]{{2,3}}|[{_DIGIT}零〇幺]{{2,3}})"
)
_YOUNGEST_TEEN: Final = 10


def age(text: str, at: datetime, year: int | None) -> Span | None:
    """Years of age as said, from and to. `year`: of the loss, where it was long ago: an age of then is counted on."""
    then: Span | None = None
    for match in _AGE.finditer(text):
        said = _years(match, text)
        if said is None:
            continue
        if year is not None and said[1] < _YOUNGEST_TEEN:
            then = then or (said[0] + at.year - year, said[1] + at.year - year)
            continue
        return then or said
    if then is not None:
        return then
    for match in _MONTHS.finditer(text):
        two = between(match["n"])
        number = value(match["n"])
        low, high = two if two is not None else (number or 0, number or 0)
        if 0 < float(low) <= 30:
            return (float(low) / 12, float(high) / 12)
    return (0.2, 0.4) if "百天" in text else None


def _years(match: re.Match[str], text: str) -> Span | None:
    if _NOT_THEIRS.search(text[max(0, match.start() - 8) : match.start()]):
        return None
    if not match["unit"]:
        # 七十四, 五十五到六十, 七十多: no 岁, so the place has to tell that it is an age.
        bare = match["n"]
        if len(bare) < 2 or not (match["after"] or match["more"] or match["to"] or match["hedge"]):
            return None
        if not (match["hedge"] or _STARTS.search(text[max(0, match.start() - 2) : match.start()])):
            return None
        if _MEASURE.match(text, match.end()) or (match["after"] == "的" and not match["more"] and bare.isdigit()):
            return None
    return _spread(match)


def _spread(match: re.Match[str]) -> Span | None:
    said = match["n"]
    if said == "十几":
        return 11.0, 19.0
    if len(said) >= 3 and said[-3] == "十" and (tens := value(said[:-2])) is not None:  # 六十七八
        return float(tens) + DIGITS[said[-2]], float(tens) + DIGITS[said[-1]]
    two = between(said)
    if two is not None and not said.isdigit():
        low, high = float(two[0]), float(two[1])
    else:
        number = value(said)
        if number is None or not 0 < number <= 110:
            return None
        low = high = float(number)
    if match["to"] and (to := value(match["to"])) is not None and to > low:
        return low, float(to)
    tails = {match["more"], match["unit"], match["half"]}
    if tails & {"多", "几", "出头", "来", "郎当岁", "郎当"}:
        high = low + (9 if low % 10 == 0 and low >= 20 and "出头" not in tails else 4)
    if tails & {"左右", "上下"} or (match["hedge"] or "").endswith(("约", "概", "着", "计", "称", "去")):
        low, high = low - (3 if low >= 20 else 1), high + (3 if low >= 20 else 1)
    if (match["hedge"] or "").startswith(("快", "将近", "不到")) or match["unit"] == "不到":
        low -= 4 if low >= 20 else 1
    return max(0.0, low), high


def height(text: str) -> Span | None:
    """Centimetres, from and to."""
    match = _HEIGHT.search(text)
    if match is None:
        return None
    if whole := match["cm"] or match["cm2"]:
        return float(whole), float(whole)
    tens = int(value(match["a"]) or 0) * 10
    ones = int(value(match["b"]) or 0) if match["b"] else 0
    low = 100.0 + tens + ones
    high = low + (5 if match["more"] in ("多", "几", "出头", "来") or not match["b"] else 0)
    if match["c"]:
        high = 100.0 + tens + int(value(match["c"]) or 0)
    return low, max(low, high)


def wristband(text: str) -> str | None:
    """The digits of a yellow wristband's code, ? for what could not be read: ``2048``, ``20??``, ``??84``."""
    whole = _WHOLE_BAND.search(text)
    if whole is not None and len(whole["said"]) > 4:
        return whole["said"]
    head, tail, late = "", "", ""
    for match in _BAND.finditer(text):
        said = match["said"]
        head = "".join(char for char in said if char.isdigit()) if not said.startswith(("什", "么")) else ""
        if said.startswith(("什", "么")):
            late = "".join(char for char in said if char.isdigit()) or match["late"] or ""
        if head or late:
            break
    if match_tail := _BAND_TAIL.search(text):
        tail = "".join(char if char.isdigit() else str(DIGITS.get(char, "?")) for char in match_tail["tail"])
    if not head and not tail and not late:
        return None
    if late and not head:
        return f"*{late}*"
    known = (head + "????")[:4]
    if tail and "?" in known:
        known = known[: 4 - len(tail)] + tail
    return known


def subject(text: str, words: PeopleWords) -> tuple[str | None, Span | None]:
    """Sex and years by the first word for the person that the report is about."""
    plain = words.bystanders.sub(lambda match: "，" * len(match.group()), text)
    found = [
        (match.start(), -match.end(), one.sex, one.age)
        for one, pattern in words.subjects
        for match in pattern.finditer(plain)
    ]
    alone = re.search(r"(?:^|[,。:;、])(?:一?名?)(?P<sex>男|女)(?:性|的)?(?=[,。、]|一名|[二三四五六七八九]?十)", plain)
    child = re.search(r"(?:^|[,。:;、的])(?P<sex>男|女)(?:孩|娃|婴|童)", plain)
    if child is not None:
        return {"男": "male", "女": "female"}[child["sex"]], (0.0, 19.0)
    first = min(found, default=None)
    if alone is not None:
        years = first[3] if first is not None and first[2] == ("male" if alone["sex"] == "男" else "female") else None
        return {"男": "male", "女": "female"}[alone["sex"]], years
    return (first[2], first[3]) if first is not None else (None, None)


def worn(clauses: list[str], words: PeopleWords) -> dict[str, frozenset[str]]:
    """Garments by class, each with the families of its colours (none: the colour is not told)."""
    out: dict[str, set[str]] = {}
    for clause in clauses:
        colours = [(match.start(), match.end(), match.group()) for match in words.colours.finditer(clause)]
        for match in words.garments.finditer(clause):
            if words.no_before.search(clause[max(0, match.start() - 3) : match.start()]):
                continue
            kind = words.garment_of[match.group()]
            near = [one for one in colours if one[0] <= match.start() and match.start() - one[1] <= 4]
            held = out.setdefault(kind, set())
            if near:
                held |= words.colour_of[near[-1][2]]
            elif (follows := re.match(r"[,是一件都个]{0,3}$", clause[match.end() :])) is not None and follows.group():
                continue
    return {kind: frozenset(found) for kind, found in out.items()}
