"""A fingerprint of the facts: two runs over the same input must end with the same one, whatever crashed.

Row ids, version guards and the order of writing do not enter it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import chain

import msgspec

from engine.model.contact import Contact
from engine.model.event import Event
from engine.store.extract import Extract
from engine.store.link import Link, Row
from engine.store.texts import text_of


def digest_enrollments(link: Link) -> str:
    """Who entered what, where they stand or how they left."""
    link.over_everything()
    return _digest(
        link.rows(
            "SELECT c.id, j.text, e.entry_key, e.serial, e.entered_at, s.text, p.due_at, e.left_at, "
            "e.reason, e.outcome, e.converted_at FROM enrollment e JOIN contact c ON c.key = e.contact "
            "JOIN name j ON j.id = e.journey "
            "LEFT JOIN position p ON p.contact = e.contact AND p.enrollment = e.id "
            "LEFT JOIN name s ON s.id = p.step"
        )
    )


def digest_messages(link: Link) -> str:
    """What was sent and what was dropped."""
    link.over_everything()
    return _digest(
        link.rows(
            "SELECT c.id, j.text, m.entry_key, s.text, m.iteration, m.message_id, m.state, m.reason "
            "FROM message m JOIN contact c ON c.key = m.contact JOIN name j ON j.id = m.journey "
            "JOIN name s ON s.id = m.step WHERE m.state IN ('sent', 'dropped')"
        )
    )


def digest_people(extract: Extract) -> str:
    """Contacts and events, in whatever order they lie there."""
    total = sum(chain(map(_number_of, extract.contacts()), map(_number_of, extract.events())))
    return f"{total % 2**256:064x}"


def _number_of(one: Contact | Event) -> int:
    return int.from_bytes(sha256(msgspec.json.encode([one.__class__.__name__, one], order="sorted")).digest())


def _digest(rows: Iterable[Row]) -> str:
    sum = sha256()
    for line in sorted(text_of(row) for row in rows):
        sum.update(line.encode() + b"\n")
    return sum.hexdigest()
