"""Features and models side by side, on calls of writers that a fold has not seen: `python -m classifiers.train --compare`.

The table is how the committed choice was made; it takes a few minutes and writes nothing. `--curve` asks the committed
choice what more rows are worth.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from classifiers.corpus import TRAIN, Row
from classifiers.features import view_of
from classifiers.gazetteer import locate
from classifiers.normalise import normalise
from classifiers.segment import words
from classifiers.taxonomy import DANGER, load_taxonomy
from classifiers.train import grams_of

Grams = list[str]


def families(text: str) -> dict[str, Grams]:
    """Features of a raw text by family: characters by size, concepts, jieba's words and word pairs."""
    clean = normalise(text).text
    view = view_of(clean, locate(clean).areas)
    bounded = view.bounded
    cut = [word for word in words(clean) if len(word) > 1]
    chars = set(bounded) | {one + two for one, two in pairwise(bounded)}
    return {
        "chars1": list(bounded),
        "chars2": [bounded[i : i + 2] for i in range(len(bounded) - 1)],
        "chars3": [bounded[i : i + 3] for i in range(len(bounded) - 2)],
        "chars4": [bounded[i : i + 4] for i in range(len(bounded) - 3)],
        "concepts": [gram for gram in view.grams() if gram not in chars],
        "words": ["w " + word for word in cut],
        "pairs": [f"w {one} {two}" for one, two in pairwise(cut)],
    }


SETS = {
    "chars 1-2": ("chars1", "chars2"),
    "chars 1-2 + concepts": ("chars1", "chars2", "concepts"),
    "chars 1-2 + concepts + words": ("chars1", "chars2", "concepts", "words"),
    "chars 1-3 + concepts": ("chars1", "chars2", "chars3", "concepts"),
    "chars 1-4": ("chars1", "chars2", "chars3", "chars4"),
    "words + pairs": ("words", "pairs"),
}


class OutcomeFirst:
    """Two steps instead of one: a model of the outcome, then a model of the categories of that outcome."""

    def fit(self, matrix: Any, labels: Any) -> "OutcomeFirst":
        from sklearn.svm import LinearSVC

        outcome_of = load_taxonomy().outcome_of
        outcomes = np.array([outcome_of(label).value for label in labels])
        self._first = LinearSVC(C=2, random_state=0).fit(matrix, outcomes)
        self._second = {
            outcome: LinearSVC(C=2, random_state=0).fit(matrix[outcomes == outcome], labels[outcomes == outcome])
            for outcome in np.unique(outcomes)
        }
        return self

    def predict(self, matrix: Any) -> Any:
        outcomes = self._first.predict(matrix)
        predicted = np.empty(len(outcomes), dtype=object)
        for outcome, model in self._second.items():
            if (outcomes == outcome).any():
                predicted[outcomes == outcome] = model.predict(matrix[outcomes == outcome])
        return predicted


def _models() -> dict[str, Callable[[], Any]]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import ComplementNB
    from sklearn.svm import LinearSVC

    return {
        "SVM C=0.5": lambda: LinearSVC(C=0.5, random_state=0),
        "SVM C=2": lambda: LinearSVC(C=2, random_state=0),
        "SVM C=2 balanced": lambda: LinearSVC(C=2, random_state=0, class_weight="balanced"),
        "LR C=100": lambda: LogisticRegression(C=100, max_iter=200, tol=1e-3),
        "complement NB": lambda: ComplementNB(alpha=0.3),
        "outcome first": OutcomeFirst,
    }


def cross_writer(
    rows: Sequence[Row], grams: Sequence[Grams], make: Callable[[], Any], *, share: float = 1.0
) -> tuple[float, float, float]:
    """(category right, outcome right, police or joint taken for another) with each writer left out in turn.

    share: the part of the other writers' rows that is trained on, taken evenly over their sheets.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    writers = np.array([row.writer for row in rows])
    truth = np.array([row.category for row in rows])
    predicted = np.empty(len(rows), dtype=object)
    for writer in np.unique(writers):
        others = np.flatnonzero(writers != writer)
        seen = others[np.linspace(0, len(others), round(share * len(others)), endpoint=False).astype(int)].tolist()
        unseen = np.flatnonzero(writers == writer).tolist()
        vectorizer = TfidfVectorizer(analyzer=lambda grams: grams, binary=True, min_df=2)
        model = make().fit(vectorizer.fit_transform([grams[i] for i in seen]), truth[seen])
        predicted[unseen] = model.predict(vectorizer.transform([grams[i] for i in unseen]))
    outcome_of = load_taxonomy().outcome_of
    outcomes = [(row.outcome, outcome_of(code)) for row, code in zip(rows, predicted, strict=True)]
    danger = [found in DANGER for real, found in outcomes if real in DANGER]
    return (
        float(np.mean(predicted == truth)),
        float(np.mean([real is found for real, found in outcomes])),
        1.0 - float(np.mean(danger)),
    )


def compare(rows: Sequence[Row]) -> int:
    """Print the comparison; returns the exit status."""
    found = [families(row.text) for row in rows]
    best = "chars 1-2 + concepts"
    print(f"{'features':32s}{'model':20s}{'category':>9s}{'outcome':>9s}{'missed':>9s}")
    for title, chosen in SETS.items():
        grams = [[gram for family in chosen for gram in each[family]] for each in found]
        for name, make in _models().items():
            if title == best or name == "SVM C=2":
                category, outcome, missed = cross_writer(rows, grams, make)
                print(f"{title:32s}{name:20s}{category:9.1%}{outcome:9.1%}{missed:9.1%}", flush=True)
    return 0


CURVE = TRAIN.parent / "curve.svg"


def curve(rows: Sequence[Row]) -> int:
    """Print what the committed features and model reach by number of training rows, and draw it into the corpus's card;
    returns the exit status."""
    grams = [grams_of(row.text) for row in rows]
    others = len(rows) - len(rows) / len({row.writer for row in rows})
    found: dict[str, list[tuple[float, float]]] = {"category right": [], "outcome right": [], "police missed": []}
    print(f"{'rows trained on':>16s}{'category':>10s}{'outcome':>10s}{'missed':>10s}")
    for share in (0.03125, 0.0625, 0.125, 0.25, 0.5, 0.75, 1.0):
        figures = cross_writer(rows, grams, _models()["SVM C=2"], share=share)
        category, outcome, missed = figures
        print(f"{share * others:16,.0f}{category:10.1%}{outcome:10.1%}{missed:10.1%}", flush=True)
        for points, value in zip(found.values(), figures, strict=True):
            points.append((round(share * others), round(value, 4)))
    from classifiers.charts import lines

    CURVE.write_text(lines(found, x_title="rows trained on", y_title="share", upper=1.0), encoding="utf-8")
    return 0
