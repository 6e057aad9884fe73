"""The story of a case as a page that stands alone, to be read and printed; and the same on a terminal."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader
from rich.console import Console
from rich.text import Text

from dispatcher.cli import options
from dispatcher.client.timeline import Entry
from dispatcher.client.timeline_head import SHORT, Head
from dispatcher.client.timeline_words import OUTCOMES, STATUSES, word
from dispatcher.console.view import fit
from dispatcher.domain.calls import CITY_TIME

_PAGES = Environment(
    loader=PackageLoader("dispatcher.cli", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
#: Terminal cells of a label and the space behind it.
_LABEL = 10


def page(head: Head, entries: Sequence[Entry]) -> str:
    """The page: no script, and nothing that lies outside of it."""
    return _PAGES.get_template("trace.html").render(
        h=head,
        days=[(date, list(group)) for date, group in groupby(entries, lambda entry: _day(entry.at))],
        outcomes=OUTCOMES,
        status=lambda code: word(STATUSES, code),
        clock=lambda at: f"{at.astimezone(CITY_TIME):%H:%M:%S}",
        strongest=max((abs(cue.weight) for cue in head.cues), default=0.0) or 1.0,
    )


def write(file: Path, head: Head, entries: Sequence[Entry]) -> None:
    """The page into `file`. Raises `OSError`."""
    file.write_text(page(head, entries), "utf-8")


def show(screen: Console, head: Head, entries: Sequence[Entry]) -> None:
    """Head and time line on a terminal; every line whole, so that it can be searched for."""
    screen.print()
    screen.print("案件经过", style="bold")
    _rows(screen, head.now)
    if head.first:
        screen.print("首次研判", style="bold")
        _rows(screen, head.first)
    if head.cues:
        cues = "  ".join(f"{cue.text} {cue.weight:+.2f}" for cue in head.cues)
        _rows(screen, [("线索词", cues)])
    screen.print("时间线", style="bold")
    for entry in entries:
        _entry(screen, entry, head)


def _rows(screen: Console, rows: Iterable[tuple[str, str]]) -> None:
    """Labels and what stands behind them; a Chinese character is as wide as two others."""
    for label, told in rows:
        screen.print(Text.assemble((fit(label, _LABEL), "dim"), options.plain(told)))


def _entry(screen: Console, entry: Entry, head: Head) -> None:
    other = f"  [案件 {entry.case_id}]" if entry.case_id not in ("", head.case_id) else ""
    style = options.OUTCOME_STYLE.get(entry.outcome, "")
    screen.print(
        Text.assemble(
            (options.local(entry.at), "dim"),
            "  ",
            options.plain(entry.who),
            "  ",
            (entry.title, f"bold {style}".strip()),
            "  ",
            options.plain(entry.what),
            (other, "cyan"),
        )
    )
    rows = [
        ("缘由", entry.reason),
        ("规则", entry.rule),
        ("模型", entry.model[:SHORT]),
        ("政策", entry.policy[:SHORT]),
        ("起因", entry.cause),
        ("记录", entry.place),
        *((part.label, "  ".join((part.text, *part.places))) for part in entry.parts),
    ]
    for label, told in rows:
        if told:
            screen.print(Text.assemble((f"    {label}  ", "dim"), options.plain(told)))


def _day(at: datetime) -> str:
    return f"{at.astimezone(CITY_TIME):%Y-%m-%d}"
