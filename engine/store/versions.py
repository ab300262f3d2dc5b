"""What runs: journeys with their status, each version ever applied, settings, and who stands where.

`serial` changes with every apply, so that a daemon notices by reading one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from engine.core.standing import strictest
from engine.model.journey import Held, Status
from engine.store.instants import instant, instant_or_none, micros
from engine.store.link import Link, Row
from engine.store.texts import text_of, value_of

_SERIAL = "serial"

#: The number of PostgreSQL's advisory lock between an apply and the pages that move people.
_APPLYING = 0x6A6F75726E657973  # "journeys"


@dataclass(frozen=True, slots=True)
class JourneyRecord:
    """`version` is what runs (None: nothing valid was ever applied); `fault` why the last apply failed.

    `status` is the file's; `held` what a command says besides, since when and by whom.
    """

    id: str
    status: str
    version: str | None
    first_live_at: datetime | None
    fault: str | None
    fault_count: int
    status_at: datetime | None = None
    held: Held | None = None
    held_at: datetime | None = None
    held_by: str | None = None
    is_unsettled: bool = False  # what the last change of either means for people is still to be done

    @property
    def standing(self) -> str:
        """Of status and command the stricter; `removed` for a journey whose files are gone."""
        return standing_of(self.status, self.held) or self.status


def standing_of(status: str, held: Held | None) -> Status | None:
    """Of status and command the stricter; None for a word that is no status of the language."""
    known: Status | None = next((one for one in get_args(Status) if one == status), None)
    return None if known is None else strictest(known, held)


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One form of a journey that ran or runs."""

    hash: str
    journey: str
    source_commit: str | None
    applied_at: datetime


def put_version(
    link: Link, journey: str, hash: str, compiled: Mapping[str, Any], commit: str | None, now: datetime
) -> None:
    """Keep a compiled form; one that is known already stays as it was first applied."""
    link.run(
        "INSERT INTO journey_version (hash, journey, compiled, source_commit, applied_at) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash, journey) DO NOTHING",
        *(hash, journey, text_of(compiled), commit, micros(now)),
    )
    _bump(link)


_IF_CHANGED = "CASE journey.status WHEN excluded.status THEN journey.{} ELSE excluded.status_at END"


def set_journey(
    link: Link, id: str, status: str, version: str | None, fault: str | None, fault_count: int, now: datetime
) -> None:
    """What holds from now on. The first time it is live is kept for ever."""
    live_at = micros(now) if status == "live" and version is not None else None
    link.run(
        "INSERT INTO journey (id, status, version, first_live_at, fault, fault_count, status_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        f"status_at = {_IF_CHANGED.format('status_at')}, "
        f"unsettled_at = {_IF_CHANGED.format('unsettled_at')}, "
        "status = excluded.status, version = excluded.version, "
        "first_live_at = coalesce(journey.first_live_at, excluded.first_live_at), "
        "fault = excluded.fault, fault_count = excluded.fault_count",
        *(id, status, version, live_at, fault, fault_count, micros(now)),
    )
    _bump(link)


def set_held(link: Link, id: str, held: Held | None, by: str | None, now: datetime) -> None:
    """A command holds the journey, or lets it go."""
    link.run(
        "UPDATE journey SET held = ?, held_at = ?, held_by = ?, unsettled_at = ? WHERE id = ?",
        *(held, None if held is None else micros(now), by, micros(now), id),
    )
    _bump(link)


def set_settled(link: Link, id: str, serial: int) -> bool:
    """What the last change of status means for people is done; False if there was another one meanwhile."""
    is_newest = link.run(
        "UPDATE setting SET value = CAST(CAST(value AS integer) + 1 AS text) WHERE name = ? AND value = ?",
        *(_SERIAL, str(serial)),
    )
    if is_newest:
        link.run("UPDATE journey SET unsettled_at = NULL WHERE id = ?", id)
    return bool(is_newest)


def put_setting(link: Link, name: str, value: Any) -> None:
    """Any JSON value under a name."""
    link.run(
        "INSERT INTO setting (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        *(name, text_of(value)),
    )
    _bump(link)


