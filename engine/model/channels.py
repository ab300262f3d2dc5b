"""The channels of the language: what each carries, and where it finds somebody."""

from __future__ import annotations

from typing import Final

from engine.model.contact import Contact

CHANNELS: Final = ("email", "sms", "push", "whatsapp", "webhook", "chat")
#: Their messages are texts without HTML.
TEXTS: Final = ("sms", "push", "whatsapp", "chat")
#: They go to an endpoint that the config names, not to an address of the contact.
ENDPOINTS: Final = ("webhook", "chat")
#: The endpoint that is meant where a step names none.
DEFAULT_ENDPOINT: Final = "default"
#: Where the app keeps what push messages are addressed to.
PUSH_TOKEN: Final = "push_token"  # noqa: S105  # the name of an attribute
#: Their messages have a title.
WITH_SUBJECT: Final = ("email", "push")


def address_of(contact: Contact, channel: str) -> str | None:
    """Where a channel reaches a contact; None where it does not."""
    match channel:
        case "email":
            return contact.email or None
        case "sms" | "whatsapp":
            return contact.phone or None
        case "push":
            token = contact.attributes.get(PUSH_TOKEN)
            return token if isinstance(token, str) and token else None
        case _:
            return DEFAULT_ENDPOINT
