"""Who may use the admin API: `Authorization: Bearer KEY`, looked up by hash; nobody without one."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.store.admin_keys import AdminKey
from engine.store.database import Store
from engine.store.write_keys import hash_of

#: Seconds for which the keys are taken as read: a revoked one opens nothing after that. One that is not among
#: them may be new, and is looked for sooner.
_FRESH, _SOON = 1.0, 0.05


@dataclass(slots=True)
class AdminKeyring:
    """The keys of the database."""

    store: Store
    _keys: Mapping[str, AdminKey] = field(default_factory=dict)
    _read_at: float = float("-inf")

    def key_of(self, authorization: str) -> AdminKey | None:
        """The key that a request carries, if it opens anything."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            return None
        hash = hash_of(given.strip())
        found = self._known(_FRESH).get(hash) or self._known(_SOON).get(hash)
        return found if found is not None and hmac.compare_digest(found.hash, hash) else None

    def _known(self, seconds: float) -> Mapping[str, AdminKey]:
        now = time.monotonic()
        if now - self._read_at > seconds:
            self._keys = {key.hash: key for key in self.store.admin_keys() if key.revoked_at is None}
            self._read_at = now
        return self._keys
