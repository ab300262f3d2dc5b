"""What a contact from outside must be like: texts of one line, an address that can be one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.calendar.spelling import quoted
from engine.errors import ReadError
from engine.intake.limits import LONGEST_NAME, check_limits, read_name
from engine.intake.plain import read_contact
from engine.model.contact import Contact

#: Only what can never be an address is refused; whether it reaches anybody is for the mail to tell.
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")

_LINES = ("phone", "timezone", "locale", "stage")


def read_person(plain: Mapping[str, Any]) -> Contact:
    """A contact with an id (or the e-mail address in its place). Raises ReadError in plain words."""
    check_limits(plain)
    if "history" in plain:
        raise ReadError("`history` is for simulate and tests", "Import past events from a file of their own.")
    contact, _ = read_contact(plain, "")
    if not contact.id:
        raise ReadError("there is neither `id` nor `email`", "Give every contact at least one of them.")
    read_name("id", contact.id)
    if contact.email is not None:
        _check_email(contact.email)
    for name in _LINES:
        _check_line(name, getattr(contact, name))
    return contact


def check_address(channel: str, address: str) -> None:
    """ReadError for a text that cannot be where a channel reaches somebody."""
    if channel == "email":
        _check_email(address)
    else:
        _check_line("address", address)
        if not any(character.isalnum() for character in address):
            raise ReadError(f"{quoted(address)} is no address", "Write a number such as +41791234567.")


def _check_email(email: str) -> None:
    if not _ADDRESS.fullmatch(email) or not email.isprintable() or len(email) > LONGEST_NAME:
        raise ReadError(
            f"`email` is {quoted(email)}, which is no mail address", "Write one such as ada@shop.example."
        )


def _check_line(name: str, text: str | None) -> None:
    if text is None:
        return
    if len(text) > LONGEST_NAME or any(ord(character) < 32 for character in text):
        raise ReadError(
            f"`{name}` is no text of one line", f"Write {name} without line breaks and not too long."
        )
