"""Turns a path such as contact.orders into a closure that fetches the value, or None when it is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from engine.conditions.products import product_of, product_of_item
from engine.model.contact import BUILT_IN
from engine.model.predicate import Reference
from engine.model.view import View

Getter = Callable[[View], Any]


def walk(inside: Any, path: tuple[str, ...]) -> Any:
    """Go down a path of keys; None as soon as there is nothing."""
    for key in path:
        if not isinstance(inside, Mapping):
            return None
        inside = inside.get(key)
    return inside


def attribute_of(reference: Reference) -> str | None:
    """The attribute's name when the path is just that: the common case, which is compiled apart."""
    root, name, *rest = reference.path
    return name if root == "contact" and not rest and name not in BUILT_IN else None


def getter(reference: Reference) -> Getter:
    """What fetches the value of a path from a view."""
    root, name, *rest = reference.path
    path = (name, *rest)
    match root:
        case "contact":
            return _contact_getter(name, path)
        case "event":
            return _event_getter(path)
        case "trigger":
            return lambda view: walk(view.trigger, path)
        case "product":
            return lambda view: walk(product_of(view), path)
        case "item" if name == "product":
            return lambda view: walk(product_of_item(view), tuple(rest))
        case "item":
            return lambda view: walk(view.item, path)
        case "step":
            return lambda view: walk(view.steps, path)
        case _:
            raise ValueError(f"no such root: {reference}")


def _contact_getter(name: str, path: tuple[str, ...]) -> Getter:
    if name in BUILT_IN:
        return attrgetter(f"contact.{name}")
    if len(path) == 1:
        return lambda view: view.contact.attributes.get(name)
    return lambda view: walk(view.contact.attributes, path)


def _event_getter(path: tuple[str, ...]) -> Getter:
    if len(path) == 1:
        name = path[0]
        return lambda view: view.event.properties.get(name) if view.event is not None else None
    return lambda view: walk(view.event.properties, path) if view.event is not None else None
