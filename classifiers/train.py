"""Train the committed model from the corpus: `python -m classifiers.train`.

Linear support vectors over TF-IDF of the features, three heads (category, outcome, urgency) over one vocabulary.
scikit-learn is needed here and nowhere else. The same corpus gives the same bytes: liblinear is seeded, and the weights
are rounded. Temperatures and cut-offs come from calls of writers that a model did not see, one writer left out at a time.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from classifiers.calibration import Calibration, calibrate, save_calibration
from classifiers.corpus import TRAIN, Row, read_split
from classifiers.decide import Evidence
from classifiers.features import view_of
from classifiers.gazetteer import locate
from classifiers.model import MODEL_DIR, Head, describe, load_model, save_model, softmax
from classifiers.normalise import normalise
from classifiers.thresholds import Costs
from classifiers.train_labels import NONE, Labels, read_labels, read_weights
from classifiers.triage import Classifier

C: Final = 2.0
MIN_ROWS: Final = 2
"""An n-gram counts from so many rows on."""

HEADS: Final[dict[str, Callable[[Row], str]]] = {
    "category": lambda row: row.category,
    "outcome": lambda row: row.outcome.value,
    "urgency": lambda row: row.urgency.value,
}

WEIGHTS: Final = {"outcome": "balanced"}
"""The few joint and invalid calls count as much as the many others; for the other heads it won nothing."""

_TEMPERATURES: Final = tuple(round(0.03 * 1.12**step, 4) for step in range(32))


def grams_of(text: str) -> list[str]:
    """The features of a raw text, the very same that the classifier takes at run time."""
    clean = normalise(text).text
    return view_of(clean, locate(clean).areas).grams()


def corpus_digest(rows: Sequence[Row]) -> str:
    """sha256 over texts and labels: tells whether the committed model was made from the committed corpus."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{row.id}\t{row.category}\t{row.urgency.value}\t{row.text}\n".encode())
    return digest.hexdigest()


def train_into(
    directory: Path,
    rows: Sequence[Row],
    *,
    temperatures: dict[str, float],
    labels: Labels = NONE,
    progress: bool = False,
) -> dict[str, Any]:
    """Fit all heads on `rows`, and on a city's own labels beside them, and write the flattened model to `directory`.

    Returns the vectorizer and the estimators by head name, for comparison with the flattened model.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    # Without labels nothing is passed that was not before: the committed model stays the same in every byte.
    every = [*rows, *labels.rows]
    weights = np.array([1.0] * len(rows) + list(labels.weights)) if labels.rows else None
    vectorizer = TfidfVectorizer(analyzer=grams_of, binary=True, min_df=MIN_ROWS)
    matrix = vectorizer.fit_transform([row.text for row in every])
    fitted: dict[str, Any] = {"vectorizer": vectorizer}
    heads, coefficients, intercepts, first = [], [], [], 0
    console = Console(stderr=True, quiet=not progress)
    for name, label in track(HEADS.items(), description="训练", console=console, total=len(HEADS)):
        estimator = LinearSVC(C=C, random_state=0, class_weight=WEIGHTS.get(name))
        estimator.fit(matrix, [label(row) for row in every], sample_weight=weights)
        fitted[name] = estimator
        coefficients.append(estimator.coef_.T)
        intercepts.append(estimator.intercept_)
        last = first + len(estimator.classes_)
        heads.append(Head(name, tuple(map(str, estimator.classes_)), first, last, temperatures[name]))
        first = last
    save_model(
        directory,
        names=list(vectorizer.get_feature_names_out()),
        idf=vectorizer.idf_,
        coefficients=np.hstack(coefficients),
        intercept=np.concatenate(intercepts),
        heads=tuple(heads),
        meta={
            "rows": len(rows),
            "corpus": corpus_digest(rows),
            "kind": "LinearSVC",
            "C": C,
            "min_rows": MIN_ROWS,
            **({"labels": labels.described} if labels.rows else {}),
        },
    )
    return fitted


def folds(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row], list[Row]]]:
    """Leave one writer out: (writer, rows of the others, rows of the writer)."""
    for writer in sorted({row.writer for row in rows}):
        yield writer, [row for row in rows if row.writer != writer], [row for row in rows if row.writer == writer]


def best_temperature(logits: NDArray[Any], truth: NDArray[Any]) -> float:
    """The temperature with the least negative log-likelihood. logits: (n, classes); truth: class numbers (n,)."""

    def loss(temperature: float) -> float:
        likelihood = softmax(logits, temperature)[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(likelihood, 1e-12)).mean())

    return min(_TEMPERATURES, key=loss)


def _fold(directory: Path, seen: Sequence[Row], unseen: Sequence[Row], labels: Labels) -> list[dict[str, NDArray[Any]]]:
    """Train on `seen` into `directory`; of each row of `unseen` the logits by head, up to a constant."""
    train_into(directory, seen, temperatures=dict.fromkeys(HEADS, 1.0), labels=labels)
    model = load_model(directory)
    found = []
    for row in unseen:
        scores = model.score(model.rows_of(grams_of(row.text)))
        # With temperature 1 the logarithm of the probabilities is the logits, up to a constant.
        found.append({name: np.log(np.maximum(scores.probabilities[name], 1e-30)) for name in HEADS})
    return found


def unseen_by_writer(
    rows: Sequence[Row], *, labels: Labels = NONE, progress: bool = False
) -> tuple[dict[str, float], list[tuple[Row, Evidence]]]:
    """Each writer's calls as a model sees them that did not see that writer: the temperatures of the heads fitted on
    them, and each row with its evidence at these temperatures. A city's labels are seen by every model and asked by none."""
    logits: dict[str, list[NDArray[Any]]] = {name: [] for name in HEADS}
    truth: dict[str, list[int]] = {name: [] for name in HEADS}
    cases = []
    console = Console(stderr=True, quiet=not progress)
    parts = list(folds(rows))
    classes = {name: sorted({label(row) for row in rows}) for name, label in HEADS.items()}
    with tempfile.TemporaryDirectory() as name_of_folder, ProcessPoolExecutor(os.cpu_count()) as pool:
        folder = Path(name_of_folder)
        waiting = [pool.submit(_fold, folder / writer, seen, unseen, labels) for writer, seen, unseen in parts]
        for done, (_, seen, unseen) in zip(track(waiting, description="校准", console=console), parts, strict=True):
            known = {name: {label(row) for row in seen} for name, label in HEADS.items()}
            for row, found in zip(unseen, done.result(), strict=True):
                for name, label in HEADS.items():
                    if known[name] == set(classes[name]):
                        logits[name].append(found[name])
                        truth[name].append(classes[name].index(label(row)))
        temperatures = {name: best_temperature(np.array(logits[name]), np.array(truth[name])) for name in HEADS}
        for writer, _, unseen in parts:
            describe(folder / writer, temperatures=temperatures)
            classifier = Classifier.load(folder / writer)
            cases += [(row, classifier.read(row.text).evidence) for row in unseen]
    return temperatures, cases


