"""catalog.yaml: what may be named in this shop: attributes, events, topics, senders, defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.calendar.zones import find_zone, suggest_zone
from engine.conditions.names import AttributeType
from engine.language import rules
from engine.language.document import Document
from engine.language.schema import CATALOG
from engine.language.shape import check_shape, written_text
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake, Report
from engine.model.policy import Sender, Topic
from engine.model.spelling import did_you_mean

_ADDRESS = re.compile(r"(?:[^<>\r\n]*<[^@\s<>]+@[^@\s<>]+>|[^@\s<>]+@[^@\s<>]+)")


@dataclass(frozen=True, slots=True)
class Catalog:
    """None for attributes, events and topics means that there is no catalog: names are not checked."""

    attributes: Mapping[str, AttributeType] | None = None
    required: frozenset[str] = frozenset()
    events: Mapping[str, Mapping[str, AttributeType] | None] | None = None
    topics: Mapping[str, Topic] | None = None
    senders: Mapping[str, Sender] = field(default_factory=dict)
    sender: str | None = None  # the default one
    timezone: str | None = None
    locale: str | None = None
    currency: str | None = None
    plain: Mapping[str, Any] = field(default_factory=dict)  # as applied and kept in the database


def read_catalog(text: bytes, file: str) -> tuple[Catalog, list[Fault]]:
    """The catalog and its faults; what is wrong is left out, the rest holds."""
    document = read_yaml(text, file)
    faults = list(document.faults)
    if not document.data:
        return Catalog(), faults

    def report(mistake: Mistake) -> None:
        faults.append(document.fault(mistake))

    data = written_text(document.data, CATALOG, document, ())
    if not check_shape(data, CATALOG, (), report):
        return Catalog(), faults
    return _checked(data, document, report), faults


def catalog_of(plain: Mapping[str, Any]) -> Catalog:
    """The catalog of its plain form, as kept by apply. A section that is not there is not checked against."""
    topics = {
        name: Topic(name, topic["name"], topic["consent"]) for name, topic in (plain.get("topics") or {}).items()
    }
    senders = {
        name: Sender(name, sender["from"], sender.get("reply_to"), sender.get("postal_address"))
        for name, sender in (plain.get("senders") or {}).items()
    }
    defaults = plain.get("defaults") or {}
    attributes = plain.get("contact") or {}
    return Catalog(
        attributes={name: _type(value) for name, value in attributes.items()} if "contact" in plain else None,
        required=frozenset(n for n, value in attributes.items() if isinstance(value, dict) and value.get("required")),
        events={
            name: None if properties is None else {key: _type(value) for key, value in properties.items()}
            for name, properties in (plain.get("events") or {}).items()
        }
        if "events" in plain
        else None,
        topics=topics if "topics" in plain else None,
        senders=senders,
        sender=defaults.get("sender") or next(iter(senders), None),
        timezone=defaults.get("timezone"),
        locale=defaults.get("locale"),
        currency=defaults.get("currency"),
        plain=plain,
    )


def _type(value: Any) -> AttributeType:
    if isinstance(value, str):
        return AttributeType(value)  # type: ignore[arg-type]  # the schema allows nothing else
    values = value.get("values")
    return AttributeType(value["type"], None if values is None else tuple(values))


def _checked(data: dict[str, Any], document: Document, report: Report) -> Catalog:
    del document
    catalog = catalog_of(data)
    if catalog.timezone is not None and find_zone(catalog.timezone) is None:
        path = ("defaults", "timezone")
        help = suggest_zone(catalog.timezone) or "Write a zone such as `Europe/Zurich`."
        report(Mistake(path, rules.UNKNOWN_ZONE, f"There is no time zone `{catalog.timezone}`.", help))
    sender = (data.get("defaults") or {}).get("sender")
    if sender is not None and sender not in catalog.senders:
        message = f"There is no sender `{sender}`.{did_you_mean(sender, catalog.senders)}"
        report(Mistake(("defaults", "sender"), rules.NOT_ALLOWED, message, "Write one of `senders`."))
    for name, one in catalog.senders.items():
        for key, address in (("from", one.address), ("reply_to", one.reply_to)):
            if address is not None and not _ADDRESS.fullmatch(address):
                message = f"`{address}` is no mail address."
                help = 'Write `hello@shop.example`, or "Example Shop <hello@shop.example>".'
                report(Mistake(("senders", name, key), rules.BAD_ADDRESS, message, help))
    return catalog
