"""A contact written as JSON or YAML: built-ins, topics, consent, history; all other keys are attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.calendar.instants import as_instant
from engine.calendar.spelling import quoted
from engine.errors import ReadError
from engine.intake.limits import LONGEST_NAME
from engine.model.contact import ASKED, BUILT_IN, Contact
from engine.model.event import Event
from engine.model.proof import KEYS, Proof

_TEXTS = ("id", "email", "phone", "timezone", "locale", "stage")
_EXAMPLES = {
    "topics": "{newsletter: true}",
    "consent": "{sms: true}",
    "suppressed": "{email: hard_bounce}",
}
#: Only what can never be an address is refused; whether it reaches anybody is for the mail to tell.
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_SAID = ("topics", "consent", "suppressed", "paused_until", "history", *KEYS)


def read_contact(plain: Mapping[str, Any], default_id: str = "contact") -> tuple[Contact, list[Event]]:
    """The contact and its events before the start. Raises ReadError in plain words."""
    texts = {key: _text(key, plain[key]) for key in _TEXTS if plain.get(key) is not None}
    id = texts.pop("id", None) or texts.get("email") or default_id
    created_at, paused_until = plain.get("created_at"), plain.get("paused_until")
    if "email" in texts:
        check_email(texts["email"])
    contact = Contact(
        id=id,
        **texts,
        created_at=None if created_at is None else _instant("created_at", created_at),
        attributes={key: value for key, value in plain.items() if key not in BUILT_IN and key not in _SAID},
        topics={
            name: ASKED if value == ASKED else _yes_or_no(f"topics.{name}", value)
            for name, value in _mapping(plain, "topics").items()
        },
        consents={
            name: _yes_or_no(f"consent.{name}", value) for name, value in _mapping(plain, "consent").items()
        },
        suppressed={name: str(value) for name, value in _mapping(plain, "suppressed").items() if value},
        paused_until=None if paused_until is None else _instant("paused_until", paused_until),
        proof=_proof(plain),
    )
    return contact, _history(plain.get("history") or (), id)


def _proof(plain: Mapping[str, Any]) -> Proof | None:
    """Where, when and to which words yes or no was said; None where nothing of it is told."""
    told = {key: plain[key] for key in KEYS if plain.get(key) not in (None, "")}
    if not told:
        return None
    at, confirmed_at = told.get("consent_at"), told.get("consent_confirmed_at")
    return Proof(
        _text("consent_source", told["consent_source"]) if "consent_source" in told else None,
        None if at is None else _instant("consent_at", at),
        _text("consent_text", told["consent_text"]) if "consent_text" in told else None,
        None if confirmed_at is None else _instant("consent_confirmed_at", confirmed_at),
        _details(told.get("consent_proof")),
    )


def _details(proof: Any) -> Mapping[str, Any]:
    """A mapping, or a text such as the address of a scan."""
    if proof is None or isinstance(proof, Mapping):
        return proof or {}
    return {"proof": _text("consent_proof", proof)}


def check_email(email: str) -> None:
    """ReadError for a text that can never be an address."""
    if not _ADDRESS.fullmatch(email) or not email.isprintable() or len(email) > LONGEST_NAME:
        raise ReadError(
            f"`email` is {quoted(email)}, which is no mail address", "Write one such as ada@shop.example."
        )


def _history(plain: Any, contact_id: str) -> list[Event]:
    if not isinstance(plain, list | tuple):
        raise ReadError(
            "`history` is no list of events",
            "Write a list such as [{event: Order Completed, at: 2026-01-05}].",
        )
    events = []
    for index, one in enumerate(plain):
        if not isinstance(one, Mapping) or "event" not in one or not ({"at", "timestamp"} & set(one)):
            raise ReadError(
                "an event of `history` needs `event` and `at`",
                "Write for example {event: Order Completed, at: 2026-01-05}.",
            )
        at = _instant("at", one.get("at", one.get("timestamp")))
        id = str(one.get("messageId", f"history-{index}"))
        events.append(Event(id, contact_id, str(one["event"]), at, at, dict(one.get("properties") or {})))
    return sorted(events, key=lambda event: event.at)


def _mapping(plain: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = plain.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ReadError(f"`{key}` is no mapping", f"Write for example {key}: {_EXAMPLES[key]}.")
    return value


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ReadError(f"`{name}` is {quoted(value)}", "Write true or false.")
    return value


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool | Mapping | list):
        raise ReadError(f"`{name}` is no text", f"Write {name} as a text.")
    return str(value)


def _instant(name: str, value: Any) -> datetime:
    instant = as_instant(value)
    if instant is None:
        help = "Write for example 2026-03-28 or 2026-03-28T19:00:00Z."
        raise ReadError(f"`{name}` is {quoted(value)}, which is no date or time", help)
    return instant
