"""Entries that are put off: by a pause until it is over, or within the grace of an `enter_when`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.core.case import Case
from engine.model.journey import Entry, Kept
from engine.store.instants import instant, instant_or_none, micros, micros_or_none
from engine.store.link import Link, Row, deleting, inserting
from engine.store.names import Names
from engine.store.texts import text_of, value_of

_INSERT = inserting(
    "kept_entry",
    {
        "id": "bigint",
        "contact": "bigint",
        "journey": "integer",
        "received_at": "bigint",
        "until": "bigint",
        "entry": "text",
    },
)
_DELETE = deleting("kept_entry", {"id": "bigint"})


def load_kept(link: Link, cases: Mapping[int, Case], texts: Mapping[int, str]) -> None:
    """Fill `kept` of the cases, in order of receipt."""
    sql = (
        f"SELECT e.contact, e.id, e.journey, e.received_at, e.until, e.entry FROM {link.these()} "
        "CROSS JOIN kept_entry e WHERE e.contact = k.value ORDER BY e.received_at, e.id"
    )
    for contact, *row in link.rows(sql, link.pack(cases)):
        cases[contact].kept.append(_kept_of(tuple(row), texts))


def _kept_of(row: Row, texts: Mapping[int, str]) -> Kept:
    id, journey, received_at, until, entry = row
    key, trigger, triggered_at, words, is_event = value_of(entry)
    return Kept(
        texts[journey],
        Entry(key, trigger),
        instant(triggered_at),
        instant(received_at),
        words,
        bool(is_event),
        instant_or_none(until),
        id,
    )


def save_kept(
    link: Link, names: Names, cases: Sequence[Case], loaded: Mapping[int, Collection[Kept]]
) -> None:
    """What was loaded and is there no more is deleted, what is new gets its number."""
    gone = [(kept.id,) for case in cases for kept in loaded.get(case.key, ()) if kept not in case.kept]
    link.run_many(_DELETE, gone)
    new = [
        (case, kept)
        for case in cases
        for kept in case.kept
        if kept.id is None or kept not in loaded.get(case.key, ())
    ]
    if not new:
        return
    ids = names.ids(link, {kept.journey for _, kept in new})
    rows = []
    for (case, kept), id in zip(new, link.new_ids("kept_entry", len(new)), strict=True):
        case.kept[case.kept.index(kept)] = numbered = replace(kept, id=id)
        rows.append(_row(case.key, numbered, ids))
    link.run_many(_INSERT, rows)


def _row(key: int, kept: Kept, ids: Mapping[str, int]) -> Row:
    entry = kept.entry
    plain = [entry.entry_key, entry.trigger, micros(kept.triggered_at), kept.words, int(kept.is_event)]
    return (
        kept.id,
        key,
        ids[kept.journey],
        micros(kept.received_at),
        micros_or_none(kept.until),
        text_of(plain),
    )


def keys_of_kept(link: Link, journey: int, after: int, size: int) -> list[int]:
    """The next contacts with an entry that a pause of the journey keeps, each once, sorted."""
    sql = (
        "SELECT DISTINCT contact FROM kept_entry WHERE journey = ? AND until IS NULL AND contact > ? "
        "ORDER BY contact LIMIT ?"
    )
    return [row[0] for row in link.rows(sql, journey, after, size)]


def count_kept(link: Link, texts: Mapping[int, str]) -> dict[str, int]:
    """How many entries each journey keeps while it is paused."""
    sql = "SELECT journey, count(*) FROM kept_entry WHERE until IS NULL GROUP BY journey"
    return {texts[journey]: count for journey, count in link.rows(sql)}


def drop_kept(link: Link, now: datetime) -> int:
    """Forget those whose grace is over."""
    return link.run("DELETE FROM kept_entry WHERE until <= ?", micros(now))


def drop_kept_of(link: Link, journey: int) -> int:
    """Forget those of a journey that is no more."""
    return link.run("DELETE FROM kept_entry WHERE journey = ?", journey)
