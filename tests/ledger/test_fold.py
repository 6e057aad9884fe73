"""The fold, event by event: types that it knows, fields that are odd, and what a raise leaves to be concluded."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.domain.events import CASE_EVENTS
from dispatcher.domain.messages import LEDGER_TYPES
from dispatcher.ledger.book import Book
from dispatcher.ledger.draft import BLANK, Changes
from dispatcher.ledger.entry import Entry, Odd, Unread, read
from dispatcher.ledger.fold import FOLDS, Unknown, fold
from dispatcher.stream.records import InputRecord

AT = "2026-11-24T02:00:00Z"
STANDING: dict[str, Any] = {
    "event_id": "e-1", "at": AT, "call_id": "c-1", "case_id": "case", "status": "dispatched", "outcome": "non_police",
    "category": "noise_business", "urgency": "routine", "district": "heping", "lead": "ecology", "assist": [],
    "actor": None, "role": "system", "reason": "理由", "rule": "9.5", "policy": "p",
}  # fmt: skip


def entry(kind: str, **fields: Any) -> Entry:
    value = orjson.dumps(STANDING | fields)
    found = read(InputRecord("case-events", 0, 0, 0, b"case", value, (("ce_type", kind.encode()),)))
    assert isinstance(found, Entry)
    return found


def brief(order_id: str, unit: str, role: str = "lead") -> dict[str, Any]:
    due = {"due_at": "2026-11-25T02:00:00+00:00", "why": ""}
    return {
        "order_id": order_id, "agency": unit, "role": role, "capacity": "owner", "covers_for": None,
        "deadlines": {"acknowledge": due, "first_answer": due, "finish": due},
    }  # fmt: skip


def opened() -> Book:
    """A case of which the ecology bureau has the order."""
    book, orders = Book(), [brief("o-1", "ecology")]
    told = entry("case.opened.v1", model="m", confidence=0.9, place={}, confidential=False, orders=orders)
    book.apply(fold(told, book))
    return book


NAMES = [
    *(name for name in STANDING if name != "event_id"), "orders", "order_id", "agency", "place", "confidence", "confidential", "returns", "repeats", "routing", "clock",
    "deadline", "before_outcome", "into", "level", "closed_as", "accepted", "due_at", "lookup_id", "lookup_status", "desk",
    "side", "requests", "hits", "by", "answered", "attempt", "card", "parent", "minutes_since", "implied",
]  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False), st.text(max_size=5),
    st.sampled_from([AT, "case", "o-1", "ecology", "review", "closed", "transferred", "conference", "police", "l-1"]),
    st.just(brief("o-2", "police")), st.just({"due_at": AT, "why": ""}), st.just([brief("o-1", "ecology", "assist")]),
)  # fmt: skip


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)


def test_every_type_of_the_ledger_is_folded() -> None:
    assert set(FOLDS) == {kind.ce_type for kind in (*CASE_EVENTS, *LEDGER_TYPES)}


def test_a_type_of_tomorrow_is_unknown() -> None:
    with pytest.raises(Unknown):
        fold(entry("case.dreamt.v1"), Book())


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("note.added.v1", {"at": None}),
        ("note.added.v1", {"at": "2026-11-24"}),
        ("note.added.v1", {"at": "0001-01-01T00:00:00+14:00"}),
        ("note.added.v1", {"at": 1}),
        ("note.added.v1", {"case_id": None}),
        ("note.added.v1", {"status": 3}),
        ("note.added.v1", {"assist": "ecology"}),
        ("note.added.v1", {"assist": [1]}),
        ("order.returned.v1", {"order_id": "o-1", "agency": "ecology", "returns": True}),
        ("order.returned.v1", {"order_id": "o-1", "agency": "ecology", "returns": 2**40}),
        ("order.returned.v1", {"order_id": "o-1", "agency": "ecology", "returns": 1.5}),
        ("case.rerouted.v1", {"orders": [7]}),
        ("case.rerouted.v1", {"orders": [{"order_id": "o-2"}]}),
        ("case.rerouted.v1", {"orders": {"a": 1}}),
        ("case.opened.v1", {"place": "here"}),
        ("case.opened.v1", {"confidence": "high"}),
        ("case.opened.v1", {"confidential": "no"}),
        ("case.raised.v1", {"status": None, "before_outcome": "nonsense", "routing": ""}),
        ("lookup.opened.v1", {"lookup_id": "l", "desk": "lost_item", "side": None, "lookup_status": "searching"}),
    ],
)
def test_odd_fields_fold_to_nothing(kind: str, fields: dict[str, Any]) -> None:
    book = opened()
    before = dict(book.cases), list(book.orders("case"))
    with pytest.raises(Odd):
        fold(entry(kind, **fields), book)
    assert (book.cases, book.orders("case")) == before


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (None, (("ce_type", b"note.added.v1"),)),
        (b"{", (("ce_type", b"note.added.v1"),)),
        (b'"\\ud800"', (("ce_type", b"note.added.v1"),)),
        (b"7", (("ce_type", b"note.added.v1"),)),
        (b'{"event_id": "e"}', ()),
        (b'{"event_id": "e"}', (("ce_type", b""),)),
        (b'{"event_id": 7}', (("ce_type", b"note.added.v1"),)),
    ],
)
def test_what_is_no_event(value: bytes | None, headers: tuple[tuple[str, bytes], ...]) -> None:
    assert isinstance(read(InputRecord("case-events", 0, 0, 0, None, value, headers)), Unread)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(sorted(FOLDS)),
    fields=st.dictionaries(st.sampled_from(NAMES), st.recursive(LEAVES, _nested, max_leaves=6), max_size=6),
)
def test_whatever_stands_in_an_event_it_is_folded_or_odd(kind: str, fields: dict[str, Any]) -> None:
    book = opened()
    told = entry(kind, **fields)
    with suppress(Odd):
        book.apply(fold(told, book))
    assert list(told.row("yes")) == list(BLANK["events"])
    for row in (*book.cases.values(), *book.orders("case"), *book.lookups.values(), *book.added.get("calls", ())):
        assert all(value is None or isinstance(value, str | int | float) for value in row.values())


def test_folding_touches_nothing_that_was_known() -> None:
    book = opened()
    case, orders = dict(book.cases["case"]), [dict(row) for row in book.orders("case")]
    changes = fold(entry("order.acknowledged.v1", order_id="o-1", agency="ecology", status="acknowledged"), book)
    assert (book.cases["case"], book.orders("case")) == (case, orders)
    assert changes.orders["o-1"]["status"] == "acknowledged"


def test_a_field_more_is_no_fault() -> None:
    assert isinstance(fold(entry("note.added.v1", text="x", tomorrow={"a": 1}), opened()), Changes)


def test_sealed_texts_stay_as_they_are() -> None:
    changes = fold(entry("case.closed.v1", status="closed", closed_as="satisfied", reason="§1:AbC"), opened())
    assert changes.cases["case"]["status"] == "closed"
    assert entry("note.added.v1", reason="§1:AbC").row("yes")["reason"] == "§1:AbC"


# -- times -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "kept"), [("2026-11-25T02:00:00Z", True), ("2026-11-25T10:00:00.000001+08:00", False)])
def test_in_time_is_not_after_the_deadline(at: str, kept: bool) -> None:
    """In any zone, to the microsecond."""
    book = opened()
    for kind, status in (("acknowledged", "acknowledged"), ("progressed", "in_progress"), ("finished", "done")):
        event = entry(f"order.{kind}.v1", at=at, order_id="o-1", agency="ecology", status=status, text="x")
        book.apply(fold(event, book))
    order = book.orders("case")[0]
    assert [order[name] for name in ("acknowledged_in_time", "answered_in_time", "finished_in_time")] == [kept] * 3


def test_what_was_paused_when_it_was_finished_is_in_time() -> None:
    book = opened()
    book.apply(fold(entry("deadline.paused.v1", clock="finish"), book))
    late = {"at": "2026-12-25T02:00:00Z"}
    book.apply(fold(entry("order.finished.v1", order_id="o-1", agency="ecology", text="x", **late), book))
    book.apply(fold(entry("case.done.v1", status="done", **late), book))
    assert book.orders("case")[0]["finished_in_time"]
    assert book.cases["case"]["finished_in_time"]


# -- a raise does not tell the status --------------------------------------------------------------------------------

RAISED: dict[str, Any] = {"before_outcome": "non_police", "before_urgency": "routine", "status": None}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"outcome": "police", "lead": "police", "routing": "事项归公安"}, "dispatched"),
        ({"outcome": "review", "lead": "ecology", "routing": "系统不作判断，待人工研判"}, "review"),
        ({"outcome": "police", "lead": "ecology", "routing": "事发地在大连，转大连110"}, "review"),
        ({"outcome": "non_police", "lead": "ecology", "routing": "事发地在大连，转大连110"}, "dispatched"),
        ({"outcome": "non_police", "lead": None, "routing": "事项归属地区县，来电未说明地点，待补问"}, "review"),
        ({"outcome": "police", "lead": "police", "routing": "事项归公安", "status": "conference"}, "conference"),
    ],
)
def test_where_a_raised_case_stands(fields: dict[str, Any], status: str) -> None:
    book = opened()
    book.apply(fold(entry("case.raised.v1", **(RAISED | fields)), book))
    assert book.cases["case"]["status"] == status


def test_rows_are_whole() -> None:
    """Every row has a value for each column of its table, in the columns' order."""
    book = opened()
    book.apply(fold(entry("order.returned.v1", order_id="o-1", agency="ecology", returns=1, lead=None), book))
    assert list(book.cases["case"]) == list(BLANK["cases"])
    assert list(book.orders("case")[0]) == list(BLANK["orders"])
    assert list(book.added["returns"][0]) == list(BLANK["returns"])
