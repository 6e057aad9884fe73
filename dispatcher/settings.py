"""The environment, read once into one frozen object."""

import os
import socket
import tempfile
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dispatcher.domain.errors import SettingsError

#: Good for a demonstration on one machine only; ``dispatcher check`` warns of it.
SAMPLE_KEY = "sample-city-key"


def _home() -> Path:
    """Where topics.yaml and agencies.yaml lie: the working folder if it has them, else the project itself."""
    here = Path.cwd()
    return here if (here / "topics.yaml").is_file() else Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting; names in the environment are ``DISPATCHER_<NAME>``, except the bootstrap address."""

    model_config = SettingsConfigDict(env_prefix="DISPATCHER_", frozen=True, extra="ignore")

    bootstrap: str = Field("127.0.0.1:19092", validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    home: Path = Field(default_factory=_home)
    policy: Path | None = None
    """Folder of the city's policy files; None: those that ship with the program."""
    channels: Path | None = None
    """How the desks' databases are reached; None: the sample city's."""
    artefacts: Path = Field(default_factory=lambda: _home() / "data" / "artefacts")
    """Every model and policy that ever decided, for replays; and models that may be promoted."""
    ledger_url: SecretStr | None = None
    """The ledger's database, sqlite:/// or postgresql://; None: a SQLite file in the data folder."""
    audit_key: Path | None = None
    """The private key that signs the ledger's checkpoints."""
    group: str = "dispatcher"
    slot: str = Field(default_factory=lambda: f"{socket.gethostname()}-0")
    pseudonym_key: SecretStr = SecretStr(SAMPLE_KEY)
    log_level: str = "INFO"
    batch: int = Field(500, ge=1, le=10_000)
    commit_seconds: float = Field(8.0, gt=0, le=60)
    session_seconds: float = Field(6.0, ge=1, le=300)
    watchdog_seconds: float = Field(30.0, ge=2, le=3600)
    datadir: Path = Field(default_factory=lambda: Path(tempfile.gettempdir()) / f"dispatcher-{os.getuid()}")
    metrics_port: int | None = Field(None, ge=1, le=65535)

    def shown(self) -> dict[str, Any]:
        """For a person's eyes: secrets masked."""
        return {name: str(getattr(self, name)) for name in type(self).model_fields}


def load(**overrides: Any) -> Settings:
    """Read the environment; `overrides` (None is ignored) come from the command line. Raises `SettingsError`."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if "bootstrap" in given:
        given["KAFKA_BOOTSTRAP_SERVERS"] = given.pop("bootstrap")
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(
            f"setting {'.'.join(map(str, first['loc']))}: {first['msg']}", hint="Correct it or unset it"
        ) from None


def unknown_names() -> list[str]:
    """Names in the environment that look like settings and are none."""
    known = {f"DISPATCHER_{name.upper()}" for name in Settings.model_fields} | {"DISPATCHER_CACHE"}
    return sorted(name for name in os.environ if name.startswith("DISPATCHER_") and name not in known)
