"""The flattened model answers as scikit-learn does, and the committed one was made from the committed corpus."""

from pathlib import Path

import numpy as np
import pytest

from classifiers.corpus import TRAIN, read_split
from classifiers.errors import ModelError
from classifiers.model import MODEL_DIR, load_model
from classifiers.taxonomy import load_taxonomy
from classifiers.train import HEADS, corpus_digest, grams_of, train_into


def test_flattened_equals_scikit_learn(tmp_path: Path) -> None:
    rows = read_split(TRAIN)
    seen, unseen = rows[::4], rows[1::12]
    fitted = train_into(tmp_path, seen, temperatures=dict.fromkeys(HEADS, 1.0))
    model = load_model(tmp_path)
    matrix = fitted["vectorizer"].transform([row.text for row in unseen])
    scores = [model.score(model.rows_of(grams_of(row.text))) for row in unseen]
    for name in HEADS:
        expected = fitted[name].decision_function(matrix)
        found = np.log(np.array([score.probabilities[name] for score in scores]))
        # A softmax keeps differences of logits; rounding the weights may move them a little, never much.
        difference = (found - found.mean(axis=1, keepdims=True)) - (expected - expected.mean(axis=1, keepdims=True))
        assert np.abs(difference).max() < 0.01
        assert (found.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.995


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = read_split(TRAIN)[::8]
    for name in ("one", "two"):
        train_into(tmp_path / name, rows, temperatures=dict.fromkeys(HEADS, 0.5))
    for file in ("model.npz", "model.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_committed_model_is_what_the_corpus_rebuilds(tmp_path: Path) -> None:
    committed = load_model(MODEL_DIR)
    rows = read_split(TRAIN)
    assert committed.meta["corpus"] == corpus_digest(rows)
    train_into(tmp_path, rows, temperatures={name: head.temperature for name, head in committed.heads.items()})
    rebuilt = load_model(tmp_path)
    assert rebuilt.names == committed.names
    # liblinear's last digits may differ between processors; rounding leaves a step at most.
    assert np.abs(rebuilt.weights - committed.weights).max() <= 2.0**-7


def test_the_model_knows_the_whole_vocabulary_and_is_small() -> None:
    model = load_model()
    assert set(model.heads["category"].classes) == set(load_taxonomy().codes)
    assert sum(path.stat().st_size for path in MODEL_DIR.iterdir()) < 20_000_000


def test_probabilities_sum_to_one() -> None:
    model = load_model()
    for grams in ([], ["没有这样的词"], grams_of("楼道灯坏了")):
        for values in model.score(model.rows_of(grams)).probabilities.values():
            assert values.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("damage", ["missing", "truncated", "format"])
def test_a_damaged_model_is_refused(tmp_path: Path, damage: str) -> None:
    for file in ("model.npz", "model.json"):
        (tmp_path / file).write_bytes((MODEL_DIR / file).read_bytes())
    if damage == "missing":
        (tmp_path / "model.npz").unlink()
    elif damage == "truncated":
        (tmp_path / "model.npz").write_bytes((MODEL_DIR / "model.npz").read_bytes()[:1000])
    else:
        text = (tmp_path / "model.json").read_text(encoding="utf-8")
        (tmp_path / "model.json").write_text(text.replace('"format": 1', '"format": 99'), encoding="utf-8")
    with pytest.raises(ModelError, match="C102"):
        load_model(tmp_path)
