"""The settings of each kind of adapter, as `channels.yaml` writes them."""

import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from dispatcher.desks.channels.conditions import BESIDE, Condition, Strict
from dispatcher.desks.channels.mapping import HitMap
from dispatcher.domain.lookups.facts import FACTS

#: A named parameter of a SELECT, ``:plate``; ``::text`` is a cast.
_PARAMETER: Final = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


class GuardSettings(Strict):
    """How long and how often a database is asked.

    try_seconds: for one try; total_seconds: for all with the waits between them. tries: at most. wait_seconds: before the second
    try, doubled before each further one. failures: in a row that open the breaker; open_seconds: until it lets one question
    through again. at_once: questions under way; others wait their turn.
    """

    try_seconds: PositiveFloat = 5.0
    total_seconds: PositiveFloat = 20.0
    tries: PositiveInt = 3
    wait_seconds: PositiveFloat = 0.5
    failures: PositiveInt = 5
    open_seconds: PositiveFloat = 30.0
    at_once: PositiveInt = 4


class _Addressed(Strict):
    """Where it is: `url` in the file, or `url_env`, the name of the environment variable that holds it."""

    url: str | None = None
    url_env: str | None = None
    guard: GuardSettings = GuardSettings()

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("url: give either url or url_env; add one or remove the other")
        if self.url is not None and urlsplit(self.url).password:
            # Said without the value: a password must not reach a screen or a log.
            raise ValueError(
                "url: a password stands in the file; put the whole URL into an environment variable, url_env"
            )
        return self


class SqlSettings(_Addressed):
    """A table (``schema.table`` too), or a SELECT with parameters named for facts (``:plate``; NULL where unknown).

    where: all must fit. prefer: order by how many fit. newest: a column; among equals the latest first. most_rows: read at most.
    """

    kind: Literal["sql"]
    table: str | None = None
    select: str | None = None
    where: tuple[Condition, ...] = ()
    prefer: tuple[Condition, ...] = ()
    newest: str | None = None
    hit: HitMap
    most_rows: PositiveInt = 500
    timeout_seconds: PositiveFloat = 4.0
    at_once: PositiveInt = 4

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.table is None) == (self.select is None):
            raise ValueError("table: give either table or select; add one or remove the other")
        strange = [name for name in self.parameters() if name not in FACTS and name not in BESIDE]
        if strange:
            raise ValueError(f"select: :{strange[0]} is no fact; use one of {', '.join((*FACTS, *BESIDE))}")
        return self

    def parameters(self) -> tuple[str, ...]:
        """The parameters that the SELECT names."""
        return tuple(dict.fromkeys(_PARAMETER.findall(self.select or "")))

    def columns(self) -> set[str]:
        """Every column that is read or compared."""
        named = {column for one in (*self.where, *self.prefer) for column in one.columns} | self.hit.columns()
        return named | ({self.newest} if self.newest else set())


class HttpSettings(_Addressed):
    """An HTTP interface that answers JSON.

    query, body: parameter -> fact (or text, district, since); left out where unknown. fixed: parameters that are always sent.
    headers_env: header -> environment variable. items: the list in the answer, a dotted path; empty: the answer itself. nothing_is:
    statuses that mean "nothing found". most_bytes: of an answer.
    """

    kind: Literal["http_json"]
    method: Literal["GET", "POST"] = "GET"
    query: dict[str, str] = Field(default_factory=dict)
    body: dict[str, str] = Field(default_factory=dict)
    fixed: dict[str, str] = Field(default_factory=dict)
    headers_env: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    items: str = ""
    hit: HitMap
    nothing_is: tuple[int, ...] = ()
    most_bytes: PositiveInt = 1_000_000
    most_items: PositiveInt = 2_000

    @model_validator(mode="after")
    def _sound(self) -> Self:
        strange = [
            fact
            for fact in (*self.query.values(), *self.body.values(), *self.values)
            if fact not in FACTS and fact not in BESIDE
        ]
        if strange:
            raise ValueError(f"query: {strange[0]} is no fact; use one of {', '.join((*FACTS, *BESIDE))}")
        if self.body and self.method == "GET":
            raise ValueError("body: GET has none; use query, or method: POST")
        return self


class RegisterSettings(Strict):
    """A register kept as a file, CSV or .xlsx (`sheet`; left out, the first), beside channels.yaml or by its whole path.

    The first row names the columns. It is read anew when the file has changed; write it aside and rename it, so that no half is read.
    """

    kind: Literal["register"]
    path: str
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = "utf-8-sig"
    sheet: str | None = None
    where: tuple[Condition, ...] = ()
    prefer: tuple[Condition, ...] = ()
    newest: str | None = None
    hit: HitMap
    most_bytes: PositiveInt = 32_000_000
    most_rows: PositiveInt = 200_000
    guard: GuardSettings = GuardSettings()

    def columns(self) -> set[str]:
        """Every column that is read or compared."""
        named = {column for one in (*self.where, *self.prefer) for column in one.columns} | self.hit.columns()
        return named | ({self.newest} if self.newest else set())


class KafkaSettings(Strict):
    """Asked through the topics `desk-requests` and `desk-replies`; the desk process does that itself."""

    kind: Literal["kafka"]


class PersonSettings(Strict):
    """People of the desk look, and answer by command."""

    kind: Literal["person"]


Settings = Annotated[
    SqlSettings | HttpSettings | RegisterSettings | KafkaSettings | PersonSettings, Field(discriminator="kind")
]
