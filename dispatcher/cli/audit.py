"""``dispatcher audit``: the ledger's chains and checkpoints, verified, signed and watched."""

import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.audit import keys as key_files
from dispatcher.audit.breaks import Break, Report
from dispatcher.audit.session import CHECKPOINTS, Verified, Wanted, read_trail
from dispatcher.audit.session import verify as verify_ledger
from dispatcher.cli import long_work, options
from dispatcher.cli.audit_erase import erase
from dispatcher.domain.audit import LedgerCheckpoint
from dispatcher.domain.errors import SettingsError

BROKEN = 3
"""The status of a ledger that is not whole."""

#: Breaks that a person is told; a program gets all.
_SHOWN = 50
_FILE = click.Path(path_type=Path, dir_okay=False)
KEY = click.option(
    "--key", type=_FILE, envvar="DISPATCHER_AUDIT_KEY", help="The private key (default: DISPATCHER_AUDIT_KEY)."
)
PUBLIC = click.option(
    "--public", type=_FILE, multiple=True, help="A public key; again for each, after a change of keys."
)
FILE = click.option("--file", type=_FILE, metavar="F", help="The auditor's own file of checkpoints, one a line.")


@click.group()
def audit() -> None:
    """Tamper evidence: is the ledger what was written, all of it and nothing else?

    Each record carries the hash over all that its lane wrote before. A checkpoint says where all chains stood, signed with a
    key that does not lie with the ledger. Status 0: whole, 3: broken, 2: could not be verified.
    """


audit.add_command(erase)


@audit.group()
def key() -> None:
    """The auditor's keys."""


@key.command("new")
@click.argument("file", type=_FILE)
def key_new(file: Path) -> None:
    """Make a pair of Ed25519 keys: FILE, which only you may read, and FILE.pub, which goes to whoever verifies."""
    signer = key_files.new(file)
    options.pairs(options.out(), [("key", signer.id), ("private", str(file)), ("public", str(key_files.beside(file)))])


