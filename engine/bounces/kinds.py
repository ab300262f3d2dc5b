"""Bounce or not, where no report says so: by who wrote it, how it is called and how it begins."""

from __future__ import annotations

import re

from engine.bounces.prose import enclosed_in
from engine.bounces.signs import AWAY, OPENINGS, SENDERS, SUBJECTS
from engine.model.returned import ReturnedMail

_DAEMON = re.compile(rf"\b(?:{'|'.join(SENDERS)})\b", re.IGNORECASE)
#: At its very beginning: a person who answers or hands on has Re: or Fwd: in front.
_SUBJECT = re.compile(rf"^\W*(?:(?:automatic|auto) ?\W+)?(?:{'|'.join(SUBJECTS)})", re.IGNORECASE)
_OPENING = re.compile("|".join(OPENINGS), re.IGNORECASE)
_AWAY = re.compile(rf"^\W*(?:re: ?|aw: ?)?(?:{'|'.join(AWAY)})", re.IGNORECASE)
_DIAGNOSIS = re.compile(
    r"(?:^|[\s:>#(])(?:5[0-5]\d|4[2-5]\d)[ -](?:[#(]?[45]\.\d|\S)|#[45]\.\d\.\d|>>> (?:RCPT|DATA|MAIL)",
    re.MULTILINE,
)
_AUTO_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponse",
    "x-auto-reply-from",
    "x-mail-autoreply",
    "x-vacation",
)
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,253}")
_HANDED_ON = re.compile(r"(?:re|fw|fwd|aw|wg|tr|rv|enc) ?:", re.IGNORECASE)
_ENOUGH = 3


def is_bounce(mail: ReturnedMail, text: str) -> bool:
    """Without a report of RFC 3464: whether enough signs come together. `text` is what people are told."""
    if mail.has("x-failed-recipients"):
        return True
    if any(part.type == "message/disposition-notification" for part in mail.parts):
        return False  # RFC 8098: it arrived, and somebody did something with it
    opening = text[:3_000]
    has_diagnosis = bool(_DIAGNOSIS.search(opening))
    if is_auto_reply(mail) and not has_diagnosis:
        return False
    subject = mail.header("subject")
    is_daemon = bool(_DAEMON.search(mail.header("from")))
    is_automatic = mail.header("auto-submitted").lower().startswith("auto-")
    came_back = mail.header("return-path").strip() in ("<>", "<MAILER-DAEMON>")
    encloses = any("rfc822" in part.type for part in mail.parts) or bool(enclosed_in(mail))
    names_somebody = has_diagnosis or encloses or bool(_ADDRESS.search(opening))
    signs = (
        (2, is_daemon or mail.header("from").strip().endswith("<>")),
        (2, bool(_SUBJECT.match(subject))),
        (2, bool(_OPENING.search(_unquoted(opening)))),
        (1, has_diagnosis),
        (1, came_back),
        (1, "report" in mail.header("content-type").lower()),
        (1, is_automatic),
        (1, encloses),
        (-2, not is_daemon and mail.has("in-reply-to") and not is_automatic),
        (-3, not is_daemon and mail.has("list-unsubscribe")),
        (-2, not is_daemon and bool(_HANDED_ON.match(subject.strip()))),
        (-2, not (is_daemon or came_back or names_somebody)),  # parcels are not delivered either
    )
    return sum(weight for weight, holds in signs if holds) >= _ENOUGH


def is_auto_reply(mail: ReturnedMail) -> bool:
    """RFC 3834, and what came before it: a machine answers for a person who got the mail."""
    if any(mail.has(name) for name in _AUTO_HEADERS):
        return True
    if mail.header("precedence").lower() in ("auto_reply", "auto-reply"):
        return True
    if mail.header("x-auto-response-suppress") and _AWAY.match(mail.header("subject")):
        return True
    is_daemon = bool(_DAEMON.search(mail.header("from")))
    if is_daemon:
        return False
    is_replied = mail.header("auto-submitted").lower().startswith(("auto-replied", "auto-notified"))
    return bool(_AWAY.match(mail.header("subject"))) or is_replied


def _unquoted(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
