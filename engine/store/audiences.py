"""Audiences: the contacts that a condition holds for, found by SQL as far as SQL can say the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from engine.model.policy import Topic
from engine.model.predicate import Predicate
from engine.store.link import Link
from engine.store.predicates import Asking, bounds_of


def load_candidates(
    link: Link, predicate: Predicate, topics: Mapping[str, Topic], now: datetime, keys: Collection[int]
) -> dict[int, bool]:
    """Those of these contacts for whom it may hold, and whether it surely does. What SQL cannot say leaves
    some in who are out, and never one out who is in."""
    bounds = bounds_of(predicate, Asking(link.is_postgres, now, topics))
    sql = (
        f"SELECT c.key, {bounds.sure.text} FROM {link.these()} CROSS JOIN contact c "
        f"WHERE c.key = k.value AND ({bounds.most.text}){link.order('c.key')}"
    )
    rows = link.rows(sql, *bounds.sure.values, link.pack(keys), *bounds.most.values)
    return {key: bool(is_sure) for key, is_sure in rows}
