"""``dispatcher model``: labels and drift, a new model's proposal, promotion and rollback."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.cli.learn import drift, labels
from dispatcher.client.reader import Reader
from dispatcher.domain.errors import SettingsError
from dispatcher.domain.model_events import ModelPromoted
from dispatcher.learning.ledger import Place
from dispatcher.learning.proposing import Progress as Told

if TYPE_CHECKING:
    from classifiers import Classifier

#: The gate has looked at the model and refuses it.
REFUSED = 3
_DIGEST = 12
_BY = click.option("--by", required=True, metavar="NAME", help="Who decides this.")
_REASON = click.option("--reason", required=True, metavar="TEXT", help="Why; it stays on the topic.")


@click.group()
def model() -> None:
    """The classifier's model: what people's corrections teach, whether the calls have changed, and who takes its place.

    Nothing here decides about a call. A promotion is a record among the calls; from it on the workers decide with that model.

    \b
      dispatcher model labels --out labels.jsonl && make train WITH=labels.jsonl
      dispatcher model propose DIR --days 7 --html gate.html
      dispatcher model promote 3f2a91 --by 王 --reason 季度更新
    """


model.add_command(labels)
model.add_command(drift)


@model.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--days", type=click.IntRange(1, 400), help="Live calls of so many days; default: learning.yaml.")
@click.option("--frozen-only", is_flag=True, help="Ask the frozen test sets alone; needs no Kafka.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Compare with the model in this folder instead of the running one; with --frozen-only the default is the shipped one.",
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report as one page.")
@options.ARTEFACTS
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def propose(
    context: click.Context,
    directory: Path,
    days: int | None,
    frozen_only: bool,
    against: Path | None,
    html: Path | None,
    artefacts: Path,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Let the model in DIR decide the frozen test sets and the last days' calls, beside the running model.

    It is refused where it misses a police call that the running model catches, or loses more than learning.yaml allows. Every
    changed decision is listed with the reason. An accepted model is put into the store, with its report.

    Status 0 accepted, 3 refused.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from classifiers import Classifier, ClassifierError
    from classifiers.model import MODEL_DIR
    from dispatcher.catalog import load_catalog
    from dispatcher.learning.policy import load_learning
    from dispatcher.learning.promoting import running
    from dispatcher.learning.proposing import Proposal
    from dispatcher.learning.report import Report
    from dispatcher.learning.store import Store

    catalog, policy = load_catalog(settings.home, policy_dir=settings.policy), load_learning(settings.policy)
    store = Store(artefacts)
    at = datetime.now(UTC)

    def load(path: Path) -> Classifier:
        try:
            return Classifier.load(path)
        except ClassifierError as error:
            raise SettingsError(str(error), hint="Name a folder with model.json and model.npz") from None

    async def work(told: Told) -> tuple[Report, Proposal, Path]:
        if frozen_only:
            home = against or MODEL_DIR
            proposal = Proposal(catalog, policy.gate, directory, load(directory), load(home))
            return await proposal.decide(None, at=at, progress=told), proposal, home
        async with Reader(settings.bootstrap) as reader:
            home = against or store.home_of(await running(reader))
            proposal = Proposal(catalog, policy.gate, directory, load(directory), load(home))
            return await proposal.decide(reader, at=at, days=days, progress=told), proposal, home

    with _bar() as told:
        report, proposal, home = options.run(work(told))
    kept = proposal.keep(report, store, running=home)
    if html is not None:
        html.write_text(report.page(), "utf-8")
    if as_json:
        options.line(report.as_dict() | {"store": str(kept.folder) if kept is not None else None})
    else:
        for text in report.as_text():
            options.out().print(options.plain(text))
    if kept is not None:
        options.err().print(Text(f"kept: {kept.folder}", style="dim"))
    if not report.accepted:
        context.exit(REFUSED)


@contextmanager
def _bar() -> Iterator[Told]:
    """What is decided again and the time left, on a terminal only."""
    screen = options.err()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("left"))
    with Progress(
        *columns, TimeRemainingColumn(), console=screen, disable=not screen.is_terminal, transient=True
    ) as bar:
        task = bar.add_task("models", total=None)

        def told(name: str, done: int, all_: int) -> None:
            bar.update(task, description=name, completed=done, total=all_)

        yield told


@model.command()
@click.argument("named", metavar="MODEL")
@_BY
@_REASON
@click.option("--force", is_flag=True, help="Without an accepted proposal; MODEL may then be a folder.")
@options.ARTEFACTS
@options.BOOTSTRAP
@options.JSON
def promote(
    named: str, by: str, reason: str, force: bool, artefacts: Path, bootstrap: str | None, as_json: bool
) -> None:
    """Let MODEL, a digest or its first characters, decide from now on.

    Refused without an accepted proposal against the running model. The promotion is one record in each partition of calls, all or
    none; every worker must be able to reach the store.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.artefacts import digest_of
    from dispatcher.learning import promoting
    from dispatcher.learning.store import Store

    store = Store(artefacts)
    if force and Path(named).is_dir():
        digest = digest_of(Path(named))
        if digest is None:
            raise SettingsError(f"{named} holds no model that can be loaded", hint="Name a folder of `make train`")
        if store.get(digest) is None:
            store.keep(Path(named), digest)
    else:
        digest = store.find(named).digest
    _demand_usable(store.load(digest), settings)

    async def work() -> tuple[ModelPromoted, list[Place]]:
        async with Reader(settings.bootstrap) as reader:
            current = await promoting.running(reader)
            wish = promoting.Wish(by, reason, force)
            message = promoting.promotion(store, digest, current, wish, at=promoting.now())
            return message, await promoting.publish(settings.bootstrap, reader, message)

    _done(*options.run(work(), waiting="promoting"), as_json=as_json)


