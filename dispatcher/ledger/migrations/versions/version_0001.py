"""Version 1: events, and what is folded from them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), **more)


def _moment(name: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), **more)


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "events",
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("offset", _BIG, primary_key=True, autoincrement=False),
        _text("event_id", nullable=False),
        _moment("at"),
        _text("type", nullable=False),
        _text("case_id"),
        _text("call_id"),
        _text("actor"),
        _text("role"),
        _text("rule"),
        _text("reason"),
        _text("status"),
        _text("category"),
        _text("district"),
        _text("lead"),
        _text("unit"),
        _text("chain"),
        sa.Column("chain_seq", _BIG),
        _text("chain_hash"),
        _moment("written_at", nullable=False),
        _text("folded", nullable=False),
        _text("body", nullable=False),
    )
    op.create_index("events_by_id", "events", ["event_id"], unique=True)
    op.create_index("events_by_type", "events", ["type", "at"])
    op.create_index("events_of_case", "events", ["case_id"])
    op.create_table(
        "unread",
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("offset", _BIG, primary_key=True, autoincrement=False),
        _text("why", nullable=False),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary()),
        _moment("written_at", nullable=False),
    )
    op.create_table(
        "cases",
        _text("case_id", primary_key=True),
        _text("call_id"),
        _text("status"),
        _text("outcome"),
        _text("category"),
        _text("urgency"),
        _text("district"),
        _text("street"),
        _text("lead"),
        _text("first_lead"),
        _text("assist"),
        _text("level"),
        _moment("opened_at"),
        _moment("first_order_at"),
        _moment("finish_due"),
        _moment("finish_paused_at"),
        _moment("finished_at"),
        sa.Column("finished_in_time", sa.Boolean()),
        _moment("closed_at"),
        _text("closed_as"),
        _moment("archived_at"),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("conferences", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("arbitrated", sa.Boolean()),
        sa.Column("confidential", sa.Boolean()),
        _text("merged_into"),
        _text("parent"),
        _text("related_to"),
        _text("model"),
        _text("policy"),
        _text("rule"),
        sa.Column("confidence", sa.Double()),
        _text("reason"),
        _moment("last_event_at"),
    )
    op.create_index("cases_by_opening", "cases", ["opened_at"])
    op.create_index("cases_by_status", "cases", ["status"])
    op.create_table(
        "calls",
        _text("event_id", primary_key=True),
        _text("call_id", nullable=False),
        _text("case_id", nullable=False),
        _text("outcome"),
        _text("category"),
        _text("urgency"),
        _text("district"),
        sa.Column("confidence", sa.Double()),
        _text("rule"),
        _text("reason"),
        _text("model"),
        _text("policy"),
        _text("channel"),
        _moment("received_at"),
        _moment("decided_at"),
    )
    op.create_index("calls_by_id", "calls", ["call_id"])
    op.create_index("calls_by_time", "calls", ["received_at"])
    op.create_table(
        "links",
        _text("event_id", primary_key=True),
        _text("call_id", nullable=False),
        _text("case_id", nullable=False),
        _moment("at"),
        _text("kind"),
        _text("counted_for"),
        sa.Column("minutes_since", sa.Integer()),
        _text("category"),
        _text("district"),
    )
    op.create_index("links_by_time", "links", ["at"])
    op.create_table(
        "orders",
        _text("order_id", primary_key=True),
        _text("case_id", nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("unit"),
        _text("role"),
        _text("capacity"),
        _text("covers_for"),
        _text("status"),
        _text("category"),
        _text("urgency"),
        _text("district"),
        _moment("issued_at"),
        _moment("acknowledge_due"),
        _moment("answer_due"),
        _moment("finish_due"),
        _moment("acknowledged_at"),
        sa.Column("acknowledged_in_time", sa.Boolean()),
        sa.Column("implied", sa.Boolean()),
        _moment("answered_at"),
        sa.Column("answered_in_time", sa.Boolean()),
        _moment("finished_at"),
        sa.Column("finished_in_time", sa.Boolean()),
        _moment("returned_at"),
        _moment("withdrawn_at"),
        _moment("reopened_at"),
    )
    op.create_index("orders_of_case", "orders", ["case_id"])
    op.create_index("orders_of_unit", "orders", ["unit", "issued_at"])
    op.create_table(
        "cards",
        _text("event_id", primary_key=True),
        _text("case_id", nullable=False),
        _moment("at"),
        _text("card"),
        _text("clock"),
        _text("order_id"),
        _text("unit"),
        _text("addressee"),
        _moment("due_at"),
        _text("category"),
        _text("district"),
    )
    op.create_index("cards_of_unit", "cards", ["unit", "at"])
    op.create_table(
        "returns",
        _text("event_id", primary_key=True),
        _text("case_id", nullable=False),
        _moment("at"),
        _text("order_id"),
        _text("unit"),
        _text("role"),
        _text("proposed"),
        sa.Column("returns", sa.Integer()),
        _text("reason"),
        _text("category"),
        _text("district"),
    )
    op.create_index("returns_of_unit", "returns", ["unit", "at"])
    op.create_table(
        "revisits",
        _text("event_id", primary_key=True),
        _text("case_id", nullable=False),
        _moment("at"),
        _text("unit"),
        sa.Column("answered", sa.Boolean()),
        _text("satisfaction"),
        sa.Column("attempt", sa.Integer()),
        _text("category"),
        _text("district"),
    )
    op.create_index("revisits_of_unit", "revisits", ["unit", "at"])
    op.create_table(
        "lookups",
        _text("lookup_id", primary_key=True),
        _text("case_id", nullable=False),
        _text("desk"),
        _text("side"),
        _text("status"),
        _moment("opened_at"),
        _moment("since"),
        _moment("found_at"),
        sa.Column("found_after_minutes", sa.Integer()),
        _text("confirmed_by"),
        _text("other_case"),
        _moment("handed_over_at"),
        _text("receipt"),
        _moment("ended_at"),
        sa.Column("ended_by_service", sa.Boolean()),
        sa.Column("resumed", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("widenings", sa.Integer(), nullable=False),
    )
    op.create_index("lookups_of_case", "lookups", ["case_id"])
    op.create_index("lookups_of_desk", "lookups", ["desk", "opened_at"])
    op.create_table(
        "lookup_answers",
        _text("event_id", primary_key=True),
        _text("lookup_id", nullable=False),
        _text("case_id", nullable=False),
        _moment("at"),
        _text("request_id"),
        _text("channel"),
        _text("database"),
        _text("status"),
        sa.Column("found", sa.Boolean()),
        sa.Column("hits", sa.Integer()),
        sa.Column("dropped", sa.Integer()),
        sa.Column("late", sa.Boolean()),
        sa.Column("seconds", sa.Double()),
        sa.Column("tries", sa.Integer()),
    )
    op.create_index("answers_by_time", "lookup_answers", ["at"])
    op.create_table(
        "offsets",
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("next", _BIG, nullable=False),
        sa.Column("folded", _BIG, nullable=False),
        sa.Column("unknown", _BIG, nullable=False),
        sa.Column("odd", _BIG, nullable=False),
        sa.Column("duplicates", _BIG, nullable=False),
        sa.Column("unread", _BIG, nullable=False),
    )
    op.create_table(
        "meta",
        _text("name", primary_key=True),
        _text("value", nullable=False),
    )
