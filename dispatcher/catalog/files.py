"""Reading one YAML file into one strict model; each mistake becomes a line with file, key path and what to do."""

from collections.abc import Hashable
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from dispatcher.domain.errors import CatalogError

Model = TypeVar("Model", bound=BaseModel)

_ADVICE = {
    "missing": "add this key",
    "extra_forbidden": "remove it or correct its name",
    "enum": "use one of the words named",
    "literal_error": "use one of the words named",
}


class _UniqueKeys(yaml.SafeLoader):
    """YAML where a key that stands twice is a mistake and not a silent loss of the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key must be one word", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


#: Dates stay texts until the model reads them: a date that is none is then told with its key.
_UniqueKeys.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: str(node.value))


def read_raw(path: Path) -> object:
    """The file's content as plain values."""
    try:
        return yaml.load(path.read_text("utf-8"), _UniqueKeys)
    except FileNotFoundError:
        raise CatalogError(
            f"{path.name}: no such file in {path.parent}", hint="Restore it or set DISPATCHER_HOME"
        ) from None
    except OSError as error:
        raise CatalogError(f"{path.name}: cannot be read: {error.strerror}", hint="Make it a readable file") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        where = " ".join(str(error).split())
        raise CatalogError(f"{path.name}: not YAML: {where}", hint="Correct the line named") from None


def read_model(path: Path, model: type[Model], *, drop: tuple[str, ...] = ("version",)) -> Model:
    """The file as `model`; top-level keys in `drop` are for people and are left out."""
    raw = read_raw(path)
    if not isinstance(raw, dict):
        raise CatalogError(f"{path.name}: the file must be a mapping", hint="See the comments of the shipped file")
    try:
        return model.model_validate({key: value for key, value in raw.items() if key not in drop})
    except ValidationError as error:
        raise CatalogError(mistakes(path.name, error)) from None


def mistakes(file: str, error: ValidationError) -> str:
    """One line for each mistake: file, key path, what is wrong, what to do.

    A check over a whole model raises ValueError with lines of its own, ``key.path: what is wrong; what to do``.
    """
    lines = []
    for item in error.errors(include_url=False, include_context=False):
        if item["type"] == "value_error" and isinstance(item["input"], dict):
            above = "".join(f"{part}." for part in item["loc"])
            lines += [f"{file}: {above}{line}" for line in item["msg"].removeprefix("Value error, ").splitlines()]
            continue
        where = ".".join(str(part) for part in item["loc"]) or "(whole file)"
        message = item["msg"].removeprefix("Value error, ")
        advice = _ADVICE.get(item["type"], "correct the value")
        lines.append(f"{file}: {where}: {message} (found {item['input']!r:.60}); {advice}")
    return "\n".join(lines)
