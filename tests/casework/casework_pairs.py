"""Tables of pairs: how a status stands in a column, what is said in a row, and what casework makes of the two in a cell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from casework_world import context

from dispatcher.domain import casework
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.events import MessageRejected
from dispatcher.domain.inbox import DeadlineElapsed
from dispatcher.domain.messages import Message
from dispatcher.domain.work import Work


class Column(Protocol):
    """A status that somebody speaks to, by the name that the table has for it."""

    @property
    def name(self) -> str: ...


def cells_of(table: str, columns: Sequence[Column]) -> dict[str, list[str]]:
    """Row -> cells, in the order of `columns`."""
    first, *rows = table.strip("\n").splitlines()
    assert first.split() == [column.name for column in columns]
    return {row[:24].strip(): row[24:].split() for row in rows}


def refusal(work: Work) -> str | None:
    """The digits that a table writes for what was refused; None where it was not."""
    if work.refused is not None:
        return work.refused.code.removeprefix("D")
    refusals = [event for event in work.events if isinstance(event, MessageRejected)]
    if not refusals:
        return None
    assert work.case is None, "what is refused changes nothing"
    assert len(work.events) == 1
    return refusals[0].code.removeprefix("D")


def decided(before: CaseRecord | None, message: Message, at: datetime) -> Work:
    """What casework makes of `message`, or of a deadline once it is due. All that goes in and out survives being written down."""
    message = type(message).model_validate_json(message.encode())
    at = max(at, message.due_at) if isinstance(message, DeadlineElapsed) else at
    work = casework.decide(before, message, context(1_000, at))
    for one in (*((work.case,) if work.case is not None else ()), *work.events, *work.sends, *work.asks):
        assert type(one).model_validate_json(one.encode()) == one
    return work
