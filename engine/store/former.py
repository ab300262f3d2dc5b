"""Former ids: contacts that turned out to be somebody else answer under the other's name from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.store.instants import instant, micros
from engine.store.link import Link

#: Any number, the same in every process.
_MERGING = 7_044_021


@dataclass(frozen=True, slots=True)
class Former:
    """An id that a contact had before it was merged; `contact` is the id of whoever it is now."""

    id: str
    contact: str
    merged_at: datetime
    merged_by: str


def keys_of(link: Link, ids: Sequence[str]) -> dict[str, int]:
    """The keys of the contacts that these former ids belong to."""
    given = link.these(kind="text")
    sql = f"SELECT f.id, f.contact FROM {given} CROSS JOIN former_contact f WHERE f.id = k.value"
    return dict(link.rows(sql, link.pack(ids)))


def load(link: Link, ids: Sequence[str]) -> list[Former]:
    """Those of these ids that are former ones, in order of id."""
    return _loaded(link, "f.id = k.value", "text", ids)


def load_of(link: Link, key: int) -> list[Former]:
    """The former ids of a contact, in order of id."""
    return _loaded(link, "f.contact = k.value", "bigint", [key])


def _loaded(link: Link, where: str, kind: str, given: Sequence[str] | Sequence[int]) -> list[Former]:
    sql = (
        f"SELECT f.id, c.id, f.merged_at, f.merged_by FROM {link.these(kind=kind)} "
        f"CROSS JOIN former_contact f CROSS JOIN contact c WHERE {where} AND c.key = f.contact ORDER BY f.id"
    )
    rows = link.rows(sql, link.pack(given))
    return [Former(id, contact, instant(at), by) for id, contact, at, by in rows]


def add(link: Link, id: str, gone: int, kept: int, now: datetime, by: str) -> None:
    """From now on this id is the contact `kept`, and so are those that led to `gone`."""
    link.run("UPDATE former_contact SET contact = ? WHERE contact = ?", kept, gone)
    sql = "INSERT INTO former_contact (id, key, contact, merged_at, merged_by) VALUES (?, ?, ?, ?, ?)"
    link.run(sql, id, gone, kept, micros(now), by)


# --- those who read a key before the merge -----------------------------------------------------------


def hold(link: Link) -> None:
    """Nobody is merged until this transaction ends."""
    if link.is_postgres:
        link.run("SELECT pg_advisory_xact_lock_shared(?)", _MERGING)


def be_alone(link: Link) -> None:
    """The other side of `hold`, after the contacts to be merged were locked."""
    if link.is_postgres:
        link.run("SELECT pg_advisory_xact_lock(?)", _MERGING)


def by_gone_key(link: Link) -> dict[int, int]:
    """Whose key it is now, by every key that went with a merge."""
    return dict(link.rows("SELECT key, contact FROM former_contact"))
