"""What the whole journey language keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Each table by the part of the language that it serves."""
    _pause_by_the_contact()


def _pause_by_the_contact() -> None:
    op.add_column("contact", sa.Column("paused_until", sa.BigInteger(), nullable=True))
