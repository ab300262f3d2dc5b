"""What the whole journey language keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

#: SQLite makes only a column declared INTEGER the row's own number.
_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Each table by the part of the language that it serves."""
    _pause_by_the_contact()
    _products()
    _moments()
    _assignments()
    _statuses()
    _coupons()
    _sales()
    _stages()
    _trials()


def _assignments() -> None:
    """To whom steps that assign by load gave contacts."""
    op.create_table(
        "assignment",
        sa.Column("journey", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "step", "contact"),
        sqlite_with_rowid=False,
    )


def _products() -> None:
    """The product table, and whom a change of a product wakes."""
    op.create_table(
        "product",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "product_arrival",
        "product",
        ["created_at"],
        sqlite_where=sa.text("created_at IS NOT NULL"),
        postgresql_where=sa.text("created_at IS NOT NULL"),
    )
    op.create_table(
        "product_watch",
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("woken_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("product", "contact"),
        sqlite_with_rowid=False,
    )
    op.create_index("product_watch_of_contact", "product_watch", ["contact"])
    op.create_index(
        "product_watch_woken",
        "product_watch",
        ["woken_at"],
        sqlite_where=sa.text("woken_at IS NOT NULL"),
        postgresql_where=sa.text("woken_at IS NOT NULL"),
    )


def _pause_by_the_contact() -> None:
    op.add_column("contact", sa.Column("paused_until", sa.BigInteger(), nullable=True))


def _moments() -> None:
    """Triggers by date and by schedule."""
    op.create_table(
        "moment",
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clock", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contact", "clock", "at"),
        sqlite_with_rowid=False,
    )
    op.create_index("moment_due", "moment", ["at"], unique=False)
    op.create_table(
        "schedule",
        sa.Column("clock", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fired_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("clock"),
    )
    op.create_index("contact_zone", "contact", ["timezone", "key"], unique=False)
    op.create_table(
        "zone",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.execute(
        "INSERT INTO zone (name, since) SELECT DISTINCT timezone, 0 FROM contact WHERE timezone IS NOT NULL"
    )


def _statuses() -> None:
    """What a command holds, entries that are put off, and messages of a paused journey."""
    for name, kind in (
        ("status_at", sa.BigInteger()),
        ("held", sa.String()),
        ("held_at", sa.BigInteger()),
        ("held_by", sa.String()),
        ("unsettled_at", sa.BigInteger()),
    ):
        op.add_column("journey", sa.Column(name, kind, nullable=True))
    op.create_table(
        "kept_entry",
        sa.Column("id", _LONG, nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=False),
        sa.Column("journey", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("entry", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("kept_entry_of_contact", "kept_entry", ["contact"], unique=False)
    op.create_index("kept_entry_of_journey", "kept_entry", ["journey", "contact"], unique=False)
    op.create_index(
        "kept_entry_until",
        "kept_entry",
        ["until"],
        unique=False,
        sqlite_where=sa.text("until IS NOT NULL"),
        postgresql_where=sa.text("until IS NOT NULL"),
    )
    op.create_index(
        "message_at_rest",
        "message",
        ["journey"],
        unique=False,
        sqlite_where=sa.text("state = 'deferred' AND next_try_at IS NULL"),
        postgresql_where=sa.text("state = 'deferred' AND next_try_at IS NULL"),
    )


def _coupons() -> None:
    """Codes by pool, with who took them."""
    op.create_table(
        "coupon",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("enrollment", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("iteration", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pool", "code", name="coupon_code"),
        sa.UniqueConstraint("enrollment", "step", "iteration", name="coupon_once"),
    )
    op.create_index(
        "coupon_free",
        "coupon",
        ["pool", "expires_at", "id"],
        sqlite_where=sa.text("enrollment IS NULL"),
        postgresql_where=sa.text("enrollment IS NULL"),
    )


def _sales() -> None:
    """What sells, and the orders that it is counted from."""
    op.create_table(
        "bestseller",
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("product"),
        sqlite_with_rowid=False,
    )
    op.create_index("bestseller_rank", "bestseller", ["orders", "product"])
    op.create_table(
        "bought_together",
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("product", "other"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "event_orders",
        "event",
        ["at", "id"],
        sqlite_where=sa.text("name = 'Order Completed'"),
        postgresql_where=sa.text("name = 'Order Completed'"),
    )


def _stages() -> None:
    """Contacts are counted by their stage."""
    has_stage = sa.text("stage IS NOT NULL")
    op.create_index("contact_stage", "contact", ["stage"], sqlite_where=has_stage, postgresql_where=has_stage)


def _trials() -> None:
    """Splits with a winner: how each trial stands, and by whom it is decided."""
    op.create_table(
        "trial",
        sa.Column("id", _LONG, nullable=False),
        sa.Column("journey", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("firing", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("winner", sa.String(), nullable=True),
        sa.Column("is_certain", sa.Boolean(), nullable=True),
        sa.Column("figures", sa.String(), nullable=True),
        sa.Column("is_to_wake", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("journey", "step", "firing", "mark", name="trial_once"),
    )
    op.create_table(
        "trial_entry",
        sa.Column("trial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("enrollment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("trial", "enrollment"),
        sqlite_with_rowid=False,
    )
