"""What a lookup knows, in words for a person: names of facts, values that stand as codes, and what is sought in a few words."""

from collections.abc import Mapping

from dispatcher.domain.lookups.facts import FACTS
from dispatcher.domain.lookups.proof import masked_name

#: Facts that prove ownership: their values are for the desk alone, never for a list, a board or a claimant.
PRIVATE = frozenset(("mark", "contents"))
#: Facts by which a lookup is known at a glance, in the order of the line.
_SOUGHT = ("name", "sex", "age", "colour", "brand", "item", "plate", "plate_part", "line", "station", "last_place")
#: Words of the extraction that stand in facts as codes.
_CODES = {
    "male": "男", "female": "女", "dementia": "认知障碍", "mental": "精神疾病", "intellectual": "智力障碍", "autism": "自闭症",
    "depression": "抑郁症", "epilepsy": "癫痫", "deaf_mute": "聋哑", "deaf": "听障", "blind": "视障", "lame": "腿脚不便",
    "diabetes": "糖尿病", "heart": "心脏病", "stroke": "中风", "speech": "言语不清", "parkinson": "帕金森", "taxi": "出租车", "metro": "地铁",
    "bus": "公交", "rail": "火车或飞机", "walk": "步行", "bicycle": "自行车", "car": "汽车", "train": "火车",
}  # fmt: skip
_DISTRICT = "区"
_CODED = ("sex", "illness", "system", "mode")
_UNITS = {"age": "岁", "height": "厘米"}


def sought(facts: Mapping[str, str]) -> str:
    """Who or what is looked for, in a few words and without what proves ownership."""
    return " ".join(said(fact, facts[fact]) for fact in _SOUGHT if facts.get(fact))


def said(fact: str, value: str) -> str:
    """A fact's value for a person: words for codes, units for numbers; a name is masked (domain section 7)."""
    if fact == "name":
        return masked_name(value)
    if fact in _UNITS and value[-1:].isdigit():
        return value + _UNITS[fact]
    return "、".join(_CODES.get(part, part) for part in value.split("、")) if fact in _CODED else value


def fact_name(fact: str) -> str:
    """How a fact is called on the screen."""
    return _DISTRICT if fact == "district" else FACTS.get(fact, fact)
