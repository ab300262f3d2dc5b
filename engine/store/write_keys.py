"""Write keys: who may send over HTTP. A key is long and drawn by lot, so that a plain hash guards it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from engine.store.instants import instant, instant_or_none, micros
from engine.store.link import Link


@dataclass(frozen=True, slots=True)
class WriteKey:
    """`id` names it to people: the beginning of its hash, which tells nothing of the key."""

    hash: str
    source: str
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def id(self) -> str:
        """Eight characters."""
        return self.hash[:8]


def hash_of(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode()).hexdigest()


def put(link: Link, key: str, source: str, now: datetime) -> WriteKey:
    """Keep the hash of a new key."""
    made = WriteKey(hash_of(key), source, now)
    link.run(
        "INSERT INTO write_key (hash, source, created_at) VALUES (?, ?, ?)", made.hash, source, micros(now)
    )
    return made


def load(link: Link) -> list[WriteKey]:
    """All, the oldest first, the revoked ones too."""
    sql = "SELECT hash, source, created_at, revoked_at FROM write_key ORDER BY created_at, hash"
    return [
        WriteKey(hash, source, instant(created_at), instant_or_none(revoked_at))
        for hash, source, created_at, revoked_at in link.rows(sql)
    ]


def revoke(link: Link, hash: str, now: datetime) -> None:
    """From now on it opens nothing."""
    link.run("UPDATE write_key SET revoked_at = ? WHERE hash = ? AND revoked_at IS NULL", micros(now), hash)
