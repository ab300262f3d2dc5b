"""Complaints: RFC 5965 feedback reports, their odd relatives, and people who ask to be left alone by mail."""

from __future__ import annotations

import re

from engine.bounces.original import original_of
from engine.model.returned import Returned, ReturnedMail

_FIELD = re.compile(r"^([A-Za-z-]{3,60}):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_TYPE = re.compile(r"^feedback-type:\s*([a-z-]{2,30})", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>,;\"()]{1,256}@[^\s<>,;\"()]{1,256}")

#: Outlook.com's junk mail reports hold no feedback part; their subject is always the same.
_JMRP = re.compile(r"^complaint about message from [\d.:a-f]+$", re.IGNORECASE)
_JMRP_SENDER = re.compile(r"\bstaff@(?:hotmail|outlook|live|msn)\.com\b", re.IGNORECASE)
_LEAVE = re.compile(
    r"^\s*(?:unsubscribe|opt-?out|list-unsubscribe|abmelden|désabonner|desuscribir)\b[\s.!]*$", re.I
)
_APPLE = re.compile(r"apple mail sent this e?-?mail to unsubscribe", re.IGNORECASE)

#: RFC 5965 3.5 and its registry. Anything else counts as `other`, as it says there.
TYPES = frozenset({"abuse", "fraud", "virus", "opt-out", "not-spam", "auth-failure", "dmarc", "other"})


def complaints_in(mail: ReturnedMail) -> list[Returned]:
    """One for each person that the report speaks of; empty if this is no complaint."""
    type = _feedback_type(mail)
    if type is None:
        return []
    recipients = _recipients(mail) or [original_of(mail).recipient or _writer(mail, type)]
    return [Returned("complaint", False, "", one, type) for one in recipients]


def _feedback_type(mail: ReturnedMail) -> str | None:
    for part in mail.parts:
        if part.type == "message/feedback-report":
            found = _TYPE.search(part.text)
            return _known(found[1]) if found else "other"
    report = mail.header("content-type").lower()
    for part in mail.parts[:3]:
        found = _TYPE.search(part.text[:2_000]) if part.type == "text/plain" else None
        if (
            found
            and _FIELD.search(part.text)
            and ("feedback" in report or "user-agent:" in part.text.lower())
        ):
            return _known(found[1])
    if "feedback-report" in report:
        return "other"
    if _JMRP.match(mail.header("subject").strip()) and _JMRP_SENDER.search(mail.header("from")):
        return "abuse"
    return "opt-out" if _asks_to_leave(mail) else None


def _known(written: str) -> str:
    type = written.lower()
    return "opt-out" if type == "optout" else type if type in TYPES else "other"


def _asks_to_leave(mail: ReturnedMail) -> bool:
    """What mail programs send to a `List-Unsubscribe: <mailto:…>`, and people by hand."""
    text = next((part.text for part in mail.parts if part.type == "text/plain"), "")
    return bool(_APPLE.search(text[:500]) or _LEAVE.match(mail.header("subject")))


def _recipients(mail: ReturnedMail) -> list[str]:
    """RFC 5965 3.2: Original-Rcpt-To may come more than once; providers blank it out or leave it away."""
    found: dict[str, None] = {}
    for part in mail.parts:
        if part.type == "message/feedback-report" or _TYPE.search(part.text[:2_000]):
            for name, value in _FIELD.findall(part.text[:20_000]):
                if name.lower() in ("original-rcpt-to", "removal-recipient", "redacted-address"):
                    found |= dict.fromkeys(_ADDRESS.findall(value)[:1])
    return list(found)[:100]


def _writer(mail: ReturnedMail, type: str) -> str:
    """Who asks to be left alone by a mail of their own is the one who wrote it."""
    found = _ADDRESS.search(mail.header("from")) if type == "opt-out" else None
    return found[0] if found else ""
