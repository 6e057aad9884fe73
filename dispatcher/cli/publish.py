"""``dispatcher publish``: calls from JSONL."""

import sys
import time
from contextlib import nullcontext
from typing import Any, BinaryIO

import click
import orjson
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.client.feed import Feed, Refused, Tally
from dispatcher.client.lines import lines
from dispatcher.client.publisher import Publisher
from dispatcher.domain.policy import IntakePolicy


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), metavar="N", help="Lines a second, at most.")
@click.option(
    "--fill", is_flag=True, help="Give lines without call_id or received_at a fresh id and the present moment."
)
@click.option(
    "--force", is_flag=True, help="Publish bad lines too, byte for byte, to see what the intake makes of them."
)
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def publish(
    context: click.Context,
    file: BinaryIO,
    rate: float | None,
    fill: bool,
    force: bool,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Publish calls from FILE, one JSON object per line; - is standard input.

    A line counts when the broker has acknowledged it. A bad line is reported with its number and the reason on standard
    error and the rest goes on; the exit status is 1 if there was one. Fields: see `dispatcher topics describe calls`.

    \b
      dispatcher publish calls.jsonl
      echo '{"text": "楼道灯坏了"}' | dispatcher publish --fill -
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog

    policy = load_catalog(settings.home, policy_dir=settings.policy).policy.intake
    began = time.monotonic()
    bad_lines = _Told(as_json=as_json)
    seen = Tally()

    def summary() -> str:
        return _summary(seen, time.monotonic() - began)

    options.run(
        _publish(settings, file, policy=policy, told=bad_lines, tally=seen, fill=fill, force=force, rate=rate),
        interrupted=summary,
    )
    seconds = time.monotonic() - began
    if as_json:
        options.line(
            {
                "published": seen.published,
                "refused": seen.refused,
                "seconds": round(seconds, 3),
                **({"forced": seen.forced} if force else {}),
            }
        )
    else:
        options.err().print(summary())
    if seen.refused or seen.forced:
        context.exit(1)


async def _publish(
    settings: settings_module.Settings,
    file: BinaryIO,
    *,
    policy: IntakePolicy,
    told: "_Told",
    tally: Tally,
    **how: Any,
) -> None:
    async with Publisher(settings.bootstrap, pseudonym_key=settings.pseudonym_key.get_secret_value()) as publisher:
        feed = Feed(publisher, policy=policy, told=told, tally=tally, **how)
        with _bar(file, tally) as progress:
            told.screen = progress.console if progress is not None else options.err()
            await feed.run(lines(file))


class _Told:
    """Prints each bad line as it comes, above the progress bar."""

    def __init__(self, *, as_json: bool) -> None:
        self.screen = options.err()
        self._as_json = as_json

    def __call__(self, bad: Refused) -> None:
        if self._as_json:
            fact = {"line": bad.line, "code": bad.error.code, "reason": bad.error.message, "forced": bad.forced}
            click.echo(orjson.dumps(fact).decode(), err=True)
            return
        what = "published all the same" if bad.forced else "not published"
        self.screen.print(options.plain(f"line {bad.line}: {what}: {bad.error}"))


def _bar(file: BinaryIO, tally: Tally) -> Any:
    """A progress bar on standard error if that is a terminal, fed by `tally`."""
    if not sys.stderr.isatty():
        return nullcontext()
    return _Bar(tally, total=_size(file))


class _Bar(Progress):
    def __init__(self, tally: Tally, *, total: int | None) -> None:
        super().__init__(
            SpinnerColumn(),
            TextColumn("{task.fields[published]} published, {task.fields[refused]} refused"),
            BarColumn(),
            *((MofNCompleteColumn(),) if total is None else (TextColumn("{task.percentage:.0f}%"),)),
            TimeElapsedColumn(),
            console=options.err(),
            transient=True,
        )
        self._tally = tally
        self._task_id = self.add_task("", total=total, published=0, refused=0)

    def get_renderables(self) -> Any:
        """Called at each refresh."""
        if hasattr(self, "_task_id"):
            tally = self._tally
            self.tasks[0].fields.update(published=tally.published, refused=tally.refused)
            self.tasks[0].completed = tally.bytes
        return super().get_renderables()


def _size(file: BinaryIO) -> int | None:
    try:
        return file.seek(0, 2) if file.seekable() else None
    except OSError:
        return None
    finally:
        if file.seekable():
            file.seek(0)


def _summary(tally: Tally, seconds: float) -> str:
    forced = f", {tally.forced} bad ones among them" if tally.forced else ""
    return f"{tally.published} published{forced}, {tally.refused} refused, {seconds:.1f} s"
