"""The tables, for whoever writes to them or reads them. They are made by the migrations, which a test holds against these.

Moments are UTC: ``timestamptz`` in PostgreSQL, ``YYYY-MM-DD HH:MM:SS.ffffff`` in SQLite; selected by these tables, Python sees
aware datetimes in both.
Texts sort by their bytes in both, so that the order of rows is one.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine


class Moment(TypeDecorator[datetime]):
    """An aware datetime. SQLite has no such type: a text that its own date functions read, and that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What it is in the database."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """On its way in; any zone."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """On its way out, in UTC."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value).replace(tzinfo=UTC)


#: PostgreSQL would sort texts by the server's language.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
#: A number of the topic; SQLite knows one kind of integer, and only INTEGER may be a rowid.
BIG = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()


def _text(name: str, *, key: bool = False, needed: bool = False) -> Column[str]:
    return Column(name, TEXT, primary_key=key, nullable=not (key or needed))


def _moment(name: str, *, needed: bool = False) -> Column[datetime]:
    return Column(name, Moment(), nullable=not needed)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _yes(name: str) -> Column[bool]:
    return Column(name, Boolean(create_constraint=False))


events = Table(
    "events",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BIG, primary_key=True, autoincrement=False),
    _text("event_id", needed=True),
    _moment("at"),
    _text("type", needed=True),
    _text("case_id"),
    _text("call_id"),
    _text("actor"),
    _text("role"),
    _text("rule"),
    _text("reason"),
    _text("status"),  # the case's, after the event
    _text("category"),
    _text("district"),
    _text("lead"),
    _text("unit"),  # whose order it is about
    _text("chain"),
    Column("chain_seq", BIG),
    _text("chain_hash"),
    _moment("written_at", needed=True),  # the broker's stamp
    _text("folded", needed=True),  # yes; unknown: a type of another version; odd: its fields are not those of its type
    _text("body", needed=True),  # the JSON of the record, byte for byte
    Index("events_by_id", "event_id", unique=True),
    Index("events_of_case", "case_id"),
    Index("events_by_type", "type", "at"),
)

unread = Table(
    "unread",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BIG, primary_key=True, autoincrement=False),
    _text("why", needed=True),
    Column("key", LargeBinary),
    Column("value", LargeBinary),  # none: a tombstone
    _moment("written_at", needed=True),
)

cases = Table(
    "cases",
    metadata,
    _text("case_id", key=True),
    _text("call_id"),
    _text("status"),
    _text("outcome"),
    _text("category"),
    _text("urgency"),
    _text("district"),
    _text("street"),
    _text("lead"),
    _text("first_lead"),
    _text("assist"),  # codes with a blank between them
    _text("level"),
    _moment("opened_at"),
    _moment("first_order_at"),
    _moment("finish_due"),  # the latest; it stands on when the clock has stopped
    _moment("finish_paused_at"),
    _moment("finished_at"),
    _yes("finished_in_time"),
    _moment("closed_at"),
    _text("closed_as"),
    _moment("archived_at"),
    _count("calls"),
    _count("repeats"),
    _count("returns"),  # since the matter was last named, as rule 9.5 counts them
    _count("returned"),  # all of them
    _count("conferences"),
    _count("reopened"),
    _count("cards"),
    _yes("arbitrated"),
    _yes("confidential"),  # none: not known, to be taken for yes
    _text("merged_into"),
    _text("parent"),  # the case that it was split off
    _text("related_to"),
    _text("model"),  # of the call that opened it; so are rule, confidence and reason
    _text("policy"),
    _text("rule"),
    Column("confidence", Double),
    _text("reason"),
    _moment("last_event_at"),
    Index("cases_by_status", "status"),
    Index("cases_by_opening", "opened_at"),
)

calls = Table(
    "calls",
    metadata,
    _text("event_id", key=True),
    _text("call_id", needed=True),
    _text("case_id", needed=True),
    _text("outcome"),
    _text("category"),
    _text("urgency"),
    _text("district"),
    Column("confidence", Double),
    _text("rule"),
    _text("reason"),
    _text("model"),
    _text("policy"),
    _text("channel"),
    _moment("received_at"),
    _moment("decided_at"),
    Index("calls_by_id", "call_id"),
    Index("calls_by_time", "received_at"),
)

links = Table(
    "links",
    metadata,
    _text("event_id", key=True),
    _text("call_id", needed=True),
    _text("case_id", needed=True),
    _moment("at"),
    _text("kind"),
    _text("counted_for"),  # the unit that led, for a repeat
    Column("minutes_since", Integer),
    _text("category"),
    _text("district"),
    Index("links_by_time", "at"),
)

