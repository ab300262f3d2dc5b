"""To whom an event means nothing that no journey listens to; asked of rows, without loading a contact."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from engine.core.concern import Concern
from engine.store.instants import micros
from engine.store.link import Link
from engine.store.names import Names


def unconcerned(link: Link, names: Names, concern: Concern, keys: Collection[int], now: datetime) -> set[int]:
    """Of these contacts. One question for each thing that may concern somebody, if it exists."""
    quiet = set(keys)
    if concern.asked:
        quiet &= _with_all(link, names, "segment_member", "segment", concern.asked, quiet)
    if concern.clocks and quiet:
        quiet &= _with_all(link, names, "moment", "clock", concern.clocks, quiet)
    if concern.watchful and quiet:
        quiet -= _inside(link, names, concern.watchful, quiet, now)
    if concern.kept and quiet:
        sql = f"SELECT e.contact FROM {link.these()} CROSS JOIN kept_entry e WHERE e.contact = k.value"
        quiet -= {row[0] for row in link.rows(sql, link.pack(quiet))}
    return quiet


def _with_all(
    link: Link, names: Names, table: str, column: str, wanted: Collection[str], keys: Collection[int]
) -> set[int]:
    """Those with a row of each of these names."""
    sql = (
        f"SELECT t.contact FROM {link.these()} CROSS JOIN {table} t WHERE t.contact = k.value "
        f"AND t.{column} IN {_numbers(link, names, wanted)} "
        f"GROUP BY t.contact HAVING count(DISTINCT t.{column}) = {len(wanted)}"
    )
    return {row[0] for row in link.rows(sql, link.pack(keys))}


def _inside(
    link: Link, names: Names, journeys: Collection[str], keys: Collection[int], now: datetime
) -> set[int]:
    """Those who are in one of these journeys, or left it and may still reach its goal."""
    sql = (
        f"SELECT DISTINCT e.contact FROM {link.these()} CROSS JOIN enrollment e WHERE e.contact = k.value "
        f"AND e.journey IN {_numbers(link, names, journeys)} AND (e.left_at IS NULL OR e.goal_until > ?)"
    )
    return {row[0] for row in link.rows(sql, link.pack(keys), micros(now))}


def _numbers(link: Link, names: Names, texts: Collection[str]) -> str:
    """Whole numbers of our own, so that they may stand in the statement itself."""
    return f"({', '.join(str(names.find(link, text)) for text in sorted(texts))})"