def _demand_usable(proposed: "Classifier", settings: settings_module.Settings) -> None:
    """Not even by force: a model that no worker could use under this city's policy would only leave the one before in its place."""
    from classifiers import ClassifierError
    from dispatcher.catalog import load_catalog
    from dispatcher.stream.classify import thresholds

    try:
        thresholds(proposed, load_catalog(settings.home, policy_dir=settings.policy).policy.triage)
    except ClassifierError as error:
        raise SettingsError(
            f"model {proposed.digest[:_DIGEST]} has no cut-offs for the costs in triage.yaml: {error}",
            hint="Give the folder of `make train` as a whole, with its calibration",
        ) from None


@model.command()
@_BY
@_REASON
@options.ARTEFACTS
@options.BOOTSTRAP
@options.JSON
def rollback(by: str, reason: str, artefacts: Path, bootstrap: str | None, as_json: bool) -> None:
    """Let the model that was replaced by the last promotion decide again; a second rollback goes back one more."""
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.learning import promoting
    from dispatcher.learning.store import Store

    store = Store(artefacts)

    async def work() -> tuple[ModelPromoted, list[Place]]:
        async with Reader(settings.bootstrap) as reader:
            found = await promoting.promotions(reader)
            message = promoting.rollback(store, found, promoting.Wish(by, reason), at=promoting.now())
            return message, await promoting.publish(settings.bootstrap, reader, message)

    _done(*options.run(work(), waiting="rolling back"), as_json=as_json)


def _done(message: ModelPromoted, places: list[Place], *, as_json: bool) -> None:
    if as_json:
        options.line(message.model_dump(mode="json") | {"places": [str(place) for place in places]})
        return
    rows = [
        ("model", message.model),
        ("instead of", message.previous),
        ("by", f"{message.by}: {message.reason}"),
        ("report", message.report or "none: nobody asked the gate"),
        ("lies on", "  ".join(map(str, places))),
    ]
    options.pairs(options.out(), rows)


@model.command("list")
@options.ARTEFACTS
@options.BOOTSTRAP
@options.JSON
def list_(artefacts: Path, bootstrap: str | None, as_json: bool) -> None:
    """List the promotions on the topic, oldest first, and the models of the store."""
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.learning import promoting
    from dispatcher.learning.store import Store

    async def work() -> list[ModelPromoted]:
        async with Reader(settings.bootstrap) as reader:
            return await promoting.promotions(reader)

    found = options.run(work(), waiting="reading calls")
    current = found[-1].model if found else promoting.shipped()
    kept = list(Store(artefacts).all())
    if as_json:
        for message in found:
            options.line({"kind": "promotion"} | message.model_dump(mode="json"))
        for one in kept:
            options.line({"kind": "model", "model": one.digest, "report": one.report, "running": one.digest == current})
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("when", "what", "model", "instead of", "by", "reason"):
        table.add_column(column, no_wrap=column != "reason")
    for message in found:
        what = "rolled back" if message.rollback else "forced" if message.forced else "promoted"
        table.add_row(
            options.local(message.at),
            what,
            message.model[:_DIGEST],
            message.previous[:_DIGEST],
            options.plain(message.by),
            options.plain(message.reason),
        )
    options.table(table)
    for one in kept:
        report = one.read_report()
        said = "no report" if report is None else "accepted" if report.get("accepted") else "refused"
        options.out().print(f"{one.digest[:_DIGEST]}  {said}{'  running' if one.digest == current else ''}")


@model.command()
@options.BOOTSTRAP
@options.JSON
def current(bootstrap: str | None, as_json: bool) -> None:
    """Show the model that decides now, and since when."""
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.learning import promoting

    async def work() -> list[ModelPromoted]:
        async with Reader(settings.bootstrap) as reader:
            return await promoting.promotions(reader, newest=1)

    found = options.run(work(), waiting="reading calls")
    last = found[-1] if found else None
    digest = last.model if last is not None else promoting.shipped()
    if as_json:
        options.line({"model": digest, "promotion": last.model_dump(mode="json") if last is not None else None})
        return
    since = f"since {options.local(last.at)}, by {last.by}: {last.reason}" if last is not None else "as shipped"
    options.pairs(options.out(), [("model", digest), ("", ""), ("runs", since)])
