"""Labels from the work of a city, trained on beside the corpus: `python -m classifiers.train --with labels.jsonl --weights FILE`.

A line is a call's text with what a person said of it. It counts by who found out and whether later decisions agreed; it is trained
on and never calibrated on, since the calls that people correct are not the calls of a line. A line that cannot be used is told
and left out: one bad line must not cost a city its training.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from classifiers.corpus import TEST, Row, read_split
from classifiers.corpus.check import personal_numbers
from classifiers.corpus.near import NearIndex
from classifiers.errors import CorpusError, TableError
from classifiers.tables import Strict
from classifiers.taxonomy import Outcome, Urgency, load_taxonomy

WRITER: Final = "live"
"""Stands for everybody who called; no writer of the corpus has this name."""

_STYLE: Final = "speech"
_PER_WRITER: Final = 100_000
"""A row's number has five digits at the most."""


class Weights(Strict):
    """What a label counts, by its origin; 1 is a row of the corpus. `disagreed` is a factor."""

    weights: dict[str, float]
    disagreed: float = Field(ge=0, le=1)


class Line(BaseModel):
    """One line of the file. What else it holds (case, model, time) is for people."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = Field(min_length=1, max_length=2000)
    category: str
    outcome: Outcome
    urgency: Urgency
    origin: str
    agreement: bool

    @field_validator("text")
    @classmethod
    def _holds_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is blank")
        return value


@dataclass(frozen=True, slots=True)
class Labels:
    """Rows to train on with their weights, and a line for each that was left out."""

    rows: tuple[Row, ...] = ()
    weights: tuple[float, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def described(self) -> dict[str, Any]:
        """What the model's description says of them."""
        digest = hashlib.sha256()
        for row, weight in zip(self.rows, self.weights, strict=True):
            digest.update(f"{weight:g}\t{row.category}\t{row.urgency.value}\t{row.text}\n".encode())
        return {"rows": len(self.rows), "sha256": digest.hexdigest()}


NONE: Final = Labels()


def read_weights(path: Path) -> Weights:
    """The section `training` of a policy file. Raises TableError."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Weights.model_validate(raw["training"])
    except (OSError, yaml.YAMLError, ValidationError, KeyError, TypeError) as error:
        raise TableError(f"{path.name} holds no usable section training: {error}") from error


def read_labels(path: Path, weights: Weights, *, test: Sequence[Row] | None = None) -> Labels:
    """The labels of a JSONL file that may be trained on; `test`: the rows that none may be near, by default all frozen ones.

    Raises CorpusError where the file cannot be read at all.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise CorpusError(f"{path.name} cannot be read: {error.strerror}") from error
    frozen = read_split(TEST) if test is None else test
    index = NearIndex(row.text for row in frozen)
    rows: list[Row] = []
    counted: list[float] = []
    left_out: list[str] = []
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            line, weight = _line(raw, weights)
            near = index.near(line.text)
            if near:
                raise ValueError(f"is near the frozen test row {frozen[near[0][0]].id}")
        except ValueError as error:
            left_out.append(f"{path.name}:{number} left out: {_words(error)}")
            continue
        if weight > 0.0:
            rows.append(_row(line, len(rows)))
            counted.append(weight)
    return Labels(tuple(rows), tuple(counted), tuple(left_out))


def _line(raw: bytes, weights: Weights) -> tuple[Line, float]:
    """The line and its weight. Raises ValueError for one that cannot be used."""
    line = Line.model_validate(json.loads(raw))
    category = load_taxonomy().categories.get(line.category)
    if category is None:
        raise ValueError(f"{line.category} is no category of taxonomy.yaml")
    if category.outcome is not line.outcome:
        # A person may say so of one case; a model that learned it would contradict itself.
        raise ValueError(f"{line.category} is {category.outcome.value} by taxonomy.yaml and {line.outcome.value} here")
    if line.origin not in weights.weights:
        raise ValueError(f"origin {line.origin} has no weight")
    if any(number.strip("0") for number in personal_numbers(line.text)):  # a masked one is all zeros
        raise ValueError("the text holds a number that may be a person's")
    return line, weights.weights[line.origin] * (1.0 if line.agreement else weights.disagreed)


def _words(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg'].removeprefix('Value error, ')}"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "no JSON object"
    return str(error)


def _row(line: Line, number: int) -> Row:
    writer = WRITER if number < _PER_WRITER else f"{WRITER}{number // _PER_WRITER}"
    return Row(
        id=f"{writer}-{number % _PER_WRITER:05d}",
        text=line.text,
        category=line.category,
        urgency=line.urgency,
        district=None,
        style=_STYLE,
        writer=writer,
    )
