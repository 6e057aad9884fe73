"""The corpus may be used: no malformed row, no real number, no near duplicate, nothing of the test set in training."""

import json
from pathlib import Path

import pytest

from classifiers.corpus import TEST, TRAIN, Row, read_rows, read_split
from classifiers.corpus.agreement import SECOND, agreement
from classifiers.corpus.check import faults, personal_numbers
from classifiers.corpus.near import near_pairs
from classifiers.corpus.sheets import apart, read_sheet, write_rows
from classifiers.errors import CorpusError
from classifiers.taxonomy import Urgency, load_taxonomy


def test_the_committed_corpus_is_in_order() -> None:
    assert faults() == []


def test_no_writer_of_a_test_set_trains() -> None:
    assert not {row.writer for row in read_split(TRAIN)} & {row.writer for row in read_split(TEST)}


def test_every_category_is_trained_and_tested() -> None:
    for folder in (TRAIN, TEST):
        assert {row.category for row in read_split(folder)} == set(load_taxonomy().codes)


GOOD = {
    "id": "w9-0001",
    "text": "路灯灭了一排没人管",
    "category": "road_facility",
    "urgency": "routine",
    "district": None,
    "style": "short",
    "writer": "w9",
}


@pytest.mark.parametrize(
    "change",
    [
        {"category": "no_such"},
        {"urgency": "soon"},
        {"district": "dalian"},
        {"style": "poem"},
        {"text": ""},
        {"id": "1"},
        {"surplus": 1},
    ],
)
def test_a_malformed_row_is_refused_with_its_line(tmp_path: Path, change: dict[str, object]) -> None:
    file = tmp_path / "w9.jsonl"
    file.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | change) + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"w9\.jsonl:2"):
        read_rows(file)


def _row(number: int, writer: str, text: str) -> Row:
    return Row.model_validate(GOOD | {"id": f"{writer}-{number:04d}", "writer": writer, "text": text})


def test_a_training_row_near_a_test_row_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    write_rows(tmp_path / "train" / "w9.jsonl", [_row(1, "w9", "南门口路灯灭了一整排，晚上走路摔人")])
    write_rows(tmp_path / "test" / "t9.jsonl", [_row(1, "t9", "北门口路灯灭了一整排，晚上走路害怕")])
    found = faults(train=tmp_path / "train", test=tmp_path / "test")
    assert any("training row w9-0001 is near test row t9-0001" in fault for fault in found)


def test_an_import_leaves_out_what_is_near_others_and_says_so() -> None:
    others = [_row(1, "t9", "北门口路灯灭了一整排，晚上走路害怕")]
    rows = [
        _row(1, "w9", "南门口路灯灭了一整排，晚上走路摔人"),
        _row(2, "w9", "楼下烧烤店半夜放音响吵得睡不着"),
        _row(3, "w9", "楼下烧烤店半夜放音响吵得孩子哭"),
    ]
    kept, lines = apart(rows, others)
    assert [row.id for row in kept] == ["w9-0002"]
    assert lines == ["w9-0001 is near t9-0001 and was left out", "w9-0003 is near w9-0002 and was left out"]


def _pair(number: int, writer: str, pair: int, category: str, text: str) -> Row:
    extra = {"id": f"{writer}-{number:04d}", "writer": writer, "text": text, "category": category, "pair": pair}
    return Row.model_validate(GOOD | extra)


PAIRED = [
    _pair(1, "c9", 1, "lost_item_other", "手机放健身房柜子上头，走时忘拿，没了"),
    _pair(2, "c9", 1, "theft", "手机放健身房柜子上头，柜子让人撬了，没了"),
]


def test_the_rows_of_a_pair_may_be_near_each_other(tmp_path: Path) -> None:
    for split, rows in (("train", PAIRED), ("test", [])):
        (tmp_path / split).mkdir()
        write_rows(tmp_path / split / "c9.jsonl", rows)
    found = faults(train=tmp_path / "train", test=tmp_path / "test")
    assert not [fault for fault in found if "near" in fault or "pair" in fault]
    assert apart(PAIRED, []) == (PAIRED, [])


def test_rows_of_two_pairs_may_not_be_near(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    write_rows(tmp_path / "train" / "c9.jsonl", [PAIRED[0], PAIRED[1].model_copy(update={"pair": 2})])
    found = faults(train=tmp_path / "train", test=tmp_path / "test")
    assert any("c9-0001 and c9-0002 are near duplicates" in fault for fault in found)
    assert any("pair 2 of c9 is not two rows" in fault for fault in found)


def test_a_pair_with_a_row_near_a_test_row_is_left_out_whole() -> None:
    tested = [_row(1, "t9", "手机放健身房柜子上头，柜子让人撬了，钱包也没了")]
    rows, lines = apart([PAIRED[1], PAIRED[0].model_copy(update={"text": "手机搁柜子里走时忘了拿，没了"})], tested)
    assert rows == []
    assert lines == [
        "c9-0002 is near t9-0001 and was left out",
        "c9-0001 lost the other row of its pair and was left out",
    ]


def test_a_sheet_of_pairs_is_read(tmp_path: Path) -> None:
    sheet = tmp_path / "c9.txt"
    sheet.write_text(
        "1|theft|urgent|-|short|手机让人顺走了\n1|lost_item_other|routine|-|short|手机忘拿了\n", encoding="utf-8"
    )
    rows = read_sheet(sheet, writer="c9")
    assert [(row.pair, row.category) for row in rows] == [(1, "theft"), (1, "lost_item_other")]
    write_rows(tmp_path / "c9.jsonl", rows)
    assert read_rows(tmp_path / "c9.jsonl") == rows


def test_near_pairs_are_events_told_twice_not_phrases_shared() -> None:
    texts = ["楼下烧烤店半夜放音响吵得睡不着", "楼下烧烤店半夜放音响吵得孩子哭", "楼下烧烤店油烟呛人"]
    [(first, second, share)] = near_pairs(texts)
    assert (first, second) == (0, 1)
    assert share == pytest.approx(8 / 11)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("打13912345987找我", ["13912345987"]),
        ("打13800000000找我", []),
        ("身份证21010219900101123X", ["21010219900101123X"]),
        ("单号1234567890123456789012", []),
    ],
)
def test_real_looking_numbers_are_seen(text: str, found: list[str]) -> None:
    assert personal_numbers(text) == found


def test_a_sheet_names_all_its_bad_lines(tmp_path: Path) -> None:
    sheet = tmp_path / "w9.txt"
    sheet.write_text("road_facility|routine|-|short|路灯灭了\nnonsense\nprank|urgent|-|short|哈哈\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"(?s)2 bad lines.*line 2.*line 3"):
        read_sheet(sheet, writer="w9")


def test_second_labels_are_known_codes_of_training_rows_and_mostly_agree() -> None:
    shares, per_category = agreement()
    assert shares["rows"] >= 1500
    assert set(per_category) == set(load_taxonomy().categories)
    assert shares["category"] > 0.9
    assert shares["outcome"] > 0.95
    for line in SECOND.read_text("utf-8").splitlines():
        second = json.loads(line)
        assert second["category"] in load_taxonomy().categories
        assert Urgency(second["urgency"])
