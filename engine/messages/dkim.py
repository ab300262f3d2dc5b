"""DKIM: a finished mail is signed for the domain of its sender (RFC 6376; RFC 8463 for Ed25519).

By hand over `cryptography`, because the library at hand takes twenty times as long for each mail; the tests
verify with that library, which knows nothing of this file.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

Key = RSAPrivateKey | Ed25519PrivateKey

#: Signed, and named once more than they stand there: so nobody can add another one (RFC 6376, 5.4.2). Both
#: headers to unsubscribe are among them, as RFC 8058 wants it.
_SIGNED: Final = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "sender", "cc"),
    *("mime-version", "content-type", "content-transfer-encoding"),
    *("list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "auto-submitted"),
)
_WIDTH: Final = 72


@dataclass(frozen=True, slots=True)
class Signer:
    """A key of a domain; its public half stands in the DNS at SELECTOR._domainkey.DOMAIN."""

    domain: str
    selector: str
    key: Key = field(repr=False)

    def signs_for(self, sender: str) -> bool:
        """Whether mail of that domain is signed by it: the domain itself, or one below it."""
        return sender == self.domain or sender.endswith(f".{self.domain}")

    @property
    def algorithm(self) -> str:
        """As the signature names it."""
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """Ed25519 signs the hash of the data (RFC 8463, 3), RSA the data by its hash."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), SHA256())
        return self.key.sign(sha256(data).digest())


def signing(signers: Sequence[Signer]) -> Callable[[bytes, str, datetime], bytes]:
    """Signs a mail of a domain with the keys that are for it."""

    def sign(mail: bytes, sender: str, at: datetime) -> bytes:
        return signed(mail, [one for one in signers if one.signs_for(sender)], at)

    return sign


def signed(mail: bytes, signers: Sequence[Signer], at: datetime) -> bytes:
    """The mail with a signature of each above it; lines end with CRLF. Unchanged where there is none."""
    if not signers:
        return mail
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = _fields(head)
    body_hash = b64encode(sha256(_relaxed_body(body)).digest()).decode()
    return b"".join([*(_signature(one, fields, body_hash, at) for one in signers), mail])


def _fields(head: bytes) -> list[tuple[str, bytes]]:
    """Names in lower case, and each field relaxed (RFC 6376, 3.4.2), from top to bottom."""
    unfolded = _spaced(head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" "))
    fields = (line.partition(b":") for line in unfolded.split(b"\r\n"))
    return [(name.lower().decode("ascii"), name.lower() + b":" + value.strip()) for name, _, value in fields]


def _spaced(text: bytes) -> bytes:
    """White space within lines as one space each. Most texts have none to change, and looking is quick."""
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4. Most bodies have nothing to relax, and looking is quicker than changing."""
    body = _spaced(body)
    if b" \r\n" in body:
        body = body.replace(b" \r\n", b"\r\n")
    body = body.rstrip(b"\r\n") if body.endswith(b"\r\n") else body
    return body + b"\r\n" if body else b""


def _signature(signer: Signer, fields: Sequence[tuple[str, bytes]], body_hash: str, at: datetime) -> bytes:
    listed, folded = _listed(tuple(name for name, _ in fields))
    header = (
        f"DKIM-Signature: v=1; a={signer.algorithm}; c=relaxed/relaxed;\r\n"
        f" d={signer.domain}; s={signer.selector}; t={int(at.timestamp())};\r\n"
        f" h={folded};\r\n"
        f" bh={body_hash};\r\n"
        " b="
    )
    ((_, ours),) = _fields(header.encode("ascii"))
    data = b"".join(one + b"\r\n" for one in _chosen(fields, listed)) + ours
    written = b64encode(signer.sign(data)).decode()
    return (header + _folded(written)).encode("ascii") + b"\r\n"


@lru_cache(maxsize=256)
def _listed(names: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """What `h=` names, and how it is written; the mails of a journey have the same headers."""
    listed = tuple(name for wanted in _SIGNED for name in [wanted] * (names.count(wanted) + 1))
    return listed, _folded_names(listed)


def _chosen(fields: Sequence[tuple[str, bytes]], listed: Sequence[str]) -> list[bytes]:
    """For each name the lowest field not taken yet; one that is not there adds nothing (RFC 6376, 5.4.2)."""
    left: dict[str, list[bytes]] = {}
    for name, value in fields:
        left.setdefault(name, []).append(value)
    return [left[name].pop() for name in listed if left.get(name)]


def _folded_names(names: Sequence[str]) -> str:
    lines, line = [], ""
    for name in names:
        if len(line) + len(name) > _WIDTH:
            lines.append(line)
            line = ""
        line += f"{name}:"
    return "\r\n ".join([*lines, line]).rstrip(":")


def _folded(text: str) -> str:
    """White space inside `b=` is not part of it (RFC 6376, 3.5)."""
    return "\r\n ".join(text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH))
