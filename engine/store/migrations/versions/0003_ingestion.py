"""What comes in over HTTP: write keys, strangers and whom they turned out to be, items that were rejected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

#: SQLite makes only a column declared INTEGER the row's own number.
_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Four tables."""
    op.create_table(
        "write_key",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "alias",
        sa.Column("anonymous_id", sa.String(), nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("anonymous_id"),
    )
    op.create_table(
        "anonymous_event",
        sa.Column("id", _LONG, nullable=False),
        sa.Column("anonymous_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("properties", sa.String(), nullable=True),
        sa.Column("traits", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id", name="anonymous_event_message_id"),
    )
    op.create_index("anonymous_event_of", "anonymous_event", ["anonymous_id"])
    op.create_table(
        "rejected_item",
        sa.Column("id", _LONG, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
