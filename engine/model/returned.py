"""A mail that came back: what is left of it once it was taken apart, and what it turned out to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["bounce", "complaint", "neither"]

#: RFC 3464 2.3.3, as far as it means that something was not delivered; None of a complaint and of neither.
Action = Literal["failed", "delayed"]


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the MIME tree, decoded. Of an enclosed message (`message/rfc822`) only its headers."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """As much of a mail as anybody needs to say what it is. Names of headers are in small letters."""

    headers: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]

    def header(self, name: str) -> str:
        """The first of that name, decoded; empty where there is none."""
        return next((value for known, value in self.headers if known == name), "")

    def has(self, name: str) -> bool:
        """Whether there is such a header, even an empty one."""
        return any(known == name for known, _ in self.headers)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a mail says of one recipient.

    `status` is the enhanced code of RFC 3463 or empty. `reason` is one word of `engine.bounces.reasons`, or
    for a complaint the feedback type of RFC 5965. `said` is the other server's own words, cut short.
    """

    kind: Kind
    is_hard: bool
    status: str
    recipient: str
    reason: str
    action: Action | None = None
    said: str = ""
    original: str = ""  # the address before somebody handed the mail on, where the report knows it


@dataclass(frozen=True, slots=True)
class Original:
    """What is known of the mail that came back; empty where the returned part does not say."""

    message_id: str = ""
    recipient: str = ""
    sender: str = ""
