"""Chance without dice: a hash, so that a contact always gets the same answer, in the daemon and in tests."""

from __future__ import annotations

from hashlib import blake2b


def chance(*parts: str) -> float:
    """A number in [0, 1) that depends on the parts and on nothing else, evenly spread."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / (1 << 56)
