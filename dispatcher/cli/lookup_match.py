"""``dispatcher lookup match``: which found thing may be which lost one, without Kafka."""

from pathlib import Path

import click
from rich.table import Table

from dispatcher.cli import options
from dispatcher.desks.likely import Match
from dispatcher.desks.likeness import weights
from dispatcher.desks.pool import Pool
from dispatcher.desks.profile import Profile
from dispatcher.desks.reports import read_report
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.jsonl import claimed_id

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command()
@click.option("--lost", type=_FILE, required=True, metavar="JSONL", help='Lines of {"id", "reported_at", "text"}.')
@click.option("--found", type=_FILE, required=True, metavar="JSONL", help='Lines of {"id", "found_at", "text"}.')
@click.option("--jsonl", is_flag=True, help="Print JSON, one object for each lost report, for programs.")
@click.pass_context
def match(context: click.Context, lost: Path, found: Path, jsonl: bool) -> None:
    """Rank the found things that each lost report may be about. One of the files may be ``-``, standard input.

    With --jsonl, one line for each lost report, in order: {"id", "candidates": [{"found", "score", "reasons"}], "decision"}:
    at most five, best first. `decision` is ``candidate`` where the best is likely enough to show to a person, else ``none``;
    nothing is confirmed by a program. A bad line is told and left out, and the status is 1 in the end.

    \b
      dispatcher lookup match --lost lost.jsonl --found found.jsonl
    """
    if str(lost) == str(found) == "-":
        raise click.UsageError("Only one of --lost and --found can be standard input.", context)
    pool, good = Pool(), True
    with click.open_file(str(found), "rb") as lines:
        for number, raw in enumerate(lines, 1):
            if raw.strip():
                try:
                    pool.add(read_report(raw, found=True))
                except BadRecord as error:
                    good = False
                    options.err().print(options.plain(f"{found}:{number}: {error}"))
    table = Table("lost", "decision", "found", "score", "why", box=None, header_style="dim", pad_edge=False)
    asked: list[tuple[int, bytes, Profile | BadRecord]] = []
    rivals = Pool()  # what fits another lost report better is less likely to be this one
    with click.open_file(str(lost), "rb") as lines:
        for number, raw in enumerate(lines, 1):
            if raw.strip():
                report = _read(raw)
                asked.append((number, raw, report))
                if isinstance(report, Profile):
                    rivals.add(report)
    for number, raw, report in asked:
        name = claimed_id(raw)
        if isinstance(report, BadRecord):
            good = False
            if jsonl:
                options.line({"id": name, "error": str(report)})
            else:
                options.err().print(options.plain(f"{lost}:{number}: {report}"))
            continue
        ranked = pool.matches(report, rivals=rivals)
        decision = "candidate" if ranked and ranked[0].score >= weights().candidate else "none"
        if jsonl:
            options.line({"id": name, "candidates": [_told(one) for one in ranked], "decision": decision})
        else:
            _rows(table, str(name), decision, ranked)
    if not jsonl:
        options.out().print(table)
    if not good:
        context.exit(1)


def _read(raw: bytes) -> Profile | BadRecord:
    try:
        return read_report(raw, found=False)
    except BadRecord as error:
        return error


def _told(one: Match) -> dict[str, object]:
    return {"found": one.other, "score": one.score, "reasons": one.reasons}


def _rows(table: Table, name: str, decision: str, ranked: list[Match]) -> None:
    shown = ranked[:3] if decision == "candidate" else []
    first = shown[0] if shown else None
    table.add_row(
        options.plain(name),
        decision,
        options.plain(first.other) if first else "",
        f"{first.score:.0%}" if first else "",
        "，".join(first.reasons) if first else "",
    )
    for one in shown[1:]:
        table.add_row("", "", options.plain(one.other), f"{one.score:.0%}", "，".join(one.reasons), style="dim")
