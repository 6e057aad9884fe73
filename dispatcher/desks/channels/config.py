"""`channels.yaml`: which database of the desks' policy is reached how. Addresses and passwords may stand in environment variables."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import exc

from dispatcher.catalog.files import read_model
from dispatcher.desks.channels.conditions import Strict
from dispatcher.desks.channels.guard import Guarded
from dispatcher.desks.channels.http_json import HttpJsonAdapter
from dispatcher.desks.channels.interface import Adapter
from dispatcher.desks.channels.register import RegisterAdapter
from dispatcher.desks.channels.settings import HttpSettings, RegisterSettings, Settings, SqlSettings
from dispatcher.desks.channels.sql import SqlAdapter
from dispatcher.domain.desk_policy import By, Database
from dispatcher.domain.errors import CatalogError

FILE: Final = "channels.yaml"


class Channels(Strict):
    """Database code -> how it is reached. A database of the policy that stands not here is not connected."""

    databases: dict[str, Settings]

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """The databases that are reached that way: ``kafka``, ``person``, ..."""
        return tuple(code for code, settings in self.databases.items() if settings.kind == kind)


def read_channels(path: Path, databases: Iterable[Database]) -> Channels:
    """The file, checked against the desks' policy. Raises CatalogError: file, key, what is wrong, what to do."""
    channels = read_model(path, Channels)
    by = {one.code: one.by for one in databases}
    wrong = []
    for code, settings in channels.databases.items():
        where = f"{path.name}: databases.{code}"
        if code not in by:
            wrong.append(f"{where}: no database of desks.yaml; use one of {', '.join(by)}, or add it there")
        elif (by[code] is By.PERSON) != (settings.kind == "person"):
            wrong.append(f"{where}.kind: {settings.kind}, but desks.yaml says by: {by[code]}; make the two agree")
    if wrong:
        raise CatalogError("\n".join(wrong))
    return channels


def build(
    channels: Channels, folder: Path, *, environment: Mapping[str, str] | None = None, file: str = FILE
) -> dict[str, Guarded]:
    """An adapter in its guard for each database that this process asks itself; `kafka` and `person` are not among them.

    folder: where relative paths begin. environment: else that of the process. Raises CatalogError where a variable is not set or
    an address is none; the message never holds a value.
    """
    values = os.environ if environment is None else environment
    built: dict[str, Guarded] = {}
    for code, settings in channels.databases.items():
        if isinstance(settings, SqlSettings | HttpSettings | RegisterSettings):
            adapter = _adapter(settings, folder, values, f"{file}: databases.{code}")
            built[code] = Guarded(code, adapter, settings.guard)
    return built


def _adapter(
    settings: SqlSettings | HttpSettings | RegisterSettings, folder: Path, values: Mapping[str, str], where: str
) -> Adapter:
    if isinstance(settings, RegisterSettings):
        return RegisterAdapter(settings, folder)
    url = settings.url or _named(settings.url_env or "", values, f"{where}.url_env")
    if isinstance(settings, HttpSettings):
        headers = {
            header: _named(name, values, f"{where}.headers_env.{header}")
            for header, name in settings.headers_env.items()
        }
        if not url.startswith(("http://", "https://")):
            raise CatalogError(f"{where}.url: no http(s) address; correct it")
        return HttpJsonAdapter(settings, url, headers)
    try:
        return SqlAdapter(settings, url, folder)
    except (exc.ArgumentError, ImportError, ValueError):
        # The cause holds the address, and with it perhaps a password.
        raise CatalogError(
            f"{where}.url: no database address, or its driver is not installed; write dialect+driver://host/name"
        ) from None


def _named(name: str, values: Mapping[str, str], where: str) -> str:
    if not values.get(name):
        raise CatalogError(f"{where}: the environment variable {name} is not set; set it, or name another")
    return values[name]
