"""Return paths: the address to which a mail comes back says which one it was, signed (VERP).

`bounces+TOKEN@shop.example`. The token is the message's number in the outbox and a signature of it, in the
32 letters and digits of RFC 4648, because mail servers may change between capital and small letters.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

#: Bytes of the number and of its signature: 80 bits, each guess a mail of its own.
_NUMBER, _SIGNATURE = 5, 10
_LENGTH = (_NUMBER + _SIGNATURE) * 8 // 5

#: RFC 5321 4.5.3.1.1.
_LONGEST_LOCAL = 64

#: A signature for a return path is good for nothing else.
_PURPOSE = b"return-path:"


@dataclass(frozen=True, slots=True)
class ReturnPaths:
    """`base` is where bounces go; the first key signs, all are accepted."""

    base: str
    keys: tuple[bytes, ...]

    def of(self, number: int) -> str:
        """Where a message comes back to."""
        local, _, domain = self.base.rpartition("@")
        said = number.to_bytes(_NUMBER, "big")
        token = b32encode(said + _signature(self.keys[0], said)).decode().lower()
        return f"{local}+{token}@{domain}"

    def find(self, texts: Iterable[str]) -> int | None:
        """The number of the first token in these texts that was made here."""
        local = re.escape(self.base.rpartition("@")[0])
        pattern = re.compile(rf"{local}\+([a-z2-7]{{{_LENGTH}}})(?:@|=40|%40)", re.IGNORECASE)
        for text in texts:
            for match in pattern.finditer(text):
                number = self._number(match[1])
                if number is not None:
                    return number
        return None

    def _number(self, token: str) -> int | None:
        raw = b32decode(token.upper())
        said, signature = raw[:_NUMBER], raw[_NUMBER:]
        is_ours = [hmac.compare_digest(signature, _signature(key, said)) for key in self.keys]
        return int.from_bytes(said, "big") if any(is_ours) else None


def _signature(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + said, sha256).digest()[:_SIGNATURE]


def has_room(base: str) -> bool:
    """Whether a token fits into the local part."""
    return len(base.rpartition("@")[0]) + 1 + _LENGTH <= _LONGEST_LOCAL
