"""``dispatcher model labels`` and ``drift``: what people's corrections teach, and whether the calls have changed."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import click
import orjson
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.client.reader import Reader

#: The watch has something to say.
ALERTS = 3


class Span(click.ParamType):
    """A length of time on the command line: ``90m``, ``12h``, ``7d``."""

    name = "span"
    _UNITS: ClassVar = {"s": 1, "m": 60, "h": 3600, "d": 86400}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The length, above 0."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([1-9]\d{0,8})([smhd])", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no length of time such as 90m, 12h or 7d", param, ctx)
        try:
            return timedelta(seconds=int(match[1]) * self._UNITS[match[2]])
        except OverflowError:
            self.fail(f"{value!r} is longer than any topic", param, ctx)


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="JSONL file; replaced if it is there."
)
@click.option("--since", type=options.Moment(), metavar="TIME", help="Decisions from then on; default: all.")
@click.option("--until", type=options.Moment(), metavar="TIME", help="Decisions before then; default: now.")
@options.BOOTSTRAP
@options.JSON
def labels(out: Path, since: datetime | None, until: datetime | None, bootstrap: str | None, as_json: bool) -> None:
    """Write what people decided about calls as labelled examples, for `make train WITH=FILE`.

    One line a case: reviews, recategorisations, arbitrations, and returns after which another unit took the matter. Confidential
    calls are left out; telephone numbers, numbers of people and accounts, and plates are zeros. The texts are still callers'
    words: keep the file as you keep the calls, and delete it after training.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog
    from dispatcher.learning.policy import load_learning
    from dispatcher.learning.texts import Collected, collect

    catalog, policy = load_catalog(settings.home, policy_dir=settings.policy), load_learning(settings.policy)

    async def work() -> Collected:
        async with Reader(settings.bootstrap) as reader:
            return await collect(
                reader,
                city=catalog.city,
                intake=catalog.policy.intake,
                policy=policy.labels,
                since=since,
                until=until,
            )

    found = options.run(work(), waiting="reading the ledger")
    out.unlink(missing_ok=True)
    out.touch(mode=0o600)  # callers' words: for nobody else on this machine
    out.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in found.lines))
    origins = {name: sum(line["origin"] == name for line in found.lines) for name in policy.training.weights}
    agreed = sum(line["agreement"] for line in found.lines)
    if as_json:
        told = {"labels": len(found.lines), "agreed": agreed, "origins": origins, "left_out": found.left_out}
        options.line(told | {"out": str(out)})
        return
    rows = [(name, f"{count:,}") for name, count in origins.items()]
    options.pairs(options.out(), [("labels", f"{len(found.lines):,}, of which agreed {agreed:,}"), *rows])
    options.pairs(options.out(), [("left out", f"{count:,}: {why}") for why, count in found.left_out.items()])
    options.err().print(Text(f"written: {out}", style="dim"))


@click.command()
@click.option("--window", type=Span(), metavar="SPAN", help="The time watched, up to now; default: learning.yaml (7d).")
@click.option("--reference", type=Span(), metavar="SPAN", help="The time before it; default: learning.yaml (28d).")
@click.option("--until", type=options.Moment(), metavar="TIME", help="Where the window ends; default: now.")
@options.ARTEFACTS
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def drift(
    context: click.Context,
    window: timedelta | None,
    reference: timedelta | None,
    until: datetime | None,
    artefacts: Path,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Compare the last days with those before: categories, outcomes, reviews, corrections, confidence, unknown features.

    An alert is a change that is more than chance, over all tests together, and larger than its limit in learning.yaml. With too
    few calls nothing is said. Status 0 quiet, 3 alerts.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from classifiers.model import load_model
    from dispatcher.catalog import load_catalog
    from dispatcher.learning.drift import Window, watch
    from dispatcher.learning.policy import load_learning
    from dispatcher.learning.promoting import running
    from dispatcher.learning.store import Store
    from dispatcher.learning.watching import Span as Between
    from dispatcher.learning.watching import fill

    catalog, policy = load_catalog(settings.home, policy_dir=settings.policy), load_learning(settings.policy).drift
    end = until or datetime.now(UTC)
    middle = end - (window or policy.window)
    spans = (Between(middle - (reference or policy.reference), middle), Between(middle, end))

    async def work() -> list[Window]:
        async with Reader(settings.bootstrap) as reader:
            home = Store(artefacts).home_of(await running(reader))
            return await fill(reader, spans, model=load_model(home), intake=catalog.policy.intake, texts=policy.texts)

    before, now = options.run(work(), waiting="reading the ledger")
    names = {code: matter.name for code, matter in catalog.city.matters.items()}
    found = watch(before, now, policy, names=names)
    if as_json:
        options.line(
            {"since": spans[1].start.isoformat(), "until": end.isoformat(), "reference": spans[0].start.isoformat()}
            | found.as_dict()
        )
    else:
        screen = options.out()
        ranges = [f"{options.local(span.start)} to {options.local(span.end)}" for span in spans]
        rows = [
            ("window", f"{ranges[1]}: {found.window_calls:,} calls"),
            ("reference", f"{ranges[0]}: {found.reference_calls:,} calls"),
        ]
        options.pairs(screen, rows)
        for alert in found.alerts:
            screen.print(Text.assemble(("alert  ", "bold red"), options.plain(alert.words)))
        if not found.alerts:
            quiet = f"quiet: {len(found.measures)} measures, false alarm rate {found.alarm_rate:g}"
            screen.print(options.plain(found.too_few or quiet))
    if found.alerts:
        context.exit(ALERTS)
