"""What the reports read of the ledger: lean rows of one snapshot, by period and district. Every statement stands here.

The statements are plain selections that SQLite and PostgreSQL read alike; hours of the city, medians and places are reckoned
from the rows. Texts of calls are not among the columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dispatcher.domain.codes import LinkKind
from dispatcher.ledger.schema import (
    calls,
    cards,
    cases,
    events,
    links,
    lookup_answers,
    lookups,
    offsets,
    orders,
    returns,
    revisits,
)
from dispatcher.reports.periods import Period

_AT_ONCE = 2_000
"""Rows in memory while they are read."""
_PLACED = ("case.opened.v1", "call.linked.v1")


def as_of(connection: sa.Connection) -> datetime | None:
    """When the last record that the tables hold was written, by the broker's stamps; None for an empty ledger."""
    found = []
    for partition in connection.scalars(sa.select(offsets.c.partition).order_by(offsets.c.partition)).all():
        last = sa.select(events.c.written_at).where(events.c.partition == partition)
        found.append(connection.scalar(last.order_by(events.c.offset.desc()).limit(1)))
    return max((moment for moment in found if moment is not None), default=None)


@dataclass(frozen=True, slots=True)
class Range:
    """One period of one ledger. `districts`: codes of those that the report is of; empty: the whole city.

    A row is of the district in which its case is now; a call is of the one that triage found for it.
    """

    connection: sa.Connection
    period: Period
    districts: tuple[str, ...] = ()

    # -- the closed loop -------------------------------------------------------------------------------

    def cases(self) -> Iterator[Any]:
        """Cases opened in the period."""
        columns = (cases.c.case_id, cases.c.district, cases.c.category, cases.c.outcome, cases.c.first_lead)
        more = (cases.c.opened_at, cases.c.merged_into)
        return self._stream(
            sa.select(*columns, *more).where(self._within(cases.c.opened_at), *self._here()), cases.c.case_id
        )

    def orders(self) -> Iterator[Any]:
        """Orders issued in the period, with how their cases stand."""
        own = (orders.c.case_id, orders.c.unit, orders.c.role, orders.c.acknowledge_due, orders.c.acknowledged_at)
        ends = (orders.c.acknowledged_in_time, orders.c.finish_due, orders.c.finished_at, orders.c.finished_in_time)
        over = (orders.c.returned_at, orders.c.withdrawn_at)
        of_case = (cases.c.district, cases.c.status.label("case_status"), cases.c.finish_paused_at)
        return self._of_cases(orders, orders.c.issued_at, (*own, *ends, *over, *of_case))

    def returns(self) -> Iterator[Any]:
        """Returns, with how often their cases have been returned by now."""
        columns = (returns.c.case_id, returns.c.unit, cases.c.district, cases.c.returned)
        return self._of_cases(returns, returns.c.at, columns)

    def cards(self) -> Iterator[Any]:
        """Cards."""
        return self._of_cases(cards, cards.c.at, (cards.c.case_id, cards.c.unit, cards.c.card, cases.c.district))

    def revisits(self) -> Iterator[Any]:
        """Revisits that were answered."""
        columns = (revisits.c.case_id, revisits.c.unit, revisits.c.satisfaction, cases.c.district)
        return self._of_cases(revisits, revisits.c.at, columns, revisits.c.satisfaction.is_not(None))

    def repeats(self) -> Iterator[Any]:
        """Calls that repeat a case."""
        columns = (links.c.case_id, links.c.counted_for.label("unit"), cases.c.district)
        return self._of_cases(links, links.c.at, columns, links.c.kind == LinkKind.REPEAT.value)

    def spots(self) -> Iterator[Any]:
        """Openings and joining calls of all cases that the period touches, in the order of time: their bodies name the place.

        Not of cases that are confidential, or may be: their content is for named roles only (rule 9.11).
        """
        moments = (
            (cases, cases.c.opened_at),
            (orders, orders.c.issued_at),
            (returns, returns.c.at),
            (cards, cards.c.at),
            (revisits, revisits.c.at),
            (links, links.c.at),
        )
        touched = sa.union(*(sa.select(table.c.case_id).where(self._within(at)) for table, at in moments)).subquery()
        joined = events.join(cases, cases.c.case_id == events.c.case_id)
        asked = (
            sa.select(events.c.case_id, events.c.body, cases.c.district)
            .select_from(joined)
            .where(events.c.case_id.in_(sa.select(touched.c.case_id)), events.c.type.in_(_PLACED))
            .where(cases.c.confidential.is_(False), *self._here())
        )
        return self._stream(asked, events.c.at, events.c.partition, events.c.offset)

    # -- the desks -------------------------------------------------------------------------------------

    def lookups(self) -> Iterator[Any]:
        """Lookups opened in the period."""
        own = (lookups.c.desk, lookups.c.side, lookups.c.status, lookups.c.opened_at, lookups.c.found_at)
        more = (lookups.c.found_after_minutes, lookups.c.handed_over_at, lookups.c.ended_by_service)
        return self._of_cases(lookups, lookups.c.opened_at, (*own, *more))

    def answers(self) -> Iterator[Any]:
        """Answers of databases, and those that did not come."""
        own = (lookup_answers.c.database, lookup_answers.c.channel, lookup_answers.c.status, lookup_answers.c.found)
        return self._of_cases(
            lookup_answers, lookup_answers.c.at, (*own, lookup_answers.c.late, lookup_answers.c.seconds)
        )

    # -- the model -------------------------------------------------------------------------------------

    def calls(self) -> Iterator[Any]:
        """Calls; one whose time of coming in is not known counts when it was decided."""
        columns = (calls.c.outcome, calls.c.category, calls.c.district, calls.c.confidence, calls.c.rule, calls.c.model)
        unknown = sa.and_(calls.c.received_at.is_(None), self._within(calls.c.decided_at))
        here = (calls.c.district.in_(self.districts),) if self.districts else ()
        asked = sa.select(*columns).where(sa.or_(self._within(calls.c.received_at), unknown), *here)
        return self._stream(asked, calls.c.event_id)

    def labels(self) -> Iterator[Any]:
        """People's answers about whose matter a case is: their bodies name what was decided before, and by which model."""
        joined = events.outerjoin(cases, cases.c.case_id == events.c.case_id)
        kind = events.c.type == "label.recorded.v1"
        asked = sa.select(events.c.body).select_from(joined).where(kind, self._within(events.c.at), *self._here())
        return self._stream(asked, events.c.partition, events.c.offset)

    # -- within ----------------------------------------------------------------------------------------

    def _within(self, moment: sa.Column[Any]) -> sa.ColumnElement[bool]:
        return sa.and_(moment >= self.period.begins, moment < self.period.ends)

    def _here(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (cases.c.district.in_(self.districts),) if self.districts else ()

    def _of_cases(
        self,
        table: sa.Table,
        moment: sa.Column[Any],
        columns: Sequence[sa.ColumnElement[Any]],
        *conditions: sa.ColumnElement[bool],
    ) -> Iterator[Any]:
        joined = table.outerjoin(cases, cases.c.case_id == table.c.case_id)
        asked = sa.select(*columns).select_from(joined).where(self._within(moment), *conditions, *self._here())
        return self._stream(asked, *table.primary_key.columns)

    def _stream(self, asked: sa.Select[Any], *order: sa.Column[Any]) -> Iterator[Any]:
        """Its rows, a part at a time; all that is counted is a sum, so the order is for nothing but equal means."""
        yield from self.connection.execution_options(yield_per=_AT_ONCE).execute(asked.order_by(*order))
