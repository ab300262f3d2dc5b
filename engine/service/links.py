"""Links for one person: signed, so that nobody acts in another's name, and good for as long as the mail is.

A link says whose it is and what it is about; the signature is HMAC-SHA256 (RFC 2104) under a key that lives
in the database, and covers what the link is for, so that none opens another kind of page. Several keys may be
good at once: the first signs, all are accepted.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as EncodingError
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

import msgspec

from engine.errors import ReadError
from engine.store.database import Store

#: Under this name the keys stand among the settings in the database.
KEYS = "link_keys"

#: Bytes of a signature: half of SHA-256, which is what RFC 2104 allows and nobody can try out.
_SIGNATURE = 16
_LONGEST = 1_000

#: What a link is for, and the folder of its page. Unsubscribing signs as before there were others.
Kind = Literal["u", "p", "y", "v"]


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a link is for; `topic` is what the mail was about, None if about nothing that can be left."""

    contact_id: str
    topic: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """Whether somebody wants a topic: what they were asked, in which version of which mail, and when."""

    contact_id: str
    topic: str
    wording: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """`base` is where people reach the daemon, without a slash at its end."""

    base: str
    keys: tuple[bytes, ...]

    def unsubscribe(self, person: Person) -> str:
        """Where this person leaves the topic, or everything."""
        return f"{self.base}/u/{self.token(person)}"

    def preferences(self, contact_id: str) -> str:
        """Where this person chooses."""
        return f"{self.base}/p/{self.preferences_token(contact_id)}"

    def confirm(self, question: Question) -> str:
        """Where this person says yes."""
        at = int(question.asked_at.timestamp())
        said = [question.contact_id, question.topic, question.wording, at]
        return f"{self.base}/y/{self._token('y', said)}"

    def view(self, message_id: int) -> str:
        """Where a message is shown as a page."""
        return f"{self.base}/v/{self._token('v', message_id)}"

    def token(self, person: Person) -> str:
        """Letters, digits, - and _ alone."""
        return self._token("u", [person.contact_id, person.topic])

    def preferences_token(self, contact_id: str) -> str:
        """The same for the page of preferences."""
        return self._token("p", contact_id)

    def person(self, token: str) -> Person:
        """Whose token it is. ReadError for any that was not made here."""
        return Person(*self._said("u", token, tuple[str, str | None]))

    def chooser(self, token: str) -> str:
        """The contact whose preferences these are. ReadError."""
        return str(self._said("p", token, str))

    def question(self, token: str) -> Question:
        """What is answered. ReadError."""
        contact_id, topic, wording, at = self._said("y", token, tuple[str, str, str, int])
        return Question(contact_id, topic, wording, datetime.fromtimestamp(at, UTC))

    def message(self, token: str) -> int:
        """The message that is shown. ReadError."""
        return int(self._said("v", token, int))

    def _token(self, kind: Kind, content: Any) -> str:
        said = msgspec.msgpack.encode(content)
        return urlsafe_b64encode(_signature(self.keys[0], kind, said) + said).rstrip(b"=").decode()

    def _said(self, kind: Kind, token: str, type: Any) -> Any:
        try:
            raw = urlsafe_b64decode(token[:_LONGEST] + "=" * (-len(token) % 4))
        except (EncodingError, ValueError):
            raise _broken() from None
        signature, said = raw[:_SIGNATURE], raw[_SIGNATURE:]
        is_ours = [hmac.compare_digest(signature, _signature(key, kind, said)) for key in self.keys]
        if not any(is_ours):
            raise _broken()
        return msgspec.msgpack.decode(said, type=type)


def _signature(key: bytes, kind: Kind, said: bytes) -> bytes:
    purpose = b"" if kind == "u" else kind.encode() + b"\0"
    return hmac.new(key, purpose + said, sha256).digest()[:_SIGNATURE]


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
