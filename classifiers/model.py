"""The trained model at run time: a table from n-gram to weights, a sum of rows, a softmax. No scikit-learn, no pickle.

A model is a directory of `model.npz` (arrays, stored uncompressed so that the bytes do not depend on a zlib) and
`model.json` (what it was made from). The weights are whole numbers of a step per class: rounding is what makes a
rebuild on another machine give the same bytes.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from classifiers.errors import ModelError
from classifiers.tables import HERE
from classifiers.thresholds import Thresholds

MODEL_DIR = HERE / "model"
CALIBRATION = "calibration.npz"
"""What `calibration.py` keeps beside a model, for cut-offs at other costs."""

FORMAT = 1

LEVELS = 2047
"""Steps from zero to a column's largest weight: fine enough not to turn an answer, coarse enough to rebuild alike."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Head:
    """One question asked of the same features: columns `first:last` of the weights, its classes and temperature."""

    name: str
    classes: tuple[str, ...]
    first: int
    last: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities of the heads for one text, with the rows of weights that made them (for the explanation)."""

    probabilities: dict[str, Floats]
    rows: list[int]
    block: Floats
    scale: float


def softmax(logits: NDArray[Any], temperature: float) -> Floats:
    """Probabilities along the last axis."""
    scaled = logits * (1.0 / temperature)
    weights = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    result: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return result


class LinearModel:
    """TF-IDF with binary counts and L2 norm, times a weight matrix, flattened.

    `index` maps an n-gram to a row of `weights` (n_features x n_columns, float32, IDF folded in); `idf2` holds the
    squared IDF of each row, from which the norm of a text follows.
    """

    __slots__ = (
        "_cooling",
        "_firsts",
        "_sizes",
        "digest",
        "heads",
        "idf2",
        "index",
        "intercept",
        "meta",
        "names",
        "weights",
    )

    def __init__(
        self,
        *,
        names: list[str],
        idf2: Floats,
        weights: Floats,
        intercept: Floats,
        heads: tuple[Head, ...],
        meta: dict[str, Any],
        digest: str,
    ) -> None:
        self.names = names
        self.index = {name: row for row, name in enumerate(names)}
        self.idf2 = idf2
        self.weights = weights
        self.intercept = intercept
        self.heads = {head.name: head for head in heads}
        self._firsts = np.array([head.first for head in heads])
        self._sizes = np.array([head.last - head.first for head in heads])
        self._cooling = np.repeat(np.array([1.0 / head.temperature for head in heads]), self._sizes)
        self.meta = meta
        self.digest = digest

    def rows_of(self, grams: list[str]) -> list[int | None]:
        """The row of each n-gram, in the text's order, with repetitions; None for an unknown one."""
        return list(map(self.index.get, grams))

    def score(self, found: Sequence[int | None]) -> Scores:
        """Probabilities per head for the rows of a text's n-grams. Unknown ones count for nothing, repeated ones once;
        with none known the intercepts answer."""
        # In the text's order, never in hash order: sums depend on it.
        known = dict.fromkeys(found)
        known.pop(None, None)
        rows = cast(list[int], list(known))
        at = np.array(rows, dtype=np.intp)  # once, for both tables
        block = self.weights.take(at, axis=0)
        scale = 0.0
        logits = self.intercept
        if rows:
            # The ufuncs themselves: the methods of arrays cost as much again on arrays as small as these.
            scale = float(np.add.reduce(self.idf2.take(at))) ** -0.5
            logits = logits + np.add.reduce(block, axis=0) * np.float32(scale)
        # One exponential for all heads: their logits lie close enough together for one maximum.
        scaled = logits * self._cooling
        weights = np.exp(scaled - np.maximum.reduce(scaled))
        weights /= np.add.reduceat(weights, self._firsts).repeat(self._sizes)
        probabilities = {name: weights[head.first : head.last] for name, head in self.heads.items()}
        return Scores(probabilities, rows, block, scale)

    def contributions(
        self, scores: Scores, *, head: str, wanted: int, against: int, limit: int
    ) -> list[tuple[str, float]]:
        """The n-grams of the scored text that speak most for class `wanted` over class `against`, strongest first."""
        first = self.heads[head].first
        gains = scores.block[:, first + wanted] - scores.block[:, first + against]
        order = (-gains).argsort(kind="stable")[:limit]
        strongest = zip(order.tolist(), gains[order].tolist(), strict=True)
        return [(self.names[scores.rows[i]], gain * scores.scale) for i, gain in strongest if gain > 0]


