"""The names under which a field of a call is accepted: its own, and those of city CAD systems."""

from functools import cache

from pydantic import AliasChoices

from dispatcher.domain.calls import CallReceived


@cache
def names_of(field: str) -> tuple[str, ...]:
    """All accepted names of `field`, the contract's own first."""
    alias = CallReceived.model_fields[field].validation_alias
    return tuple(map(str, alias.choices)) if isinstance(alias, AliasChoices) else (field,)


def call_aliases() -> dict[str, tuple[str, ...]]:
    """Field of a call -> its other names; only fields that have some."""
    found = {name: tuple(alias for alias in names_of(name) if alias != name) for name in CallReceived.model_fields}
    return {name: aliases for name, aliases in found.items() if aliases}
