"""Cues are whole words: the small dictionary is jieba's, its cut is jieba's cut, and spans are widened to words."""

from itertools import pairwise
from pathlib import Path

import pytest

from classifiers import Classifier, words
from classifiers.corpus import TRAIN, read_split
from classifiers.errors import TableError
from classifiers.segment import load_segmenter, small_dictionary
from classifiers.words import PATH, boundaries, load_words, whole_words


def test_the_committed_dictionary_is_jiebas() -> None:
    assert PATH.read_text(encoding="utf-8") == small_dictionary()


def test_the_cut_finds_nearly_all_of_jiebas_boundaries() -> None:
    same = total = 0
    for row in read_split(TRAIN)[::25]:
        ours = set(boundaries(row.text))
        position, theirs = 0, {0}
        for word in load_segmenter().cut(row.text, HMM=False):
            position += len(word)
            theirs.add(position)
        same += len(ours & theirs)
        total += len(theirs)
    assert same / total > 0.95


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("手机落出租车上了", ["手机", "落", "出租车", "上", "了"]),
        ("太原街丢了钱包", ["太原街", "丢", "了", "钱包"]),
        ("", []),
        ("龘", ["龘"]),
    ],
)
def test_words(text: str, cut: list[str]) -> None:
    ends = boundaries(text)
    assert [text[one:two] for one, two in pairwise(ends)] == cut


def test_a_span_is_widened_to_words_and_loses_particles() -> None:
    text = "手机落出租车上了"
    cuts = boundaries(text)
    assert text[slice(*whole_words(text, cuts, 1, 5))] == "手机落出租车"
    assert text[slice(*whole_words(text, cuts, 4, 8))] == "出租车上"


def test_cues_begin_and_end_with_words(classifier: Classifier) -> None:
    cues = [cue for cue, _ in classifier.triage("楼道灯坏半个月没人换").cues]
    assert not [cue for cue in cues if cue.startswith("个月") or cue.endswith("半")]
    cues = [cue for cue, _ in classifier.triage("昨晚上我把手机落出租车上了，从太原街打的车").cues]
    assert not [cue for cue in cues if cue.startswith("机") or cue.endswith("出租")]


def test_a_broken_dictionary_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "words.txt"
    broken.write_text("x 手机\n", encoding="utf-8")
    monkeypatch.setattr(words, "PATH", broken)
    load_words.cache_clear()
    try:
        with pytest.raises(TableError, match=r"words\.txt"):
            load_words()
    finally:
        load_words.cache_clear()
