"""What a caller says of a ride on which something was lost, and the numbers that a desk can look up.

Facts: boarded, alighted, station, direction, carriage, invoice; wristband, the code of a yellow wristband (黄手环); name,
of a person who is told to be called so.
"""

import re
from typing import Any, Final

from classifiers.extraction.numbers import value

WAKES: Final = frozenset("车站厢票订环叫名")

_PLACE: Final = r"([一-鿿0-9a-zA-Z]{2,12}?)"
_BOARDED: Final = re.compile(rf"(?:从|在|搁|打){_PLACE}(?:门口|那边|这边|附近)?(?:上的?车|打的?车|打的|坐的?车|坐上)")
_ALIGHTED: Final = re.compile(rf"(?:到|在|搁){_PLACE}(?:门口|那边|这边|附近)?(?:下的?车|下去的|下来的)")
_STATION: Final = re.compile(r"([一-鿿]{2,7}?)(?:地铁)?站")
_DIRECTION: Final = re.compile(r"(?:开往|往|朝|去)([一-鿿]{2,7}?)(?:方向|开的|那边开)")
_CARRIAGE: Final = re.compile(r"第?([一二三四五六七八九十\d]{1,2})(?:节|号)?车厢")
_INVOICE: Final = re.compile(r"(?:发票|小票|订单)(?:号码|编号|号)?[^0-9a-zA-Z]{0,4}([0-9a-zA-Z]{6,24})")
_WRISTBAND: Final = re.compile(r"手环[^0-9a-zA-Z]{0,10}([a-zA-Z]{1,3}[- ]?[0-9?？某]{2,8}|\d{4,8})")

#: The commonest surnames: 叫豆包 is a dog, 叫王桂兰 a person.
_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范石姚谭廖邹熊陆郝孔白崔康毛邱秦江史顾侯邵孟龙段"
_NAME: Final = re.compile(
    rf"(?:名叫|名字叫|名字是|姓名是?|叫)([{_SURNAMES}][一-鿿]{{1,2}})(?=[,，。;；、!！?？\s]|今年|$)"
)

#: Before 站 these make no station's name.
_NO_STATION: Final = frozenset(
    {
        "地铁",
        "公交",
        "公交车",
        "火车",
        "客运",
        "救助",
        "派出",
        "加油",
        "充电",
        "服务",
        "下一",
        "上一",
        "这一",
        "终点",
        "起点",
        "换乘",
        "始发",
    }
)
#: What stands before a station's name in a sentence and is no part of it.
_LEADING: Final = re.compile(r"^.*(?:号线|从|到|在|搁|坐|往|去|的|了|是|过|经|和)")
#: Words that are no place to get in or out.
_NO_PLACE: Final = frozenset({"那", "这", "哪", "哪里", "哪儿", "路边", "门口", "半路", "一个", "时候", "后来"})


def find(text: str, *, limit: int) -> list[dict[str, Any]]:
    """{text, span, fact, value}, in the text's order, at most `limit`; of each fact the first."""
    out: list[dict[str, Any]] = []

    def put(fact: str, match: re.Match[str] | None, said: str | None = None) -> None:
        if match is not None:
            found = said if said is not None else match[1]
            out.append({"text": match.group(), "span": [match.start(), match.end()], "fact": fact, "value": found})

    if "车" in text or "下来的" in text:
        for fact, pattern in (("boarded", _BOARDED), ("alighted", _ALIGHTED)):
            match = pattern.search(text)
            if match is not None and match[1] not in _NO_PLACE:
                put(fact, match)
    if "站" in text and ("号线" in text or "地铁" in text):
        for match in _STATION.finditer(text):
            name = _LEADING.sub("", match[1])
            if len(name) >= 2 and name not in _NO_STATION:
                put("station", match, name)
                break
    if "方向" in text or "开的" in text or "那边开" in text:
        put("direction", _DIRECTION.search(text))
    if "车厢" in text and (match := _CARRIAGE.search(text)) is not None:
        put("carriage", match, f"{value(match[1]) or 0:.0f}")
    if "票" in text or "订单" in text:
        put("invoice", _INVOICE.search(text))
    if ("叫" in text or "名" in text) and (match := _NAME.search(text)) is not None:
        put("name", match)
    if "手环" in text and (match := _WRISTBAND.search(text)) is not None:
        put("wristband", match, match[1].upper().replace(" ", "").replace("？", "?").replace("某", "?"))
    out.sort(key=lambda one: one["span"])
    return out[:limit]
