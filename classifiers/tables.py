"""Reading the library's YAML tables into strict models: an unknown key or a wrong type stops the load."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from classifiers.errors import TableError

HERE = Path(__file__).resolve().parent

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

T = TypeVar("T", bound=BaseModel)


class Strict(BaseModel):
    """Base of the tables' models: immutable, and a key that nobody declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_table(path: Path, model: type[T]) -> T:
    """The table at `path` as a `model`.

    Raises TableError when the file is missing, is no YAML, or does not fit the model.
    """
    try:
        # The C loader is ten times faster; both build plain values only.
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
        return model.model_validate(raw)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise TableError(f"{path.name} cannot be used: {error}") from error
