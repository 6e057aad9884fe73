"""The comparison that chose the model really leaves a writer out, and jieba's words come without guesses."""

from classifiers.compare import cross_writer, families
from classifiers.corpus import TRAIN, read_split
from classifiers.segment import words


def test_words_know_the_citys_names() -> None:
    assert "太原街" in words("太原街地铁口丢了钱包")
    assert "沈阳南站" in words("在沈阳南站下车")


def test_families_of_a_text() -> None:
    found = families("楼道灯坏了没人换")
    assert "楼道" in found["chars2"]
    assert "楼道灯" in found["chars3"]
    assert all(word.startswith("w ") for word in found["words"])
    assert "+neighbour" in found["concepts"] or "+property" in found["concepts"]


def test_a_writers_own_label_habits_cannot_help_him() -> None:
    from sklearn.svm import LinearSVC

    rows = [row for row in read_split(TRAIN)[::3] if row.category in ("parking", "theft")]
    # A feature that only tells the writer is worthless once the writer is left out; one that tells the label is not.
    by_writer = [[row.writer] for row in rows]
    by_label = [[row.category] for row in rows]
    blind, _, _ = cross_writer(rows, by_writer, lambda: LinearSVC(random_state=0))
    told, _, _ = cross_writer(rows, by_label, lambda: LinearSVC(random_state=0))
    assert told == 1.0
    assert blind < 0.8
