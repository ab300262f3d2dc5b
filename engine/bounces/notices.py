"""Amazon SES tells of bounces and complaints in JSON, which its subscribers may have sent to them by mail."""

from __future__ import annotations

import json
from typing import Any

from engine.bounces.answer import read_answer
from engine.bounces.judge import judge
from engine.model.returned import Returned, ReturnedMail

_MARKS = ('"notificationType"', '"eventType"')
_MOST = 100

#: What SES itself concluded, where no server said anything; a domain or a person may be on its own list too.
_SUBTYPES = {"NoEmail": "5.1.1", "MailboxFull": "5.2.2", "MessageTooLarge": "5.3.4"}


def noticed_in(mail: ReturnedMail) -> list[Returned]:
    """One for each person; empty if this is no such notice."""
    notice = _notice(mail)
    match notice.get("notificationType") or notice.get("eventType"):
        case "Bounce":
            return _bounces(_mapping(notice.get("bounce")))
        case "Complaint":
            return _complaints(_mapping(notice.get("complaint")))
        case "Delivery":
            return [Returned("neither", False, "", "", "delivered")]
        case _:
            return []


def _notice(mail: ReturnedMail) -> dict[str, Any]:
    text = next((part.text for part in mail.parts if part.type == "text/plain"), "")
    start = text.find("{")
    if start < 0 or not any(mark in text[start : start + 200] for mark in _MARKS):
        return {}
    # Mail programs break long lines, wherever that may be: JSON itself needs no line at all.
    whole = text[start:].replace("\n ", "").replace("\n", "")
    try:
        found, _ = json.JSONDecoder().raw_decode(whole)
    except (ValueError, RecursionError):
        return {}
    return _mapping(found)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _people(given: object) -> list[dict[str, Any]]:
    return [one for one in given if isinstance(one, dict)][:_MOST] if isinstance(given, list) else []


def _bounces(bounce: dict[str, Any]) -> list[Returned]:
    return [_bounce(one, bounce) for one in _people(bounce.get("bouncedRecipients"))]


def _bounce(person: dict[str, Any], bounce: dict[str, Any]) -> Returned:
    said = str(person.get("diagnosticCode") or "")[:2_000]
    status = str(person.get("status") or "") or _SUBTYPES.get(str(bounce.get("bounceSubType")), "")
    judged = judge(read_answer(said.partition(";")[2].strip() or said), status)
    may_last = bounce.get("bounceType") != "Transient"
    return Returned(
        "bounce",
        judged.is_hard and may_last,
        judged.status,
        str(person.get("emailAddress") or "")[:320],
        judged.reason,
        "failed",
        " ".join(said.split())[:300],
    )


def _complaints(complaint: dict[str, Any]) -> list[Returned]:
    type = str(complaint.get("complaintFeedbackType") or "abuse")
    type = type if type in ("abuse", "fraud", "virus", "not-spam", "auth-failure", "other") else "other"
    return [
        Returned("complaint", False, "", str(one.get("emailAddress") or "")[:320], type)
        for one in _people(complaint.get("complainedRecipients"))
    ]
