"""What a contact from outside must be like: texts of one line, an address that can be one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.calendar.spelling import quoted
from engine.errors import ReadError
from engine.intake.limits import LONGEST_NAME, check_limits, read_name
from engine.intake.plain import check_email, read_contact
from engine.model.contact import Contact

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
    for name in _LINES:
        _check_line(name, getattr(contact, name))
    return contact


def check_address(channel: str, address: str) -> None:
    """ReadError for a text that cannot be where a channel reaches somebody."""
    if channel == "email":
        check_email(address)
    else:
        _check_line("address", address)
        if not any(character.isalnum() for character in address):
            raise ReadError(f"{quoted(address)} is no address", "Write a number such as +41791234567.")


def _check_line(name: str, text: str | None) -> None:
    if text is None:
        return
    if len(text) > LONGEST_NAME or any(ord(character) < 32 for character in text):
        raise ReadError(
            f"`{name}` is no text of one line", f"Write {name} without line breaks and not too long."
        )
