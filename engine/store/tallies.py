"""What became of marketing, by journey and hour: few rows, so that alarms may ask every minute."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from engine.store.instants import micros
from engine.store.link import Link, inserting
from engine.store.names import Names

#: tried: accepted, or refused for good. What bounces later, or is complained about, was tried before.
What = Literal["tried", "bounced", "complained"]

_HOUR = 3_600_000_000
_ADD = inserting(
    "tally",
    {"journey": "integer", "hour": "bigint", "what": "text", "n": "bigint"},
    "ON CONFLICT (journey, hour, what) DO UPDATE SET n = tally.n + excluded.n",
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages of one journey in some time."""

    tried: int = 0
    bounced: int = 0
    complained: int = 0


def add_outcomes(link: Link, ids: Collection[int], now: datetime) -> None:
    """Count the marketing among messages that were just accepted or refused for good."""
    sql = (
        "SELECT journey, count(*), sum(CASE WHEN state = 'bounced' THEN 1 ELSE 0 END) FROM message "
        f"WHERE id IN (SELECT value FROM {link.these()}) AND is_transactional = ? GROUP BY journey"
    )
    counts: dict[tuple[int, What], int] = {}
    for journey, tried, bounced in link.rows(sql, link.pack(ids), False):
        counts[journey, "tried"] = tried
        counts[journey, "bounced"] = bounced
    _add(link, counts, now)


def add(link: Link, names: Names, counts: Mapping[tuple[str, What], int], now: datetime) -> None:
    """Count what came back later, by (journey, what)."""
    ids = names.ids(link, {journey for journey, _ in counts})
    _add(link, {(ids[journey], what): n for (journey, what), n in counts.items()}, now)


def _add(link: Link, counts: Mapping[tuple[int, What], int], now: datetime) -> None:
    """Last in a page, and sorted, as all counters are."""
    hour = micros(now) // _HOUR
    link.run_many(_ADD, sorted((journey, hour, what, n) for (journey, what), n in counts.items() if n))


def load(link: Link, texts: dict[int, str], since: datetime) -> dict[str, Tally]:
    """By journey, of the hours since then."""
    sql = "SELECT journey, what, sum(n) FROM tally WHERE hour >= ? GROUP BY 1, 2"
    found: dict[str, Tally] = {}
    for journey, what, n in link.rows(sql, micros(since) // _HOUR):
        found[texts[journey]] = replace(found.get(texts[journey], Tally()), **{what: int(n)})
    return found


def forget(link: Link, journey: int) -> None:
    """What was counted of a journey counts no more."""
    link.run("DELETE FROM tally WHERE journey = ?", journey)


def drop_before(link: Link, at: datetime, kept: timedelta) -> None:
    """Nobody asks for what is so old."""
    link.run("DELETE FROM tally WHERE hour < ?", micros(at - kept) // _HOUR)
