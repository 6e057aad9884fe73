"""Why two reports look alike or do not, in words for a person: per sign, strongest first, those against too."""

from collections.abc import Mapping
from typing import Final

from dispatcher.desks.match_rarity import Rarity
from dispatcher.desks.profile import Profile

_LEAST: Final = 0.15
_MOST: Final = 6
_WORDS: Final = 4

_NAMES: Final = {
    "kind": "物品相同", "other_kind": "物品不同", "contents": "内有物品相符", "other_contents": "内有物品不符", "colour": "颜色相符",
    "other_colour": "颜色不符", "painted": "部位颜色相符", "other_painted": "部位颜色不符", "brand": "品牌相符", "other_brand": "品牌不符",
    "motif": "图案挂件相符", "other_motif": "图案挂件不符", "material": "材质相符", "other_material": "材质不符", "pattern": "花纹相符",
    "other_pattern": "花纹不符", "shape": "形状相符", "other_shape": "形状不符", "state": "状态相符", "other_state": "状态不符",
    "denied": "一方言明没有", "spot": "遗落位置相符", "words": "特征用语相同", "words_lost": "所述特征多有对应", "details": "细节相符",
    "system": "乘坐方式相同", "other_system": "乘坐方式不同", "line": "线路相同", "other_line": "线路不同", "end": "拾于该线终点",
    "toward": "行车方向相符", "other_way": "行车方向不符", "station": "车站相同", "other_place": "地点不同", "district": "同一区",
    "other_district": "不同区", "number": "号码相符", "other_number": "号码不符", "plate": "车号相符", "other_plate": "车号不符",
    "count": "件数尺码相符", "other_count": "件数尺码不符", "side": "左右相符", "other_side": "左右不符", "surname": "姓氏相符",
    "other_surname": "姓氏不符", "inscribed": "字样相符", "other_inscribed": "字样不符", "pairs": "用语相同", "letters": "细节用字相同",
    "before": "拾到早于遗失", "just_before": "拾到略早于遗失", "told_before": "所述拾到时间早于遗失", "soon": "时间相近",
}  # fmt: skip
_BOTH_WAYS: Final = {
    "car": ("车身颜色相符", "车身颜色不符"),
    "money": ("金额相符", "金额不符"),
    "days": ("相隔不久", "相隔较久"),
}

_SHOWN: Final = {
    "motif": "motif", "words": "word", "number": "number", "plate": "plate", "surname": "surname", "pairs": "gram", "letters": "letter",
    "brand": "brand", "station": "station", "spot": "spot", "count": "count", "inscribed": "inscription", "line": "line",
}  # fmt: skip
_TOLD_APART: Final = {
    "other_motif": "motif", "other_brand": "brand", "other_surname": "surname", "other_count": "count", "other_number": "number",
}  # fmt: skip
_DETAILS: Final = ("motif", "brand", "material", "pattern", "shape", "number", "surname", "word")
"""Of these a shared detail reads well."""


def reasons(parts: Mapping[str, float], lost: Profile, found: Profile, rarity: Rarity) -> tuple[str, ...]:
    """At most six. parts: each sign's share in the sum."""
    told = sorted((name for name in parts if abs(parts[name]) >= _LEAST), key=lambda name: (-abs(parts[name]), name))
    return tuple(_reason(name, parts[name] > 0, lost, found, rarity) for name in told[:_MOST])


def _reason(name: str, speaks_for: bool, lost: Profile, found: Profile, rarity: Rarity) -> str:
    if name in _BOTH_WAYS:
        return _BOTH_WAYS[name][0 if speaks_for else 1]
    if name in _TOLD_APART:
        part = _TOLD_APART[name]
        return f"{_NAMES[name]}：{_named(part, lost.of(part), rarity)}/{_named(part, found.of(part), rarity)}"
    if name == "details":
        shared = {(rarity.of(part, word), word) for part in _DETAILS for word in lost.of(part) & found.of(part)}
        named = "、".join(word for _, word in sorted(shared, key=lambda one: (-one[0], one[1]))[:_WORDS])
        return f"{_NAMES[name]}：{named}" if named else _NAMES[name]
    both = lost.of(_SHOWN[name]) & found.of(_SHOWN[name]) if name in _SHOWN else frozenset[str]()
    return f"{_NAMES[name]}：{_named(_SHOWN[name], both, rarity)}" if both else _NAMES[name]


def _named(part: str, said: frozenset[str], rarity: Rarity) -> str:
    """What is said, the rarest first."""
    return "、".join(sorted(said, key=lambda word: (-rarity.of(part, word), word))[:_WORDS])
