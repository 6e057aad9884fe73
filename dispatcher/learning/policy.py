"""The numbers of ``learning.yaml``, read strictly."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from dispatcher.catalog.files import read_model

FILE = Path(__file__).resolve().parent.parent / "policy" / "learning.yaml"

Origin = Literal["review", "recategorised", "return", "arbitration"]

_Share = Annotated[float, Field(ge=0, le=1)]


class _Policy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelsPolicy(_Policy):
    """How labels are collected."""

    look_back_days: PositiveInt
    text_characters: PositiveInt


class TrainingPolicy(_Policy):
    """What a label weighs beside a row of the corpus. `classifiers.train_labels` reads the same section of the file."""

    weights: dict[Origin, NonNegativeFloat]
    disagreed: _Share


class DriftPolicy(_Policy):
    """When the watch speaks; shares are of 1."""

    window_days: PositiveInt
    reference_days: PositiveInt
    least_calls: PositiveInt
    alarm_rate: float = Field(gt=0, lt=0.5)
    texts: PositiveInt
    least_pooled: PositiveInt
    share_points: _Share
    share_ratio: float = Field(ge=1)
    review_points: _Share
    corrected_points: _Share
    confidence_points: _Share
    unknown_points: _Share
    stability_index: NonNegativeFloat

    @property
    def window(self) -> timedelta:
        """The days that are watched."""
        return timedelta(days=self.window_days)

    @property
    def reference(self) -> timedelta:
        """The days before them."""
        return timedelta(days=self.reference_days)


class GatePolicy(_Policy):
    """What a new model must keep; shares are of 1."""

    days: PositiveInt
    newly_missed_test: NonNegativeInt
    newly_missed_live: NonNegativeInt
    missed_more: NonNegativeInt
    outcome_loss: _Share
    category_loss: _Share
    danger_loss: _Share
    least_dangers: PositiveInt
    review_more: _Share
    least_counted: PositiveInt


class LearningPolicy(_Policy):
    """All of the file."""

    labels: LabelsPolicy
    training: TrainingPolicy
    drift: DriftPolicy
    gate: GatePolicy


def file_in(folder: Path | None) -> Path:
    """The city's own file, where its policy folder has one; else the one that ships with the program."""
    own = folder / FILE.name if folder is not None else FILE
    return own if own.is_file() else FILE


def load_learning(folder: Path | None = None) -> LearningPolicy:
    """The numbers in force. Raises `CatalogError` naming every mistake."""
    return read_model(file_in(folder), LearningPolicy)
