"""Erasing a person: every row that tells of them goes, and the figures that counted them go down with it.

What stays is a keyed hash of their id and addresses on the suppression list, so that nobody writes to them
and nobody brings them in again by accident. A code of a pool that they took stays taken: it does not say
whose it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from engine.model.contact import Contact
from engine.model.suppression import ID, Suppression, addresses_of
from engine.store import contacts, former, suppressions
from engine.store.link import Link

#: Tables whose column `contact` names the person. A test finds one that is missing here.
TABLES: Final = (
    "position",
    "trace",
    "message",
    "enrollment",
    "event",
    "segment_member",
    "moment",
    "kept_entry",
    "assignment",
    "product_watch",
    "consent",
    "alias",
    "former_contact",
)

#: What counters say of this person, by journey, step and what.
_COUNTED: Final = (
    "SELECT journey, 0, 'entered', count(*) FROM enrollment WHERE contact = ? GROUP BY 1",
    "SELECT journey, 0, 'left:' || coalesce(reason, 'left'), count(*) FROM enrollment "
    "WHERE contact = ? AND left_at IS NOT NULL GROUP BY 1, 3",
    "SELECT journey, 0, 'converted', count(*) FROM enrollment "
    "WHERE contact = ? AND converted_at IS NOT NULL GROUP BY 1",
    "SELECT e.journey, p.step, 'inside', count(*) FROM position p JOIN enrollment e ON e.id = p.enrollment "
    "WHERE p.contact = ? AND p.step IS NOT NULL GROUP BY 1, 2",
    # a time until which it may first be tried has only what was released
    "SELECT journey, step, CASE WHEN state = 'held_out' THEN 'held_out' WHEN state = 'draft' THEN 'drafted' "
    "WHEN late_at IS NOT NULL THEN 'sent' ELSE 'dropped:' || coalesce(reason, '') END, count(*) "
    "FROM message WHERE contact = ? GROUP BY 1, 2, 3",
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What is gone: rows by table, and what messages were called and whom they went to, for files of them."""

    rows: dict[str, int]
    letters: tuple[tuple[str, str], ...]  # recipient and Message-ID


def erase(link: Link, key: int, now: datetime, source: str) -> Erased | None:
    """Everything about one contact, in this transaction; None if there is no such contact."""
    contacts.lock(link, [key])
    contact = contacts.load_contacts(link, [key]).get(key)
    if contact is None:
        return None
    if not link.is_postgres:
        link.run("PRAGMA secure_delete = ON")  # what is deleted is also overwritten in the file
    letters = tuple(
        link.rows(
            "SELECT recipient, message_id FROM message WHERE contact = ? AND recipient IS NOT NULL", key
        )
    )
    ids = [contact.id, *(one.id for one in former.load_of(link, key))]
    _remember(link, contact, ids, now, source)
    _count_out(link, key)
    rows = {
        "anonymous_event": _forget_strangers(link, key),
        "rejected_item": _forget_rejects(link, contact, ids),
    }
    link.run("DELETE FROM trial_entry WHERE enrollment IN (SELECT id FROM enrollment WHERE contact = ?)", key)
    rows |= {table: link.run(f"DELETE FROM {table} WHERE contact = ?", key) for table in TABLES}
    rows["contact"] = link.run("DELETE FROM contact WHERE key = ?", key)
    if not link.is_postgres:
        link.run("PRAGMA secure_delete = OFF")
    return Erased({table: count for table, count in rows.items() if count}, letters)


def _remember(link: Link, contact: Contact, ids: Sequence[str], now: datetime, source: str) -> None:
    """Nothing but hashes; what stood on the list in plain is overwritten."""
    addresses = [*((ID, id) for id in ids), *addresses_of(contact).items()]
    suppressions.put(link, [Suppression(channel, at, "erased", now, source) for channel, at in addresses])


def _count_out(link: Link, key: int) -> None:
    """Figures are counted from rows, and these rows go."""
    nobody = link.value("SELECT id FROM name WHERE text = ''")
    for sql in _COUNTED:
        for journey, step, what, n in link.rows(sql, key):
            link.run(
                "UPDATE counter SET n = n - ? WHERE journey = ? AND step = ? AND what = ?",
                *(n, journey, step or nobody, what),
            )


def _forget_strangers(link: Link, key: int) -> int:
    """What still waits under anonymous ids that were theirs."""
    sql = "SELECT anonymous_id FROM alias WHERE contact = ?"
    return link.run(f"DELETE FROM anonymous_event WHERE anonymous_id IN ({sql})", key)


def _forget_rejects(link: Link, contact: Contact, ids: Sequence[str]) -> int:
    """Items that could not be taken and name the person, as JSON writes a text."""
    names = [text for text in (*ids, contact.email, contact.phone) if text]
    where = "strpos(text, ?) > 0" if link.is_postgres else "instr(text, ?) > 0"
    return sum(
        link.run(f"DELETE FROM rejected_item WHERE {where}", msgspec.json.encode(name).decode())
        for name in names
    )
