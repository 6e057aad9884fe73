"""Training with a city's labels beside the corpus: what they weigh, what is left out, and that without them nothing changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from classifiers.corpus import TEST, TRAIN, Row, read_split
from classifiers.errors import CorpusError, TableError
from classifiers.model import LinearModel, load_model
from classifiers.train import HEADS, grams_of, main, train_into
from classifiers.train_labels import NONE, Labels, Weights, read_labels, read_weights
from dispatcher.learning.policy import FILE, load_learning

WEIGHTS = Weights(weights={"review": 1.0, "return": 0.4}, disagreed=0.5)
TEMPERATURES = dict.fromkeys(HEADS, 0.5)


def line(text: str, category: str = "street_vending", **more: object) -> dict[str, object]:
    fields = {
        "text": text,
        "category": category,
        "outcome": "non_police",
        "urgency": "routine",
        "case": "c",
        "model": "m",
    }
    return fields | {"origin": "review", "agreement": True, "at": "2026-11-29T00:00:00+00:00"} | more


def written(folder: Path, *lines: dict[str, object] | str) -> Path:
    path = folder / "labels.jsonl"
    told = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in lines]
    path.write_text("".join(f"{one}\n" for one in told), "utf-8")
    return path


def test_a_label_counts_by_its_origin_and_by_whether_others_agreed(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        line("甲乙丙丁"),
        line("戊己庚辛", agreement=False),
        line("子丑寅卯", origin="return"),
        line("辰巳午未", origin="return", agreement=False),
    )
    found = read_labels(path, WEIGHTS)
    assert found.weights == (1.0, 0.5, 0.4, 0.2)
    assert [row.text for row in found.rows] == ["甲乙丙丁", "戊己庚辛", "子丑寅卯", "辰巳午未"]
    assert len({row.id for row in found.rows}) == 4
    assert found.left_out == ()


FROZEN = read_split(TEST)[0].text


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "no JSON object"),
        ("[1]", "the line"),
        ('{"text": "只有文字"}', "category: Field required"),
        (line("甲乙丙丁", "no_such_matter"), "no_such_matter is no category"),
        (line("甲乙丙丁", outcome="police"), "street_vending is non_police by taxonomy.yaml and police here"),
        (line("甲乙丙丁", outcome="nonsense"), "outcome: "),
        (line("甲乙丙丁", urgency="soon"), "urgency: "),
        (line("甲乙丙丁", origin="hearsay"), "origin hearsay has no weight"),
        (line("  "), "text: is blank"),
        (line("打13912345677找我"), "may be a person's"),
        (line(FROZEN), "near the frozen test row"),
    ],
)
def test_a_bad_line_is_told_and_left_out_and_the_others_count(
    tmp_path: Path, bad: dict[str, object] | str, why: str
) -> None:
    found = read_labels(written(tmp_path, line("子丑寅卯"), bad, line("辰巳午未")), WEIGHTS)
    assert [row.text for row in found.rows] == ["子丑寅卯", "辰巳午未"]
    (told,) = found.left_out
    assert told.startswith("labels.jsonl:2 left out: ")
    assert why in told
    assert "甲乙丙丁" not in told  # a caller's words do not go to a terminal's log


def test_a_masked_number_is_no_persons(tmp_path: Path) -> None:
    assert read_labels(written(tmp_path, line("身份证000000000000000000丢了")), WEIGHTS).left_out == ()


def test_bytes_that_are_no_text_are_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"\xff\xfe\n" + json.dumps(line("子丑寅卯")).encode() + b"\r\n\n")
    found = read_labels(path, WEIGHTS)
    assert len(found.rows) == len(found.left_out) == 1


def test_files_that_are_not_there_are_errors_of_the_library(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        read_labels(tmp_path / "none.jsonl", WEIGHTS)
    with pytest.raises(TableError, match="no usable section training"):
        read_weights(tmp_path / "none.yaml")
    (tmp_path / "empty.yaml").write_text("drift: {}\n", "utf-8")
    with pytest.raises(TableError, match="no usable section training"):
        read_weights(tmp_path / "empty.yaml")


def test_the_citys_file_says_the_same_to_the_library_and_to_the_service() -> None:
    policy = load_learning().training
    weights = read_weights(FILE)
    assert weights.weights == dict(policy.weights)
    assert weights.disagreed == policy.disagreed


@pytest.fixture(scope="module")
def few() -> list[Row]:
    return read_split(TRAIN)[::12]


def _digest(folder: Path) -> str:
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in ("model.json", "model.npz"))).hexdigest()


def test_labels_teach_and_none_change_nothing(tmp_path: Path, few: list[Row]) -> None:
    """A word that the corpus does not know is learned from labels; without labels the bytes are those of before."""
    train_into(tmp_path / "before", few, temperatures=TEMPERATURES)
    train_into(tmp_path / "none", few, temperatures=TEMPERATURES, labels=NONE)
    assert _digest(tmp_path / "none") == _digest(tmp_path / "before")
    texts = [f"魑魅魍魉{mark}" for mark in "甲乙丙丁戊己"]
    labels = read_labels(written(tmp_path, *(line(text) for text in texts)), WEIGHTS)
    train_into(tmp_path / "with", few, temperatures=TEMPERATURES, labels=labels)
    assert _digest(tmp_path / "with") != _digest(tmp_path / "before")
    before, after = (load_model(tmp_path / name) for name in ("before", "with"))
    asked = grams_of("魑魅魍魉")

    def vending(model: LinearModel) -> tuple[float, int]:
        """Its probability, and its rank among the categories."""
        probabilities = model.score(model.rows_of(asked)).probabilities["category"].tolist()
        found = probabilities[model.heads["category"].classes.index("street_vending")]
        return found, sorted(probabilities, reverse=True).index(found)

    assert vending(after)[1] == 0
    assert vending(before)[1] > 0
    assert after.meta["labels"] == labels.described
    assert "labels" not in before.meta
    light = Labels(labels.rows, (0.02,) * len(labels.rows))
    train_into(tmp_path / "light", few, temperatures=TEMPERATURES, labels=light)
    assert vending(load_model(tmp_path / "light"))[0] < vending(after)[0]


def test_labels_and_weights_belong_together(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--with", str(written(tmp_path, line("甲乙丙丁"))), "--into", str(tmp_path / "model")])
    assert not (tmp_path / "model").exists()
