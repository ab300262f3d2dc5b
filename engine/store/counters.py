"""Figures per journey and step, kept in the transaction that makes them true."""

from __future__ import annotations

from collections.abc import Mapping

from engine.store.link import Link, inserting
from engine.store.names import Names

#: (journey, step, what); step is empty for the journey as a whole.
Figure = tuple[str, str, str]

_ADD = inserting(
    "counter",
    {"journey": "integer", "step": "integer", "what": "text", "n": "bigint"},
    "ON CONFLICT (journey, step, what) DO UPDATE SET n = counter.n + excluded.n",
)


def add_to_counters(link: Link, names: Names, deltas: Mapping[Figure, int]) -> None:
    """Last in a page, and sorted: two workers queue here briefly and never deadlock."""
    ids = names.ids(link, {word for journey, step, _ in deltas for word in (journey, step)})
    rows = [(ids[journey], ids[step], what, n) for (journey, step, what), n in deltas.items() if n]
    link.run_many(_ADD, sorted(rows))


def load_counters(link: Link, texts: dict[int, str], journey: int | None) -> dict[Figure, int]:
    """Of one journey, or of all."""
    narrow, more = ("", ()) if journey is None else ("WHERE journey = ?", (journey,))
    rows = link.rows(f"SELECT journey, step, what, n FROM counter {narrow}", *more)
    return {(texts[of], texts[step], what): n for of, step, what, n in rows}
