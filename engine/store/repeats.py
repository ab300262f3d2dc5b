"""Requests that say what they are (`Idempotency-Key`): done once, and answered alike when they come again.

What was answered is kept for a day: its status, and its text, which names nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.store.instants import instant, micros
from engine.store.link import Link

KEPT_FOR = timedelta(hours=24)

#: Whoever began so long ago and has not answered is gone, and what it had in hand was not done.
GONE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A request that was here before; without a status it is still at work."""

    fingerprint: str
    status: int | None
    answer: str
    begun_at: datetime


def begin(link: Link, key: str, fingerprint: str, now: datetime) -> Repeat | None:
    """The request that came with this key before; None if there is none, and then it begins now."""
    link.run("DELETE FROM request WHERE begun_at < ?", micros(now - KEPT_FOR))
    gone = "DELETE FROM request WHERE key = ? AND status IS NULL AND begun_at < ?"
    link.run(gone, key, micros(now - GONE_AFTER))
    begun = link.run(
        "INSERT INTO request (key, fingerprint, begun_at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING",
        *(key, fingerprint, micros(now)),
    )
    return None if begun else load(link, key)


def load(link: Link, key: str) -> Repeat | None:
    """What came with the key."""
    rows = link.rows("SELECT fingerprint, status, answer, begun_at FROM request WHERE key = ?", key)
    return next((Repeat(of, status, answer or "", instant(at)) for of, status, answer, at in rows), None)


def finish(link: Link, key: str, status: int, answer: str) -> None:
    """What it was answered, in the transaction that did it."""
    link.run("UPDATE request SET status = ?, answer = ? WHERE key = ?", status, answer, key)


def forget(link: Link, key: str) -> None:
    """Nothing was done, so that it may come again; what was answered stays."""
    link.run("DELETE FROM request WHERE key = ? AND status IS NULL", key)
