"""What the client commands have in common: the options, the screens, and how an interrupted command ends."""

import asyncio
import getpass
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import click
import orjson
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.client.connection import quiet
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.errors import ClusterUnreachable

Answer = TypeVar("Answer")

#: Exit status: the service has read the message and refused it.
REFUSED = 3

BOOTSTRAP = click.option("--bootstrap", metavar="HOST:PORT", help="Kafka's address (default: KAFKA_BOOTSTRAP_SERVERS).")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object per line, for programs.")

TIMEOUT = click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="Seconds to wait for the answer."
)
MESSAGE_ID = click.option(
    "--message-id",
    metavar="ID",
    help="Default: a new one. Under one id a message counts once, however often it is sent.",
)
ARTEFACTS = click.option(
    "--artefacts",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: settings_module.load().artefacts,
    show_default="DISPATCHER_ARTEFACTS, else data/artefacts",
    metavar="DIR",
    help="Where the workers keep models and policies, and accepted models lie.",
)

URGENCY_STYLE = {"emergency": "bold red", "urgent": "yellow", "routine": ""}
OUTCOME_STYLE = {"police": "red", "joint": "magenta", "non_police": "green", "invalid": "dim", "review": "yellow"}


class Moment(click.ParamType):
    """A moment on the command line: RFC 3339, a local ``2026-11-21 18:05`` (city time), or an age such as ``90m``, ``2h``, ``3d``."""

    name = "time"
    _UNITS: ClassVar = {"s": 1, "m": 60, "h": 3600, "d": 86400}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, aware."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        if text[-1:] in self._UNITS and text[:-1].isdigit():
            now = datetime.now(CITY_TIME)
            return datetime.fromtimestamp(now.timestamp() - int(text[:-1]) * self._UNITS[text[-1]], CITY_TIME)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no time such as 2026-11-21T18:05:00+08:00, 2026-11-21 or 90m", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=CITY_TIME)


def login() -> str:
    """Who speaks, where nobody is named."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return "terminal"


def out() -> Console:
    """Where results go; colours only on a terminal."""
    return Console(soft_wrap=True, highlight=False)


def err() -> Console:
    """Where everything goes that is not the result."""
    return Console(stderr=True, soft_wrap=True, highlight=False)


def line(value: object) -> None:
    """One JSON object on one line of standard output."""
    click.echo(orjson.dumps(value).decode())


def plain(text: str) -> Text:
    """`text` as it is: what a caller said is no markup, and control characters do not reach the terminal."""
    return Text("".join(c if c.isprintable() or c == "\n" else "�" for c in text))


def pairs(screen: Console, rows: Iterable[tuple[str, str | Text]]) -> None:
    """Labels and what stands behind them, never wrapped, so that a line can be searched for."""
    shown = [(label, text) for label, text in rows if text]
    width = max((len(label) for label, _ in shown), default=0)
    for label, text in shown:
        screen.print(
            Text(f"{label:<{width}}  ", style="dim").append_text(text if isinstance(text, Text) else plain(text))
        )


def table(shown: Table) -> None:
    """A table: fitted to a terminal, but never cut or wrapped for a program that reads it."""
    screen = out()
    if not screen.is_terminal:
        screen.width = 10_000
    screen.print(shown)


def local(moment: datetime) -> str:
    """A moment for a person: city time."""
    return f"{moment.astimezone(CITY_TIME):%Y-%m-%d %H:%M:%S}"


def run(
    work: Coroutine[Any, Any, Answer], *, interrupted: Callable[[], str] | None = None, waiting: str = ""
) -> Answer:
    """Run `work`; a Ctrl-C tells `interrupted` on standard error and ends with status 130.

    Whatever Kafka refuses beyond what is foreseen becomes `ClusterUnreachable`. `waiting` is shown on a terminal meanwhile.
    """
    quiet()
    screen = err()
    try:
        with screen.status(waiting) if waiting and screen.is_terminal else nullcontext():
            return asyncio.run(work)
    except KafkaError as error:
        raise ClusterUnreachable(f"Kafka failed: {type(error).__name__}: {error}", hint="Look at the broker") from None
    except KeyboardInterrupt:
        if interrupted is not None:
            err().print(interrupted())
        sys.exit(130)
