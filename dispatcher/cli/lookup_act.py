"""What people do about a lookup from a terminal: one command for each action of `dispatcher.domain.lookups.acting`."""

import os
from datetime import datetime
from pathlib import Path

import click
from rich.text import Text

from dispatcher.cli import options
from dispatcher.cli.lookup_receipt import Receipt
from dispatcher.cli.lookup_say import Done, Speaker, say, speaks, tell
from dispatcher.client.names import find_code
from dispatcher.console.view import fit
from dispatcher.domain.lookups import proof
from dispatcher.domain.lookups.codes import Action, ConfirmedBy, Mode, Side
from dispatcher.domain.lookups.facts import FACTS

_CANDIDATE = "A candidate: its rank in `show`, or its ref."
_SIDE = "side"
_REASON = click.option("--reason", required=True, help="Why.")
_AT = click.option("--at", type=options.Moment(), metavar="TIME", help="When; default: now.")


@click.command()
@speaks()
@click.option("--database", required=True, metavar="NAME", help="Where somebody looked: its code or its Chinese name.")
@click.option("--found/--nothing", default=None, help="Whether it was there; one of the two must be given.")
@click.option("--text", default="", help="What was seen; with --found it must be told.")
@click.option("--ref", "candidate", metavar="REF", help="How it is called there; default: a new name.")
@_AT
def answer(speaker: Speaker, database: str, found: bool, text: str, candidate: str | None, at: datetime | None) -> None:
    """Say what a person found in a database: on video, by telephone to a driver, in a register on paper.

    \b
      dispatcher lookup answer 1f0c3f0e --database video --nothing --text 看过18点至19点
      dispatcher lookup answer 1f0c3f0e --database taxi --found --text "司机捡到黑包，内有蓝色笔记本" --ref A12345
    """
    if found is None:
        raise click.UsageError("answer needs --found or --nothing")
    if found and not text.strip():
        raise click.UsageError("answer --found needs --text")
    tell(speaker, say(speaker, Action.ANSWER, database=database, found=found, text=text, candidate=candidate, at=at))


@click.command()
@speaks()
@click.argument("facts", nargs=-1, metavar="[FACT=VALUE]...")
@click.option("--unknown", multiple=True, metavar="FACT", help="The caller does not know it; give it once for each.")
@click.option("--reason", default="", help="Why, where it is no answer of the caller's.")
def facts(speaker: Speaker, facts: tuple[str, ...], unknown: tuple[str, ...], reason: str) -> None:
    """Write down what the caller answered; the databases that it concerns are asked anew.

    A FACT has a code or a Chinese name: plate or 车牌. `side=found` puts right who misses and who found.

    \b
      dispatcher lookup facts 1f0c3f0e plate=辽A12345 colour=黑 --unknown invoice
      dispatcher lookup facts 1f0c3f0e 时间="2026-11-29 18:05" --unknown 车厢
    """
    said = dict(_fact(one) for one in facts)
    if not said and not unknown:
        raise click.UsageError("facts needs FACT=VALUE or --unknown")
    missing = tuple(find_code(one, FACTS, what="fact") for one in unknown)
    tell(speaker, say(speaker, Action.FACTS, facts=said, unknown=missing, reason=reason))


def _fact(written: str) -> tuple[str, str]:
    name, is_there, value = written.partition("=")
    if not is_there or not value.strip():
        raise click.UsageError(f"{written!r} is no FACT=VALUE")
    fact = find_code(name, FACTS | {_SIDE: "身份"}, what="fact")
    value = value.strip()
    if fact == "time":  # facts hold times in ISO 8601
        return fact, options.Moment().convert(value, None, click.get_current_context()).isoformat()
    words: tuple[str, ...] = tuple(Mode) if fact == "mode" else tuple(Side) if fact == _SIDE else ()
    if words and value not in words:
        raise click.UsageError(f"{fact} is one of {', '.join(words)}")
    return fact, value


@click.command()
@speaks()
@click.option("--place", required=True, help="Where the missing person was seen.")
@click.option("--district", metavar="NAME", help="Its district: code or Chinese name.")
@_AT
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="How they were moving.")
@click.option("--text", default="", help="What was seen.")
def sighting(
    speaker: Speaker, place: str, district: str | None, at: datetime | None, mode: str | None, text: str
) -> None:
    """Write down that somebody saw the missing person: the area to search has a new middle.

    \b
      dispatcher lookup sighting 1f0c3f0e --place 中街地铁站 --district 沈河区 --at 20m --mode metro
    """
    tell(speaker, say(speaker, Action.SIGHTING, place=place, district=district, at=at, mode=mode, text=text))


