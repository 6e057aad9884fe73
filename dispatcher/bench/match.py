"""Many lost and found reports held at once: how long one more takes to be read and matched, and the memory of them all.

The reports are put together from parts by a seeded generator: things, colours, makes, marks, places, vehicles, times. A part of the
questions is a retelling of a report that is held.
"""

import gc
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dispatcher.bench import facts
from dispatcher.desks.pool import Pool
from dispatcher.desks.profile import Profile, profile

_NOW: Final = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
_SEED: Final = 20261128
_DAYS: Final = 90
_WARM: Final = 50

_THINGS: Final = [
    "双肩包",
    "手提包",
    "单肩包",
    "钱包",
    "行李箱",
    "手机",
    "平板",
    "笔记本电脑",
    "耳机",
    "充电宝",
    "钥匙",
    "身份证",
    "银行卡",
    "医保卡",
    "雨伞",
    "拐杖",
    "助听器",
    "眼镜",
    "墨镜",
    "围巾",
    "手套",
    "帽子",
    "羽绒服",
    "校服",
    "小提琴",
    "二胡",
    "吉他",
    "相机",
    "无人机",
    "病历",
    "片子",
    "胰岛素",
    "药盒",
    "毛绒玩具",
    "保温杯",
    "饭盒",
    "鸟笼",
    "蛋糕",
    "假发",
    "假牙",
    "轮滑鞋",
    "冰鞋",
    "户口本",
    "房本",
    "合同",
    "公章",
    "戒指",
    "手镯",
    "项链",
    "手表",
    "头盔",
    "婴儿车",
    "轮椅",
    "鱼竿",
    "硬盘",
    "U盘",
    "锦旗",
    "电钻",
    "血压计",
    "奖杯",
    "字画",
    "酒",
    "茶叶",
    "种子",
]
_COLOURS: Final = [
    "黑",
    "白",
    "深蓝",
    "红",
    "军绿",
    "灰",
    "粉",
    "紫",
    "棕",
    "米白",
    "银",
    "酒红",
    "天蓝",
    "橙",
    "格子",
    "碎花",
]
_MAKES: Final = [
    "华为",
    "苹果",
    "小米",
    "OPPO",
    "耐克",
    "李宁",
    "联想",
    "新秀丽",
    "膳魔师",
    "佳能",
    "索尼",
    "大疆",
    "雷朋",
    "大众",
    "西铁城",
    "欧姆龙",
    "没牌子",
]
_MARKS: Final = [
    "贴纸",
    "挂件",
    "划痕",
    "裂纹",
    "补丁",
    "绣字",
    "刻字",
    "铃铛",
    "毛球",
    "胶布",
    "回形针",
    "红绳",
    "中国结",
    "徽章",
    "凹坑",
    "掉漆",
    "油渍",
    "断带",
    "换过的拉链",
    "磨白的角",
]
_MOTIFS: Final = [
    "小熊",
    "兔子",
    "恐龙",
    "鸭子",
    "熊猫",
    "奥特曼",
    "公主",
    "鲸鱼",
    "蝴蝶",
    "骷髅",
    "葫芦",
    "福字",
    "星星",
    "草莓",
    "橘子",
    "老虎",
    "猫咪",
    "柯基",
    "企鹅",
    "飞机",
]
_PLACES: Final = [
    "太原街",
    "中街",
    "青年大街",
    "三好街",
    "奥体中心",
    "铁西广场",
    "北陵公园",
    "沈阳北站",
    "沈阳南站",
    "桃仙机场",
    "滂江街",
    "长青街",
    "工业展览馆",
    "五爱市场",
    "万象城",
    "大悦城",
    "龙之梦",
    "万柳塘公园",
    "塔湾街",
    "丁香湖",
    "张沙布",
    "建筑大学",
    "怒江公园",
    "市图书馆",
    "盛京医院滑翔",
    "医大一院",
    "中医药大学",
    "劳动公园",
    "小河沿早市",
    "棋盘山",
]
_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_CHARS: Final = "安宝北博彩晨城春达德东芳飞丰福刚光国海航和红宏华辉慧吉佳建健江杰金京晶静俊凯康乐丽力莲亮林玲龙美敏明宁平琪强清庆荣瑞润山尚胜诗石书顺思松涛天庭伟文祥小晓欣新星兴秀雪雅延燕阳洋艺英永勇友玉元月云泽长哲珍正志智忠舟子宗"


