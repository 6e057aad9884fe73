"""``dispatcher dlq``: what could not be processed."""

from datetime import datetime

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.client.letters import Letter, Letters, redrive
from dispatcher.client.publisher import Publisher
from dispatcher.client.reader import Reader
from dispatcher.domain.calls import utc

_LIMIT = click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The newest N at most.")


@click.group()
def dlq() -> None:
    """Dead letters: records that could not be processed, byte for byte, with the reason.

    Whatever may have been a call also stands as a case in front of a person (status review), so nothing here waits to
    be saved; send records again when the fault that put them here has been mended.
    """


@dlq.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The newest N.")
@click.option(
    "--since", type=options.Moment(), metavar="TIME", help="All from this time on: a time, or an age such as 2h."
)
@click.option(
    "--code", "codes", multiple=True, metavar="D3nn", help="Only those with this code; may be given more than once."
)
@click.option("--quick", is_flag=True, help="Do not look up which were sent again.")
@options.BOOTSTRAP
@options.JSON
def list_(
    limit: int, quick: bool, since: datetime | None, codes: tuple[str, ...], bootstrap: str | None, as_json: bool
) -> None:
    """List dead letters, oldest first: place, time, code, reason, and whether it was sent again.

    Whether one was sent again is read from the topics, from the oldest letter's time on; --quick leaves that out.
    """
    settings = settings_module.load(bootstrap=bootstrap)

    async def work() -> tuple[list[Letter], dict[str, str]]:
        async with Reader(settings.bootstrap) as reader:
            letters = Letters(reader)
            chosen = await _choose(letters, (), limit=None if since else limit, since=since, codes=codes)
            return chosen, {} if quick else await letters.redriven(chosen)

    found, again = options.run(work(), waiting="reading the topics")
    if as_json:
        for letter in found:
            facts = _facts(letter, again)
            if quick:
                del facts["sent_again"]
            options.line(facts)
        return
    if not found:
        options.err().print("no dead letters")
        return
    screen = options.out()
    for letter in found:
        sent = again.get(letter.place)
        screen.print(
            Text.assemble(
                (letter.place, "cyan"),
                f"  {options.local(utc(letter.record.timestamp_ms))}  ",
                (letter.code, "bold"),
                f"  from {letter.source_place}, {len(letter.record.value or b''):,} bytes",
                (f", sent again as {sent}" if sent else "", "green"),
            )
        )
        screen.print(Text("  ").append_text(options.plain(letter.reason)))


@dlq.command()
@click.argument("place")
@click.option("--raw", is_flag=True, help="Print the record's value alone, byte for byte.")
@options.BOOTSTRAP
@options.JSON
def show(place: str, raw: bool, bootstrap: str | None, as_json: bool) -> None:
    """Show one dead letter. PLACE is TOPIC/PARTITION/OFFSET of the record, or PARTITION/OFFSET of dead-letters."""
    settings = settings_module.load(bootstrap=bootstrap)

    async def work() -> tuple[Letter, dict[str, str]]:
        async with Reader(settings.bootstrap) as reader:
            letters = Letters(reader)
            letter = await letters.find(place)
            return letter, await letters.redriven([letter])

    letter, again = options.run(work(), waiting="reading the topics")
    value = letter.record.value or b""
    if raw:
        click.get_binary_stream("stdout").write(value)
        return
    if as_json:
        options.line(
            _facts(letter, again)
            | {
                "hint": letter.hint,
                "key": letter.key.decode("utf-8", "replace") if letter.key is not None else None,
                "headers": {name: content.decode("utf-8", "replace") for name, content in letter.original},
                "value": value.decode("utf-8", "replace"),
            }
        )
        return
    screen = options.out()
    options.pairs(
        screen,
        [
            ("place", letter.place),
            ("from", f"{letter.source_place}, stage {letter.stage}"),
            ("time", options.local(utc(letter.record.timestamp_ms))),
            ("reason", f"{letter.code} {letter.reason}"),
            ("hint", letter.hint),
            ("sent again", again.get(letter.place, "no")),
            ("key", letter.key.decode("utf-8", "replace") if letter.key is not None else "none"),
            *((f"header {name}", content.decode("utf-8", "replace")) for name, content in letter.original),
            ("value", f"{len(value):,} bytes"),
        ],
    )
    shown = value[:4000].decode("utf-8", "replace")
    screen.print(options.plain(shown + (" … (--raw prints all)" if len(value) > 4000 else "")))


