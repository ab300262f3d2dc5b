"""People and what they may decide: each subject adds its tables in a function of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """One function for each subject."""
    _former_contacts()
    _failures()


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
