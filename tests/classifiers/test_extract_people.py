"""Things lost and found, and people described; what is only mentioned is no finding."""

from typing import Any

import pytest

from classifiers.extract import extract


@pytest.mark.parametrize(
    ("text", "name", "kind", "event"),
    [
        ("手机落出租车上了", "手机", "phone", "lost"),
        ("苹果15丢了", "苹果15", "phone", "lost"),
        ("双肩包忘在公交上", "双肩包", "backpack", "lost"),
        ("书包落地铁上了", "书包", "backpack", "lost"),
        ("捡到一个钱包", "钱包", "wallet", "found"),
        ("地铁口捡着部手机", "手机", "phone", "found"),
        ("身份证丢了", "身份证", "id_card", "lost"),
        ("拉杆箱在后备箱忘拿", "拉杆箱", "suitcase", "lost"),
        ("电动车让人偷了", "电动车", "bicycle", "taken"),
        ("钱包被人顺走", "钱包", "wallet", "taken"),
        ("车钥匙甩草里找不着了", "车钥匙", "keys", "lost"),
        ("老花镜掉座缝里", "老花镜", "glasses", "lost"),
        ("我家泰迪走丢了", "泰迪", "pet", "lost"),
        ("雨伞没拿", "雨伞", "umbrella", "lost"),
        ("助听器盒子没了", "助听器盒子", "medical", "lost"),
        ("把腰包挂在行李推车上忘拿了", "腰包", "handbag", "lost"),
        ("帽子落后座上了", "帽子", "clothing", "lost"),
        ("遗失U盘一个", "U盘", "electronics", "lost"),
        ("装病历的袋子落车上了", "袋子", "bag", "lost"),
    ],
)
def test_item(text: str, name: str, kind: str, event: str) -> None:
    (one,) = extract(text)["items"]
    assert (one["text"], one["kind"], one["event"]) == (name, kind, event)


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("红色腰包落车上了", {"colour": "红色"}),
        ("捡个黑皮包", {"colour": "黑"}),
        ("拉杆箱,蓝色的,忘拿了", {"colour": "蓝色"}),
        ("华为手机丢了", {"brand": "华为"}),
        ("一个真皮钱包掉路上了", {"material": "真皮"}),
        ("书包落公交上了,里头有语文书、水杯和校服", {"contents": ["书", "水杯", "校服"]}),
        ("保温杯忘了,上头贴着小熊", {"marks": ["贴着小熊"]}),
        ("钱包丢了,里面有身份证、银行卡。手机还在", {"contents": ["身份证", "银行卡"]}),
        ("装病历的袋子落车上了", {"contents": ["病历"]}),
    ],
)
def test_what_tells_an_item(text: str, attributes: dict[str, Any]) -> None:
    one = extract(text)["items"][0]
    assert {key: one.get(key) for key in attributes} == attributes


@pytest.mark.parametrize(
    "text",
    [
        "他拿手机拍我", "手机号给你", "我手机没电了", "书包太沉", "村落里有狗", "别丢人了", "药店卖假药", "水管掉漆", "孩子忘记关水", "把我拉黑没了手机信号", "包子铺扰民", "狗叫一宿", "下落不明", "墙皮往下掉", "收拾屋子", "钱包挺好看",
        "没人偷我手机", "降落伞", "老伴没带手机", "角落里有个箱子",
    ],
)  # fmt: skip
def test_no_item(text: str) -> None:
    assert "items" not in extract(text)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("七十八岁老人走失", (78, 78, "exact")),
        ("我妈七十八岁", (78, 78, "exact")),
        ("老太太约七十岁", (67, 73, "about")),
        ("俺爹今年八十二,早上走的", (82, 82, "exact")),
        ("我妈八十六,人没了影", (86, 86, "exact")),
        ("老头七十多岁", (70, 79, "about")),
        ("六十来岁老爷子", (57, 63, "about")),
        ("男孩五六岁", (5, 6, "about")),
        ("八旬老太独居", (80, 89, "about")),
        ("四岁男孩", (4, 4, "exact")),
        ("男子30岁左右", (27, 33, "about")),
        ("小伙二十出头", (20, 23, "about")),
        ("老人快八十岁了", (77, 80, "about")),
        ("十几岁的女孩", (11, 19, "vague")),
        ("我今年六十五了", (65, 65, "exact")),
        ("儿子四十多了跟五六岁孩子似的", (40, 49, "about")),
    ],
)
def test_age(text: str, age: tuple[int, int, str]) -> None:
    found = extract(text)["persons"][0]["age"]
    assert (found["from"], found["to"], found["certainty"]) == age


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("我妈走丢了", {"relation": "mother", "sex": "female", "missing": True}),
        ("我家老头儿七十了", {"relation": "husband", "sex": "male"}),
        ("孙子没影了", {"relation": "grandson", "missing": True}),
        ("女孩身高一米五", {"sex": "female", "height_cm": [150, 150]}),
        ("小伙一米八的个头发黄", {"height_cm": [180, 180]}),
        ("男子身高175厘米", {"height_cm": [175, 175]}),
        ("老人穿红棉袄", {"clothing": ["穿红棉袄"]}),
        ("走失女童,红裙子", {"clothing": ["红裙子"], "missing": True}),
        ("老爷子身穿灰色毛衣、黑布鞋", {"clothing": ["身穿灰色毛衣、黑布鞋"]}),
        ("我爸有老年痴呆", {"illness": ["dementia"]}),
        ("儿子精神分裂走失", {"illness": ["mental"], "missing": True}),
        ("我弟弟聋哑", {"illness": ["deaf_mute"], "relation": "brother"}),
        ("自闭症孩子跑丢了", {"illness": ["autism"], "missing": True}),
        ("司机是个女的", {"sex": "female"}),
        ("司机带点辽西口音", {"relation": "driver", "speech": ["辽西口音"]}),
        ("老人在北陵公园走丢了", {"last_seen": {"place": {"text": "北陵公园", "span": [3, 7]}}}),
        ("我爸昨晚八点走失", {"last_seen": {"time": {"text": "昨晚八点", "span": [2, 6]}}}),
    ],
)
def test_person(text: str, fields: dict[str, Any]) -> None:
    one = extract(text)["persons"][0]
    assert {key: one.get(key) for key in fields} == fields


@pytest.mark.parametrize(
    "text",
    [
        "我妈让我问问", "孩子上学的事", "三岁以下免票", "满七十五岁驾照怎么审", "保安把我当精神病", "精神病院在哪", "老人说水管漏了", "我妈把钱包丢了", "老伴的药丢了", "给我妈五十,她不要", "找不到司机的电话", "我爸一米线店", "你不是精神病吧",
        "邻居穿过马路", "收我六十八", "我三十号去", "我妈八十块钱买的", "孩子考了九十分", "同事没回消息", "物业电话找不到人",
    ],
)  # fmt: skip
def test_no_person(text: str) -> None:
    assert "persons" not in extract(text)


def test_two_people_are_kept_apart() -> None:
    (only,) = extract("老爷子糊涂病,管我叫大姐,穿灰布褂子")["persons"]
    assert (only["relation"], only["clothing"]) == ("old_man", ["穿灰布褂子"])
    first, second = extract("我妈八十二岁,老年痴呆,跟我儿子走散了,我儿子五岁,穿蓝背心")["persons"]
    assert (first["relation"], first["age"]["from"]) == ("mother", 82)
    assert (second["relation"], second["age"]["from"], second["clothing"]) == ("son", 5, ["穿蓝背心"])
