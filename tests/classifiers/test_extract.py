"""Spans of things that routing and desks use as they stand."""

import pytest

from classifiers.extract import extract


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("电话13800000000,姓王", "phones", ["13800000000"]),
        ("车牌辽A·12345堵门", "plates", ["辽A·12345"]),
        ("辽AD12345那台", "plates", ["辽AD12345"]),
        ("昨晚八点多丢的", "times", ["昨晚八点多"]),
        ("大概20:30上的车", "times", ["20:30"]),
        ("三个小时前还在", "times", ["三个小时前"]),
        ("欠我三万二千块", "amounts", ["三万二千块"]),
        ("一百二十块钱", "amounts", ["一百二十块钱"]),
    ],
)
def test_found(text: str, kind: str, found: list[str]) -> None:
    assert [one["text"] for one in extract(text)[kind]] == found
    for one in extract(text)[kind]:
        assert text[one["start"] : one["end"]] == one["text"]


def test_nothing_is_found_where_nothing_is() -> None:
    assert extract("楼道灯坏没人换") == {}
