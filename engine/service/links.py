"""Links for one person: signed, so that nobody leaves in another's name, and good for as long as the mail is.

A link says whose it is and what it is about; the signature is HMAC-SHA256 (RFC 2104) under a key that lives
in the database. Several keys may be good at once: the first signs, all are accepted.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as EncodingError
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from engine.errors import ReadError
from engine.store.database import Store

#: Under this name the keys stand among the settings in the database.
KEYS = "link_keys"

#: Bytes of a signature: half of SHA-256, which is what RFC 2104 allows and nobody can try out.
_SIGNATURE = 16
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a link is for; `topic` is what the mail was about, None if about nothing that can be left."""

    contact_id: str
    topic: str | None


@dataclass(frozen=True, slots=True)
class Links:
    """`base` is where people reach the daemon, without a slash at its end."""

    base: str
    keys: tuple[bytes, ...]

    def unsubscribe(self, person: Person) -> str:
        """Where this person leaves the topic, or everything."""
        return f"{self.base}/u/{self.token(person)}"

    def token(self, person: Person) -> str:
        """Letters, digits, - and _ alone."""
        said = msgspec.msgpack.encode([person.contact_id, person.topic])
        return urlsafe_b64encode(_signature(self.keys[0], said) + said).rstrip(b"=").decode()

    def person(self, token: str) -> Person:
        """Whose token it is. ReadError for any that was not made here."""
        try:
            raw = urlsafe_b64decode(token[:_LONGEST] + "=" * (-len(token) % 4))
        except (EncodingError, ValueError):
            raise _broken() from None
        signature, said = raw[:_SIGNATURE], raw[_SIGNATURE:]
        is_ours = [hmac.compare_digest(signature, _signature(key, said)) for key in self.keys]
        if not any(is_ours):
            raise _broken()
        return Person(*msgspec.msgpack.decode(said, type=tuple[str, str | None]))


def _signature(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, said, sha256).digest()[:_SIGNATURE]


def _broken() -> ReadError:
    return ReadError("this link is not whole", "Open it from the mail itself, without changing it.")


def links_of(store: Store, base: str) -> Links:
    """With the keys of the database; the first time one is drawn by lot."""
    keys = store.setting(KEYS)
    if not keys:
        with store.page("link_keys") as page:
            page.put_setting(KEYS, [secrets.token_hex(32)])
        keys = store.setting(KEYS)
    return Links(base.rstrip("/"), tuple(bytes.fromhex(key) for key in keys))
