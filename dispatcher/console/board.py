"""The whole screen as lines of exact width: header, rows, lookups, alarms, hints. Pure: state in, lines out."""

from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

from dispatcher.console import lookups, view
from dispatcher.console.ledger import Alarm, Ledger, Row
from dispatcher.console.words import Words, assisting
from dispatcher.domain.calls import utc
from dispatcher.domain.codes import Outcome, Urgency

#: name -> (heading, cells, shown from this width on). Text and reason share what is left.
_FIXED = {
    "time": ("时间", 8, 30),
    "outcome": ("判定", 6, 0),
    "category": ("类别", 12, 56),
    "unit": ("主办单位", 14, 46),
    "district": ("辖区", 8, 96),
    "ms": ("毫秒", 5, 38),
}
_WIDE_UNIT, _WIDE_CATEGORY, _WIDE_FROM = 20, 14, 120
_REASON_FROM = 120
_ORDER = ("time", "text", "outcome", "category", "unit", "district", "why", "ms")
_HEADINGS = {name: heading for name, (heading, _, _) in _FIXED.items()} | {"text": "来电", "why": "依据"}
_ALARM_STYLES = {
    "alert": "bold white on red",
    "dead_letter": "bold red",
    "raised": "bold magenta",
    "notice": "yellow",
    "lookup.escalated": "bold yellow",
    "news": "cyan",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the header says beside the ledger."""

    address: str
    workers: int
    ready: int
    restarts: int
    demo: str
    hint: str
    rate: float
    notices: tuple[Alarm, ...] = field(default=())


def columns(width: int) -> dict[str, int]:
    """Column -> cells for a terminal of `width` cells; with one space between them they never need more."""
    wide = width >= _WIDE_FROM
    cells = {name: size for name, (_, size, least) in _FIXED.items() if width >= least}
    if wide:
        cells |= {"unit": _WIDE_UNIT, "category": _WIDE_CATEGORY}
    flexible = ["text", "why"] if width >= _REASON_FROM else ["text"]
    rest = width - sum(cells.values()) - (len(cells) + len(flexible) - 1)
    for number, name in enumerate(flexible):
        share = rest // (len(flexible) - number)
        cells[name] = max(0, share)
        rest -= share
    return {name: cells[name] for name in _ORDER if cells.get(name)}


def lines(ledger: Ledger, facts: Facts, words: Words, *, width: int, height: int) -> list[Text]:
    """Exactly `height` lines of at most `width` cells."""
    cells = columns(width)
    head = [_title(facts, width), *_totals(ledger, facts, width)]
    strip = _strip(ledger, facts, width, most=3 if height >= 20 else 1)
    foot = [Text(view.cut(facts.hint, width), style="bright_black")]
    desks = lookups.panel(ledger.lookups, width, most=4 if height >= 20 else 1 if height >= 12 else 0)
    room = max(0, height - len(head) - 1 - len(desks) - len(strip) - len(foot))
    detail: list[Text] = []
    newest = max(ledger.rows, key=lambda row: row.seen_ms, default=None)
    if newest is not None and "why" not in cells and room > 8:
        detail = _detail(newest, width)
        room -= len(detail)
    rows = [_row(row, ledger, words, cells) for row in _newest(ledger, room)]
    blank = [Text("")] * (room - len(rows))
    if not ledger.rows and blank:
        blank[0] = Text(view.cut("等待来电 …", width), style="bright_black")
    return [*head, _heading(cells), *rows, *blank, *detail, *desks, *strip, *foot][:height]


def _newest(ledger: Ledger, count: int) -> list[Row]:
    if count <= 0:
        return []
    return sorted(ledger.rows, key=lambda row: row.written_ms)[-count:]


def _title(facts: Facts, width: int) -> Text:
    restarts = f" 重启 {facts.restarts}" if facts.restarts else ""
    left = f" 110 来电分派 · {facts.address} · 工作进程 {facts.ready}/{facts.workers}{restarts}"
    right = f"{facts.demo} "
    room = width - cell_len(right)
    style = "bold black on cyan" if facts.ready == facts.workers else "bold black on yellow"
    return Text(view.fit(view.fit(left, max(0, room)) + right, width), style=style)


def _totals(ledger: Ledger, facts: Facts, width: int) -> list[Text]:
    counts = Text(no_wrap=True)
    counts.append(f" 来电 {ledger.decided}", style="bold")
    for outcome in (Outcome.POLICE, Outcome.JOINT, Outcome.NON_POLICE, Outcome.INVALID, Outcome.REVIEW):
        name, style = view.OUTCOMES[outcome]
        counts.append("  ")
        counts.append(f"{name} {ledger.outcomes[outcome]}", style=style)
    counts.append(f"  {view.LINKED} {ledger.linked}", style=view.LINKED_STYLE)
    known = ledger.latencies()
    speed = Text(no_wrap=True)
    speed.append(f" 派单 {ledger.orders}  研判排队 {ledger.waiting_for_review}  ")
    speed.append(f"死信 {ledger.dead}", style="bold red" if ledger.dead else "")
    speed.append(f"  每秒 {facts.rate:.1f}  近{len(known)}起耗时 p50 {_at(known, 0.5)}  p99 {_at(known, 0.99)} 毫秒")
    for line in (counts, speed):
        line.truncate(width)
    return [counts, speed]


def _at(values: list[int], share: float) -> str:
    """The value below which `share` of sorted `values` lie."""
    return view.span(values[min(len(values) - 1, int(share * len(values)))] if values else None)


def _heading(cells: dict[str, int]) -> Text:
    shown = " ".join(view.fit(_HEADINGS[name], size, right=name == "ms") for name, size in cells.items())
    return Text(shown, style="underline bright_black")


def _row(row: Row, ledger: Ledger, words: Words, cells: dict[str, int]) -> Text:
    name, style = view.OUTCOMES[row.outcome]
    if row.linked:
        name, style = view.LINKED, view.LINKED_STYLE
    texts = {
        "time": view.clock(row.received_at),
        "text": row.text,
        "outcome": name,
        "category": words.category(row.category),
        "unit": view.cut(words.lead(row), cells.get("unit", 0) - len(assisting(row))) + assisting(row),
        "district": words.district(row.district),
        "why": f"{row.rule}：{row.reason}",
        "ms": view.span(ledger.latency(row)),
    }
    styles = {
        "time": "bright_black",
        "text": "italic bright_black" if row.confidential else ("bold" if row.urgency is Urgency.EMERGENCY else ""),
        "outcome": style,
        "why": "bright_black",
        "ms": "bright_black",
    }
    line = Text(no_wrap=True)
    for number, (column, size) in enumerate(cells.items()):
        line.append(" " if number else "")
        line.append(view.fit(texts[column], size, right=column == "ms"), style=styles.get(column, ""))
    return line


def _detail(row: Row, width: int) -> list[Text]:
    told = view.wrap(f"{row.text} ← {row.rule}：{row.reason}", width - 1, lines=2)
    return [Text("─" * width, style="bright_black"), *(Text(" " + line, style="bright_black") for line in told)]


def _strip(ledger: Ledger, facts: Facts, width: int, *, most: int) -> list[Text]:
    newest = sorted((*ledger.alarms, *facts.notices), key=lambda alarm: alarm.at_ms)[-most:]
    return [
        Text(
            view.cut(f" {view.clock(utc(alarm.at_ms))} {view.clean(alarm.text)}", width),
            style=_ALARM_STYLES[alarm.kind],
        )
        for alarm in newest
    ]