def print_curve(calibration: Calibration) -> None:
    """Print, for ceilings of review, the cheapest cut-offs and what they do to a line's calls."""
    print("ceiling  cost  review  missed needless real->invalid outcome-right   danger non_police  rule")
    for ceiling in (0.06, 0.08, 0.10, 0.12, 0.15, 0.20, 0.30):
        best = calibration.choose(Costs(review_ceiling=ceiling))
        limits = best.thresholds
        print(
            f"{ceiling:6.0%} {best.cost:6.2f} {best.review:7.1%} {best.missed:7.2%} {best.needless:8.1%} "
            f"{best.real_invalid:12.2%} {best.outcome_right:13.1%} {limits.danger:8.2f} {limits.non_police:10.3f} "
            f"{limits.rule:5.2f}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m classifiers.train", description=__doc__)
    parser.add_argument("--into", type=Path, default=MODEL_DIR, help="directory to write the model to")
    parser.add_argument("--compare", action="store_true", help="print the comparison of features and models instead")
    parser.add_argument("--curve", action="store_true", help="print accuracy by number of training rows instead")
    parser.add_argument(
        "--with", dest="labels", type=Path, help="labels of `dispatcher model labels` to train on as well"
    )
    parser.add_argument("--weights", type=Path, help="YAML file whose section `training` says what a label counts")
    options = parser.parse_args(arguments)
    if (options.labels is None) is not (options.weights is None):
        parser.error("--with and --weights belong together")
    rows = read_split(TRAIN)
    if options.curve:
        from classifiers.compare import curve

        return curve(rows)
    if options.compare:
        from classifiers.compare import compare

        return compare(rows)
    labels = read_labels(options.labels, read_weights(options.weights)) if options.labels is not None else NONE
    for told in labels.left_out:
        print(told, file=sys.stderr)
    temperatures, cases = unseen_by_writer(rows, labels=labels, progress=True)
    calibration = calibrate(cases)
    best = calibration.choose(Costs())
    train_into(options.into, rows, temperatures=temperatures, labels=labels, progress=True)
    describe(options.into, thresholds=best.thresholds)
    save_calibration(options.into, calibration)
    model = load_model(options.into)
    size = sum(path.stat().st_size for path in options.into.iterdir()) / 1e6
    beside = f" and {len(labels.rows)} labels ({len(labels.left_out)} left out)" if options.labels is not None else ""
    print(f"{len(rows)} rows{beside}, {len(model.names)} features, {size:.1f} MB, temperatures {temperatures}")
    print_curve(calibration)
    return 0


if __name__ == "__main__":
    sys.exit(main())
