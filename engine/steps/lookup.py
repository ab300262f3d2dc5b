"""Paths such as contact.renewal_at in the arguments of steps: read once, looked up in a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.names import read_named
from engine.conditions.products import product_of
from engine.conditions.vocabulary import TYPE_PHRASES
from engine.model.contact import BUILT_IN
from engine.model.view import View
from engine.steps.contract import Reader
from engine.steps.rules import PATH_MISFIT


def read_path(
    text: object, reader: Reader, at: tuple[str | int, ...], types: tuple[str, ...] = ()
) -> tuple[str, ...] | None:
    """The path as a tuple, checked against the catalog; None (and a mistake) when it names nothing.

    `types` are those that will do, when the catalog tells the type.
    """
    found = read_named(text, (*reader.path, *at), reader.report, reader.names)
    if found is None:
        return None
    if types and found.type is not None and found.type.type not in types:
        wanted = " or ".join(TYPE_PHRASES[one] for one in TYPE_PHRASES if one in types)
        message = f"`{text}` is {TYPE_PHRASES[found.type.type]}, where {wanted} is needed."
        reader.wrong(at, PATH_MISFIT, message, f"Name something that is {wanted}.")
        return None
    return found.reference.path


def value_at(view: View, path: tuple[str, ...]) -> Any:
    """The value a path leads to, or None."""
    root, *rest = path
    value: Any
    match root:
        case "contact":
            if rest and rest[0] in BUILT_IN:
                value, rest = getattr(view.contact, rest[0]), rest[1:]
            else:
                value = view.contact.attributes
        case "trigger":
            value = view.trigger
        case "step":
            value = view.steps
        case "product":
            value = product_of(view)
        case "event":
            value = view.event.properties if view.event is not None else None
        case _:
            return None
    for key in rest:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
