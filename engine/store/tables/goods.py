"""The shop's products, who watches them, what sells, and coupons."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from engine.store.tables.kinds import Long


class ProductRow(SQLModel, table=True):
    """A row of the shop's product table; `fields` is all of it, as conditions and templates read it."""

    __tablename__ = "product"
    __table_args__ = (
        Index(
            "product_arrival",
            "created_at",
            sqlite_where=text("created_at IS NOT NULL"),
            postgresql_where=text("created_at IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True)
    fields: str
    created_at: int | None = Field(sa_type=BigInteger)


class ProductWatchRow(SQLModel, table=True):
    """Whom a change of a product wakes; `woken_at` is the change that is not worked on yet."""

    __tablename__ = "product_watch"
    __table_args__ = (
        Index("product_watch_of_contact", "contact"),
        Index(
            "product_watch_woken",
            "woken_at",
            sqlite_where=text("woken_at IS NOT NULL"),
            postgresql_where=text("woken_at IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    product: str = Field(primary_key=True)
    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    woken_at: int | None = Field(sa_type=BigInteger)


class CouponRow(SQLModel, table=True):
    """A code of a pool; with the enrollment, step and turn that took it. No two enrollments share one."""

    __tablename__ = "coupon"
    __table_args__ = (
        UniqueConstraint("pool", "code", name="coupon_code"),
        UniqueConstraint("enrollment", "step", "iteration", name="coupon_once"),
        Index(
            "coupon_free",
            "pool",
            "expires_at",
            "id",
            sqlite_where=text("enrollment IS NULL"),
            postgresql_where=text("enrollment IS NULL"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
    pool: str
    code: str
    expires_at: int = Field(sa_type=BigInteger)
    enrollment: int | None = Field(sa_type=BigInteger)
    step: int | None
    iteration: str | None


class BestsellerRow(SQLModel, table=True):
    """In how many orders of late a product was; counted anew now and then."""

    __tablename__ = "bestseller"
    __table_args__ = (Index("bestseller_rank", "orders", "product"), {"sqlite_with_rowid": False})

    product: str = Field(primary_key=True)
    orders: int


class BoughtTogetherRow(SQLModel, table=True):
    """In how many orders of late two products were together; counted anew now and then."""

    __tablename__ = "bought_together"
    __table_args__ = ({"sqlite_with_rowid": False},)

    product: str = Field(primary_key=True)
    other: str = Field(primary_key=True)
    orders: int
