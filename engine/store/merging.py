"""Merging: every row of one contact becomes another's, in the transaction of the page that decided it.

Whoever has the lower key gives up its key, not its id: what goes through all contacts in order of key then
meets the rows that moved further on, and passes nobody over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.model.contact import Contact
from engine.model.policy import Topic
from engine.store import anonymous, contacts, former
from engine.store.link import Link


@dataclass(frozen=True, slots=True)
class Move:
    """Rows of the contact `gone` become those of `kept`. `is_own`: `kept` is the key of who stays."""

    gone: int
    kept: int
    is_own: bool


def _simply(table: str) -> Callable[[Link, Move], None]:
    def follow(link: Link, move: Move) -> None:
        link.run(f"UPDATE {table} SET contact = ? WHERE contact = ?", move.kept, move.gone)

    return follow


def _positions(link: Link, move: Move) -> None:
    """What was decided about either of them before is stale now."""
    link.run("UPDATE position SET ver = ver + 1 WHERE contact = ?", move.kept)
    sql = "UPDATE position SET contact = ?, ver = ver + 1 WHERE contact = ?"
    link.run(sql, move.kept, move.gone)


def _moments(link: Link, move: Move) -> None:
    """Who was called by a schedule under both names enters once."""
    _unless_there(link, move, "moment", ("clock", "at", "key"), "DO NOTHING")


def _watches(link: Link, move: Move) -> None:
    wake = "(product, contact) DO UPDATE SET woken_at = coalesce(excluded.woken_at, product_watch.woken_at)"
    _unless_there(link, move, "product_watch", ("product", "woken_at"), wake)


def _assignments(link: Link, move: Move) -> None:
    """As with the attribute that says so: what stays has its own say."""
    own = "DO NOTHING" if move.is_own else "(journey, step, contact) DO UPDATE SET name = excluded.name"
    _unless_there(link, move, "assignment", ("journey", "step", "name"), own)


def _unless_there(link: Link, move: Move, table: str, columns: tuple[str, ...], conflict: str) -> None:
    names = ", ".join(columns)
    # WHERE TRUE: otherwise SQLite takes ON CONFLICT for the condition of a join
    link.run(
        f"INSERT INTO {table} (contact, {names}) SELECT ?, {names} FROM {table} "
        f"WHERE contact = ? AND TRUE ON CONFLICT {conflict}",
        move.kept,
        move.gone,
    )
    link.run(f"DELETE FROM {table} WHERE contact = ?", move.gone)


def _members(link: Link, move: Move) -> None:
    """Both are forgotten: where the one person belongs is worked out anew."""
    link.run("DELETE FROM segment_member WHERE contact = ?", move.kept)
    link.run("DELETE FROM segment_member WHERE contact = ?", move.gone)


#: Every table with rows of a contact, and how they follow it; a test finds one that is missing.
FOLLOWING: Final[Mapping[str, Callable[[Link, Move], None]]] = {
    "alias": _simply("alias"),
    "assignment": _assignments,
    "consent": _simply("consent"),
    "enrollment": _simply("enrollment"),
    "event": _simply("event"),
    "former_contact": _simply("former_contact"),
    "kept_entry": _simply("kept_entry"),
    "message": _simply("message"),
    "moment": _moments,
    "position": _positions,
    "product_watch": _watches,
    "segment_member": _members,
    "trace": _simply("trace"),
}


def rows_of(link: Link, key: int) -> dict[str, int]:
    """How many events, enrollments and messages a contact has; what the shop said of it is no event."""
    return {
        "events": link.value("SELECT count(*) FROM event WHERE contact = ? AND name <> '$identify'", key),
        "enrollments": link.value("SELECT count(*) FROM enrollment WHERE contact = ?", key),
        "messages": link.value("SELECT count(*) FROM message WHERE contact = ?", key),
    }


def number_anew(link: Link, serials: Mapping[int, int]) -> None:
    """Enrollments that run beside others of the same key now, by id."""
    for enrollment, serial in sorted(serials.items(), key=lambda one: -one[1]):
        link.run("UPDATE enrollment SET serial = ? WHERE id = ?", serial, enrollment)


def merge(
    link: Link,
    one: tuple[int, str],
    into: tuple[int, str],
    person: Contact,
    now: datetime,
    by: str,
    topics: Mapping[str, Topic],
) -> int:
    """`one` (key and id) is nobody of its own any more; `person` is what `into` is from now on, under the key
    that is answered."""
    former.be_alone(link)
    kept, gone = max(one[0], into[0]), min(one[0], into[0])
    move = Move(gone, kept, is_own=kept == into[0])
    for follow in FOLLOWING.values():
        follow(link, move)
    link.run("DELETE FROM contact WHERE key = ?", gone)
    link.run("UPDATE contact SET id = ? WHERE key = ?", into[1], kept)
    contacts.save_contacts(link, [(kept, person)], now)
    former.add(link, one[1], gone, kept, now, by)
    joined = anonymous.join(link, {one[1]: kept}, topics)
    contacts.save_contacts(link, [(key, after) for key, _, after in joined], now)
    return kept