@dlq.command("redrive")
@click.argument("places", nargs=-1, metavar="[PLACE]...")
@_LIMIT
@click.option(
    "--code", "codes", multiple=True, metavar="D3nn", help="Only those with this code; may be given more than once."
)
@click.option(
    "--since", type=options.Moment(), metavar="TIME", help="Only those from this time on: a time, or an age such as 2h."
)
@click.option("--again", is_flag=True, help="Also those that were sent again before.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent; send nothing.")
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def redrive_(
    context: click.Context,
    places: tuple[str, ...],
    limit: int | None,
    codes: tuple[str, ...],
    since: datetime | None,
    again: bool,
    dry_run: bool,
    bootstrap: str | None,
    as_json: bool,
) -> None:
    """Send dead letters again: value, key and headers byte for byte, to the topic they came from.

    Name PLACEs as `dispatcher dlq list` shows them, or choose by --code, --since or --limit. A record that was sent again
    carries the header x-redriven-from with its dead letter's place; by that header on the topics a second redrive
    knows it and leaves it out, whoever sent it. To the service it is a new record: a call that became readable opens a
    case, beside the one that a person has got already; one that is still bad becomes a dead letter and a case anew.

    \b
      dispatcher dlq redrive --code D311 --dry-run
      dispatcher dlq redrive calls/0/42 dead-letters/1/7
    """
    if not (places or limit or codes or since):
        raise click.UsageError("Say which: PLACEs, --code, --since or --limit.", context)
    settings = settings_module.load(bootstrap=bootstrap)
    sent: list[str] = []

    def report(letter: Letter, *, to: str | None, before: str | None) -> None:
        if as_json:
            fact = {
                "place": letter.place,
                "from": letter.source_place,
                "code": letter.code,
                "sent": to,
                "before": before,
            }
            options.line(fact | ({"dry_run": True} if dry_run else {}))
        elif before is not None and not again:
            options.out().print(f"{letter.place}: left out, was sent again as {before}", style="dim")
        elif dry_run:
            options.out().print(f"{letter.place}: would go to {letter.source.topic} ({letter.code})")
        else:
            options.out().print(f"{letter.place}: sent as {to}")

    async def work() -> None:
        key = settings.pseudonym_key.get_secret_value()
        async with (
            Reader(settings.bootstrap) as reader,
            Publisher(settings.bootstrap, pseudonym_key=key, topics=()) as publisher,
        ):
            letters = Letters(reader)
            chosen = await _choose(letters, places, limit=limit, since=since, codes=codes)
            before = await letters.redriven(chosen)
            for letter in chosen:
                old = before.get(letter.place)
                to = None
                if not dry_run and (old is None or again):
                    to = await redrive(letter, publisher)
                    sent.append(to)
                report(letter, to=to, before=old)

    options.run(work(), interrupted=lambda: f"{len(sent)} sent again", waiting="reading the topics")
    if not as_json:
        options.err().print("nothing sent: a dry run" if dry_run else f"{len(sent)} sent again", style="dim")


async def _choose(
    letters: Letters, places: tuple[str, ...], *, limit: int | None, since: datetime | None, codes: tuple[str, ...]
) -> list[Letter]:
    if places:
        found = [await letters.find(place) for place in dict.fromkeys(places)]
    elif since is not None or codes or limit is None:
        found = await letters.since(int(since.timestamp() * 1000) if since is not None else 0)
    else:
        found = await letters.newest(limit)
    chosen = [letter for letter in found if not codes or letter.code in codes]
    return chosen[-limit:] if limit is not None else chosen


def _facts(letter: Letter, again: dict[str, str]) -> dict[str, object]:
    return {
        "place": letter.place,
        "time": utc(letter.record.timestamp_ms).isoformat(),
        "code": letter.code,
        "reason": letter.reason,
        "stage": letter.stage,
        "from": letter.source_place,
        "bytes": len(letter.record.value or b""),
        "sent_again": again.get(letter.place),
    }
