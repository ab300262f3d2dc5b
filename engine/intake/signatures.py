"""Is a request whose it says it is? Checked on the raw body, in constant time, before anything is read.

Several secrets at once let one replace another: a signature by any of them will do.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from engine.calendar.instants import as_instant
from engine.errors import ReadError
from engine.language.sources.schemes import SCHEMES, Scheme

#: So far the time of sending may lie from now, in both directions.
TOLERANCE: Final = timedelta(minutes=5)

_MOST_SIGNATURES: Final = 16
_MILLISECONDS: Final = 10**11
#: Digits of milliseconds until the year 2286.
_LONGEST_TIME: Final = 13
_PART: Final = re.compile(r"(\{[^{}]*\})")
#: Characters of an address that HubSpot signs as they are, though they travel escaped.
_PLAIN_IN_URL: Final = {f"%{ord(one):02X}": one for one in ":/?@!$'()*,;"}


class UnsignedError(ReadError):
    """The request is not proven to be from the sender, or is too old."""


@dataclass(frozen=True, slots=True)
class Request:
    """As it came. `headers` by their names in small letters; `url` as the sender wrote it."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    method: str = "POST"
    url: str = ""
    address: str = ""  # what the address ends in, behind the source's name


@dataclass(frozen=True, slots=True)
class Proof:
    """What a sender has to show; never printed with its secrets."""

    scheme: Scheme
    secrets: tuple[str, ...] = field(repr=False)
    user: str = ""

    def check(self, request: Request, now: datetime) -> None:
        """Raises UnsignedError; its text is for the log, not for whoever asked."""
        match self.scheme.kind:
            case "token":
                self._check_token(request)
            case "basic":
                self._check_basic(request)
            case "hmac":
                self._check_signature(request, now)

    def _check_token(self, request: Request) -> None:
        given = request.headers.get(self.scheme.header)
        if given is None:
            raise UnsignedError(f"there is no header `{self.scheme.header}`")
        prefix = self.scheme.prefix
        if given[: len(prefix)].lower() != prefix.lower() or not _is_any(self.secrets, given[len(prefix) :]):
            raise UnsignedError("the token is wrong")

    def _check_basic(self, request: Request) -> None:
        word, _, encoded = request.headers.get("authorization", "").partition(" ")
        if word.lower() != "basic":
            raise UnsignedError("there are no user and password")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise UnsignedError("user and password cannot be read") from None
        is_user = _is_same(self.user, user)
        if not (_is_any(self.secrets, password) and is_user):
            raise UnsignedError("user or password is wrong")

    def _check_signature(self, request: Request, now: datetime) -> None:
        time, signatures = _given(self.scheme, request.headers)
        if self.scheme.has_time:
            _check_time(time, now)
        content = _content(self.scheme, request, time)
        wanted = [_spelled(self.scheme, _key(self.scheme, secret), content) for secret in self.secrets]
        matches = [_is_same(right, given) for right in wanted for given in signatures]
        if not any(matches):
            raise UnsignedError("the signature is wrong")


def proof_of(plain: Mapping[str, Any], secrets: Sequence[str]) -> Proof:
    """The `signature` of a source file, with its secrets. Raises ReadError for one that cannot be a key."""
    scheme = SCHEMES[plain["scheme"]]
    if scheme.word == "hmac":
        scheme = replace(
            scheme,
            header=plain["header"].lower(),
            encoding=plain.get("encoding", "base64"),
            prefix=plain.get("prefix", ""),
            signs=plain.get("signs", "{body}"),
            timestamp=plain.get("timestamp", "").lower(),
        )
    elif scheme.word == "token":
        header = plain.get("header", "Authorization").lower()
        usual = "Bearer " if header == "authorization" else ""
        scheme = replace(scheme, header=header, prefix=plain.get("prefix", usual))
    for secret in secrets:
        _key(scheme, secret)
    return Proof(scheme, tuple(secrets), plain.get("user", ""))


