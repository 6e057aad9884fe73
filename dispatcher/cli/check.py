"""``dispatcher check``: is everything in place?"""

from datetime import datetime

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.client import health
from dispatcher.client.health import Finding, Level
from dispatcher.domain.calls import CITY_TIME

_STYLE = {Level.OK: "green", Level.WARN: "yellow", Level.BAD: "bold red"}


@click.command()
@click.option("--require-broker", is_flag=True, help="A broker that does not answer is a problem, not a warning.")
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def check(context: click.Context, require_broker: bool, bootstrap: str | None, as_json: bool) -> None:
    """Check all files, the model, the settings, the calendar and the broker. Changes nothing.

    Every mistake in topics.yaml, agencies.yaml, the taxonomy and the policy files is named with what to do. Ends with
    status 0 when all is well (warnings allowed), 1 when there is a problem.
    """
    settings = settings_module.load(bootstrap=bootstrap)
    found: list[Finding] = []

    def add(*findings: Finding) -> None:
        for finding in findings:
            found.append(finding)
            _show(finding, as_json=as_json)

    add(*health.environment(settings))
    catalog, findings = health.files(settings)
    add(*findings)
    if catalog is not None:
        add(*health.model(catalog))
    add(health.holidays(datetime.now(CITY_TIME).date()))
    add(*options.run(health.cluster(settings, catalog, required=require_broker)))
    counts = {level: sum(finding.level is level for finding in found) for level in Level}
    if not as_json:
        options.err().print(f"{counts[Level.BAD]} problems, {counts[Level.WARN]} warnings", style="dim")
    if counts[Level.BAD]:
        context.exit(1)


def _show(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        options.line({"what": finding.what, "level": finding.level, "words": finding.words})
        return
    options.out().print(
        Text.assemble(
            (f"{finding.level:<4}  ", _STYLE[finding.level]), f"{finding.what:<24}  ", options.plain(finding.words)
        )
    )
