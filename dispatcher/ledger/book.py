"""The rows of one batch in memory: what is known of its cases, and what the batch makes of them."""

from collections.abc import Iterable, Sequence

from dispatcher.ledger.draft import Changes
from dispatcher.ledger.entry import Row


class Book:
    """`Known` to the fold. Rows that have changed and rows that are new are kept for the one who writes them."""

    def __init__(self, cases: Iterable[Row] = (), orders: Iterable[Row] = (), lookups: Iterable[Row] = ()) -> None:
        self.cases: dict[str, Row] = {row["case_id"]: row for row in cases}
        self.lookups: dict[str, Row] = {row["lookup_id"]: row for row in lookups}
        self.added: dict[str, list[Row]] = {}
        self.changed: dict[str, dict[str, Row]] = {"cases": {}, "orders": {}, "lookups": {}}
        self._orders: dict[str, dict[str, Row]] = {}
        for row in orders:
            self._orders.setdefault(row["case_id"], {})[row["order_id"]] = row

    def case(self, case_id: str) -> Row | None:
        """The row of a case."""
        return self.cases.get(case_id)

    def orders(self, case_id: str) -> Sequence[Row]:
        """The rows of its orders, in the order of their numbers."""
        return sorted(self._orders.get(case_id, {}).values(), key=lambda row: row["number"])

    def lookup(self, lookup_id: str) -> Row | None:
        """The row of a lookup."""
        return self.lookups.get(lookup_id)

    def add(self, table: str, row: Row) -> None:
        """A row more in a table that only grows."""
        self.added.setdefault(table, []).append(row)

    def apply(self, changes: Changes) -> None:
        """Take over what an event has changed."""
        for table, row in changes.added:
            self.add(table, row)
        self.cases.update(changes.cases)
        self.lookups.update(changes.lookups)
        for order_id, row in changes.orders.items():
            self._orders.setdefault(row["case_id"], {})[order_id] = row
        self.changed["cases"].update(changes.cases)
        self.changed["orders"].update(changes.orders)
        self.changed["lookups"].update(changes.lookups)
