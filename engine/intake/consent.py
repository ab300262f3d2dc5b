"""A yes to marketing that comes in by a file must say where it was given; one that does not is none."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from engine.errors import ReadError
from engine.language.catalog import Catalog
from engine.model.contact import Contact
from engine.model.proof import Proof


def with_source(contact: Contact, catalog: Catalog, source: str | None) -> Contact:
    """The contact with the source of its yes, `source` where it tells none. Raises ReadError without any."""
    given = next(_yes_to_marketing(contact, catalog), None)
    if given is None or (contact.proof is not None and contact.proof.source is not None):
        return contact
    if source is None:
        raise ReadError(
            f"`{given}` is a yes, and it is not said where it was given",
            "Fill in a column `consent_source`, or say it of all rows: `--consent-source TEXT`.",
        )
    return replace(contact, proof=replace(contact.proof or Proof(), source=source))


def _yes_to_marketing(contact: Contact, catalog: Catalog) -> Iterator[str]:
    """What the row calls it. A topic that needs no consent is not asked for any."""
    topics = catalog.topics or {}
    for name, answer in contact.topics.items():
        if answer and not (name in topics and topics[name].consent == "none"):
            yield f"topics.{name}"
    yield from (f"consent.{channel}" for channel, answer in contact.consents.items() if answer)
