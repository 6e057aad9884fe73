"""Phones, numbers, plates, sums and lines, with the words that only look like them."""

import pytest

from classifiers.extract import extract


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        ("电话13800138000,姓王", "mobile", "138****8000"),
        ("138 0013 8000", "mobile", "138****8000"),
        ("138-0013-8000", "mobile", "138****8000"),
        ("幺三八零零幺三八零零零", "mobile", "138****8000"),
        ("024-22220000", "landline", "024****0000"),
        ("02422220000", "landline", "024****0000"),
        ("座机22220000", "landline", "222*0000"),
        ("400-800-0000", "service", "400***0000"),
    ],
)
def test_phone(text: str, kind: str, masked: str) -> None:
    (one,) = extract(text)["phones"]
    assert (one["kind"], one["masked"]) == (kind, masked)
    assert "text" not in one


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        ("身份证210100200001010000", "id_card", "**************0000"),
        ("21010020000101000X", "id_card", "**************000X"),
        ("卡号6200000000000000", "bank_card", "************0000"),
        ("护照E00000000", "passport", "*****0000"),
        ("订单号202611220001", "number", "********0001"),
        ("单号13800138000", "number", "*******8000"),
    ],
)
def test_number_that_names_something(text: str, kind: str, masked: str) -> None:
    found = extract(text)
    (one,) = found["ids"]
    assert (one["kind"], one["masked"]) == (kind, masked)
    assert "phones" not in found


@pytest.mark.parametrize(
    "text", ["打12345", "22220000户", "2026-11-20", "一百三十八万", "3.14159265", "1380013800", "编号1234567"]
)
def test_no_phone(text: str) -> None:
    assert "phones" not in extract(text)


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("车牌辽A·12345堵门", "辽A12345"),
        ("辽AD12345那台", "辽AD12345"),
        ("辽A 12345", "辽A12345"),
        ("辽a12b45", "辽A12B45"),
        ("辽A一二三四五", "辽A12345"),
        ("吉B1234挂", "吉B1234挂"),
        ("京A1234警", "京A1234警"),
    ],
)
def test_whole_plate(text: str, plate: str) -> None:
    (one,) = extract(text)["plates"]
    assert (one["kind"], one["plate"]) == ("full", plate)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("辽A尾号三二堵我家门", {"prefix": "辽A", "tail": "32"}),
        ("车号记得,尾号三个六", {"tail": "666"}),
        ("车牌就记得尾号俩7", {"tail": "77"}),
        ("白色面包车尾号8F", {"tail": "8F"}),
        ("尾号368的出租车", {"tail": "368"}),
        ("他的车牌号后三位是个六二七", {"tail": "627"}),
        ("车牌后四位是12A8", {"tail": "12A8"}),
        ("车号就看着后头是个8", {"tail": "8"}),
        ("车牌最后是57", {"tail": "57"}),
        ("车牌前两位是A5", {"head": "A5"}),
        ("车牌辽A,只知道姓张", {"prefix": "辽A"}),
        ("有辽A某号黑色轿车", {"prefix": "辽A"}),
    ],
)
def test_part_of_a_plate(text: str, part: dict[str, str]) -> None:
    (one,) = extract(text)["plates"]
    assert one["kind"] == "partial"
    assert {key: one[key] for key in one.keys() - {"text", "span", "kind"}} == part


@pytest.mark.parametrize(
    "text",
    [
        "我尾号3306的顾客", "手机尾号三二", "订单尾号六四", "警号后三位是271", "车牌我记着后三位", "车次尾号26", "银行卡尾号8888", "车牌没记", "后面是个小区", "车后头是个坑", "警号尾号四六", "辽宁A座", "车牌号后三位没看清",
        "身份证后四位是1234", "车里后面是三个人",
    ],
)  # fmt: skip
def test_no_plate(text: str) -> None:
    assert "plates" not in extract(text)


@pytest.mark.parametrize(
    ("text", "yuan", "certainty"),
    [
        ("欠我三万二千块", 32_000, "exact"),
        ("一百二十块钱", 120, "exact"),
        ("助听器,六千八,戴上就叫", 6_800, "exact"),
        ("三百块", 300, "exact"),
        ("骗走1.2万", 12_000, "exact"),
        ("转了1.2万元", 12_000, "exact"),
        ("被骗五万三千六百元", 53_600, "exact"),
        ("押金交了两千", 2_000, "exact"),
        ("罚了200", 200, "exact"),
        ("八块五", 8.5, "exact"),
        ("五毛钱", 0.5, "exact"),
        ("二十多块钱", 20, "about"),
        ("两千多块", 2_000, "about"),
        ("欠了十来万", 100_000, "about"),
        ("卖了三十多万", 300_000, "about"),
        ("大约五百元", 500, "about"),
        ("三百元左右", 300, "about"),
        ("转账3万5", 35_000, "exact"),
        ("收了12,000元", 12_000, "exact"),
        ("扣我二百五", 250, "exact"),
        ("工资一个月六千", 6_000, "exact"),
        ("几百块", None, "vague"),
        ("花了好几万", None, "vague"),
    ],
)
def test_sum(text: str, yuan: float | None, certainty: str) -> None:
    (one,) = extract(text)["amounts"]
    assert (one.get("yuan"), one["certainty"]) == (yuan, certainty)


@pytest.mark.parametrize(
    "text",
    [
        "三千户停暖", "八百米外", "一千来人", "两块地", "三块砖", "一块儿走", "万一出事", "千万别", "三单元", "元旦那天", "百分之三", "十万火急", "他是个二百五", "养了三千只鸡", "跑了两千公里", "五万美元", "打了110", "四万来块砖", "二元一次方程",
        "要三百条烟", "收三千斤", "一百来号人", "第三百", "三百米的路", "一万个不愿意", "几百人",
    ],
)  # fmt: skip
def test_no_sum(text: str) -> None:
    assert "amounts" not in extract(text)


@pytest.mark.parametrize(
    ("text", "system", "line"),
    [
        ("地铁二号线上丢的", "metro", "2"),
        ("伞撂二号线座位上", "metro", "2"),
        ("地铁10号线", "metro", "10"),
        ("十号线坐到头", "metro", "10"),
        ("有轨电车一号线", "tram", "1"),
        ("坐216路", "bus", "216"),
        ("237路上午那趟", "bus", "237"),
        ("坐那一五二路公交", "bus", "152"),
        ("公交车二一六路", "bus", "216"),
        ("坐九路到站", "bus", "9"),
        ("K800路公交", "bus", "K800"),
        ("G8037次", "train", "G8037"),
        ("坐G8037来的", "train", "G8037"),
        ("K96的车厢里", "train", "K96"),
        ("D2次列车", "train", "D2"),
        ("CZ6301航班", "flight", "CZ6301"),
    ],
)
def test_line(text: str, system: str, line: str) -> None:
    (one,) = extract(text)["lines"]
    assert (one["system"], one["line"]) == (system, line)


@pytest.mark.parametrize(
    "text",
    [
        "北二路堵车", "十字路口", "九路市场", "三路人马", "南八马路", "G102国道", "G1高速", "K11购物中心", "T3航站楼", "C1驾照", "D2栋", "八十号线杆", "三号线缆", "一路往东", "11路口", "5G信号", "K96", "重工街十三路", "G12区",
    ],
)  # fmt: skip
def test_no_line(text: str) -> None:
    assert "lines" not in extract(text)
