"""Who works on this database: one row that names pid and host, so that a second daemon is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.errors import LeaseError
from engine.store.instants import instant, micros
from engine.store.link import Link

#: A holder that has not been heard of for longer is taken for dead.
SILENT_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """The holder. `token` tells two processes apart that were given the same pid."""

    name: str
    pid: int
    host: str
    token: str
    started_at: datetime
    beat_at: datetime


def load_lease(link: Link, name: str) -> LeaseRecord | None:
    lock = " FOR UPDATE" if link.is_postgres else ""
    sql = f"SELECT pid, host, token, started_at, beat_at FROM lease WHERE name = ?{lock}"
    for pid, host, token, started_at, beat_at in link.rows(sql, name):
        return LeaseRecord(name, pid, host, token, instant(started_at), instant(beat_at))
    return None


def take(
    link: Link,
    name: str,
    pid: int,
    host: str,
    token: str,
    now: datetime,
    alive: Callable[[int, str], bool],
) -> None:
    """Take it, or raise LeaseError naming the holder. `alive(pid, host)` may say yes where it cannot know."""
    at = micros(now)
    is_ours = link.run(
        "INSERT INTO lease (name, pid, host, token, started_at, beat_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (name) DO NOTHING",
        *(name, pid, host, token, at, at),
    )
    if is_ours:
        return
    holder = load_lease(link, name)
    if holder and holder.token != token and not _is_dead(holder, now, alive):
        raise LeaseError(
            f"Another process works on this database: pid {holder.pid} on host {holder.host}, "
            f"since {holder.started_at:%Y-%m-%d %H:%M} UTC.",
            f"Stop it first (`kill {holder.pid}` on {holder.host}), or wait: if it has died, its place is "
            f"free {SILENT_AFTER.seconds} seconds after it was last heard of.",
        )
    link.run(
        "UPDATE lease SET pid = ?, host = ?, token = ?, started_at = ?, beat_at = ? WHERE name = ?",
        *(pid, host, token, at, at, name),
    )


def _is_dead(holder: LeaseRecord, now: datetime, alive: Callable[[int, str], bool]) -> bool:
    return now - holder.beat_at > SILENT_AFTER or not alive(holder.pid, holder.host)


def beat(link: Link, name: str, token: str, now: datetime) -> None:
    """Say that we live; LeaseError when somebody else has taken our place meanwhile."""
    if link.run("UPDATE lease SET beat_at = ? WHERE name = ? AND token = ?", micros(now), name, token):
        return
    holder = load_lease(link, name)
    whom = f"pid {holder.pid} on host {holder.host} works on it now" if holder else "the place was given up"
    raise LeaseError(f"This process no longer holds the database: {whom}.", "Start it again.")


def release(link: Link, name: str, token: str) -> None:
    """Give it back; nothing happens if it is not ours."""
    link.run("DELETE FROM lease WHERE name = ? AND token = ?", name, token)
