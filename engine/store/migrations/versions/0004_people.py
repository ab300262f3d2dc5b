"""People and what they may decide: each subject adds its tables in a function of its own."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing yet."""