def sign(proof: Proof, request: Request, at: datetime) -> dict[str, str]:
    """The headers that the sender would set, by the first secret: to try out what a file does."""
    scheme, secret = proof.scheme, proof.secrets[0]
    if scheme.kind == "token":
        return {scheme.header: f"{scheme.prefix}{secret}"}
    if scheme.kind == "basic":
        return {"authorization": "Basic " + base64.b64encode(f"{proof.user}:{secret}".encode()).decode()}
    time = str(int(at.timestamp()))
    signature = _spelled(scheme, _key(scheme, secret), _content(scheme, request, time))
    match scheme.form:
        case "pairs":
            return {scheme.header: f"t={time},v1={signature}"}
        case "versions":
            return {scheme.header: f"v1,{signature}", scheme.timestamp: time}
        case "plain":
            given = {scheme.header: f"{scheme.prefix}{signature}"}
            return {**given, scheme.timestamp: time} if scheme.timestamp else given


def _given(scheme: Scheme, headers: Mapping[str, str]) -> tuple[str, list[str]]:
    """The time and the signatures, as the sender wrote them."""
    text = headers.get(scheme.header)
    if text is None:
        raise UnsignedError(f"there is no header `{scheme.header}`")
    time = headers.get(scheme.timestamp, "") if scheme.timestamp else ""
    match scheme.form:
        case "pairs":
            pairs = [pair.strip().partition("=")[::2] for pair in text.split(",")[: _MOST_SIGNATURES + 1]]
            time = next((value for name, value in pairs if name == "t"), "")
            found = [value for name, value in pairs if name == "v1"]
        case "versions":
            found = [one[3:] for one in text.split()[:_MOST_SIGNATURES] if one.startswith("v1,")]
        case "plain":
            found = [text[len(scheme.prefix) :]] if text.startswith(scheme.prefix) else []
    if scheme.encoding == "hex":
        found = [one.lower() for one in found]
    return time, found


def _check_time(text: str, now: datetime) -> None:
    at = _instant(text)
    if at is None:
        raise UnsignedError("the time of sending is missing, or cannot be read")
    if abs(now - at) > TOLERANCE:
        raise UnsignedError(f"it was sent at {at:%Y-%m-%d %H:%M:%S} UTC, too far from now")


def _instant(text: str) -> datetime | None:
    """Unix seconds or milliseconds, or ISO 8601."""
    if not (text.isascii() and text.isdigit()):
        return as_instant(text)
    if len(text) > _LONGEST_TIME:
        return None
    number = int(text)
    return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)


def _content(scheme: Scheme, request: Request, time: str) -> bytes:
    """What is signed."""
    return b"".join(_signed_parts(scheme.signs, request, time))


def _signed_parts(signs: str, request: Request, time: str) -> Iterator[bytes]:
    for part in _PART.split(signs):
        match part:
            case "{body}":
                yield request.body
            case "{timestamp}":
                yield time.encode()
            case "{method}":
                yield request.method.encode()
            case "{url}":
                yield _as_signed(request.url).encode()
            case _ if part.startswith("{header."):
                yield request.headers.get(part[8:-1].lower(), "").encode("latin-1", "replace")
            case _:
                yield part.encode()


def _as_signed(url: str) -> str:
    for escaped, plain in _PLAIN_IN_URL.items():
        url = url.replace(escaped, plain).replace(escaped.lower(), plain)
    return url


def _spelled(scheme: Scheme, key: bytes, content: bytes) -> str:
    digest = hmac.new(key, content, sha256).digest()
    return digest.hex() if scheme.encoding == "hex" else base64.b64encode(digest).decode()


def _key(scheme: Scheme, secret: str) -> bytes:
    if scheme.key == "text":
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ReadError("is not one of the standard", "It is `whsec_` and bytes in Base64.") from None


def _is_any(secrets: Sequence[str], given: str) -> bool:
    """Every secret is compared, so that the time tells nothing."""
    return any([_is_same(secret, given) for secret in secrets])  # noqa: C419  # all of them, not up to one


def _is_same(right: str, given: str) -> bool:
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "surrogateescape"))
