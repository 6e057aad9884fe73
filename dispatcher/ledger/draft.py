"""The rows of one case while an event is folded into them. Nothing that was known is touched: the changes are told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Integer, Table

from dispatcher.domain.codes import OPEN_ORDERS, OrderStatus, Role
from dispatcher.ledger import schema
from dispatcher.ledger.entry import Entry, Fields, Row


class Known(Protocol):
    """The rows that earlier events have made."""

    def case(self, case_id: str) -> Row | None:
        """The row of a case."""
        ...

    def orders(self, case_id: str) -> Sequence[Row]:
        """The rows of its orders, in the order of their numbers."""
        ...

    def lookup(self, lookup_id: str) -> Row | None:
        """The row of a lookup."""
        ...


@dataclass(slots=True)
class Changes:
    """What an event changes. `added`: table and row; the others: new rows by their keys, or in place of former ones."""

    added: list[tuple[str, Row]] = field(default_factory=list)
    cases: dict[str, Row] = field(default_factory=dict)
    orders: dict[str, Row] = field(default_factory=dict)
    lookups: dict[str, Row] = field(default_factory=dict)


def _blank(table: Table) -> Row:
    counts = {
        column.name: 0
        for column in table.columns
        if isinstance(column.type, Integer) and not column.nullable and not column.primary_key
    }
    return dict.fromkeys(table.columns.keys()) | counts


#: table -> a row without anything in it
BLANK: dict[str, Row] = {table.name: _blank(table) for table in schema.VIEWS}

_OPEN = frozenset(status.value for status in OPEN_ORDERS)


class Draft:
    """One event at work. `at`: its moment; `before`: the case's row as it was, None where there was none."""

    def __init__(self, entry: Entry, known: Known) -> None:
        self.entry = entry
        self.known = known
        self.at = entry.now()
        self.case_id = entry.case_id
        self.before = known.case(self.case_id)
        self.changes = Changes()
        self._orders: list[Row] | None = None

    def add(self, table: str, **values: object) -> None:
        """A row more, named by the event; without a value of its own it tells the case and the moment."""
        told = {"event_id": self.entry.event_id, "case_id": self.case_id, "at": self.at}
        row = {name: told.get(name) for name in BLANK[table]}
        self.changes.added.append((table, row | values))

    # -- the case --------------------------------------------------------------------------------------

    def case(self) -> Row:
        """The case's row, to be changed."""
        row = self.changes.cases.get(self.case_id)
        if row is None:
            row = dict(self.before) if self.before is not None else self.new_case()
            self.changes.cases[self.case_id] = row
        return row

    def new_case(self) -> Row:
        """A blank row for the case, in place of whatever there was."""
        row = BLANK["cases"] | {"case_id": self.case_id, "call_id": self.entry.text("call_id")}
        self.changes.cases[self.case_id] = row
        return row

    # -- its orders ------------------------------------------------------------------------------------

    def orders(self) -> list[Row]:
        """Its orders, to be looked at."""
        if self._orders is None:
            self._orders = list(self.known.orders(self.case_id))
        return self._orders

    def change(self, order: Row, **values: object) -> None:
        """Change one of `orders`."""
        orders = self.orders()
        changed = order | values
        orders[orders.index(order)] = changed
        self.changes.orders[changed["order_id"]] = changed

    def order(self, order_id: str | None) -> Row | None:
        """The order of that id."""
        return next((order for order in self.orders() if order["order_id"] == order_id), None)

    def lead_order(self, lead: str | None) -> Row | None:
        """The latest order by which `lead` leads, as the domain finds it."""
        over = (OrderStatus.WITHDRAWN, OrderStatus.RETURNED)
        held = (one for one in reversed(self.orders()) if one["role"] == Role.LEAD and one["unit"] == lead)
        return next((order for order in held if order["status"] not in over), None)

    def withdraw(self, *, but: frozenset[str | None] = frozenset()) -> None:
        """Open orders are over, but for those of the units in `but`."""
        for order in tuple(self.orders()):
            if order["status"] in _OPEN and order["unit"] not in but:
                self.change(order, status=OrderStatus.WITHDRAWN.value, withdrawn_at=self.at)

    def issue(self, brief: Fields) -> None:
        """One order more; the unit's former one, if it is open, is over with it."""
        case, unit = self.case(), brief.needed("agency")
        for order in tuple(self.orders()):
            if order["unit"] == unit and order["status"] in _OPEN:
                self.change(order, status=OrderStatus.WITHDRAWN.value, withdrawn_at=self.at)
        due = {clock: _due(brief, clock) for clock in ("acknowledge", "first_answer", "finish")}
        known = self.order(brief.needed("order_id"))
        row = BLANK["orders"] | {
            "order_id": brief.needed("order_id"),
            "case_id": self.case_id,
            "number": len(self.orders()) if known is None else known["number"],
            "unit": unit,
            "role": brief.text("role"),
            "capacity": brief.text("capacity"),
            "covers_for": brief.text("covers_for"),
            "status": OrderStatus.ISSUED.value,
            **{name: case[name] for name in ("category", "urgency", "district")},
            "issued_at": self.at,
            "acknowledge_due": due["acknowledge"],
            "answer_due": due["first_answer"],
            "finish_due": due["finish"],
        }
        if known is None:
            self.orders().append(row)
            self.changes.orders[row["order_id"]] = row
        else:
            self.change(known, **row)
        case["first_order_at"] = case["first_order_at"] or self.at
        if due["finish"] is not None:
            case.update(finish_due=due["finish"], finish_paused_at=None)

    # -- its lookup ------------------------------------------------------------------------------------

    def lookup(self) -> Row:
        """The row of the lookup that the event names, to be changed."""
        lookup_id = self.entry.needed("lookup_id")
        row = self.changes.lookups.get(lookup_id)
        if row is None:
            known = self.known.lookup(lookup_id)
            row = dict(known if known is not None else BLANK["lookups"])
            row.update(lookup_id=lookup_id, case_id=self.case_id)
            self.changes.lookups[lookup_id] = row
        return row


def _due(brief: Fields, clock: str) -> str | None:
    deadlines = brief.inner("deadlines")
    deadline = deadlines.inner(clock) if deadlines is not None else None
    return deadline.moment("due_at") if deadline is not None else None


def in_time(at: str, due: str | None) -> bool | None:
    """Whether `at` was not after `due`; None where nothing was due."""
    return None if due is None else at <= due
