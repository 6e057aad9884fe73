"""``dispatcher replay``: decide again what was recorded, and compare."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import long_work, options
from dispatcher.domain.errors import NotFound, SettingsError

_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--since", type=options.Moment(), metavar="TIME", help="From then on: a time, or an age such as 2h.")
@click.option("--until", type=options.Moment(), metavar="TIME", help="Until before then (default: what is worked off).")
@click.option(
    "--offsets", metavar="RANGES", help="These alone: calls/0:100-2000,case-inbox/1:5-90; an end is not in its range."
)
@click.option("--case", "case", metavar="ID", help="Compare one case alone; a case_id or a call_id.")
@click.option("--model", type=_FOLDER, metavar="DIR", help="What if this model had decided.")
@click.option("--policy", type=_FOLDER, metavar="DIR", help="What if these policy files had been in force.")
@options.ARTEFACTS
@click.option(
    "--warm-up",
    "warm_up",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    metavar="DAYS",
    help="How far before the range cases and callers are followed from.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=lambda: min(4, os.cpu_count() or 1),
    show_default="one a core, at most 4",
    help="Processes; changes nothing but the time that it takes.",
)
@click.option("--html", type=_FILE, metavar="FILE", help="Also write the report as one page.")
@click.option("--resume", type=_FILE, metavar="FILE", help="Where an interrupted replay is left, and gone on with.")
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def replay(
    context: click.Context,
    since: datetime | None,
    until: datetime | None,
    offsets: str | None,
    case: str | None,
    model: Path | None,
    policy: Path | None,
    artefacts: Path,
    warm_up: float,
    workers: int,
    html: Path | None,
    resume: Path | None,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Decide calls and cases again as they were decided, and compare byte for byte with what was recorded.

    Compared are triage's answers, the ledger's events, and what casework writes beside it: orders, notices, questions to
    databases and messages to other cases.

    Reads only: no group, no offset, no topic is touched. The model and policy that each decision names are looked up in the
    store of artefacts; --model and --policy ask instead what others would have decided, and why.

    Status 0: all the same. 3: differences. 2: it cannot be done, with the reason in words. 130 after a Ctrl-C, which leaves
    a file to go on from.

    \b
      dispatcher replay --since 2026-11-01 --until 2026-12-01 --html november.html
      dispatcher replay --since 7d --model ./model-of-next-week
    """
    settings = settings_module.load(bootstrap=bootstrap)
    from dispatcher.catalog import load_catalog
    from dispatcher.domain import ids
    from dispatcher.replay import plan as plans
    from dispatcher.replay import report
    from dispatcher.replay import resume as left
    from dispatcher.replay.deciders import Artefacts, Deciders
    from dispatcher.replay.reading import Names
    from dispatcher.replay.run import fresh, run
    from dispatcher.replay.setup import Setup

    left_at = resume or Path("replay.resume")
    names = Names()
    if resume is not None and resume.is_file():
        if since or until or offsets or case or model or policy:
            raise SettingsError(
                f"{resume} knows its range, case, model and policy", hint="Give --resume without them, or another file"
            )
        request, plan, parts = left.load(resume)
        case = request["case"]
        model, policy = (Path(request[name]) if request[name] else None for name in ("model", "policy"))
    else:
        if offsets and (since or until):
            raise SettingsError("--offsets and times exclude each other", hint="Give one or the other")
        named = plans.read_offsets(offsets) if offsets else None
        if case is not None and not _is_id(case):
            case = ids.case_id(case)
        plan = options.run(
            plans.make(
                settings.bootstrap,
                names,
                group=settings.group,
                since=since,
                until=until,
                offsets=named,
                warm_up_days=warm_up,
            ),
            waiting="looking for the range",
        )
        parts = []
        request = {
            "case": case,
            "model": str(model.resolve()) if model else None,
            "policy": str(policy.resolve()) if policy else None,
        }
    secret = settings.pseudonym_key.get_secret_value()
    store = Artefacts(artefacts, settings.home, settings.policy, secret, model, policy)
    setup = Setup(settings.bootstrap, names, plan, store, case)
    parts = parts or fresh(setup)
    if not parts:
        raise NotFound("there is nothing in that range that has been worked off", hint="Give an earlier --since")
    deciders = Deciders(store, plan.partitions)
    told_model, told_policy = deciders.model, deciders.policy  # a folder that is none is told before the work begins
    with long_work.interruptible() as interrupted, long_work.bar("records", _left(plan, parts)) as bar:
        parts = run(setup, parts, workers=workers, stop=interrupted.is_set, told=bar.told)
    if not all(part.done for part in parts):
        left.save(left_at, request, plan, parts)
        how = f"dispatcher replay --resume {left_at}"
        options.err().print(Text(f"interrupted: go on with `{how}`", style="yellow"))
        context.exit(130)
    found = report.made(plan, parts, model=told_model, policy=told_policy, case=case)
    city = load_catalog(settings.home, policy_dir=settings.policy).city
    if html is not None:
        report.write(found, city, html)
    if as_json:
        click.echo(report.as_json(found))
    else:
        _show(report.lines(found, city), good=found["same"])
    if resume is not None:
        resume.unlink(missing_ok=True)
    context.exit(0 if found["same"] else 3)


def _is_id(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _left(plan: Any, parts: list[Any]) -> int:
    """Records still to be decided."""
    left = 0
    for part in parts:
        if part.stage not in ("triage", "casework"):
            continue
        span = (plan.calls if part.stage == "triage" else plan.cases)[part.partition]
        left += 0 if part.done else span.end - (part.next_offset or span.start)
    return left + sum(map(len, plan.outputs.values()))


def _show(lines: list[str], *, good: bool) -> None:
    screen = options.out()
    screen.print(Text(lines[0], style="green" if good else "bold red"))
    for line in lines[1:]:
        screen.print(options.plain(line))
