"""How one thing is shown in a terminal: cut to cells, masked, coloured. Pure functions.

Texts come from strangers: nothing in them may move the cursor, reverse the line or show a telephone number.
"""

import unicodedata
from datetime import datetime

from rich.cells import cell_len, chop_cells

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Outcome
from dispatcher.domain.lookups.codes import Desk, LookupStatus, Side
from dispatcher.observe.logging import mask

ELLIPSIS = "…"
#: Of a longer text only the beginning is looked at.
LONGEST = 2_000
#: Stands for the text of a confidential call.
HIDDEN = "（保密来电，内容不显示）"
#: Stands for the reason of its decision, which would quote it.
HIDDEN_REASON = "（保密）"
#: A call that joined an earlier case.
LINKED = "关联"
OUTCOMES: dict[Outcome, tuple[str, str]] = {
    Outcome.POLICE: ("警务", "bold red"),
    Outcome.JOINT: ("联动", "bold magenta"),
    Outcome.NON_POLICE: ("非警务", "green"),
    Outcome.INVALID: ("无效", "bright_black"),
    Outcome.REVIEW: ("待研判", "bold yellow"),
}
LINKED_STYLE = "cyan"
#: What a lookup of a desk is called, by what is missed or found.
DESKS: dict[tuple[Desk, Side], str] = {
    (Desk.LOST_ITEM, Side.LOST): "寻物",
    (Desk.LOST_ITEM, Side.FOUND): "招领",
    (Desk.MISSING_PERSON, Side.LOST): "寻人",
    (Desk.MISSING_PERSON, Side.FOUND): "认亲",
}
#: How a lookup stands.
LOOKUPS: dict[LookupStatus, tuple[str, str]] = {
    LookupStatus.SEARCHING: ("查找中", ""),
    LookupStatus.CANDIDATE: ("有线索", "bold yellow"),
    LookupStatus.CONFIRMED: ("已确认", "green"),
    LookupStatus.HANDED_OVER: ("已交接", "green"),
    LookupStatus.NOT_FOUND: ("未找到", "red"),
    LookupStatus.CANCELLED: ("已取消", "bright_black"),
}

#: Control and format characters, surrogates, private and unassigned ones: they show nothing or disturb the line.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    """`text` on one line, without anything that a terminal could take for an order, and masked."""
    # white space first, as line ends are control characters too
    shown = "".join(c for c in text[:LONGEST] if c.isspace() or unicodedata.category(c) not in _UNSHOWN)
    return mask(" ".join(shown.split()).translate(_DIGITS))


#: Full-width digits name a telephone as well.
_DIGITS = {ord("０") + n: str(n) for n in range(10)}


def cut(text: str, width: int) -> str:
    """`text`, or its beginning and an ellipsis, in at most `width` terminal cells (a Chinese character has two)."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    pieces = chop_cells(text, width - 1) if width > 1 else []
    head = pieces[0] if pieces and cell_len(pieces[0]) <= width - 1 else ""
    return head.rstrip() + ELLIPSIS


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: cut, or filled up with spaces."""
    shown = cut(text, width)
    space = " " * (width - cell_len(shown))
    return space + shown if right else shown + space


def wrap(text: str, width: int, *, lines: int) -> list[str]:
    """`text` over at most `lines` lines of `width` cells; the last one is cut."""
    if width <= 1:
        return [cut(text, width)]
    pieces = chop_cells(text, width) or [""]
    if len(pieces) > lines:
        pieces = [*pieces[: lines - 1], cut("".join(pieces[lines - 1 :]), width)]
    return pieces


def clock(moment: datetime) -> str:
    """The city's time of day."""
    return moment.astimezone(CITY_TIME).strftime("%H:%M:%S")


def span(milliseconds: float | None) -> str:
    """A latency in at most five cells: 48, 1204, 12 s, 3 min."""
    if milliseconds is None:
        return "–"
    if milliseconds < 10_000:
        return f"{milliseconds:.0f}"
    seconds = milliseconds / 1000
    return f"{seconds:.0f} s" if seconds < 600 else (f"{seconds / 60:.0f} m" if seconds < 6e4 else ">1 d")
