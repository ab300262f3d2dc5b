"""catalog.yaml: what may be named in this shop: attributes, events, topics, senders, defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.conditions.literals import Meeting, fit_scalar
from engine.conditions.vocabulary import BUILT_IN_EVENTS, CONTACT_FIELDS, PRODUCT_FIELDS, TOLD, AttributeType
from engine.language import rules
from engine.language.addresses import check_address
from engine.language.lost_keys import follows_from_lost_key
from engine.language.shape import check_shape, shape_of, written_text
from engine.language.shapes.catalog import CATALOG
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake, Report
from engine.model.policy import Sender, Topic
from engine.model.spelling import did_you_mean
from engine.steps.zones import check_zone

_LOCALE = re.compile(r"[a-z]{2,3}(?:[-_][A-Z][a-z]{3})?(?:[-_](?:[A-Z]{2}|[0-9]{3}))?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHAPE = shape_of(CATALOG)


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
    products: Mapping[str, AttributeType] | None = None  # attributes of a product
    required_of_products: frozenset[str] = frozenset()
    plain: Mapping[str, Any] = field(default_factory=dict)  # as applied and kept in the database


def read_catalog(text: bytes, file: str) -> tuple[Catalog, list[Fault]]:
    """The catalog and its faults; what is wrong is left out, the rest holds."""
    document = read_yaml(text, file)
    faults = list(document.faults)
    if not document.data:
        return Catalog(), faults

    def report(mistake: Mistake) -> None:
        if not follows_from_lost_key(mistake, document):
            faults.append(document.fault(mistake))

    data = written_text(document.data, CATALOG, document, ())
    if not document.is_whole or not check_shape(data, _SHAPE, (), report):
        return Catalog(), faults
    return _checked(data, report), faults


def catalog_of(plain: Mapping[str, Any]) -> Catalog:
    """The catalog of its plain form, as kept by apply. A section that is not there is not checked against."""
    topics = {
        name: Topic(name, topic["name"], topic["consent"])
        for name, topic in (plain.get("topics") or {}).items()
    }
    senders = {
        name: Sender(name, sender["from"], sender.get("reply_to"), sender.get("postal_address"))
        for name, sender in (plain.get("senders") or {}).items()
    }
    defaults = plain.get("defaults") or {}
    attributes, products = plain.get("contact") or {}, plain.get("product") or {}
    return Catalog(
        attributes={name: _type(value) for name, value in attributes.items()} if "contact" in plain else None,
        required=_required(attributes),
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
        products={name: _type(value) for name, value in products.items()} if "product" in plain else None,
        required_of_products=_required(products),
        plain=plain,
    )


def _required(attributes: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        name for name, value in attributes.items() if isinstance(value, dict) and value.get("required")
    )


def _type(value: Any) -> AttributeType:
    if isinstance(value, str):
        return AttributeType(value)  # type: ignore[arg-type]  # the schema allows nothing else
    values = value.get("values")
    return AttributeType(value["type"], None if values is None else tuple(values))


def _checked(data: dict[str, Any], report: Report) -> Catalog:
    of_things = ("contact", "product")
    data = {**data, **{of: _fitting(of, data[of], report) for of in of_things if of in data}}
    catalog = catalog_of(data)
    _check_built_in(data, report)
    if catalog.timezone is not None:
        check_zone(catalog.timezone, ("defaults", "timezone"), report, may_be_contact=False)
    _check_codes(data.get("defaults") or {}, report)
    sender = (data.get("defaults") or {}).get("sender")
    if sender is not None and sender not in catalog.senders:
        message = f"There is no sender `{sender}`.{did_you_mean(sender, catalog.senders)}"
        report(Mistake(("defaults", "sender"), rules.UNKNOWN_SENDER, message, "Write one of `senders`."))
    for name, one in catalog.senders.items():
        for key, address in (("from", one.address), ("reply_to", one.reply_to)):
            if address is not None:
                check_address(address, ("senders", name, key), report)
    return catalog


def _fitting(of: str, attributes: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The attributes with their `values` as such attributes hold them; one that does not fit is reported."""
    fitting: dict[str, Any] = {}
    for name, plain in attributes.items():
        fitting[name] = plain
        if isinstance(plain, Mapping) and "values" in plain:
            kind = AttributeType(plain["type"])
            fitting[name] = {**plain, "values": _values(of, name, kind, plain["values"], report)}
    return fitting


def _values(of: str, name: str, kind: AttributeType, values: list[Any], report: Report) -> list[Any]:
    fitted = []
    for index, value in enumerate(values):
        path = (of, name, "values", index)
        fitted.append(fit_scalar(value, Meeting(f"{of}.{name}", kind, path, report, "may be")))
    return fitted


def _check_built_in(data: Mapping[str, Any], report: Report) -> None:
    for of, fields in (("contact", CONTACT_FIELDS), ("product", PRODUCT_FIELDS)):
        for name in data.get(of) or {}:
            if name in fields:
                message = f"`{name}` is built into every {of}; what stands here about it does not count."
                path = (of, name)
                report(Mistake(path, rules.BUILT_IN_NAME, message, "Take the line away.", True, "warning"))
    for name in data.get("events") or {}:
        if name in TOLD:
            message = f"`{name}` is told by the engine itself; what stands here about it does not count."
            path = ("events", name)
            report(Mistake(path, rules.BUILT_IN_NAME, message, "Take the line away.", True, "warning"))
        elif name in BUILT_IN_EVENTS:
            message = f"`{name}` is an event of the engine itself, which does not happen in this version yet."
            help = "Take it away, or give the event of your shop another name."
            report(Mistake(("events", name), rules.BUILT_IN_NAME, message, help, at_key=True))


def _check_codes(defaults: Mapping[str, Any], report: Report) -> None:
    locale, currency = defaults.get("locale"), defaults.get("currency")
    if locale is not None and not _LOCALE.fullmatch(locale):
        message = f"`{locale}` is no locale."
        help = "Write the code of a language and a country, such as `de-CH` or `en-GB`."
        report(Mistake(("defaults", "locale"), rules.BAD_CODE, message, help))
    if currency is not None and not _CURRENCY.fullmatch(currency):
        upper = currency.upper()
        message = f"`{currency}` is no currency."
        help = (
            f"Write `currency: {upper if _CURRENCY.fullmatch(upper) else 'CHF'}`, the code of three letters."
        )
        report(Mistake(("defaults", "currency"), rules.BAD_CODE, message, help))