def load_setting(link: Link, name: str) -> Any:
    """What was put there, or None."""
    text = link.value("SELECT value FROM setting WHERE name = ?", name)
    return None if text is None else value_of(text)


def _bump(link: Link) -> None:
    link.run(
        "INSERT INTO setting (name, value) VALUES (?, '1') ON CONFLICT (name) DO UPDATE "
        "SET value = CAST(CAST(setting.value AS integer) + 1 AS text)",
        _SERIAL,
    )


def load_serial(link: Link) -> int:
    """0 before the first apply."""
    return int(link.value("SELECT value FROM setting WHERE name = ?", _SERIAL) or 0)


def hold_serial(link: Link) -> int:
    """The same, and it stays so until the end of this transaction: an apply waits for it.

    SQLite has one writer. On PostgreSQL it is a lock of its own rather than one on the row: no page writes to
    share it, and an apply that waits is not overtaken by page after page.
    """
    if link.is_postgres:
        link.value("SELECT pg_advisory_xact_lock_shared(?)", _APPLYING)
    return load_serial(link)


def be_alone(link: Link) -> None:
    """Before an apply looks at who stands where: pages that began before are done, others wait for it."""
    if link.is_postgres:
        link.value("SELECT pg_advisory_xact_lock(?)", _APPLYING)


def load_journeys(link: Link) -> list[JourneyRecord]:
    """In order of id."""
    rows = link.rows(
        "SELECT id, status, version, first_live_at, fault, fault_count, status_at, held, held_at, held_by, "
        "unsettled_at FROM journey"
    )
    return [_journey_of(row) for row in sorted(rows, key=lambda row: str(row[0]))]


def _journey_of(row: Row) -> JourneyRecord:
    id, status, version, first_live_at, fault, count, status_at, held, held_at, by, unsettled_at = row
    return JourneyRecord(
        id,
        status,
        version,
        instant_or_none(first_live_at),
        fault,
        count,
        instant_or_none(status_at),
        held,
        instant_or_none(held_at),
        by,
        unsettled_at is not None,
    )


def load_compiled(link: Link, hash: str, journey: str | None) -> dict[str, Any] | None:
    """The compiled form. `journey` matters only where two have the same content."""
    narrow, more = ("", ()) if journey is None else (" AND journey = ?", (journey,))
    text = link.value(f"SELECT compiled FROM journey_version WHERE hash = ?{narrow}", hash, *more)
    return None if text is None else dict(value_of(text))


def load_versions(link: Link, journey: str) -> list[VersionRecord]:
    """Oldest first."""
    rows = link.rows(
        "SELECT hash, journey, source_commit, applied_at FROM journey_version WHERE journey = ? "
        "ORDER BY applied_at, hash",
        journey,
    )
    return [VersionRecord(hash, of, commit, instant(at)) for hash, of, commit, at in rows]


# --- who is inside -----------------------------------------------------------------------------

_INSIDE = "FROM enrollment e CROSS JOIN position p WHERE e.journey = ? AND e.left_at IS NULL "
_STANDING = "AND p.contact = e.contact AND p.enrollment = e.id "


def count_standing(link: Link, journey: int, texts: dict[int, str]) -> dict[tuple[str, str], int]:
    """How many stand at each step of each version, counted live; the step is '' for those at none."""
    rows = link.rows(
        f"SELECT p.version, p.step, count(*) {_INSIDE}{_STANDING}GROUP BY p.version, p.step", journey
    )
    return {(texts[version], "" if step is None else texts[step]): n for version, step, n in rows}


def keys_inside(link: Link, journey: int, after: int, size: int) -> list[int]:
    """The next contacts with a running enrollment in the journey, each once, sorted."""
    sql = (
        "SELECT DISTINCT contact FROM enrollment WHERE journey = ? AND left_at IS NULL AND contact > ? "
        "ORDER BY contact LIMIT ?"
    )
    return [row[0] for row in link.rows(sql, journey, after, size)]


def keys_of_all(link: Link, after: int, size: int) -> list[int]:
    """The next contacts of all, sorted."""
    sql = "SELECT key FROM contact WHERE key > ? ORDER BY key LIMIT ?"
    return [row[0] for row in link.rows(sql, after, size)]