orders = Table(
    "orders",
    metadata,
    _text("order_id", key=True),
    _text("case_id", needed=True),
    _count("number"),  # its place among the case's orders, from 0
    _text("unit"),
    _text("role"),
    _text("capacity"),
    _text("covers_for"),
    _text("status"),
    _text("category"),  # of the case when it was issued; so are urgency and district
    _text("urgency"),
    _text("district"),
    _moment("issued_at"),
    _moment("acknowledge_due"),
    _moment("answer_due"),
    _moment("finish_due"),  # of a lead's order
    _moment("acknowledged_at"),
    _yes("acknowledged_in_time"),
    _yes("implied"),
    _moment("answered_at"),
    _yes("answered_in_time"),
    _moment("finished_at"),
    _yes("finished_in_time"),
    _moment("returned_at"),
    _moment("withdrawn_at"),
    _moment("reopened_at"),
    Index("orders_of_case", "case_id"),
    Index("orders_of_unit", "unit", "issued_at"),
)

cards = Table(
    "cards",
    metadata,
    _text("event_id", key=True),
    _text("case_id", needed=True),
    _moment("at"),
    _text("card"),
    _text("clock"),
    _text("order_id"),
    _text("unit"),
    _text("addressee"),
    _moment("due_at"),
    _text("category"),
    _text("district"),
    Index("cards_of_unit", "unit", "at"),
)

returns = Table(
    "returns",
    metadata,
    _text("event_id", key=True),
    _text("case_id", needed=True),
    _moment("at"),
    _text("order_id"),
    _text("unit"),
    _text("role"),
    _text("proposed"),
    Column("returns", Integer),
    _text("reason"),
    _text("category"),
    _text("district"),
    Index("returns_of_unit", "unit", "at"),
)

revisits = Table(
    "revisits",
    metadata,
    _text("event_id", key=True),
    _text("case_id", needed=True),
    _moment("at"),
    _text("unit"),  # the one that led
    _yes("answered"),
    _text("satisfaction"),
    Column("attempt", Integer),
    _text("category"),
    _text("district"),
    Index("revisits_of_unit", "unit", "at"),
)

lookups = Table(
    "lookups",
    metadata,
    _text("lookup_id", key=True),
    _text("case_id", needed=True),
    _text("desk"),
    _text("side"),
    _text("status"),
    _moment("opened_at"),
    _moment("since"),
    _moment("found_at"),
    Column("found_after_minutes", Integer),
    _text("confirmed_by"),
    _text("other_case"),
    _moment("handed_over_at"),
    _text("receipt"),
    _moment("ended_at"),
    _yes("ended_by_service"),
    _count("resumed"),
    _count("requests"),
    _count("answers"),
    _count("candidates"),
    _count("sightings"),
    _count("escalations"),
    _count("widenings"),
    Index("lookups_of_case", "case_id"),
    Index("lookups_of_desk", "desk", "opened_at"),
)

lookup_answers = Table(
    "lookup_answers",
    metadata,
    _text("event_id", key=True),
    _text("lookup_id", needed=True),
    _text("case_id", needed=True),
    _moment("at"),
    _text("request_id"),
    _text("channel"),
    _text("database"),
    _text("status"),  # found, nothing, unavailable; silent: none came in time
    _yes("found"),
    Column("hits", Integer),
    Column("dropped", Integer),
    _yes("late"),
    Column("seconds", Double),
    Column("tries", Integer),
    Index("answers_by_time", "at"),  # not by database: that is whatever the answer said, of any length
)

#: `next` is where reading goes on; the counts are of records, and each record is in one of them.
offsets = Table(
    "offsets",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next", BIG, nullable=False),
    Column("folded", BIG, nullable=False),
    Column("unknown", BIG, nullable=False),
    Column("odd", BIG, nullable=False),
    Column("duplicates", BIG, nullable=False),
    Column("unread", BIG, nullable=False),
)

meta = Table("meta", metadata, _text("name", key=True), _text("value", needed=True))

#: All that is made of the topic, in the order of the digest.
VIEWS: tuple[Table, ...] = (
    events,
    unread,
    cases,
    calls,
    links,
    orders,
    cards,
    returns,
    revisits,
    lookups,
    lookup_answers,
)
#: Tables whose rows change; all others only grow.
KEYED: tuple[Table, ...] = (cases, orders, lookups)
