"""One labelled call, and reading files of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError, field_validator

from classifiers.errors import CorpusError
from classifiers.gazetteer import load_gazetteer
from classifiers.tables import HERE, Strict
from classifiers.taxonomy import Outcome, Urgency, load_taxonomy

TRAIN: Final = HERE / "corpus" / "train"
TEST: Final = HERE / "corpus" / "test"

STYLES: Final = frozenset(
    {"short", "speech", "dialect", "dialogue", "formal", "shorthand", "asr", "whisper", "child", "drunk", "foreigner"}
)

SHORT_CHARS: Final = 40
"""Calls of up to so many characters are the plain bulk of life; figures are given for them apart."""


class Row(Strict):
    """A call and its label. The outcome follows from the category; `district` is None where the text names none.

    pair: number of the contrast pair within the writer's rows; its two texts differ by little and have other labels.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*-\d{4,5}$")
    text: str = Field(min_length=1, max_length=2000)
    category: str
    urgency: Urgency
    district: str | None
    style: str
    writer: str = Field(pattern=r"^[a-z][a-z0-9]*$")
    pair: int | None = Field(default=None, ge=1)

    @field_validator("category")
    @classmethod
    def _known_category(cls, value: str) -> str:
        if value not in load_taxonomy().categories:
            raise ValueError(f"{value} is no category of taxonomy.yaml")
        return value

    @field_validator("district")
    @classmethod
    def _known_district(cls, value: str | None) -> str | None:
        if value is not None and value not in load_gazetteer().districts:
            raise ValueError(f"{value} is no district of the gazetteer")
        return value

    @field_validator("style")
    @classmethod
    def _known_style(cls, value: str) -> str:
        if value not in STYLES:
            raise ValueError(f"{value} is no known style")
        return value

    @property
    def outcome(self) -> Outcome:
        return load_taxonomy().outcome_of(self.category)

    def is_paired_with(self, other: "Row") -> bool:
        """Whether the two stand in the same contrast pair: they alone may be near each other."""
        return self.pair is not None and self.pair == other.pair and self.writer == other.writer

    @property
    def is_short(self) -> bool:
        return len(self.text) <= SHORT_CHARS


def _objects(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                raise CorpusError(f"{path.name}:{number} is no JSON object: {error}") from error


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSONL file, in order. Raises CorpusError naming file and line of the first bad row."""
    rows = []
    for number, raw in _objects(path):
        try:
            rows.append(Row.model_validate(raw))
        except ValidationError as error:
            raise CorpusError(f"{path.name}:{number} is no valid row: {error}") from error
    return rows


def read_split(directory: Path) -> list[Row]:
    """All rows of a directory, files in the order of their names."""
    return [row for path in sorted(directory.glob("*.jsonl")) for row in read_rows(path)]
