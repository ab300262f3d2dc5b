"""What sells: products by orders, and pairs bought together; counted now and then, read on any page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.model.event import Event
from engine.store.instants import instant, micros
from engine.store.link import Link, inserting
from engine.store.texts import mapping_of

#: Any number, the same in every process.
_COUNTING = 7_044_004
_PAGE = 5_000
#: So many others are kept of each product.
KEPT = 50

_SOLD = inserting("bestseller", {"product": "text", "orders": "integer"})
_PAIR = inserting("bought_together", {"product": "text", "other": "text", "orders": "integer"})


def orders(link: Link, since: datetime, until: datetime) -> Iterator[Event]:
    """Every order of that time in pages, by the index that holds orders alone."""
    at, id = micros(since), 2**62
    sql = (
        "SELECT id, at, message_id, properties FROM event WHERE name = 'Order Completed' "
        f"AND (at, id) > (?, ?) AND at <= ? ORDER BY at, id LIMIT {_PAGE}"
    )
    while rows := link.rows(sql, at, id, micros(until)):
        for _, when, message_id, properties in rows:
            at_once = instant(when)
            yield Event(message_id, "", "Order Completed", at_once, at_once, mapping_of(properties))
        id, at = rows[-1][:2]


def put(link: Link, sold: Mapping[str, int], pairs: Mapping[tuple[str, str], int]) -> None:
    """In place of what was counted before."""
    if link.is_postgres:
        link.run("SELECT pg_advisory_xact_lock(?)", _COUNTING)
    link.run("DELETE FROM bestseller")
    link.run("DELETE FROM bought_together")
    link.run_many(_SOLD, sorted(sold.items()))
    link.run_many(_PAIR, [(one, other, n) for (one, other), n in sorted(pairs.items())])


def bestsellers(link: Link, most: int) -> list[str]:
    """By orders, then by id."""
    sql = "SELECT product FROM bestseller ORDER BY orders DESC, product LIMIT ?"
    return [row[0] for row in link.rows(sql, most)]


def bought_together(link: Link, ids: Sequence[str], most: int) -> list[str]:
    """By orders shared with these, added up; then by id."""
    counts: Counter[str] = Counter()
    given: Any = link.these(kind="text")
    sql = f"SELECT b.other, b.orders FROM {given} CROSS JOIN bought_together b WHERE b.product = k.value"
    for other, n in link.rows(sql, link.pack(list(ids))):
        counts[other] += n
    return sorted(counts, key=lambda id: (-counts[id], id))[:most]


def new_arrivals(link: Link, at: datetime, most: int) -> list[str]:
    """The newest first, then by id."""
    sql = "SELECT id FROM product WHERE created_at <= ? ORDER BY created_at DESC, id LIMIT ?"
    return [row[0] for row in link.rows(sql, micros(at), most)]
