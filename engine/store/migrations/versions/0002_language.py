"""What the whole journey language keeps."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Each table by the part of the language that it serves."""