@click.command()
@speaks()
@click.option("--candidate", required=True, metavar="REF", help=_CANDIDATE)
@_REASON
def reject(speaker: Speaker, candidate: str, reason: str) -> None:
    """Strike a candidate: it is not the one."""
    tell(speaker, say(speaker, Action.REJECT, candidate=candidate, reason=reason))


@click.command()
@speaks("--actor")
@click.option("--candidate", metavar="REF", help=_CANDIDATE)
@click.option("--by", type=click.Choice([by.value for by in ConfirmedBy]), required=True, help="Who says so.")
@click.option("--text", required=True, help="What the claimant named, or how the person was known.")
@click.option("--document", metavar="NUMBER", help="A document by which a thing is its owner's; sent masked.")
def confirm(speaker: Speaker, candidate: str | None, by: str, text: str, document: str | None) -> None:
    """Confirm that this is the one. A thing needs a private mark that the finder bears out, or a document; a missing person
    the family's word, or an officer's who was there.

    \b
      dispatcher lookup confirm 1f0c3f0e --candidate 1 --by owner --text 包里有蓝色笔记本
      dispatcher lookup confirm 1f0c3f0e --by family --text 儿子在派出所认出
    """
    masked = proof.masked_document(document) if document is not None else None
    tell(speaker, say(speaker, Action.CONFIRM, candidate=candidate, by=by, text=text, document=masked))


@click.command()
@speaks()
@click.option("--recipient", required=True, metavar="NAME", help="Who takes it; sent masked.")
@click.option("--document", required=True, metavar="NUMBER", help="The document that they showed; sent masked.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a receipt to print."
)
@click.option("--reason", default="", help="A note.")
def handover(speaker: Speaker, recipient: str, document: str, html: Path | None, reason: str) -> None:
    """Hand over what was confirmed, and print the receipt. Name and document are masked before anything is sent.

    \b
      dispatcher lookup handover 1f0c3f0e --recipient 王某某 --document 210102199001011234 --html receipt.html
    """
    name, number = proof.masked_name(recipient), proof.masked_document(document)
    if not name or not number:
        raise click.UsageError("handover needs --recipient and --document")
    if html is not None and not _writable(html):  # before anything is handed over
        raise click.UsageError(f"{html} cannot be written")
    done = say(speaker, Action.HANDOVER, recipient=name, document=number, reason=reason)
    receipt = _receipt(done)
    tell(speaker, done, more={"handed_over": receipt.facts()} if receipt is not None else None)
    if receipt is None:
        return
    if not speaker.as_json:
        screen = options.out()
        screen.print("receipt", style="dim")
        for heading, value in receipt.rows():
            screen.print(Text(f"  {fit(heading, 12)}", style="dim").append_text(options.plain(value)))
    if html is not None:
        receipt.write(html)
        options.err().print(f"written: {html}", style="dim")


def _receipt(done: Done) -> Receipt | None:
    event = done.event("lookup.handed_over.v1")
    return Receipt.of(event, done.after, done.shown) if event is not None else None


def _writable(file: Path) -> bool:
    return os.access(file if file.exists() else file.absolute().parent, os.W_OK)


@click.command("not-found")
@speaks()
@_REASON
def not_found(speaker: Speaker, reason: str) -> None:
    """End the search: it was not found."""
    tell(speaker, say(speaker, Action.NOT_FOUND, reason=reason))


@click.command()
@speaks()
@_REASON
def cancel(speaker: Speaker, reason: str) -> None:
    """Call the search off: nothing is sought any more."""
    tell(speaker, say(speaker, Action.CANCEL, reason=reason))


@click.command()
@speaks()
@_REASON
def resume(speaker: Speaker, reason: str) -> None:
    """Search again: after an end, or because what was confirmed was not it after all."""
    tell(speaker, say(speaker, Action.RESUME, reason=reason))


COMMANDS = (answer, facts, sighting, reject, confirm, handover, not_found, cancel, resume)
