"""What an answer or a broken line means in each phase of SMTP: one table, and nothing else decides it.

A relay that refuses us before it has heard of the recipient is at fault itself, and nobody bounces for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.model.message import Receipt, ReceiptKind

Phase = Literal["connect", "ehlo", "tls", "auth", "mail", "rcpt", "data", "dot", "quit"]

_LONGEST_TEXT = 500
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows in one phase from a 4xx, a 5xx, and a line that drops, hangs or talks nonsense."""

    on_4xx: ReceiptKind
    on_5xx: ReceiptKind
    on_break: ReceiptKind


_RELAY = Verdict("relay_fault", "relay_fault", "deferred")
_MESSAGE = Verdict("deferred", "bounced", "deferred")

VERDICTS: Mapping[Phase, Verdict] = {
    # A relay that cannot be reached or does not greet is down for everybody: no message spends a try on it.
    "connect": Verdict("relay_fault", "relay_fault", "relay_fault"),
    "ehlo": _RELAY,
    "tls": _RELAY,
    "auth": _RELAY,
    "mail": _RELAY,
    "rcpt": _MESSAGE,
    "data": _MESSAGE,
    # The body is out: without an answer nobody knows whether the server took it.
    "dot": Verdict("deferred", "bounced", "unsure"),
    # Nothing that happens after acceptance changes it.
    "quit": Verdict("sent", "sent", "sent"),
}


def refused(phase: Phase, code: int, text: str) -> Receipt:
    """The receipt for an answer that is not the one we need; `code` outside 400–599 is a breach of SMTP."""
    verdict = VERDICTS[phase]
    match code // 100:
        case 4:
            return Receipt(verdict.on_4xx, phase, code, tidy(text))
        case 5:
            return Receipt(verdict.on_5xx, phase, code, tidy(text))
        case _:
            return broken_off(phase, f"the server gave an answer that does not belong here: {code} {text}")


def broken_off(phase: Phase, text: str) -> Receipt:
    """The receipt for a line that dropped, hung or talked nonsense."""
    return Receipt(VERDICTS[phase].on_break, phase, None, tidy(text))


def tidy(text: str) -> str:
    """A server's words made safe to store and show: one line, printable, valid Unicode, not endless."""
    valid = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _UNPRINTABLE.sub(" ", valid).strip()[:_LONGEST_TEXT]
