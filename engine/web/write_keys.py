"""Who may send: write keys as clients carry them, compared by hash."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from engine.store.database import Store
from engine.store.write_keys import hash_of

#: Seconds for which the keys are taken as read: a revoked one opens nothing after that.
_FRESH = 1.0

#: The source of what came without a key, while there are none.
NOBODY = "local"


@dataclass(slots=True)
class Keyring:
    """The keys of the database. `needs_key`: also while there are none, because others can reach us."""

    store: Store
    needs_key: bool
    _sources: Mapping[str, str] = field(default_factory=dict)
    _read_at: float = float("-inf")

    def is_open(self) -> bool:
        """Whether everybody who reaches us may send: nobody does but this machine."""
        return not self._known() and not self.needs_key

    def source_of(self, headers: Headers, in_body: str | None) -> str | None:
        """The source that a request's key was made for; None for a request that may not send."""
        sources = self._known()
        if not sources and not self.needs_key:
            return NOBODY
        given = in_body or headers.get("x-write-key") or _basic(headers.get("authorization", ""))
        return sources.get(hash_of(given)) if given else None

    def _known(self) -> Mapping[str, str]:
        now = time.monotonic()
        if now - self._read_at > _FRESH:
            keys = self.store.write_keys()
            # Revoked ones stand for themselves, so that revoking the last key does not open the door.
            self._sources = {key.hash: key.source for key in keys if key.revoked_at is None}
            self.needs_key = self.needs_key or bool(keys)
            self._read_at = now
        return self._sources


def _basic(header: str) -> str | None:
    """The user of Basic authentication; clients send no password."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError):
        return None
