"""The one program, ``dispatcher``. Each command lives in a module of its own and is imported when it is called."""

import importlib
import sys
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from dispatcher import __version__
from dispatcher.domain.errors import DispatcherError

#: command -> (module, what it does). The order is that of a newcomer's path.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": (
        "dispatcher.cli.up",
        "Start everything: broker, topics, workers, the story of a city's hour, the live board.",
    ),
    "call": ("dispatcher.cli.call", "Publish one call, wait, and show what was decided and why."),
    "publish": ("dispatcher.cli.publish", "Publish calls from a JSONL file or standard input."),
    "consume": ("dispatcher.cli.consume", "Read what one unit's system would read."),
    "trace": ("dispatcher.cli.trace", "Follow a call or a case through the topics."),
    "case": ("dispatcher.cli.case", "List, show and work on cases, and run stories of them."),
    "lookup": ("dispatcher.cli.lookup", "The desks for lost items and missing people."),
    "triage": ("dispatcher.cli.triage", "Decide calls from the command line or JSONL, without Kafka."),
    "dlq": ("dispatcher.cli.dlq", "List, show and send again what could not be processed."),
    "intake": ("dispatcher.cli.intake", "Show, stop and resume the intake of calls."),
    "topics": ("dispatcher.cli.topics", "Create and check the topics of topics.yaml."),
    "broker": ("dispatcher.cli.broker", "The embedded Kafka broker alone."),
    "worker": ("dispatcher.cli.worker", "One worker process."),
    "desks": ("dispatcher.cli.desks", "The process of the two 24-hour desks."),
    "ledger": ("dispatcher.cli.ledger", "The ledger in SQL: kept up, rebuilt, proved."),
    "audit": ("dispatcher.cli.audit", "Verify, sign and watch the ledger's chains."),
    "replay": ("dispatcher.cli.replay", "Decide a stretch of the log again and compare, record by record."),
    "report": (
        "dispatcher.cli.report",
        "Periodic reports (研判) from the ledger: places, units, hours, desks, model; page, CSV, JSON.",
    ),
    "model": (
        "dispatcher.cli.model",
        "Labels from corrections, the drift watch, and a new model's gate and promotion.",
    ),
    "check": ("dispatcher.cli.check", "Check all files, the model, the settings and the broker."),
    "simulate": ("dispatcher.cli.simulate", "A synthetic city's month through the service's functions, with a report."),
    "bench": ("dispatcher.cli.bench", "Measure throughput and latency."),
}


class _Program(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: Any = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=_Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="dispatcher")
def program() -> None:
    """Triage and dispatch of non-police calls to the 110 line, on Kafka, exactly once.

    Settings come from the environment: KAFKA_BOOTSTRAP_SERVERS and DISPATCHER_*; see `dispatcher check`.
    """


def main() -> None:
    """Run the program: errors made on purpose are one sentence and status 2, a Ctrl-C is status 130."""
    try:
        status = program.main(standalone_mode=False)  # click returns the status of `Context.exit` here
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except DispatcherError as error:
        # The message may quote a file or a record: it is text, never markup.
        Console(stderr=True, soft_wrap=True, highlight=False).print(Text.assemble(("error", "red"), " ", str(error)))
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)