def save_model(
    directory: Path,
    *,
    names: list[str],
    idf: NDArray[Any],
    coefficients: NDArray[Any],
    intercept: NDArray[Any],
    heads: tuple[Head, ...],
    meta: dict[str, Any],
) -> None:
    """Round, flatten and write. `coefficients` are (n_features, n_columns) on TF-IDF values; IDF is folded in here.

    Each column is stored as whole numbers up to `LEVELS` times a power of two, n-grams as UTF-8 joined by newlines.
    """
    folded = coefficients * idf[:, None]
    top = np.maximum(np.abs(folded).max(axis=0), 1e-6)
    step = np.exp2(np.ceil(np.log2(top / LEVELS)))
    arrays = {
        "grams": np.frombuffer("\n".join(names).encode("utf-8"), dtype=np.uint8),
        "idf": np.round(idf * 64).astype(np.uint16),
        "intercept": np.round(intercept * 256).astype(np.int32),
        "step_exponent": np.log2(step).astype(np.int8),
        "weights": np.clip(np.round(folded / step), -LEVELS, LEVELS).astype(np.int16),
    }
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "model.npz").open("wb") as sink:
        np.savez(sink, **arrays)
    layout = [
        {"name": head.name, "classes": list(head.classes), "temperature": round(head.temperature, 3)} for head in heads
    ]
    text = json.dumps({"format": FORMAT, "heads": layout, **meta}, ensure_ascii=False, indent=1)
    (directory / "model.json").write_text(text + "\n", encoding="utf-8")


def describe(
    directory: Path, *, temperatures: Mapping[str, float] | None = None, thresholds: Thresholds | None = None
) -> None:
    """Write into the description of the model in `directory` what was found out about it after training."""
    path = directory / "model.json"
    text = json.loads(path.read_text(encoding="utf-8"))
    if temperatures is not None:
        for head in text["heads"]:
            head["temperature"] = round(temperatures[head["name"]], 3)
    if thresholds is not None:
        text["thresholds"] = asdict(thresholds)
    path.write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load_model(directory: Path | None = None) -> LinearModel:
    """The model in `directory` (the committed one by default). Raises ModelError when it is missing or damaged."""
    directory = directory or MODEL_DIR
    digest = hashlib.sha256()
    try:
        described = (directory / "model.json").read_bytes()
        packed = (directory / "model.npz").read_bytes()
        digest.update(described)
        digest.update(packed)
        meta = json.loads(described)
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            names = arrays["grams"].tobytes().decode("utf-8").split("\n")
            idf = arrays["idf"].astype(np.float32) / np.float32(64)
            intercept = arrays["intercept"].astype(np.float32) / np.float32(256)
            weights = arrays["weights"].astype(np.float32)
            weights *= np.exp2(arrays["step_exponent"].astype(np.float32))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"no usable model in {directory.name}/: {error}; run `python -m classifiers.train`") from error
    if meta.get("format") != FORMAT or weights.shape[0] != len(names):
        raise ModelError(f"the model in {directory.name}/ has another format; run `python -m classifiers.train`")
    heads, first = [], 0
    for raw in meta.pop("heads"):
        last = first + len(raw["classes"])
        heads.append(Head(raw["name"], tuple(raw["classes"]), first, last, raw["temperature"]))
        first = last
    if first != weights.shape[1]:
        raise ModelError(
            f"the model in {directory.name}/ does not match its description; run `python -m classifiers.train`"
        )
    return LinearModel(
        names=names,
        idf2=idf * idf,
        weights=weights,
        intercept=intercept,
        heads=tuple(heads),
        meta=meta,
        digest=digest.hexdigest(),
    )
