"""Where a matter is: names inside other names, everyday words, borders, and other cities."""

import pytest

from classifiers.gazetteer import load_gazetteer, locate
from classifiers.normalise import normalise


@pytest.mark.parametrize(
    ("text", "districts"),
    [
        ("铁西广场这边有人打架", ("tiexi",)),
        ("和平区太原街丢的", ("heping",)),
        ("和平这边停电了", ("heping",)),
        ("我在法库大孤家子", ("faku",)),
        ("大东大北这院封了过道", ("dadong",)),
        ("沈阳站出站口", ("heping",)),
        ("新民市大民屯镇", ("xinmin",)),
        ("辽中新民屯镇", ("liaozhong",)),
        ("法库和平乡的", ("faku",)),
        ("浑南和苏家屯交界那块", ("hunnan", "sujiatun")),
        ("长青街桥上", ("shenhe", "hunnan")),
        ("前进这边", ("dadong",)),
    ],
)
def test_districts(text: str, districts: tuple[str, ...]) -> None:
    assert locate(normalise(text).text).districts == districts


@pytest.mark.parametrize(
    "text",
    [
        "和平路那家店",
        "想和平解决",
        "这些个大东西谁搬得动",
        "解放路口",
        "从道义上讲说不过去",
        "前进的路上有坑",
        "长白山旅游团退费",
        "铁西瓜卖",
        "找辽中医看病",
        "大东北的冬天",
        "重庆路十字路口",
        "南京街那边",
    ],
)
def test_no_district(text: str) -> None:
    assert locate(normalise(text).text).districts == ()


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("鞍山铁西有人打架", "鞍山"),
        ("我在大连西岗呢", "大连"),
        ("抚顺望花这边停水了", "抚顺"),
        ("四平铁西的", "四平"),
    ],
)
def test_another_citys_district_is_that_citys(text: str, city: str) -> None:
    place = locate(normalise(text).text)
    assert (place.outside_city, place.district) == (city, None)


@pytest.mark.parametrize("text", ["我是大连的，在铁西打工", "从哈尔滨来的，钱包丢了", "去北京的火车晚点"])
def test_an_origin_or_a_destination_is_no_place_outside(text: str) -> None:
    assert locate(normalise(text).text).outside_city is None


def test_street_with_its_division_code() -> None:
    place = locate("大东区上园街道便利店")
    assert (place.street, place.street_code, place.district) == ("上园街道", "210104017", "dadong")


def test_spans_are_the_names() -> None:
    text = "铁西广场到沈阳站"
    assert [text[start:end] for start, end in locate(text).spans] == ["铁西广场", "沈阳站"]


def test_the_table_has_13_districts_and_enough_names() -> None:
    gazetteer = load_gazetteer()
    assert len(gazetteer.districts) == 13
    landmarks = [named for named in gazetteer.names.values() if named.kind == "landmark"]
    assert len(landmarks) >= 150
    assert all(named.districts for named in landmarks)