@audit.command()
@click.option("--since", type=options.Moment(), metavar="T", help="Nothing older: a time, or an age such as 2h.")
@FILE
@KEY
@PUBLIC
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=lambda: min(2, os.cpu_count() or 1),
    show_default="2",
    help="Processes that read; changes nothing but the time that it takes.",
)
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def verify(
    context: click.Context,
    since: datetime | None,
    file: Path | None,
    key: Path | None,
    public: tuple[Path, ...],
    workers: int,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Verify the ledger from its first record, or since a moment, to its end as of now.

    Nothing is committed and nobody's place is moved. With --since it begins at the last signed checkpoint before.

    \b
      dispatcher audit verify --public audit.pub --file checkpoints.jsonl
      dispatcher audit verify --since 1d --json | jq .breaks
    """
    wanted = _wanted(bootstrap, key, public, file=file, since=since, workers=workers)
    with long_work.bar("records") as bar:
        done = options.run(verify_ledger(wanted, begun=bar.begun, told=bar.told))
    _tell(done, as_json=as_json)
    if not done.report.whole:
        context.exit(BROKEN)


@audit.command()
@FILE
@KEY
@PUBLIC
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that read.")
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def checkpoint(
    context: click.Context,
    file: Path | None,
    key: Path | None,
    public: tuple[Path, ...],
    workers: int,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Verify the whole ledger, and sign where its chains stand. A broken ledger is not signed: status 3."""
    from dispatcher.audit import signing
    from dispatcher.client.reader import Reader

    signer = _signer(key)
    existing = file if file is not None and file.exists() else None
    wanted = _wanted(bootstrap, key, public, file=existing, workers=workers)

    async def sign(done: Verified) -> LedgerCheckpoint:
        made = await signing.sign(wanted.bootstrap, done.report, done.read, signer=signer, keys=wanted.keys or {})
        if file is not None:
            async with Reader(wanted.bootstrap) as reader:
                _, on_topic = await read_trail(reader, wanted)
            signing.append(file, [one.raw for one in on_topic])
        return made

    with long_work.bar("records") as bar:
        done = options.run(verify_ledger(wanted, begun=bar.begun, told=bar.told))
    if not done.report.whole:
        _tell(done, as_json=as_json)
        context.exit(BROKEN)
    made = options.run(sign(done))
    if as_json:
        click.echo(made.encode().decode())
    else:
        options.out().print(_signed(made))


@audit.command()
@click.option(
    "--every", type=click.FloatRange(min=1), default=300, show_default=True, help="Seconds between checkpoints."
)
@click.option("--once", is_flag=True, help="End at the first break, with status 3.")
@FILE
@KEY
@PUBLIC
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def watch(
    context: click.Context,
    every: float,
    once: bool,
    file: Path | None,
    key: Path | None,
    public: tuple[Path, ...],
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Follow the ledger from the last checkpoint on, verify each record as it comes, and sign at the interval.

    Without a key it verifies and signs nothing. It may be killed at any moment and started again. Older records are not read
    again: let `dispatcher audit verify` do that from time to time. Ctrl-C ends it, with status 3 after a break.
    """
    from dispatcher.audit.watch import Say
    from dispatcher.audit.watch import watch as follow

    signer = _signer(key) if key is not None else None
    wanted = _wanted(bootstrap, key, public, file=file if file is not None and file.exists() else None)
    screen, broken = options.out(), []

    def alarm(one: Break) -> None:
        broken.append(one)
        if as_json:
            options.line({"alarm": _break(one)})
        else:
            screen.print(Text("ALARM  ", style="bold red").append_text(_line(one)))

    def signed(made: LedgerCheckpoint) -> None:
        if as_json:
            options.line({"checkpoint": made.model_dump(mode="json")})
        else:
            screen.print(_signed(made))

    first = True

    def looked(report: Report) -> None:
        nonlocal first
        if first:
            note(f"{report.records:,} records read, following")
        first = False

    def note(text: str) -> None:
        options.err().print(Text(text, style="dim"))

    say = Say(note, alarm, signed, looked)

    async def work() -> None:
        await follow(wanted, say, signer=signer, every=every, once=once, file=file)

    try:
        options.run(work())
    except SystemExit:  # Ctrl-C
        if broken:
            context.exit(BROKEN)
        raise
    context.exit(BROKEN)


def _signer(key: Path | None) -> key_files.Signer:
    if key is None:
        raise SettingsError(
            "no key to sign with",
            hint="Give --key or set DISPATCHER_AUDIT_KEY; `dispatcher audit key new FILE` makes one",
        )
    return key_files.load_private(key)


def _wanted(bootstrap: str | None, key: Path | None, public: tuple[Path, ...], **more: Any) -> Wanted:
    """Public keys: those given, and the private key's own, which lies beside it where the private half is not at hand."""
    known = dict(key_files.load_public(public))
    if key is not None and key_files.beside(key).exists():
        known |= key_files.load_public([key_files.beside(key)])
    elif key is not None:
        signer = key_files.load_private(key)
        known[signer.id] = signer.public
    return Wanted(settings_module.load(bootstrap=bootstrap).bootstrap, known or None, **more)


def _tell(done: Verified, *, as_json: bool) -> None:
    report = done.report
    if as_json:
        options.line(
            {
                "whole": report.whole,
                "records": report.records,
                "older": report.older,
                "seconds": round(done.seconds, 3),
                "checkpoints": len(done.trail.trusted),
                "chains": {name: asdict(span) for name, span in report.chains.items()},
                "read": {str(p): offset for p, offset in done.read.items()},
                "breaks": [_break(one) for one in report.breaks],
                "notes": list(report.notes),
            }
        )
        return
    screen = options.out()
    for one in report.breaks[:_SHOWN]:
        screen.print(_line(one))
        screen.print(Text(f"  {one.advice}.", style="dim"))
    if len(report.breaks) > _SHOWN:
        screen.print(Text(f"and {len(report.breaks) - _SHOWN:,} more: --json tells all", style="dim"))
    for note in report.notes:
        options.err().print(Text(note, style="yellow"))
    many = f"{len(report.breaks):,} break{'' if len(report.breaks) == 1 else 's'}"
    verdict = Text("whole", style="green") if report.whole else Text(many, style="bold red")
    rows: list[tuple[str, str | Text]] = [("ledger", verdict), ("records", f"{report.records:,}")]
    if report.older:
        rows.append(("older", f"{report.older:,} from before there were chains, not verified"))
    rows.append(("chains", f"{len(report.chains)}"))
    rows.append(("checkpoints", f"{len(done.trail.trusted)}"))
    rows.append(("took", f"{done.seconds:.1f} s, {report.records / done.seconds:,.0f} records/s"))
    options.pairs(screen, rows)


def _break(one: Break) -> dict[str, object]:
    topic = CHECKPOINTS if one.kind == "checkpoint" else "case-events"
    facts = {name: said for name, said in asdict(one).items() if name != "may_pass"}
    return {**facts, "topic": topic, "advice": one.advice}


def _line(one: Break) -> Text:
    """One break: kind, where it lies, its place in the chain, the case, and what is known."""
    topic = CHECKPOINTS if one.kind == "checkpoint" else "case-events"
    where = f"{topic}/{one.partition}/{one.offset}" if one.partition is not None else topic
    return Text.assemble(
        (f"{one.kind:<13}", "bold red"),
        (f" {where}", "cyan"),
        f"  {one.chain} {one.place}" if one.chain is not None else "",
        f"  case {one.case}" if one.case is not None else "",
        "  ",
        options.plain(one.told),
    )


def _signed(made: LedgerCheckpoint) -> Text:
    records = sum(head.sequence for head in made.heads)
    return Text.assemble(
        ("signed  ", "green"),
        f"checkpoint {made.number}  {options.local(made.at)}  {len(made.heads)} chains, {records:,} records  key {made.key_id}",
    )
