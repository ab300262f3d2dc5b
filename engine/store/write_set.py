"""What a page decided, as plain rows: made in one process, written by another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from engine.core.case import Case, summed
from engine.store import counters, events, outbox, positions, traces
from engine.store.counters import Figure
from engine.store.faults import StaleError
from engine.store.link import Link, Row
from engine.store.names import Names, UnnumberedError


@dataclass(frozen=True, slots=True)
class WriteSet:
    """Rows of enrollments that existed, with what they released. `heard` is the last event known to it."""

    enrollments: positions.Rows
    messages: list[Row]
    traces: list[Row]
    counters: dict[Figure, int]
    heard: int


def pack(link: Link, names: Names, cases: Sequence[Case], now: datetime) -> WriteSet | None:
    """Everything that came of the cases; None if a name has no number yet, which only a writer gives out.

    Of new enrollments, changed contacts, memberships, told events nothing is packed: the caller brings none.
    """
    found = positions.sort_out(cases)
    ids = names.known(link)
    try:
        return WriteSet(
            positions.rows_of(found, ids),
            outbox.rows_of(cases, ids, now),
            traces.rows_of(cases, ids),
            counted(cases),
            events.last_id(link),
        )
    except UnnumberedError:
        return None


def write(link: Link, names: Names, packed: WriteSet, keys: Collection[int]) -> None:
    """Write what was decided on an older snapshot about the contacts `keys`, or raise StaleError.

    What another transaction may have changed between that snapshot and now, and why it is noticed:

    * a position moved, its enrollment left or converted: `ver` is another, or the row is gone;
    * the contact became different (import, identify, a step of another journey): `Page.save` and
      `put_contacts` move `ver` of all that the contact stands at. Without that a change that came while the
      contact was on its way to a `wait_for` would neither be seen by the decision nor wake the wait;
    * an event was stored: events are numbered in the order of commits, so newer ones are looked up;
    * a message was sent or dropped: no decision reads that, and the sender looks again before DATA;
    * another apply: a walk goes by what it had loaded at its beginning, here as in the writer's own pages.
    """
    if not events.heard_since(link, packed.heard).isdisjoint(keys):
        raise StaleError("Something happened to these contacts in the meantime.", "Load the page again.")
    positions.write(link, packed.enrollments)
    outbox.insert(link, packed.messages)
    traces.insert(link, packed.traces)
    counters.add_to_counters(link, names, packed.counters)


def counted(cases: Sequence[Case]) -> dict[Figure, int]:
    """The counts of all cases together."""
    return summed(chain.from_iterable(case.counts for case in cases))
