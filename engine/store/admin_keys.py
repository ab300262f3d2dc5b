"""Keys of the admin API: who may do what there. Only hashes are kept, as of write keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.store.instants import instant, instant_or_none, micros
from engine.store.link import Link
from engine.store.write_keys import hash_of


@dataclass(frozen=True, slots=True)
class AdminKey:
    """`id` names it to people: the beginning of its hash, which tells nothing of the key."""

    hash: str
    source: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def id(self) -> str:
        """Eight characters."""
        return self.hash[:8]


def put(link: Link, key: str, source: str, scopes: Iterable[str], now: datetime) -> AdminKey:
    """Keep the hash of a new key."""
    made = AdminKey(hash_of(key), source, frozenset(scopes), now)
    link.run(
        "INSERT INTO admin_key (hash, source, scopes, created_at) VALUES (?, ?, ?, ?)",
        *(made.hash, source, " ".join(sorted(made.scopes)), micros(now)),
    )
    return made


def load(link: Link) -> list[AdminKey]:
    """All, the oldest first, the revoked ones too."""
    sql = "SELECT hash, source, scopes, created_at, revoked_at FROM admin_key ORDER BY created_at, hash"
    return [
        AdminKey(hash, source, frozenset(scopes.split()), instant(created_at), instant_or_none(revoked_at))
        for hash, source, scopes, created_at, revoked_at in link.rows(sql)
    ]


def revoke(link: Link, hash: str, now: datetime) -> None:
    """From now on it opens nothing."""
    link.run(
        "UPDATE admin_key SET revoked_at = ? WHERE hash = ? AND revoked_at IS NULL", *(micros(now), hash)
    )
