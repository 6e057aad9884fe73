"""Command line options made from a message's fields: a field of the message is an option, named like it."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import click
from pydantic import BaseModel

Command = TypeVar("Command", bound=Callable[..., Any])


def flag(field: str) -> str:
    """How a person writes the option of `field`."""
    return f"--{field.replace('_', '-')}"


def choices(model: type[BaseModel], field: str) -> list[str]:
    """The words that a field of an enumeration takes."""
    kind, _ = _kind(model.model_fields[field].annotation)
    return [str(one.value) for one in kind]


def fields_of(
    model: type[BaseModel], *, without: Iterable[str], told: Mapping[str, str]
) -> Callable[[Command], Command]:
    """A decorator that adds an option for each field of `model` but `without`; `told`: field -> what help says of it.

    A field of an enumeration takes its words, a yes or no has two flags, a list may be given more than once.
    """
    names = [name for name in model.model_fields if name not in set(without)]

    def add(command: Command) -> Command:
        for name in reversed(names):
            command = _option(name, model.model_fields[name].annotation, told.get(name, ""))(command)
        return command

    return add


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were named on the command line."""
    return {name: value for name, value in fields.items() if value not in (None, ())}


def missing(needs: Iterable[str], fields: Mapping[str, Any]) -> list[str]:
    """The options that must still be given."""
    return [flag(name) for name in needs if fields.get(name) in (None, "", ())]


def _option(name: str, annotation: Any, told: str) -> Callable[[Command], Command]:
    kind, many = _kind(annotation)
    if kind is bool:
        return click.option(f"{flag(name)}/--no-{name.replace('_', '-')}", name, default=None, help=told)
    typed: Any = click.Choice([str(one.value) for one in kind]) if issubclass(kind, StrEnum) else kind
    return click.option(flag(name), name, type=typed, multiple=many, help=told)


def _kind(annotation: Any) -> tuple[Any, bool]:
    """The type of one value, and whether there may be several."""
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], True
    kinds = [one for one in get_args(annotation) if one is not NoneType]
    return (kinds[0] if kinds else annotation), False
