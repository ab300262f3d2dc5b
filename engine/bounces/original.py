"""The mail that came back, as far as its head was returned: which message it was, and to whom."""

from __future__ import annotations

import re

from engine.bounces.prose import enclosed_in
from engine.model.returned import Original, ReturnedMail

_LONGEST = 16_000
_ID = re.compile(r"^message-id:\s*<([^<>\s]{3,250})>", re.IGNORECASE | re.MULTILINE)
_TO = re.compile(r"^(?:x-original-to|delivered-to|to):[ \t]*(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_SENDER = re.compile(
    r"^(?:return-path|x-postfix-sender|x-env-sender):\s*(?:rfc822;)?\s*<?([^<>\s]+@[^<>\s]+?)>?\s*$",
    re.I | re.M,
)
_ADDRESS = re.compile(r"[^\s<>,;\"()]{1,256}@[^\s<>,;\"()]{1,256}")


def original_of(mail: ReturnedMail) -> Original:
    """From the enclosed message or its headers, or from what stands below the report in the text."""
    head = _head_of(mail)
    id, to, sender = _ID.search(head), _TO.search(head), _SENDER.search(head)
    addresses = _ADDRESS.findall(to[1]) if to else []
    return Original(
        id[1] if id else _named_id(mail),
        addresses[0] if len(addresses) == 1 else "",
        sender[1] if sender else "",
    )


def _head_of(mail: ReturnedMail) -> str:
    for part in mail.parts:
        if part.type.startswith("message/rfc822") or "rfc822-header" in part.type:
            return part.text[:_LONGEST]
    return enclosed_in(mail)[:_LONGEST]


def _named_id(mail: ReturnedMail) -> str:
    """Google names it among the fields of the report; some programs in a header of their own."""
    for part in mail.parts:
        if part.type.endswith("delivery-status"):
            found = re.search(r"^x-original-message-id:\s*<([^<>\s]{3,250})>", part.text, re.I | re.M)
            if found:
                return found[1]
    return mail.header("x-original-message-id").strip().strip("<>")
