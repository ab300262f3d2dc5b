"""The product table, and whom a change of a product wakes.

A contact that stands at a step which reads products is written down with each product that the step read
(`product_watch`). An import marks the lines of what it changed, in its own transaction; the walk works on
marked contacts and takes the marks off. So nobody else is looked at, and a crash loses no wake.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.calendar.instants import as_instant
from engine.core.case import Case
from engine.model.stock import Product
from engine.store.instants import instant, instant_or_none, micros, micros_or_none
from engine.store.link import Link, inserting, updating
from engine.store.texts import text_of, value_of

#: Any number, the same in every process: readers share it, an import has it alone.
_HOLD = 7_044_002

_FIELDS = {"fields": "text", "created_at": "bigint"}
_INSERT = inserting("product", {"id": "text", **_FIELDS})
_UPDATE = updating("product", _FIELDS, {"id": "text"})
_WATCH = inserting("product_watch", {"product": "text", "contact": "bigint"}, "ON CONFLICT DO NOTHING")
_WAKE = updating("product_watch", {"woken_at": "bigint"}, {"product": "text"})


# --- rows --------------------------------------------------------------------------------------


def find(link: Link, id: str) -> Product | None:
    """One row."""
    fields = link.value("SELECT fields FROM product WHERE id = ?", id)
    return None if fields is None else value_of(fields)


def hold(link: Link) -> None:
    """No import changes products until this transaction ends. SQLite has one writer anyway."""
    if link.is_postgres:
        link.run("SELECT pg_advisory_xact_lock_shared(?)", _HOLD)


def put_products(link: Link, given: Sequence[Product], now: datetime) -> tuple[int, int]:
    """Merged by id: what is not spoken of stays, null takes away. How many are new, how many changed."""
    if link.is_postgres:
        link.run("SELECT pg_advisory_xact_lock(?)", _HOLD)
    before = load(link, {product["id"] for product in given})
    after: dict[str, dict[str, Any]] = {}
    for product in given:
        id = product["id"]
        known = after.get(id, before.get(id, {}))
        after[id] = {key: value for key, value in {**known, **product}.items() if value is not None}
    new = sorted(after.keys() - before.keys())
    changed = sorted(id for id in before if after[id] != before[id])
    link.run_many(_INSERT, [(id, *_row(after[id])) for id in new])
    link.run_many(_UPDATE, [(*_row(after[id]), id) for id in changed])
    link.run_many(_WAKE, [(micros(now), id) for id in sorted((*new, *changed))])
    return len(new), len(changed)


def load(link: Link, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Rows by id, of those that exist."""
    given = link.these(kind="text")
    sql = f"SELECT p.id, p.fields FROM {given} CROSS JOIN product p WHERE p.id = k.value"
    return {id: value_of(fields) for id, fields in link.rows(sql, link.pack(sorted(ids)))}


def _row(fields: Mapping[str, Any]) -> tuple[str, int | None]:
    return text_of(fields), micros_or_none(as_instant(fields.get("created_at")))


# --- waking ------------------------------------------------------------------------------------


def watch(link: Link, cases: Sequence[Case]) -> None:
    """Write down whom a change is to wake."""
    rows = [(id, case.key) for case in cases if case.watched for id in sorted(case.watched)]
    link.run_many(_WATCH, rows)


def woken_keys(link: Link, now: datetime) -> list[int]:
    """Contacts with a change that is not worked on yet, sorted."""
    sql = "SELECT DISTINCT contact FROM product_watch WHERE woken_at <= ?"
    return sorted(row[0] for row in link.rows(sql, micros(now)))


def next_wake(link: Link) -> datetime | None:
    """The oldest change that is not worked on yet."""
    sql = "SELECT min(woken_at) FROM product_watch WHERE woken_at IS NOT NULL"
    return instant_or_none(link.value(sql))


def woken(link: Link, keys: Collection[int]) -> dict[int, datetime]:
    """The newest change that is to be worked on, by contact."""
    sql = (
        f"SELECT w.contact, max(w.woken_at) FROM {link.these()} CROSS JOIN product_watch w "
        "WHERE w.contact = k.value AND w.woken_at IS NOT NULL GROUP BY w.contact"
    )
    return {key: instant(at) for key, at in link.rows(sql, link.pack(keys))}


_FORGET = (
    "DELETE FROM product_watch WHERE contact = ? AND woken_at <= ? AND NOT EXISTS "
    "(SELECT 1 FROM position p WHERE p.contact = product_watch.contact)"
)


def forget_wakes(link: Link, woken: Mapping[int, datetime]) -> None:
    """Take the marks off; the lines of those who are in no journey any more go with them."""
    for key, at in sorted(woken.items()):
        link.run(_FORGET, key, micros(at))
        link.run(
            "UPDATE product_watch SET woken_at = NULL WHERE contact = ? AND woken_at <= ?", key, micros(at)
        )
