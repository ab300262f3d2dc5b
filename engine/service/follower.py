"""Following mail where a journey asks for it (`tracking`): signed links, a dot, and what comes back of them.

A link of ours names the message and the number of the link in it, and nothing else. Where it leads is found
by making the mail again from what was kept of it, so no link can lead where its mail did not.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as EncodingError
from dataclasses import dataclass, replace
from hashlib import sha256

from engine.errors import ReadError
from engine.messages.tracked import with_dot, with_followed_links
from engine.model.message import Content, Message
from engine.service.versions import Version

_SIGNATURE = 12
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Follower:
    """`base` is where people reach the daemon, without a slash at its end; the first key signs."""

    base: str
    keys: tuple[bytes, ...]

    def followed(self, content: Content, message: Message, version: Version) -> Content:
        """The mail with what its journey's `tracking` names; unchanged where that is nothing."""
        wanted = (version.journey.compiled or {}).get("tracking") or ()
        page = content.html
        if page is None or message.id is None or not wanted:
            return content
        if "clicks" in wanted:
            page = with_followed_links(page, self.base, lambda number: self._address("c", message, number))
        if "opens" in wanted:
            page = with_dot(page, self._address("o", message, 0) + ".gif")
        return replace(content, html=page)

    def _address(self, kind: str, message: Message, number: int) -> str:
        return f"{self.base}/{kind}/{self._token(kind, message.id or 0, number)}"

    def _token(self, kind: str, message: int, number: int) -> str:
        said = f"{message}.{number}"
        signature = _signature(self.keys[0], kind, said)
        return f"{said}.{urlsafe_b64encode(signature).decode()}"

    def read(self, kind: str, token: str) -> tuple[int, int]:
        """Message and number of the link. ReadError for a token that was not made here."""
        message, _, rest = token[:_LONGEST].partition(".")
        number, _, signature = rest.partition(".")
        try:
            given = urlsafe_b64decode(signature)
        except (EncodingError, ValueError):
            raise _broken() from None
        expected = [_signature(key, kind, f"{message}.{number}") for key in self.keys]
        if not sum(hmac.compare_digest(given, one) for one in expected):  # each is compared
            raise _broken()
        return int(message), int(number)


def _signature(key: bytes, kind: str, said: str) -> bytes:
    return hmac.new(key, f"follow {kind} {said}".encode("utf-8", "replace"), sha256).digest()[:_SIGNATURE]


def _broken() -> ReadError:
    return ReadError("this link is not whole", "Open it from the mail itself, without changing it.")
