"""People and what they may decide: each subject adds its tables in a function of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

#: SQLite makes only a column declared INTEGER the row's own number.
_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One function for each subject."""
    _former_contacts()
    _failures()
    _consent()
    _api()


def _former_contacts() -> None:
    """Ids of contacts that were merged into others."""
    op.create_table(
        "former_contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=False),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.Column("merged_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("former_contact_of", "former_contact", ["contact"])


def _failures() -> None:
    """Messages in trouble are found without the others; what became of marketing is counted by the hour."""
    in_trouble = sa.text("state IN ('failed', 'bounced', 'unsure')")
    op.create_index(
        "message_in_trouble", "message", ["id"], sqlite_where=in_trouble, postgresql_where=in_trouble
    )
    op.create_table(
        "tally",
        sa.Column("journey", sa.Integer(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "hour", "what"),
        sqlite_with_rowid=False,
    )


def _consent() -> None:
    """What people said, and who is to be left alone."""
    op.create_table(
        "consent",
        sa.Column("id", _LONG, nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("topic", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("wording", sa.String(), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_of_contact", "consent", ["contact"])
    op.create_table(
        "suppression",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "mark"),
        sqlite_with_rowid=False,
    )


def _api() -> None:
    """Keys of the admin API, and requests that are to be done once."""
    op.create_table(
        "admin_key",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "request",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("request_begun", "request", ["begun_at"])
