"""Audiences: the contacts that a condition holds for, found by SQL as far as SQL can say the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.model.policy import Topic
from engine.model.predicate import Predicate
from engine.store.link import Link
from engine.store.predicates import Asking, bounds_of


def load_candidates(
    link: Link, predicate: Predicate, topics: Mapping[str, Topic], now: datetime, after: int, size: int
) -> dict[int, bool]:
    """The next contacts by key for whom it may hold, and whether it surely does. What SQL cannot say leaves
    some in who are out, and never one out who is in."""
    bounds = bounds_of(predicate, Asking(link.is_postgres, now, topics))
    sql = (
        f"SELECT c.key, {bounds.sure.text} FROM contact c WHERE c.key > ? AND ({bounds.most.text}) "
        "ORDER BY c.key LIMIT ?"
    )
    rows = link.rows(sql, *bounds.sure.values, after, *bounds.most.values, size)
    return {key: bool(is_sure) for key, is_sure in rows}
