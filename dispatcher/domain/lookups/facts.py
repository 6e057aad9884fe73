"""What a lookup knows, fact by fact: taken from what triage extracted of the call, completed by people."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from dispatcher.domain.lookups.codes import Desk
from dispatcher.domain.messages import Place

#: fact -> how it is called on the screen. Values are texts; times are ISO 8601, ages and heights ``70-79``, lists ``、``-joined.
FACTS: Final[dict[str, str]] = {
    "item": "物品",
    "colour": "颜色",
    "brand": "品牌",
    "mark": "记号",
    "contents": "内有",
    "time": "时间",
    "system": "交通方式",
    "plate": "车牌",
    "plate_part": "部分车牌",  # with * for what is not known: 辽A*66
    "company": "公司",
    "invoice": "发票或订单",
    "seat": "座位",
    "line": "线路或车次",
    "station": "车站",
    "direction": "方向",
    "carriage": "车厢",
    "boarded": "上车地点",
    "alighted": "下车地点",
    "kept_at": "现保管处",
    "last_place": "最后地点",
    "name": "姓名",
    "sex": "性别",
    "age": "年龄",
    "height": "身高",
    "clothes": "衣着",
    "illness": "疾病",
    "wristband": "黄手环号",
    "carries": "随身物品",
    "habits": "常去处",
    "mode": "可能的交通方式",
    "weather": "恶劣天气",
}

_SPOKEN_AS: Final = {
    "age": "{}岁", "height": "身高{}厘米", "line": "{}号线", "station": "{}站", "direction": "往{}方向", "carriage": "第{}节车厢",
    "boarded": "在{}上车", "alighted": "到{}下车", "plate": "车牌{}",
}  # fmt: skip
_WORDS: Final = {
    "female": "女", "male": "男", "dementia": "老年痴呆", "mental": "精神病", "intellectual": "智力残疾", "autism": "自闭症",
    "depression": "抑郁症", "epilepsy": "癫痫", "deaf_mute": "聋哑", "deaf": "耳聋", "blind": "盲人", "lame": "腿瘸", "diabetes": "糖尿病",
    "heart": "心脏病", "stroke": "脑梗", "speech": "说话不清", "parkinson": "帕金森",
}  # fmt: skip
"""Codes of the extraction, as people say them."""

SPOKEN: Final = (
    "item", "colour", "brand", "mark", "contents", "sex", "age", "height", "clothes", "illness", "wristband", "name",
    "carries", "habits", "line", "station", "direction", "carriage", "plate", "boarded", "alighted",
)  # fmt: skip
"""Facts that are compared together with the caller's text."""


def spoken(facts: Mapping[str, str]) -> list[str]:
    """What is known, as a caller would say it: 女, 70-79岁, 2号线."""
    told = []
    for fact in SPOKEN:
        if fact in facts:
            value = "、".join(_WORDS.get(word, word) for word in facts[fact].split("、"))
            of_metro = fact not in ("line", "station") or facts.get("system") == "metro"
            told.append(_SPOKEN_AS[fact].format(value) if fact in _SPOKEN_AS and of_metro else value)
    return told


LONGEST: Final = 200
"""Characters of one fact; a longer one belongs into a note."""

#: Category -> how the caller travelled.
SYSTEM_OF: Final = {
    "lost_item_taxi": "taxi",
    "lost_item_metro": "metro",
    "lost_item_bus": "bus",
    "lost_item_station": "rail",
}

#: Spelling of the extraction -> of the desks.
_SYSTEMS: Final = {"tram": "metro", "train": "rail", "flight": "rail", "metro": "metro", "bus": "bus"}


#: Told of people: the name of who has lost something is nothing that its search needs.
_OF_PEOPLE: Final = frozenset(("name", "wristband"))

Put = Callable[[str, object], None]


def from_call(extracted: Mapping[str, Any], place: Place, category: str, desk: Desk) -> dict[str, str]:
    """The facts in a call's extraction that matter to a desk. What is not there is unknown."""
    facts: dict[str, str] = {}

    def put(fact: str, value: object) -> None:
        if value not in (None, "", [], ()) and fact not in facts:
            facts[fact] = str(value)[:LONGEST]

    for one in extracted.get("rides", ()):
        if desk is Desk.MISSING_PERSON or one["fact"] not in _OF_PEOPLE:
            put(str(one["fact"]), one.get("value"))
    for one in extracted.get("times", ()):
        put("time", one.get("start"))
    for one in extracted.get("persons", ()):
        if one.get("missing"):
            put("last_place", ((one.get("last_seen") or {}).get("place") or {}).get("text"))
    put("last_place", place.landmark or place.address or place.street)
    if desk is Desk.MISSING_PERSON:
        _person(extracted.get("persons", ()), put)
    else:
        _thing(extracted, category, put)
    return facts


def _thing(extracted: Mapping[str, Any], category: str, put: Put) -> None:
    put("system", SYSTEM_OF.get(category))
    for one in extracted.get("plates", ()):
        if one.get("kind") == "full":
            put("plate", one.get("plate"))
        else:
            put("plate_part", f"{one.get('prefix', '')}{one.get('head', '')}*{one.get('tail', '')}")
    for one in extracted.get("lines", ()):
        put("line", one.get("line"))
        put("system", _SYSTEMS.get(str(one.get("system"))))
    for one in extracted.get("items", ()):
        put("item", one.get("text"))
        put("colour", one.get("colour"))
        put("brand", one.get("brand"))


def _person(persons: Any, put: Put) -> None:
    """The one who is missing, else the first described."""
    said = [one for one in persons if one.get("missing")] or list(persons)
    if not said:
        return
    # 我室友不见了，二十一岁女生: what is not said of the one who is missing is taken from who is described beside.
    for one in [*said[:1], *persons]:
        put("sex", one.get("sex"))
        if age := one.get("age"):
            put("age", _span(age.get("from"), age.get("to")))
        if height := one.get("height_cm"):
            put("height", _span(*height))
        put("clothes", "、".join(one.get("clothing", ())))
        put("illness", "、".join(one.get("illness", ())))


def last_known(facts: Mapping[str, str], otherwise: datetime) -> datetime:
    """When it was lost or last seen, in UTC: what was said, never later than `otherwise`; where nothing was, `otherwise`."""
    try:
        said = datetime.fromisoformat(facts.get("time", ""))
    except ValueError:
        return otherwise
    return min(said.astimezone(UTC), otherwise) if said.tzinfo is not None else otherwise


def _span(low: object, high: object) -> str | None:
    if low is None:
        return None
    return f"{low}-{high}" if high is not None and high != low else str(low)


def bounds(value: str) -> tuple[float, float] | None:
    """The numbers of an age or height, ``70-79`` or ``6``; None where it is none."""
    low, _, high = value.partition("-")
    try:
        return float(low), float(high or low)
    except ValueError:
        return None
