"""What a text says in figures and set phrases: sizes, counts, half numbers, surnames, sides, inscriptions, times. Pure."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from classifiers.extraction import plates, times
from classifiers.extraction.numbers import DIGITS, value
from dispatcher.desks.match_words import Hit, Words

_SAID: Final = re.compile(r"[零〇一幺二两俩三仨四五六七八九十百千]+")
_LATIN: Final = re.compile(r"[a-z]{1,}[a-z0-9&.'-]*[a-z0-9]|[a-z]")
_FIGURES: Final = re.compile(r"[a-z]?\d[a-z0-9]*(?![号]线|\s?[点时分:：/年月日])(?<![:：/]\d\d)")
_ROUTE: Final = re.compile(
    r"(?:坐|乘|上|挤|倒|换)(?:的|了)?(?:那个|个)?([bkt]?\d{3})(?![\d号元块个]|多块)|(?<![\da-z.])([bkt]?\d{1,3})(?:路(?!口)|(?:公交)?(?:车队|收车|终点|末站|末班|场站|调度|司机|驾驶员|线|另一?台?车))"
)
_PLATE_LIKE: Final = re.compile(r"(?:辽?a[·.\s]?[a-z]?|(?<![a-z0-9])t)[·.\s]?(\d[a-z0-9]{2,4})(?![a-z0-9])")
_TOWARD: Final = re.compile(r"(?:往|奔|朝|向|开往|去往|发往)([\u4e00-\u9fff]{2,6})|([\u4e00-\u9fff]{2,5})方向")
_SHARE: Final = re.compile(r"([二两三四五六七八九十])分之([一二两三四五六七八九])|(?<!\d)([1-9])/([1-9])(?!\d)")
_MEASURES: Final = "把张本块件双副条根串瓶盒袋枚颗支卷包只台部个套粒顶幅面沓捆"
_SIZES: Final = "码号寸斤度升米岁班届级节排车厢楼层t克钱毫"
_COUNTED: Final = re.compile(rf"(\d+(?:\.\d+)?)\s?(?:多|来)?([{_MEASURES}{_SIZES}])(?!线)")
_NOT_COUNTED: Final = frozenset(
    {"1个", "1只", "1台", "1部", "1包", "1把", "1张", "1件", "1条", "1块", "1套", "1双", "1面"}
)
_MONEY: Final = re.compile(r"(\d+)(?:多|来)?(?:块|元|钱)")
_LEFT: Final = re.compile(r"左(?!右)|(?<![a-z0-9])l(?![a-z0-9&])")
_RIGHT: Final = re.compile(r"(?<!左)右|(?<![a-z0-9])r(?![a-z0-9&])|红点")
_CLAUSE: Final = re.compile(r"[,，。;；!！?？]")
_STILL: Final = re.compile(
    r"还在|在呢|在我|在家|在手|没丢|还有|就?剩|(?:左|右)(?:手|边|耳|只|脚)?(?:的|那只|这只)+在(?:$|[^这那])"
)
_NOW: Final = re.compile(r"现在|这会|这阵|目前|至今|如今|眼下")
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆"
    "郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂"
    "谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫"
    "来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银"
    "扬明沙薄伏岑习胥保和蔺茹亓骆仉代鄂朴那洛逄由赫覃冮由"
)
_SURNAME: Final = re.compile(
    rf"(?<!同)姓(?:名|氏)?[是叫:：]?([{_SURNAMES}])|(?:户名|户主|患者|持卡人|名字|落款|写着|写个|署名|机主)(?:是|叫|姓|为)?[:：“\"]?([{_SURNAMES}])(?:某|姓|字|[,，。、;；”\"]|$)"
    rf"|([{_SURNAMES}])某|([{_SURNAMES}])(?:字)?姓|(?:[,，。、;；])([{_SURNAMES}])(?:[,，。;；]|$)"
)
_QUOTED: Final = re.compile(r"[“\"‘「『《'【]([^”\"’」』》'】]{1,16})[”\"’」』》'】]")
_WRITTEN: Final = re.compile(
    r"(?:写着|写有|写了|写的是?|写个|写|印着|印有|印了|印个|印|刻着|刻有|刻了|刻的|刻个|刻|绣着|绣有|绣了|绣的|绣个|绣|烫着|烫金|喷了|字样|落款)"
    r"[:：]?([^,，。;；、!！?？“”\"]{1,10})"
)
_GLUE: Final = re.compile(r"色?(?:的|塑料|毛线|布|皮|硅胶|绒|丝|胶)?")
_BEFORE: Final = re.compile(r"(?:是|为|,|，)?(?:浅|深|纯|大)?$")
_SHORT_NOUNS: Final = frozenset("套壳底边格带绳扣框盒袋包盖线杆把布面条球标皮穗字点花本封伞衣帽鞋领袖灯屏环圈章罩")
_OLDEST: Final = timedelta(days=40)
_UNSAID: Final = timedelta(days=7)


def figured(text: str) -> str:
    """Numbers said in words written in figures: 二十八寸 is 28寸, 尾号七三 is 73. A single digit stays as it is but before
    a measure word."""

    def one(match: re.Match[str]) -> str:
        said = match.group()
        after = text[match.end() : match.end() + 1]
        if len(said) == 1 and (after not in _MEASURES + _SIZES + "路" or said == "千"):
            return said
        if said in ("百", "千", "十百", "百十"):
            return said
        read = value(said.replace("仨", "三"))
        if (
            read is None
            or text[match.end() : match.end() + 2] == "分之"
            or text[match.start() - 2 : match.start()] == "分之"
        ):
            return said
        if not set(said) & set("十百千"):  # digit by digit: a leading 零 counts
            return "".join(str(DIGITS["三" if char == "仨" else char]) for char in said)
        return f"{read:.0f}"

    return _SAID.sub(one, text)


def numbers(figures: str) -> set[str]:
    """Numbers of two figures and more, as figures, but hours, dates, bus lines and plates. `figures`: the text after `figured`."""
    rest = _PLATE_LIKE.sub(" ", _ROUTE.sub(" ", figures))
    return {run for run in _FIGURES.findall(rest) if len(run) > 1}


def vehicles(figures: str, text: str) -> set[str]:
    """Plates and parts of plates: 辽AT4096 is ``4096``, 尾号73 is ``73``."""
    found = {match[1] for match in _PLATE_LIKE.finditer(figures)}
    for one in plates.find(text, limit=4):
        found |= {str(one[key]).lower() for key in ("tail", "head") if key in one}
    return found


def routes(figures: str) -> set[str]:
    """Bus lines said as a number only: 坐326, 237收车, 130车队."""
    return {f"bus{match[1] or match[2]}" for match in _ROUTE.finditer(figures)}


def latin(text: str) -> set[str]:
    """Latin words and letters: brands, initials."""
    return set(_LATIN.findall(text))


def counts(figures: str, text: str) -> set[str]:
    """Number and measure word: ``2把``, ``34码``, ``3/4``. One of a thing is no count but of pairs and sizes."""
    said = {f"{match[1]}{match[2]}" for match in _COUNTED.finditer(figures)}
    for match in _SHARE.finditer(text):
        part, whole = (str(DIGITS[match[2]]), str(DIGITS.get(match[1], 10))) if match[1] else (match[3], match[4])
        said.add(f"{part}:{whole}/")
    return said - _NOT_COUNTED


def money(figures: str) -> set[str]:
    """Sums named."""
    return {match[1] for match in _MONEY.finditer(figures)}


def sides(text: str) -> set[str]:
    """Left or right, as said or as stamped on the thing (L, R; a red point is the right ear's). Of a pair, the one that is
    still there (左手的还在, 就剩左边的) tells that the other was lost."""
    found: set[str] = set()
    other: set[str] = set()
    for clause in _CLAUSE.split(text):
        said = {side for side, words in (("left", _LEFT), ("right", _RIGHT)) if words.search(clause)}
        if len(said) == 1 and _STILL.search(clause):
            other |= {"left", "right"} - said
        else:
            found |= said
    return found or other


def surnames(text: str) -> set[str]:
    """Surnames told as such: 姓王, 李某, 户名翟."""
    return {next(filter(None, match.groups())) for match in _SURNAME.finditer(text)}


def inscriptions(text: str) -> set[str]:
    """The characters of what is written, stamped or sewn on the thing."""
    said = [match[1] for match in _QUOTED.finditer(text)] + [match[1] for match in _WRITTEN.finditer(text)]
    return {char for words in said for char in words if char.isalnum() and char not in "的了着个是有一两几字在上"}


def moments(text: str, at: datetime) -> list[tuple[datetime, datetime]]:
    """Intervals that the text names, within the forty days before `at`, in the order named."""
    found = []
    for one in times.find(text, received_at=at, limit=6):
        if "start" not in one or _NOW.search(one["text"]):
            continue
        start, end = datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])
        if at - _OLDEST <= start <= at:
            found.append((start, min(end, at)))
    return found


def colours(text: str, words: Words) -> tuple[set[str], set[str]]:
    """Families of colours of things, and of cars. 黑山, 白塔, 金店, 银行 are no colours: one is marked as such or stands before
    a thing."""
    things: set[str] = set()
    cars: set[str] = set()
    for match in words.colours.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        rest = text[match.end() : match.end() + 4]
        if re.match(r"色?的?(?:出租|车(?!钥)|轿|捷达|的士|小车|大众|比亚迪|面包|[白黑]车|牌)", rest):
            cars |= words.colour_of[match.group()]
            continue
        if (
            len(match.group()) > 1
            or after in "色的皮壳底面布框边带扣包伞帽格,，。、;；机把绳塑本盒箱袋手书钱硬软双单短长羽外围毛线"
            or not after
            or before in ",，。、;；是色深浅纯大全"
            or any(
                text.startswith(word, match.end()) and word in words.kind_of for word in _following(text, match.end())
            )
        ):
            things |= words.colour_of[match.group()]
    return things, cars


def _following(text: str, at: int) -> list[str]:
    return [text[at : at + length] for length in (1, 2, 3, 4)]


def painted(text: str, words: Words, hits: list[Hit]) -> set[str]:
    """Parts of a thing with their colour, ``胶布=yellow``: a colour right before its noun (黄胶布), or right after (套是橘黄色的)."""
    nouns = [hit for hit in hits if hit.part == "word"]
    out: set[str] = set()
    for match in words.colours.finditer(text):
        start, end = match.span()
        after = _GLUE.match(text, end)
        begin = after.end() if after else end
        noun = next((hit.meaning for hit in nouns if begin <= hit.start <= begin + 1), None)
        if noun is None and text[begin : begin + 1] in _SHORT_NOUNS and begin < len(text):
            noun = text[begin]
        if noun is None:
            before = _BEFORE.search(text[max(0, start - 4) : start])
            reach = start - (len(before.group()) if before else 0)
            noun = next((hit.meaning for hit in nouns if hit.end == reach), None)
            if noun is None and reach and text[reach - 1] in _SHORT_NOUNS:
                noun = text[reach - 1]
        if noun is not None:
            out |= {f"{noun}={family}" for family in words.colour_of[match.group()]}
    return out


def toward(text: str, hits: list[Hit], words: Words) -> set[str]:
    """Ends of metro lines that a train ran to: named as such (往张沙布方向), or by two stations of one line in their order."""
    ends = {name for names in words.ends.values() for name in names}
    named = {name for match in _TOWARD.finditer(text) for name in ends if name in (match[1] or match[2])}
    if named:
        return named
    stations = [hit.meaning for hit in hits if hit.part == "place" and hit.meaning in words.stations]
    for one, two in pairwise(dict.fromkeys(stations)):
        for line in sorted(words.stations[one] & words.stations[two]):
            order = words.metro[line]
            beyond = order[order.index(two) :] if order.index(one) < order.index(two) else order[: order.index(two) + 1]
            named |= words.ends[line] & set(beyond)
    return named