def texts(number: int, seed: int) -> Iterator[tuple[str, str, datetime]]:
    """Pairs of a lost and a found report of one thing each, with the time it was lost."""
    draw = random.Random(seed)
    for _ in range(number):
        thing, colour, make = draw.choice(_THINGS), draw.choice(_COLOURS), draw.choice(_MAKES)
        marks, motif = draw.sample(_MARKS, 2), draw.choice(_MOTIFS)
        start, end = draw.sample(_PLACES, 2)
        name, surname = "".join(draw.choices(_CHARS, k=draw.randint(2, 4))), draw.choice(_SURNAMES)
        figures, route, tail = draw.randrange(10_000), draw.randrange(100, 400), draw.randrange(1_000)
        at = _NOW - timedelta(minutes=draw.randrange(60, _DAYS * 1_440))
        how = draw.choice(
            (
                (f"坐{route}路从{start}到{end}", f"{route}路司机交"),
                (
                    f"从{start}打车到{end}，车牌尾号{tail:03d}",
                    f"出租车后座，车号辽A{draw.randrange(10, 100)}{tail:03d}，{end}下的客人",
                ),
                (f"地铁{draw.choice('一二三四')}号线{start}上车到{end}", f"{end}站清车拾得"),
                (f"在{start}{name}店里", f"{start}{name}店员捡到"),
            )
        )
        lost = f"我{how[0]}，把{colour}色的{make}{thing}落下了，上面有{marks[0]}和{motif}，{marks[1]}，写着“{name}”，姓{surname}，尾数{figures:04d}，{at:%H}点多。"
        found = f"{how[1]}{colour}{thing}一个，{make}，带{motif}，{marks[0]}，有字“{name[: draw.randint(1, 4)]}”，{surname}某，{figures % 100:02d}。"
        yield lost, found, at


def run(stores: int, questions: int, seen: Callable[[int], None]) -> dict[str, Any]:
    """Hold `stores` found things and as many lost reports, ask `questions` times. `seen` is told how many reports were read."""
    empty = facts.memory_mb(os.getpid())
    found_pool, lost_pool = Pool(), Pool()
    begin = time.monotonic()
    for number, (lost, found, at) in enumerate(texts(stores, _SEED)):
        lost_pool.add(profile(f"L{number}", lost, at=at + timedelta(hours=1), found=False))
        found_pool.add(profile(f"F{number}", found, at=at + timedelta(hours=2), found=True))
        if number % 500 == 499:
            seen(500)
    filled = time.monotonic() - begin
    gc.collect()
    asked = [*texts(questions // 2, _SEED), *texts(questions - questions // 2, _SEED + 1)]
    times: list[float] = []
    busy: list[float] = []  # without what other work on the machine took away
    first = 0
    for number, (lost, _, at) in enumerate(asked):
        begin, worked = time.perf_counter(), time.thread_time()
        report: Profile = profile(f"Q{number}", lost, at=at + timedelta(hours=1), found=False)
        lost_pool.remove(f"L{number}")  # the question is the same report told again
        lost_pool.add(report)
        ranked = found_pool.matches(report, rivals=lost_pool)
        times.append(1_000 * (time.perf_counter() - begin))
        busy.append(1_000 * (time.thread_time() - worked))
        first += number < questions // 2 and ranked[:1] != [] and ranked[0].other == f"F{number}"
    if len(times) > 2 * _WARM:
        times, busy = times[_WARM:], busy[_WARM:]
    return {
        "found": len(found_pool),
        "lost": len(lost_pool),
        "questions": questions,
        "read_ms": round(1_000 * filled / (2 * stores), 3),
        "match_p50_ms": round(facts.quantile(times, 0.5), 2),
        "match_p99_ms": round(facts.quantile(times, 0.99), 2),
        "match_cpu_p50_ms": round(facts.quantile(busy, 0.5), 2),
        "match_cpu_p99_ms": round(facts.quantile(busy, 0.99), 2),
        "match_worst_ms": round(max(times), 2),
        "held_again_first": round(first / max(1, questions // 2), 3),
        "memory_before_mb": empty,
        "memory_mb": facts.memory_mb(os.getpid()),
    }
