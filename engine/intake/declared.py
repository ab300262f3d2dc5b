"""What came in against catalog.yaml: an unknown or odd thing is kept and said, and never stops the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from engine.calendar.instants import as_instant
from engine.calendar.spelling import quoted
from engine.calendar.zones import find_zone, suggest_zone
from engine.conditions.names import AttributeType
from engine.conditions.vocabulary import BUILT_IN_EVENTS, PRODUCT_FIELDS, TYPE_PHRASES, Properties
from engine.intake.lines import Identified
from engine.language.catalog import Catalog
from engine.model.consent import CHANNELS, to_be_confirmed
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Topic
from engine.model.spelling import did_you_mean
from engine.model.stock import Product

#: Stands for `of` of an attribute of a product; no event has this name.
_PRODUCT = "$product"


class Odd(NamedTuple):
    """One kind of oddity, to be counted over all rows; `of` is the event of a property."""

    what: Literal["zone", "topic", "unconfirmed", "channel", "event", "unknown", "type", "no time", "ahead"]
    of: str
    name: str


def lacking(contact: Contact, catalog: Catalog) -> frozenset[str]:
    """The required attributes that the contact does not have."""
    return frozenset(name for name in catalog.required if contact.attributes.get(name) is None)


def odd_in_contact(contact: Contact, catalog: Catalog) -> Iterator[Odd]:
    """Each thing that conditions will not find as the catalog says."""
    if contact.timezone is not None and find_zone(contact.timezone) is None:
        yield Odd("zone", "", contact.timezone)
    if catalog.attributes is not None:
        yield from _odd_values("", contact.attributes, catalog.attributes)
    for channel in dict.fromkeys((*contact.consents, *contact.suppressed)):
        if channel not in CHANNELS:
            yield Odd("channel", "", channel)
    if catalog.topics is not None:
        yield from (Odd("topic", "", topic) for topic in contact.topics if topic not in catalog.topics)
        yield from (Odd("unconfirmed", "", topic) for topic in _unconfirmed(contact, catalog.topics))


def _unconfirmed(contact: Contact, topics: Mapping[str, Topic]) -> Iterator[str]:
    """Topics of double opt-in with a yes that nobody confirmed."""
    asked = to_be_confirmed(contact, Contact(contact.id), topics).topics
    yield from (topic for topic, answer in contact.topics.items() if answer != asked[topic])


def odd_in_event(event: Event, catalog: Catalog) -> Iterator[Odd]:
    """The same for an event and its properties."""
    if catalog.events is None:
        return
    if event.name not in catalog.events and event.name not in BUILT_IN_EVENTS:
        yield Odd("event", "", event.name)
    elif (declared := properties_of(event.name, catalog)) is not None:
        yield from _odd_values(event.name, event.properties, declared)


def odd_in_item(item: Event | Identified, catalog: Catalog) -> Iterator[Odd]:
    """The same for a line of a file of events, which may tell of the contact itself."""
    return odd_in_event(item, catalog) if isinstance(item, Event) else odd_in_contact(item.traits, catalog)


def odd_in_product(product: Product, catalog: Catalog) -> Iterator[Odd]:
    """The same for a row of the product table."""
    if catalog.products is not None:
        told = {name: value for name, value in product.items() if name not in PRODUCT_FIELDS}
        yield from _odd_values(_PRODUCT, told, catalog.products)


def properties_of(event: str, catalog: Catalog) -> Properties:
    """What the catalog says of an event's properties; None where it says nothing."""
    if catalog.events is not None and event in catalog.events:
        return catalog.events[event]
    return BUILT_IN_EVENTS.get(event)


def in_words(odd: Odd, catalog: Catalog) -> str:
    """A sentence for people, with what was probably meant."""
    declared = _declared(odd.of, catalog)
    of = f"property {quoted(odd.name)} of {odd.of}" if odd.of else f"attribute {quoted(odd.name)}"
    if odd.of == _PRODUCT:
        of = f"attribute {quoted(odd.name)} of a product"
    match odd.what:
        case "zone":
            meant = suggest_zone(odd.name)
            return f"There is no time zone {quoted(odd.name)}." + (
                f" Did you mean `{meant}`?" if meant else ""
            )
        case "topic":
            hint = did_you_mean(odd.name, catalog.topics or ())
            return f"catalog.yaml has no topic {quoted(odd.name)}.{hint}"
        case "channel":
            return f"There is no channel {quoted(odd.name)}.{did_you_mean(odd.name, CHANNELS)}"
        case "unconfirmed":
            return (
                f"Topic {quoted(odd.name)} wants a yes that was confirmed: without `consent_confirmed_at` "
                "it stays at `asked` where it was not confirmed before, and nothing is sent."
            )
        case "event":
            hint = did_you_mean(odd.name, catalog.events or ())
            return f"catalog.yaml has no event {quoted(odd.name)}.{hint}"
        case "unknown":
            return f"catalog.yaml has no {of}.{did_you_mean(odd.name, declared)}"
        case "type":
            return f"The {of} is not {TYPE_PHRASES[declared[odd.name].type]}, as catalog.yaml says."
        case "no time":
            return "There is no `timestamp`; the event counts as of this import."
        case "ahead":
            return "The event is dated in the future; it counts as of its receipt."


def _declared(of: str, catalog: Catalog) -> Mapping[str, AttributeType]:
    if of == _PRODUCT:
        return catalog.products or {}
    return (properties_of(of, catalog) if of else catalog.attributes) or {}


def _odd_values(of: str, values: Mapping[str, Any], declared: Mapping[str, AttributeType]) -> Iterator[Odd]:
    for name, value in values.items():
        type = declared.get(name)
        if type is None:
            yield Odd("unknown", of, name)
        elif value is not None and not _is(type, value):
            yield Odd("type", of, name)


def _is(type: AttributeType, value: Any) -> bool:
    match type.type:
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "date" | "instant":
            return as_instant(value) is not None
        case "list":
            return isinstance(value, list)
        case "map":
            return isinstance(value, Mapping)
